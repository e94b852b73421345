"""Do islands form in pictures that designers drew? The shipped model, taught with labels.

Parts (eyes, hair, ...) at its middle level, wholes (head, torso) at its top level, on avatars that
it was not taught with, beside controls; and parse trees of some, chosen by chance. Nothing
is trained: a seed chooses the pictures and the starts of k-means.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from glom_numpy import worlds
from glom_numpy.islands import level_mean
from glom_numpy.parse import ParseTree, parse_tree
from glom_numpy.scores import foreground_ari
from glom_numpy.worlds import Scenes
from glom_torch.checkpoint import Checkpoint, load, load_glom

from .files import HERE
from .measure import looks_at, mean
from .scorer import Scorer
from .tables import Table

Array = np.ndarray
NAME = "avatars"
VARIANTS = ("glom",)
WEIGHTS = HERE.parent / "weights" / "avatars.safetensors"
# Test avatars that are scored and, of these, drawn; training avatars on which tau is chosen.
SCORING = {"tested": 30, "drawn": 20, "tuned": 20}
QUICK = {"tested": 3, "drawn": 2, "tuned": 2}
# What the model's file says it was taught, and what `scorer` calls these two.
TAUGHT = {"parts": "parts", "objects": "groups"}


def choices(variant: str, *, quick: bool = False) -> dict[str, Any]:
    """Which weights, what they were taught, and how they are scored."""
    held = weights()
    found = {"glom": held.config.to_dict(), "recipe": held.recipe.to_dict()}
    return found | {"weights": fingerprint(), "scoring": QUICK if quick else SCORING}


def weights() -> Checkpoint:
    """The shipped model; FileNotFoundError says where it comes from, ValueError what it lacks."""
    if not WEIGHTS.exists():
        said = "it comes with the repository (git checkout it); tutorials/weights/README.md says"
        raise FileNotFoundError(f"{WEIGHTS.name}: wanted the shipped model; {said} what makes it")
    held = load(WEIGHTS)
    taught = () if held.recipe is None else held.recipe.segments
    for name in TAUGHT.values():
        if name not in taught:
            wanted = f"a model with a level that was taught {name!r}"
            raise ValueError(f"{WEIGHTS.name}: wanted {wanted}, got levels {list(taught)}")
    return held


def fingerprint() -> str:
    """Of the weights' file."""
    return hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]


def levels_of(held: Checkpoint) -> dict[str, int]:
    """The level of parts and that of wholes, which are "objects" to the scorer."""
    return {name: held.recipe.segments.index(taught) for name, taught in TAUGHT.items()}


def chosen(split: str, count: int, seed: int) -> tuple[Array, Scenes]:
    """Which avatars of a split, drawn by the seed (count,), and they with wholes as objects."""
    scenes = worlds.avatars(split)
    which = np.random.default_rng(seed).permutation(len(scenes))[:count]
    scenes = scenes[which]
    return which, replace(scenes, objects=scenes.groups)


def run(
    variant: str, seed: int, folder: Path, say: Callable[[str], None], *, quick: bool = False
) -> dict[str, Any]:
    """Score the shipped model and its controls on avatars that this seed draws."""
    asked, held, model = choices(variant, quick=quick)["scoring"], weights(), load_glom(WEIGHTS)
    which, test = chosen("test", asked["tested"], seed)
    _, tuned = chosen("train", asked["tuned"], seed)
    scorer = Scorer(test=test, tuned=tuned, grid=held.config.grid, seed=seed)
    levels, t = levels_of(held), held.recipe.iters
    taus = scorer.taus_of(model, levels, t)
    rows = scorer.glom(model, "GLOM", levels, t, taus)
    # One pixel is one column here: "by column" would be the same numbers again.
    controls = [row for row in scorer.baselines() if row["row"].endswith(", by pixel")]
    rows += [row | {"row": row["row"].removesuffix(", by pixel")} for row in controls]
    trees = trees_of(test, taus, asked["drawn"])
    return {
        "rows": [_wholes(row) for row in rows],
        "levels": [_wholes(row) for row in scorer.by_level(model, "GLOM", [t, 4 * t])],
        "drawn": [
            {"row": f"test avatar {k}"} | fit_of(tree, one)
            for k, tree, one in zip(which, trees, _each(test), strict=False)
        ],
        "trained t": t,
        "levels of": _wholes(levels),
        "taus": _wholes(taus),
    }


