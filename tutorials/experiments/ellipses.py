"""Supervised on the ellipse world: does one location know its whole, through the others?

After Culp, Sabour & Hinton, "Testing GLOM's ability to infer wholes from ambiguous parts" (arXiv
2211.16564), whose sizes and figures we could not check. One ellipse does not tell the class of its
whole (chance: 0.20), so what a location tells of it, it has heard from others.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glom_numpy.checks import check_choice
from glom_numpy.config import GlomConfig
from glom_torch.recipe import Recipe

from .ellipse_models import Model, train
from .ellipse_rows import NAMES, Scorer
from .ellipse_scenes import CHANNELS, PIXELS, columns
from .peers import cost
from .tables import COST, Line, Table, lines, trained_t

NAME = "ellipses"
ROWS = {
    "glom": "GLOM",
    "transformer": "transformer",
    "deep_sets": "deep sets",
    "glom_alone": "GLOM, consensus muted in training too",
    "glom_larger": "GLOM, trained on larger wholes too",
}
AT_MOST = {"glom_larger": 2}  # is it only that training has no larger wholes? Two seeds tell
VARIANTS = tuple(ROWS)
# The same for all: no places, since a symbol says where it is; widths so that all have about as
# many parameters; how long each trains, the table of costs says.
COMMON = dict(levels=3, channels=CHANNELS, image_size=(1, 10), patch_size=1)
COMMON |= dict(location="none", location_reaches=())
GLOM = dict(dim=48, hidden=128, state_norm="layer", voice_weights="learned", lam=2.0)
# At one beta of 10 the wholes of a scene flow together after the trained t; rising, they stay.
GLOM |= dict(beta=(10.0, 10.0, 10.0, 10.0, 15.0, 20.0, 30.0))
SIZES = {
    "glom": GLOM,
    "transformer": dict(dim=64, hidden=160),
    "deep_sets": dict(dim=64, hidden=108, depth=2),
}
STEPS = {"glom": 7000, "transformer": 9500, "deep_sets": 30000}
RECIPE = dict(iters=7, min_iters=5, reads=2, mask_ratio=0.0, reconstruction=0.0)
RECIPE |= dict(pairs=(0.0, 0.0, 1.0), segments=("", "", "objects"))
# Asked of the top alone, the level below it parts nothing, and no island is nested in another.
BELOW = dict(pairs=(0.0, 0.3, 1.0), segments=("", "objects", "objects"))
TRAIN = dict(world=NAME, count=20000, size=PIXELS, batch=32, lr=0.006)
LARGE = "ood_scale"
LARGER = dict(world_choices={"scale": [0.34, 0.58]})  # sizes of training, and those of LARGE
MODEL = dict(heads=128, carried=0.4, longest=28)


def choices(variant: str, *, quick: bool = False) -> dict[str, Any]:
    """All that a run of this variant depends on, besides its seed."""
    check_choice("variant", variant, ROWS)
    kind = "glom" if variant.startswith("glom") else variant
    size = dict(steps=20, count=200) if quick else dict(steps=STEPS[kind])
    scenes = LARGER if variant == "glom_larger" else {}
    own = dict(carried=0.0, longest=0) if kind == "deep_sets" else {}
    return {
        "model": {"kind": kind} | MODEL | own,
        "glom": COMMON | SIZES[kind],
        "recipe": RECIPE | (BELOW if kind == "glom" else {}),
        "train": TRAIN | scenes | size,
        "scoring": {"count": 20 if quick else 300},
    }


def run(variant: str, seed: int, folder: Path, say: Any, *, quick: bool = False) -> dict[str, Any]:
    """Train one model from one seed, or go on, and score it."""
    asked = choices(variant, quick=quick)
    config, recipe = GlomConfig.from_dict(asked["glom"]), Recipe.from_dict(asked["recipe"])
    model = Model(config=config, recipe=recipe, alone=variant.endswith("_alone"), **asked["model"])
    out = folder / "weights.safetensors"
    training, rng = asked["train"], np.random.default_rng(seed)
    scenes = columns("train", training["count"], rng, **training.get("world_choices", {}))
    params = train(model, training | {"seed": seed}, scenes, out)
    scorer = Scorer(model, params, asked["scoring"]["count"], seed)
    say(f"{variant}, seed {seed}: scoring")
    name = ROWS[variant]
    rows, levels, beyond = scorer.over_time(name), [], scorer.beyond(name)
    if model.kind == "glom":
        levels = scorer.by_level(name)
    if variant == "glom":
        rows += scorer.controls(name) + scorer.baselines()
        beyond += scorer.beneath()
    return {
        "rows": rows,
        "levels": levels,
        "beyond": beyond,
        "noise": scorer.noise(name),
        "cost": [cost(name, params, out)],
        "trained t": recipe.iters,
    }


def _headline(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    """Rows at t = 0, at the trained t and at four times that, and those without a t."""
    t = results["runs"][0]["trained t"]
    return row["t"] in (None, 0, t, 4 * t)


def _settling(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    return row["row"] in (ROWS["glom"], ROWS["transformer"])


SCORES = {
    "objects FG-ARI": "wholes: FG-ARI",
    "class accuracy": "class, from one location",
    "pose R2": "pose R², from one location",
}
ABOUT_STATE = {
    "objects contrast": "contrast",
    "objects update": "update",
    "objects rank": "effective rank",
}
FORMATS = {"objects update": ".2g", "objects rank": ".1f", "rank": ".1f"}
TABLES = {
    "": Table(columns=SCORES, keep=_headline),
    "settling": Table(columns=SCORES | ABOUT_STATE, formats=FORMATS, keep=_settling),
    "beyond": Table(columns=SCORES, rows="beyond"),
    "noise": Table(columns=SCORES, rows="noise"),
    "levels": Table(
        columns={
            "objects FG-ARI": "wholes: FG-ARI",
            "rank": "effective rank",
            "nesting": "nested",
            "nesting chance": "by chance",
        },
        formats=FORMATS,
        rows="levels",
    ),
    "cost": COST,
}


def about(results: Mapping[str, Any]) -> str:
    """What the numbers are, in words."""
    t, count = results["runs"][0]["trained t"], results["choices"]["glom"]["scoring"]["count"]
    return (
        f"Two wholes of five ellipses each, {count} test scenes. One ellipse does not tell the "
        "class of its whole (chance: 0.20): what a location tells of it, it has heard from others. "
        "All models are taught with the true wholes (GLOM at its two upper levels), their classes "
        "and poses, on the same batches. FG-ARI: k-means with the true "
        "number of wholes on one vector per location, 1 is the truth and 0 is chance; class and "
        "pose are told from one location's vector alone. GLOM and the transformer were trained to "
        f"settle for at most {t} steps, and some batches went on from states up to "
        f"{results['choices']['glom']['model']['longest']} steps old."
    )


def _is_drawn(line: Line, results: Mapping[str, Any]) -> bool:
    """The three models at the trained t, not what learned nothing; of the ablation, its point."""
    asked = line.variant in VARIANTS[:3] or line.row == f"{ROWS['glom_larger']}: {NAMES[LARGE]}"
    model = line.row.split(":")[0] == ROWS[line.variant]
    return asked and model and line.t in (None, trained_t(results, line.variant))


def figure(results: Mapping[str, Any], path: Path) -> str:
    """Settling on the left, scenes unlike those of training on the right."""
    from matplotlib.figure import Figure  # the tables need none

    from .figures import beside_controls, finish, over_time

    fig = Figure(figsize=(10, 6.5), layout="constrained")
    left, right = fig.subfigures(1, 2, width_ratios=[2, 3])
    said = []
    axes = left.subplots(2, 1, sharex=True, sharey=True)
    for ax, variant in zip(axes, ("glom", "transformer"), strict=True):
        name = ROWS[variant]
        said.append(f"{name} over t: {over_time(ax, results, name, SCORES, variant=variant)}")
        ax.set_title(f"{name}, over t", fontsize=9)
        ax.set_ylim(min(0.0, ax.get_ylim()[0]), 1.02)
        ax.label_outer()
    bars = [line for line in lines(results, "beyond") if _is_drawn(line, results)]
    right.suptitle("scenes as in training, and others, at the trained t", fontsize=9)
    said.append(f"Other scenes: {beside_controls(right.subplots(), bars, SCORES)}")
    n = len(results["seeds"])
    over = f"{n} seeds" if n > 1 else "one seed"
    return finish(fig, f"Telling the whole from one location, {over}", said, path)
