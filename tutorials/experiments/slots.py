"""Does slot attention part what it should part, in the time that it has beside GLOM?

A peer that fails may be unfit for the task, too small, trained too short, or broken. So the slot
attention of `spirals` is trained on plain tetrominoes too, a world like one that its authors report
0.99 for (Locatello et al. 2020, table 1; 500,000 steps of 64 pictures): as it is; `larger`, behind
a convolution and with a deeper decoder, as theirs is; and that `slower`, at their learning rate.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glom_numpy.flags import Training
from glom_numpy.worlds import Scenes, open_world

from . import peers
from .controls import by_column
from .measure import labels_of, score
from .scorer import Row
from .tables import COST, Line, Table, lines

NAME = "slots"
GRID = (12, 12)
ROUNDS = 3
SIZES = {  # small as in configs/spirals.slot_attention.json
    "small": dict(dim=32, hidden=96),
    "larger": dict(dim=64, hidden=128, depth=2, front_end="conv", front_kernel=5),
}
SIZES["slower"] = SIZES["larger"]
VARIANTS = tuple(SIZES)
NAMES = {"small": "small", "larger": "larger", "slower": "larger, slower"}
RATES = {"small": 0.001, "larger": 0.001, "slower": 0.0004}
STEPS = 8000
SLOTS = 4  # one for each piece, and one for the ground
OBJECTS = "objects FG-ARI"


def choices(variant: str, *, quick: bool = False) -> dict[str, Any]:
    """All that a run of this variant depends on, besides its seed."""
    sizes = dict(levels=1, image_size=36, patch_size=3) | SIZES[variant]
    train = dict(world="tetrominoes", count=4000, steps=STEPS, batch=16, lr=RATES[variant])
    if quick:
        sizes |= dict(dim=8, hidden=8)
        train |= dict(count=12, steps=3, batch=4)
    return {
        "glom": sizes,
        "recipe": dict(iters=ROUNDS, mask_ratio=0.0),
        "train": train,
        "slots": SLOTS,
        "scoring": dict(tested=3 if quick else 100, tuned=2),
    }


def run(variant: str, seed: int, folder: Path, say: Any, *, quick: bool = False) -> dict[str, Any]:
    """Train one slot attention from one seed, or go on, and score it at its trained t."""
    asked = choices(variant, quick=quick)
    asked["train"]["seed"] = seed
    training = Training.from_dict(asked["train"])

    def scenes(split: str, count: int) -> Scenes:
        rng = np.random.default_rng(seed)
        return open_world(training.world, split=split, count=count, rng=rng)

    train, test = scenes("train", training.count), scenes("test", asked["scoring"]["tested"])
    say(f"{variant}, seed {seed}: training")
    found = peers.run(asked, train, test, folder)
    for row in (*found["rows"], *found["cost"]):
        how = row["row"].partition(":")[2]
        row["row"] = f"slot attention, {NAMES[variant]}" + (how and f":{how}")
    return found | {"rows": [*(_controls(test) if variant == VARIANTS[0] else []), *found["rows"]]}


def _controls(test: Scenes) -> list[Row]:
    """k-means on what a column of the small model sees."""
    truth = labels_of(test, ("objects",), GRID)
    return [
        {"row": f"{name}, by column"} | score(vectors, truth, np.random.default_rng(0))
        for name, vectors in by_column(test.images, GRID).items()
    ]


def _trained(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    return row["t"] in (None, ROUNDS)


TABLES = {
    "": Table(columns={OBJECTS: "objects"}, keep=_trained),
    "cost": COST,
}


def about(results: Mapping[str, Any]) -> str:
    """What the numbers are, in words."""
    tested = results["choices"][VARIANTS[0]]["scoring"]["tested"]
    return (
        "Is the slot attention beside GLOM any good? Tetrominoes: three pieces of one color each, "
        "none over another, two may have the same color; 12 x 12 columns. FG-ARI of objects on "
        f"{tested} test pictures: 1 is the truth, 0 is chance. *small* has the sizes of the one in "
        "the tables of spirals; *larger* sees two pixels around each patch and has two hidden "
        f"layers where that has one; *slower* learns at a rate of {RATES['slower']}, not "
        f"{RATES['larger']}. *who won*: the slot that most of a location's attention went to; "
        "*alpha masks*: the slot that paints it; *k-means on what is heard*: of each location the "
        "mean of the slots, by how much each won, k-means told the number of objects."
    )


def figure(results: Mapping[str, Any], path: Path) -> str:
    """All rows of the table as bars."""
    from matplotlib.figure import Figure  # the tables need none

    from .figures import beside_controls, finish

    own: list[Line] = [line for line in lines(results) if line.t in (None, ROUNDS)]
    fig = Figure(figsize=(8, 0.32 * len(own) + 1), layout="constrained")
    fig.suptitle("Slot attention on tetrominoes", fontsize=9)
    said = beside_controls(fig.subplots(), own, {OBJECTS: "objects: FG-ARI"})
    n = len(results["seeds"])
    over = f"{n} seeds" if n > 1 else "one seed"
    return finish(fig, f"Slot attention on tetrominoes, {over}", [said], path)
