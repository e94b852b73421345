"""One way of scoring for everything: vectors of locations, whoever made them, beside the truth.

Every score is of `glom_numpy.scores`, a mean over pictures, or None where it is not defined.

    parts FG-ARI          k-means with the true k on the foreground, by adjusted Rand index
    parts FG-ARI there    the same, of hidden locations alone
    parts within, between, contrast     mean cosine in one segment, of two segments, the difference
    parts islands FG-ARI  nobody tells k: islands at one tau, merged where they are alike
    parts islands         how many
    nesting               share of lower islands inside one upper island; chance: the same, shuffled
    parts rank            effective rank of the level: near 1, all say the same
    parts update          how far the last step moved an embedding, in its own lengths
    parts disagreement    1 - cosine of bottom-up and of top-down with the consensus
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from tqdm import tqdm

from glom_numpy.islands import center, find_islands, labels_on_grid, level_mean
from glom_numpy.losses import agreement
from glom_numpy.parse import merge_islands
from glom_numpy.scores import effective_rank, fg_ari, foreground_ari, nesting, segment_cosines
from glom_numpy.worlds import Scenes

Array = np.ndarray
By = Mapping[str, Array]  # by the name of a label map: "parts", "groups", "objects"
BATCH = 20
TAUS = (*(round(0.05 * k, 2) for k in range(1, 20)), 0.97, 0.99)
SMALLEST = 2  # locations: a border's lone mixed vector may not join what it stands between


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of those that are defined, to three digits; None if none is."""
    known = [value for value in values if value is not None]
    return round(float(np.mean(known)), 3) + 0.0 if known else None  # + 0.0: no -0.0


def labels_of(
    scenes: Scenes, names: Sequence[str], grid: tuple[int, int] | None = None
) -> dict[str, Int[Array, "N n"]]:
    """The label maps that the scenes have of these names: by pixel, or by column of the grid."""
    maps = {name: getattr(scenes, name) for name in names if getattr(scenes, name) is not None}
    if grid is not None:
        maps = {name: labels_on_grid(labels, grid) for name, labels in maps.items()}
    return {name: labels.reshape(len(labels), -1) for name, labels in maps.items()}


def score(
    vectors: Float[Array, "N n d"] | By, labels: By, rng: np.random.Generator
) -> dict[str, float | None]:
    """FG-ARI by k-means, contrast and its two cosines, for each label map.

    `vectors` by name: each label map has its own level. k-means starts are drawn from `rng`.
    """
    found = {}
    for name, truth in labels.items():
        own = vectors[name] if isinstance(vectors, Mapping) else vectors
        pairs = list(zip(own, truth, strict=True))
        bar = tqdm(pairs, desc=f"k-means, {name}", leave=False, delay=2, disable=None)
        aris = [fg_ari(v, t, method="kmeans", rng=rng) for v, t in bar]
        cosines = [c for v, t in pairs if (c := segment_cosines(v, t)) is not None]
        found[f"{name} FG-ARI"] = mean(aris)
        found[f"{name} contrast"] = mean([a - b for a, b in cosines])
        found[f"{name} within"] = mean([a for a, _ in cosines])
        found[f"{name} between"] = mean([b for _, b in cosines])
    return found


def score_some(
    vectors: By, labels: By, counted: Bool[Array, "N n"], rng: np.random.Generator
) -> dict[str, float | None]:
    """FG-ARI of the counted locations alone; k-means clusters the whole foreground."""
    found = {}
    for name, truth in labels.items():
        each = zip(vectors[name], truth, counted, strict=True)
        some = [fg_ari(v, t, method="kmeans", rng=rng, counted=c) for v, t, c in each]
        found[f"{name} FG-ARI there"] = mean(some)
    return found


def score_labels(found: Int[Array, "N n"], labels: By) -> dict[str, float | None]:
    """FG-ARI of a segmentation that needs no clustering: slots' masks, regions of one color."""
    return {
        f"{name} FG-ARI": mean([foreground_ari(f, t) for f, t in zip(found, truth, strict=True)])
        for name, truth in labels.items()
    }


def islands(
    vectors: Float[Array, "N n d"], grid: tuple[int, int], tau: float, *, merged: bool = True
) -> Int[Array, "N n"]:
    """Islands of each picture at one tau: neighbors, and (merged) those that are alike too."""
    found = []
    for v in vectors.reshape(len(vectors), *grid, -1):
        one = find_islands(v, tau)
        found.append(merge_islands(v, one, tau, smallest=SMALLEST) if merged else one)
    return np.stack(found).reshape(len(vectors), -1)


def best_tau(
    vectors: Float[Array, "N n d"], truth: Int[Array, "N n"] | None, grid: tuple[int, int]
) -> float:
    """The tau, one for all pictures, at which the merged islands fit best; of TRAINING pictures.

    Without labels: where the number of islands changes least with tau (a plateau, `islands`).
    """
    if truth is not None:
        bar = tqdm(TAUS, desc="tau", leave=False, delay=2, disable=None)
        fits = [score_labels(islands(vectors, grid, tau), {"x": truth}) for tau in bar]
        aris = [fit["x FG-ARI"] for fit in fits]
        if None not in aris:
            return TAUS[int(np.argmax(aris))]
    counts = np.array([(islands(vectors, grid, tau).max(axis=1) + 1).mean() for tau in TAUS])
    # Neither one island of everything nor islands of one location are a plateau.
    tells = (counts > 1.5) & (counts < 0.5 * vectors.shape[1])
    steep = np.abs(np.gradient(np.log(counts), TAUS))
    return TAUS[int(np.where(tells, steep, np.inf).argmin())] if tells.any() else 0.5


