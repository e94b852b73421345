"""Do islands form, without labels, at two levels, from columns that see only themselves?

One GLOM is trained from films (what moves together belongs together) and tested on still pictures
of another split: its top level against objects, a lower one against parts. Beside it are controls,
slot attention and a transformer with about as many parameters, trained on the same pictures, each
as its authors teach it, for the minutes that the table of costs gives. A second transformer is also
taught what GLOM is taught: is it the teacher that makes the difference? More GLOMs are trained
without consensus, and with true labels: is it the teacher that limits the islands, or the model? Of
puppets, where a column sees a little around its patch, two more see less: through one convolution
in place of several, or their own patch only; and one is taught as on spirals, but for sizes.
`variants` says who takes part where. `spirals_still` is learned from still pictures alone.

`configs/NAME.json` names what each level is taught: the level of parts is the highest below the top
with a name of `variants.LOWER`.
"""

import contextlib
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glom_numpy.flags import Training
from glom_numpy.worlds import WORLDS, Scenes, open_world
from glom_torch.checkpoint import load, load_glom
from glom_torch.glom import Glom
from glom_torch.train import main as train_glom

from . import own_data, peers
from .controls import untrained
from .files import write_json
from .measure import looks_at
from .probe import asked_of, probed, probed_columns
from .runs import Experiment
from .scorer import Row, Scorer
from .shown import ROWS, TABLES, WORDS, about, figure
from .variants import AT_MOST, TAKE_PART, choices, levels_of

__all__ = ["EXPERIMENTS", "run", "trained"]

Say = Callable[[str], None]


def run(
    name: str,
    variant: str,
    seed: int,
    folder: Path,
    say: Say,
    *,
    quick: bool = False,
    data: Path | None = None,
) -> dict[str, Any]:
    """Train one variant, or go on, and score it; the contract is in `runs`."""
    asked = choices(name, variant, quick=quick, data=data)
    if data is None:
        worlds = _scenes(asked, seed)
    else:
        train, test = own_data.split(own_data.read(data), seed)
        worlds = {"train": train, "test": test}
        own_data.write_training_part(train, folder / "train.npz")
        asked["train"]["world"] = str(folder / "train.npz")
    asked["train"]["seed"] = seed
    if variant in ROWS:
        return _glom(asked, variant, worlds, folder, say)
    return peers.run(asked, worlds["train"], worlds["test"], folder)


def _scenes(asked: Mapping[str, Any], seed: int) -> dict[str, Scenes]:
    """Those to train on, to test on, and out of distribution, each drawn by this seed."""
    train = Training.from_dict(asked["train"])

    beyond = WORLDS[train.world].beyond

    def scenes(split: str, count: int, **other: Any) -> Scenes:
        own = {k: v for k, v in train.world_choices.items() if k not in beyond.get(split, ())}
        drawn = dict(size=train.size, rng=np.random.default_rng(seed)) | own | other
        return open_world(train.world, split=split, count=count, **drawn)

    count = asked["scoring"]["tested"]
    also = asked["scoring"].get("also", {})
    tested = {split: scenes(split, count) for split in ("test", *beyond)}
    tested |= {split: scenes("test", count, **other) for split, other in also.items()}
    return {"train": scenes("train", train.count)} | tested


