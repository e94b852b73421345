"""What each of several processes does for test_ranks.py: `torchrun ... ranks_child.py FOLDER`.

One of them is killed on the way, and all are stopped at the end.
"""

import json
import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch

from glom_numpy.config import GlomConfig, flatten
from glom_numpy.recipe import Recipe, init_heads
from glom_numpy.weights import init_params
from glom_torch import descend, train
from glom_torch.ranks import Ranks
from glom_torch.weights import to_tensors

SIZES = dict(dim=5, levels=2, image_size=(6, 10), patch_size=2)  # 3 x 5 columns
SAMPLED = GlomConfig(**SIZES, local_consensus_radius=1.0, samples=3)
NO = dict(reconstruction=0.0)
# Blocks of 2 x 2 patches do not fit 3 x 5: some pictures have more hidden patches than others.
CASES = {
    "reconstruction": Recipe(iters=3, min_iters=2, mask_block=2, noise=0.1),
    "every_patch": Recipe(iters=2, hidden_only=False),
    "agreement": Recipe(iters=2, agreement=(0.3, 1.0), **NO),
    "pairs": Recipe(iters=2, pairs=(1.0, 0.5), segments=("parts", "objects"), **NO),
    "carried": Recipe(iters=3, reads=2, carried=1.0, longest=5, mask_block=2, agreement=0.2),
}
BATCH = 6


def one_step(case, dtype=torch.float64, **how):
    """The gradient of one step, by parameter, and the step's numbers."""
    recipe, rng = CASES[case], np.random.default_rng(3)
    config = SAMPLED if case == "carried" else GlomConfig(**SIZES)
    params = {"glom": init_params(config, rng), "heads": init_heads(config, recipe, rng)}
    images = rng.random((11, 6, 10, 3))
    labels = rng.integers(-1, 3, size=(11, 15, 2)) if case == "pairs" else None
    if labels is not None:
        labels[4] = -1  # nobody says anything of this picture
    loop = dict(steps=2, stop=1, batch=BATCH, clip=0.0, labels=labels, **how)
    _, state, curve = train.fit(to_tensors(params, dtype=dtype), config, recipe, images, **loop)
    # Adam's first average is a tenth of the first gradient.
    gradient = {key: 10 * value.numpy() for key, value in flatten(state["exp_avg"]).items()}
    return gradient | {f"curve.{name}": np.array(row) for name, row in curve.items()}


def at_step(wanted, do):
    """Let `do` happen in the middle of each step from `wanted` on; returns how to undo that."""
    rate = descend.learning_rate

    def then(step, *choices):
        if step >= wanted:
            do()
        return rate(step, *choices)

    descend.learning_rate = then
    return lambda: setattr(descend, "learning_rate", rate)


def full_after(calls):
    """Let the disk be full after so many checkpoints; returns how to undo that."""
    save, left = train.HOUSE.save, [None] * calls

    def then(*args, **about):
        if not left:
            raise OSError(28, "No space left on device")
        left.pop()
        save(*args, **about)

    object.__setattr__(train.HOUSE, "save", then)
    return lambda: object.__setattr__(train.HOUSE, "save", save)


def stop_all():
    """What a cluster does: tell torchrun, which tells its processes."""
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(0.2)


def main(folder):
    torch.set_num_threads(1)
    with Ranks(timeout=timedelta(seconds=40)) as ranks:
        statuses = work(folder, ranks)
        (folder / f"statuses.{ranks.rank}.json").write_text(json.dumps(statuses))


def work(folder, ranks):
    statuses = {}
    one_of_them = ranks.rank == 1
    flags = json.loads((folder / "flags.json").read_text())

    def trained(name, *more):
        out = str(folder / f"{name}.safetensors")
        statuses[name] = train.main([*flags, "--out", out, *more])

    if not ranks.restarted:
        for case in CASES:
            for accumulate in (1, 3):
                found = one_step(case, ranks=ranks, accumulate=accumulate)
                np.savez(folder / f"{case}.{accumulate}.{ranks.rank}.npz", **found)
        trained("lost", *["--world", str(folder / "nowhere.npz")] * one_of_them)
        trained("other", *["--seed", "8"] * one_of_them)
        trained("away", "--lr", "1e30", "--clip", "0")
        undo = full_after(3)  # steps 0, 7, 14
        trained("full")
        undo()
    trained("whole", "--accumulate", "2")
    undo = at_step(24, lambda: os.kill(os.getpid(), signal.SIGKILL))
    if ranks.restarted or not one_of_them:
        undo()
    trained("struck", "--accumulate", "2")
    at_step(9, stop_all if one_of_them else lambda: None)
    trained("stopped")
    return statuses


if __name__ == "__main__":
    main(Path(sys.argv[1]))