def score_islands(
    vectors: By, labels: By, grid: tuple[int, int], taus: Mapping[str, float]
) -> dict[str, float | None]:
    """How well islands fit without being told k, and how many there are; a tau for each name."""
    found = {}
    for name, tau in taus.items():
        each = islands(vectors[name], grid, tau)
        if name in labels:
            fit = score_labels(each, {name: labels[name]})
            found[f"{name} islands FG-ARI"] = fit[f"{name} FG-ARI"]
        found[f"{name} islands"] = mean([one.max() + 1 for one in each])
    return found


def score_nesting(
    lower: Int[Array, "N n"],
    upper: Int[Array, "N n"],
    grid: tuple[int, int],
    rng: np.random.Generator,
) -> dict[str, float | None]:
    """Whether islands lie in islands, and how often they would by chance."""
    found = []
    for below, above in zip(lower, upper, strict=True):
        maps = below.reshape(grid), above.reshape(grid)
        found.append(nesting(*maps, rng=rng, permutations=20))
    defined = [pair for pair in found if pair is not None]
    return {
        "nesting": mean([share for share, _ in defined]),
        "nesting chance": mean([chance for _, chance in defined]),
    }


@dataclass(frozen=True)
class Look:
    """The states of many pictures after some steps, and how the last step went, by level."""

    levels: Float[Array, "N n l d"]  # as the model has them
    update: Float[Array, " l"] | None = None  # None at t = 0
    disagreement: Float[Array, " l"] | None = None

    def by_name(self, levels: Mapping[str, int]) -> dict[str, Float[Array, "N n d"]]:
        """For each name its level's vectors, centered over these pictures, of unit length."""
        return {name: self.level(level) for name, level in levels.items()}

    def level(self, level: int) -> Float[Array, "N n d"]:
        """One level's vectors, centered over these pictures, of unit length."""
        own = self.levels[:, :, level]
        return center(own, level_mean(own[:, :, None])[0])

    def about(self, levels: Mapping[str, int]) -> dict[str, float | None]:
        """Rank, update and disagreement of the levels of these names."""
        found: dict[str, float | None] = {}
        for name, level in levels.items():
            flat = self.levels[:, :, level].reshape(-1, self.levels.shape[-1])
            found[f"{name} rank"] = mean([effective_rank(flat)])
            for what in ("update", "disagreement"):
                value = getattr(self, what)
                found[f"{name} {what}"] = None if value is None else float(f"{value[level]:.3g}")
        return found


def looks_at(
    model: Any, images: Array, steps: Sequence[int], *, batch: int = BATCH
) -> dict[int, Look]:
    """The looks at some t of a Glom of either house at pictures (N, H, W, c)."""
    house = type(model).__module__.split(".")[0]
    rooms = ("attention", "glom", "worlds")
    attention, glom, worlds = (import_module(f"{house}.{room}") for room in rooms)
    config, params = model.config, _free(model.params)
    mask = attention.listening_mask(config, config.grid, np.random.default_rng(0))
    kept: dict[int, list[Look]] = {t: [] for t in sorted(set(steps))}
    starts = range(0, len(images), batch)
    for start in tqdm(starts, desc="settling", leave=False, disable=None):
        img = worlds.to_model(images[start : start + batch])
        levels, now = None, 0
        for t in kept:
            for stop in sorted({max(t - 1, now), t}):  # the last step alone: it is looked at
                run = dict(iters=stop - now, start=now, mask=mask)
                states, voices = glom.settle(params, config, img, levels, **run)
                levels, now = states[-1], stop
            kept[t].append(_look(states, voices))
    return {t: _joined(looks) for t, looks in kept.items()}


def _free(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that no gradient will be asked of; arrays as they are."""
    return {
        name: _free(leaf)
        if isinstance(leaf, Mapping)
        else (leaf if isinstance(leaf, np.ndarray) else leaf.detach())
        for name, leaf in tree.items()
    }


def _look(states: Any, voices: Any) -> Look:
    """A look at the last state, and at the step that made it, if there was one."""
    after = np.asarray(states[-1]).copy()
    if not len(voices):
        return Look(after)
    length, moved = (
        np.linalg.norm(x, axis=-1).mean(axis=1) for x in (after, after - np.asarray(states[-2]))
    )
    said, levels = np.asarray(voices[-1]).astype(float), np.eye(after.shape[2])
    disagreement = np.array([agreement(said, one) for one in levels])
    return Look(after, (moved / np.maximum(length, 1e-12)).mean(axis=0), disagreement)


def _joined(looks: Sequence[Look]) -> Look:
    """Looks at several batches as one; the means by batch weigh as many pictures as each has."""
    levels = np.concatenate([look.levels for look in looks])
    if looks[0].update is None:
        return Look(levels)
    share = [len(look.levels) / len(levels) for look in looks]
    each = ([look.update for look in looks], [look.disagreement for look in looks])
    return Look(levels, *(np.average(values, axis=0, weights=share) for values in each))