def _wholes(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the scorer calls objects are the wholes: heads and torsos."""
    return {name.replace("objects", "wholes"): value for name, value in row.items()}


def _each(scenes: Scenes) -> list[Scenes]:
    return [scenes[k] for k in range(len(scenes))]


def trees_of(scenes: Scenes, taus: Mapping[str, float], count: int) -> list[ParseTree]:
    """Parse trees of the first `count` pictures at the trained t, objects of islands as nodes.

    Embeddings are centered over all the pictures, as they are for the scores.
    """
    held, model = weights(), load_glom(WEIGHTS)
    levels, t = levels_of(held), held.recipe.iters
    states = looks_at(model, scenes.images, [t])[t].levels
    two = states[:, :, [levels["parts"], levels["objects"]]].astype(float)
    given = dict(tau=(taus["parts"], taus["objects"]), mean=level_mean(two), merge=True)
    return [parse_tree(state, held.config.grid, **given) for state in two[:count]]


def fit_of(tree: ParseTree, scene: Scenes) -> dict[str, float | None]:
    """FG-ARI of one picture's islands; None where that is not defined (a head without a torso)."""
    truth = {"parts": scene.parts, "wholes": scene.groups}
    return {
        f"{name} islands FG-ARI": mean([foreground_ari(found.ravel(), labels.ravel())])
        for found, (name, labels) in zip(tree.islands, truth.items(), strict=True)
    }


# ---------------------------------------------------------------- how it is shown


def _both(score: str, heading: str) -> dict[str, str]:
    return {f"{name} {score}": f"{name}: {heading}" for name in ("parts", "wholes")}


def _headline(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    """Before the picture is at the top, when it has come there, at the trained t, and past it."""
    t = results["runs"][0]["trained t"]
    return row["t"] in (None, 1, 3, t, 4 * t)


def _glom(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    return row["row"] == "GLOM"


FIT = _both("FG-ARI", "k-means") | _both("islands FG-ARI", "islands")
MORE = _both("islands", "how many islands") | _both("contrast", "contrast")
MORE |= _both("update", "update") | _both("rank", "effective rank")
FORMATS = {f"{name} {what}": ".1f" for name in ("parts", "wholes") for what in ("islands", "rank")}
FORMATS |= {f"{name} update": ".2g" for name in ("parts", "wholes")} | {"rank": ".1f"}
TABLES = {
    "": Table(columns=FIT | {"nesting": "nested", "nesting chance": "by chance"}, keep=_headline),
    "settling": Table(columns=FIT | MORE, formats=FORMATS, keep=_glom),
    "levels": Table(
        columns=_both("FG-ARI", "k-means") | {"rank": "effective rank"},
        formats=FORMATS,
        rows="levels",
    ),
}


def about(results: Mapping[str, Any]) -> str:
    """What the numbers are, in words."""
    run, asked = results["runs"][0], results["choices"]["glom"]["scoring"]
    levels, t = run["levels of"], run["trained t"]
    return (
        "How well do islands part avatars that designers drew? The shipped model was taught with "
        f"the labels of other avatars: parts (eyes, hair, ...) are read at level {levels['parts']}"
        f", wholes (head, torso) at level {levels['wholes']} of the same state, which was trained "
        f"to settle for up to {t} steps. {asked['tested']} test avatars a seed, drawn by it: the "
        "model is always the same one, and ± is not over trainings. "
        "FG-ARI: 1 is the truth, 0 is chance, background left out. *k-means* is told the true "
        "number of segments; *islands* are not told: neighbors, then islands that are alike, join "
        "at one cosine for each level, chosen on training avatars. *nested*: the share of islands "
        "for parts that lie inside one island for wholes."
    )


def figure(results: Mapping[str, Any], path: Path) -> str:
    """Parse trees of the avatars that the first seed drew, good and bad alike.

    ValueError if the weights are no longer those that were scored.
    """
    from .contact_sheet import Entry, contact_sheet
    from .figures import finish

    run, choice = results["runs"][0], results["choices"]["glom"]
    if choice["weights"] != fingerprint():
        raise ValueError(f"{WEIGHTS.name}: not the weights that were scored; --again scores these")
    which, test = chosen("test", choice["scoring"]["tested"], run["seed"])
    taus = {"parts": run["taus"]["parts"], "objects": run["taus"]["wholes"]}
    trees = trees_of(test, taus, choice["scoring"]["drawn"])
    fits = [fit_of(tree, one) for tree, one in zip(trees, _each(test), strict=False)]
    entries = [
        Entry(test.images[k], tree, _caption(which[k], tree, fit))
        for k, (tree, fit) in enumerate(zip(trees, fits, strict=True))
    ]
    fig = contact_sheet(entries, _key(taus, len(entries)))
    title = f"Parse trees of {len(entries)} test avatars, chosen by chance"
    shown = "Each avatar with its islands for parts and for wholes, and the tree that they make"
    said = [shown, *(_range(name, fits) for name in ("parts", "wholes"))]
    broken = sum(bool(tree.violations) for tree in trees)
    said.append(f"In {broken} of {len(trees)} trees a part reaches outside its whole")
    return finish(fig, title, said, path)


def _caption(which: int, tree: ParseTree, fit: Mapping[str, float | None]) -> str:
    said = ["not defined" if value is None else f"{value:.2f}" for value in fit.values()]
    small = sum(node.size < 2 for node in tree.nodes)
    more = f"; {small} of one location not drawn" if small else ""
    counts = f"{tree.counts[0]} parts, {tree.counts[1]} wholes{more}"
    return f"test avatar {which}: FG-ARI parts {said[0]}, wholes {said[1]}\n{counts}"


def _range(name: str, fits: list[dict]) -> str:
    found = [fit[f"{name} islands FG-ARI"] for fit in fits]
    known = [value for value in found if value is not None]
    if not known:
        return ""
    each = f"{np.mean(known):.2f} in the mean, from {min(known):.2f} to {max(known):.2f}"
    return f"FG-ARI of islands against {name}: {each}"


def _key(taus: Mapping[str, float], count: int) -> str:
    return (
        "How to read this\n\n"
        f"{count} test avatars, chosen by chance, good and bad alike.\n"
        "Top: the picture, its islands for parts, its islands\n"
        "for wholes, each in the mean of its colors.\n"
        "Below: the tree. Wholes, and under each its parts;\n"
        "the background is a whole and a part as well.\n"
        "Solid line: the part lies wholly inside. Dashed: it\n"
        "reaches outside; the number is the share inside.\n"
        f"Islands join at a cosine of {taus['parts']:g} (parts),\n"
        f"{taus['objects']:g} (wholes). FG-ARI: 1 is as designed,\n"
        "0 is chance."
    )