def _glom(
    asked: Mapping[str, Any], variant: str, worlds: Mapping[str, Scenes], folder: Path, say: Say
) -> dict[str, Any]:
    name, out = ROWS[variant], trained(asked, folder)
    held, model = load(out), load_glom(out)
    recipe = held.recipe
    t, levels = recipe.iters, levels_of(recipe, held.config)
    scoring, seed = asked["scoring"], asked["train"]["seed"]
    tuned = worlds["train"][: scoring["tuned"]]
    common = dict(tuned=tuned, grid=held.config.grid, seed=seed)
    scorers = {s: Scorer(test=w, **common) for s, w in worlds.items() if s != "train"}
    test = scorers.pop("test")
    taus = test.taus_of(model, levels, t)
    beyond = []
    for split, scorer in scorers.items():
        own = scorer.at(model, scorer.images, levels, t)
        beyond.append(scorer.row(f"{name}: {split}", t, own, taus))
        if variant == "glom":
            beyond += scorer.beneath(model, split, levels, t)
    _draw(model, test, taus, levels, t, folder, scoring["drawn"])
    say(f"islands on test pictures: {folder}/islands_*.png")
    rows = test.glom(model, name, levels, t, taus)
    if scoring["hidden"]:
        shown = partial(looks_at, model), model.config, name, levels, t, taus
        rows += test.filled_in(*shown, scoring["hidden"])
    if variant == "glom":
        rows += test.teacher(recipe, levels) + test.tricks(asked["train"]["world"])
        rows += test.baselines()
    return {
        "rows": rows,
        "levels": test.by_level(model, name, [t]),
        "known": _known(model, variant, worlds, t, scoring.get("probed", 0), seed),
        "beyond": beyond,
        "cost": [peers.cost(name, held.params, out)],
        "trained t": t,
        "levels of": levels,
        "taus": taus,
    }


def _known(
    model: Glom, variant: str, worlds: Mapping[str, Scenes], t: int, learned: int, seed: int
) -> list[Row]:
    """What a location's vector knows, read by a probe that learns from so many pictures."""
    if not learned:
        return []
    scenes = {"train": worlds["train"][:learned], "test": worlds["test"]}
    asked = {name: asked_of(own, model.config.grid) for name, own in scenes.items()}
    rows = probed(model, ROWS[variant], scenes, asked, t, seed)
    if variant == "glom":
        fresh = untrained(model, seed)
        rows += probed(fresh, f"{ROWS[variant]}: untrained", scenes, asked, t, seed)
        rows += probed_columns(scenes, asked, model.config, seed)
    return rows


def trained(asked: Mapping[str, Any], folder: Path) -> Path:
    """The weights of `python -m glom_torch.train`, which goes on with what is in the folder."""
    out, config = folder / "glom.safetensors", folder / "glom.json"
    if out.exists() and load(out).extra["finished"]:  # the curve says so before the weights do
        return out
    write_json(config, {section: asked[section] for section in ("glom", "recipe", "train")})
    words = ["--config", str(config), "--out", str(out)]
    with contextlib.redirect_stdout(sys.stderr):  # the table alone is what this command prints
        status = train_glom([*words, *(["--resume"] if out.exists() else [])])
    if status >= 128:
        raise KeyboardInterrupt
    if status:
        raise RuntimeError("training stopped; the line above says why")
    return out


def _draw(
    model: Glom,
    scorer: Scorer,
    taus: Mapping[str, float],
    levels: Mapping[str, int],
    t: int,
    folder: Path,
    count: int,
) -> None:
    """Islands forming on the first test pictures, as PNG files in the run's folder."""
    try:
        from glom_numpy.figures import islands_over_time, save_png
    except ModuleNotFoundError:  # matplotlib
        return
    images = scorer.images[:count]
    steps = sorted({0, *levels.values(), *(k + 1 for k in levels.values()), t})
    looks = looks_at(model, images, range(t + 1))
    history = np.stack([look.levels for look in looks.values()], axis=1)  # N t n l d
    middle = looks[t].levels.mean(axis=(0, 1))
    tau = [taus["parts" if k <= levels["parts"] else "objects"] for k in range(history.shape[3])]
    for k, image in enumerate(images if images.shape[-1] in (1, 3) else ()):
        shown = dict(steps=steps, mean=middle)
        fig = islands_over_time(image, history[k], scorer.grid, tau, **shown)
        save_png(fig, folder / f"islands_{k}.png")


EXPERIMENTS = tuple(
    Experiment(
        name=name,
        variants=tuple(variant for variant, names in TAKE_PART.items() if name in names),
        run=partial(run, name),
        choices=partial(choices, name),
        at_most=AT_MOST.get(name, {}),
        first=f"islands without labels on {words}",
        tables=TABLES,
        about=about,
        figure=figure,
    )
    for name, words in WORDS.items()
)
