"""What happens to spirals when one thing is changed?

Twice: at test time only, on the weights that are committed, and in training, from scratch, by
`configs/ablations.json`: a sixth of the steps of spirals, a fainter bottom-up voice, and states
that are carried on less often and are half as old. What limits the islands, and what does nothing,
is a lesson either way.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from glom_numpy.config import VOICES
from glom_numpy.worlds import Scenes, open_world
from glom_torch.checkpoint import load, load_glom
from glom_torch.glom import Glom

from .. import WEIGHTS
from .controls import muted
from .measure import looks_at
from .scorer import Row, Scorer
from .segmentation import trained
from .tables import Table, lines
from .variants import CONFIGS

NAME = "ablations"
SHIPPED = WEIGHTS / "spirals.safetensors"
SCORING = {"tested": 60, "tuned": 40, "hidden": 0.3}
LEVELS = {"parts": 0, "objects": 1}
LATER = 4  # times the trained t: does what has settled stay?
LATE = {
    "objects FG-ARI later": "objects: k-means",
    "objects islands FG-ARI later": "objects: islands",
}

RISING = (1.0, 2.0, 4.0, 7.0, 10.0)  # beta by step; the last goes on

# Choices of GlomConfig that are changed at test time only.
AT_TEST = {
    "nothing": {},
    "beta 0: all are heard alike": {"beta": 0.0},
    "beta 3": {"beta": 3.0},
    "beta 30": {"beta": 30.0},
    "beta rises from 1 to 10": {"beta": RISING},
    "a column hears itself": {"consensus_self": True},
    "only the 4 nearest are heard": {"local_consensus_radius": 1.0},
    "3 patches far are heard": {"local_consensus_radius": 3.0},
    "everybody is heard": {"local_consensus_radius": 0.0},
    "the level above takes part (lam 0.5)": {"lam": 0.5},
    "no norm": {"state_norm": "none"},
}
# Sections of the config file that are changed in training.
INFO_NCE = {"pairs": 0.0, "contrast": [0.5, 1.0], "contrast_radius": [1.5, 3.0], "anchors": 200}
# Whole pictures, but for what is hidden, and a crop of about a third of each within.
NESTED = {"positives": "crop", "crop": [1.0, 0.6], "anchors": 80}
IN_TRAINING: dict[str, dict[str, dict[str, Any]]] = {
    "nothing": {},
    "all voices alike": {"glom": {"voice_weights": [1.0, 1.0, 1.0, 1.0]}},
    "no previous voice": {"glom": {"voice_weights": [[0.0, 0.4, 0.25, 0.15], [0.0, 0.08, 0, 0.6]]}},
    "no bottom-up voice": {"glom": {"voice_weights": [[0.2, 0, 0.25, 0.15], [0.12, 0, 0, 0.6]]}},
    "no top-down voice": {"glom": {"voice_weights": [[0.2, 0.4, 0.0, 0.15], [0.12, 0.08, 0, 0.6]]}},
    "no consensus": {"glom": {"voice_weights": [[0.2, 0.4, 0.25, 0.0], [0.12, 0.08, 0.0, 0.0]]}},
    "beta 1": {"glom": {"beta": 1.0}},
    "beta rises from 1 to 10": {"glom": {"beta": RISING}},
    "the level above takes part (lam 0.5)": {"glom": {"lam": 0.5}},
    "a column hears itself": {"glom": {"consensus_self": True}},
    "everybody is heard": {"glom": {"local_consensus_radius": 0.0}},
    "nobody is told the place": {"glom": {"location": "none"}},
    "plain first weights": {"glom": {"init": "plain"}},
    "no older states are carried on": {"recipe": {"carried": 0.0}},
    "nothing is hidden": {"recipe": {"mask_ratio": 0.0}},
    "agreement too": {"recipe": {"agreement": [0.1, 0.1]}},
    "only reconstruction": {"recipe": {"pairs": 0.0}},
    "InfoNCE of neighbors in place of pairs": {"recipe": INFO_NCE},
    "and with a projection head": {"recipe": INFO_NCE | {"projection": 24}},
    "InfoNCE of two views": {"recipe": INFO_NCE | {"positives": "view"}},
    "InfoNCE of nested crops": {"recipe": INFO_NCE | NESTED},
}
VARIANTS = ("at test", *(name for name in IN_TRAINING))


def choices(variant: str, *, quick: bool = False) -> dict[str, Any]:
    """The sections of the changed config file, and how it is scored."""
    found = json.loads((CONFIGS / "ablations.json").read_text(encoding="utf-8"))
    if variant == "at test":
        held = hashlib.sha256(SHIPPED.read_bytes()).hexdigest() if SHIPPED.exists() else None
        found = {"changes": AT_TEST, "muted": VOICES, "weights": held}
    else:
        for section, changes in IN_TRAINING[variant].items():
            found[section] = found[section] | changes
    if quick and variant != "at test":
        found["train"] |= {"steps": 2, "count": 8, "batch": 2}
        found["glom"] |= {"dim": 8, "hidden": 8}
    return found | {"scoring": SCORING | ({"tested": 2, "tuned": 2} if quick else {})}


def run(variant: str, seed: int, folder: Path, say: Any, *, quick: bool = False) -> dict[str, Any]:
    """Change one thing, and score what comes of it; the contract is in `runs`."""
    asked = choices(variant, quick=quick)
    if variant == "at test":
        if not SHIPPED.exists():
            raise ValueError(f"{SHIPPED.name}: wanted the shipped weights, there are none")
        return {"rows": _at_test(load_glom(SHIPPED), asked["scoring"], seed)}
    asked["train"]["seed"] = seed
    held = trained(asked, folder)
    scorer = _scorer(load_glom(held), asked["scoring"], seed)
    row = _row(scorer, load_glom(held), variant, load(held).recipe.iters, asked["scoring"])
    return {"trained": [row], "rows": []}


def changed(model: Glom) -> dict[str, Glom]:
    """A trained model with one thing changed, by the names of AT_TEST and "<voice> muted"."""
    others = {name: model.with_config(**changes) for name, changes in AT_TEST.items()}
    return others | {f"{voice.replace('_', '-')} muted": muted(model, voice) for voice in VOICES}


def _at_test(model: Glom, scoring: Mapping[str, Any], seed: int) -> list[Row]:
    scorer, t = _scorer(model, scoring, seed), load(SHIPPED).recipe.iters
    return [_row(scorer, own, name, t, scoring) for name, own in changed(model).items()]


def _scorer(model: Glom, scoring: Mapping[str, Any], seed: int) -> Scorer:
    def scenes(split: str, count: int) -> Scenes:
        rng = np.random.default_rng(seed)
        return open_world("spirals", split=split, count=count, rng=rng)

    test, tuned = scenes("test", scoring["tested"]), scenes("train", scoring["tuned"])
    return Scorer(test=test, tuned=tuned, grid=model.config.grid, seed=seed)


def _row(scorer: Scorer, model: Glom, name: str, t: int, scoring: Mapping[str, Any]) -> Row:
    """Whole pictures and, of the same, pictures with hidden patches; and is anything collapsed?"""
    taus = scorer.taus_of(model, LEVELS, t)
    shown = partial(looks_at, model), model.config, name, LEVELS, t, taus
    (row,) = scorer.filled_in(*shown, scoring["hidden"], [t])
    filled = {f"{n} hidden": row[f"{n} FG-ARI"] for n in LEVELS}
    own, after = (
        scorer.row(name, when, scorer.at(model, scorer.images, LEVELS, when), taus)
        for when in (t, LATER * t)
    )
    later = {key: after[key.removesuffix(" later")] for key in LATE}
    ranks = {f"{n} rank": scorer.by_level(model, name, [t])[k]["rank"] for n, k in LEVELS.items()}
    return own | filled | ranks | later


_COLUMNS = {
    "parts FG-ARI": "parts: k-means",
    "objects FG-ARI": "objects: k-means",
    "parts islands FG-ARI": "parts: islands",
    "objects islands FG-ARI": "objects: islands",
    "parts hidden": "parts, 30% hidden",
    "objects hidden": "objects, 30% hidden",
    "objects contrast": "objects: contrast",
    **{key: f"{what}, at {LATER} times the t" for key, what in LATE.items()},
    "parts rank": "rank, level 0",
    "objects rank": "rank, level 1",
}
BARS = {key: _COLUMNS[key] for key in ("objects FG-ARI", "objects islands FG-ARI")}
_TENTHS = {"parts rank": ".1f", "objects rank": ".1f"}
TABLES = {
    "": Table(columns=_COLUMNS, formats=_TENTHS),
    "trained": Table(columns=_COLUMNS, formats=_TENTHS, rows="trained"),
}


def about(results: Mapping[str, Any]) -> str:
    """What the numbers are, in words."""
    return (
        "One thing changed in the shipped GLOM for spirals, **at test time only**; table "
        f'"trained": changed **in training**, from scratch, {_steps(results)} steps of a lighter '
        "recipe (`configs/ablations.json`). FG-ARI as in the main table; *rank*: how many "
        "directions a level uses (near 1, it has collapsed)."
    )


def _steps(results: Mapping[str, Any]) -> int:
    return results["choices"]["nothing"]["train"]["steps"]


def figure(results: Mapping[str, Any], path: Path) -> str:
    """What is changed at test on the left, in training on the right."""
    from matplotlib.figure import Figure  # the tables need none

    from .figures import beside_controls, finish

    panels = {
        "rows": "at test, shipped weights",
        "trained": f"in training, {_steps(results)} steps of a lighter recipe",
    }
    fig = Figure(figsize=(11, 8), layout="constrained")
    said = []
    for ax, (rows, title) in zip(fig.subplots(1, len(panels)), panels.items(), strict=True):
        ax.set_title(title, fontsize=9, loc="left", pad=18)
        own = [line for line in lines(results, rows) if any(map(line.spread, BARS))]
        said.append(f"{title}: {beside_controls(ax, own, BARS)}")
    title = "ablations: one thing changed in a GLOM for spirals, FG-ARI of objects"
    return finish(fig, title, said, path)
