"""Rows of a table: one way from vectors to a row, for a GLOM, its controls, and its relatives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glom_numpy.config import GlomConfig
from glom_numpy.recipe import UNLABELED, Recipe
from glom_numpy.worlds import Scenes, first_frames, segment_labels
from glom_torch.glom import Glom

from . import controls
from .measure import (
    By,
    Look,
    best_tau,
    islands,
    labels_of,
    looks_at,
    score,
    score_islands,
    score_labels,
    score_nesting,
    score_some,
)

Array = np.ndarray
Row = dict[str, Any]
NAMES = ("parts", "objects")


def times(trained: int) -> tuple[int, ...]:
    """The t that are looked at: the way up, the trained t, and up to four times that."""
    return tuple(sorted({0, 1, 2, 3, 4, 6, 8, trained, 2 * trained, 4 * trained}))


def listens(model: Glom) -> bool:
    """Whether its columns hear each other at all: else muting them is no control."""
    config = model.config
    return config.voice_weights == "learned" or any(heard[3] for heard in config.voices_by_level)


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """Scenes to score, training scenes on which tau is chosen, and the model's grid of columns.

    Labels may be missing (somebody's own pictures): then only what needs none is scored.
    """

    test: Scenes
    tuned: Scenes
    grid: tuple[int, int]
    seed: int

    @property
    def images(self) -> Array:
        """The pictures that are scored."""
        return first_frames(self.test)

    @property
    def labels(self) -> By:
        """Their labels by column."""
        return labels_of(self.test, NAMES, self.grid)

    def rng(self) -> np.random.Generator:
        """For k-means and chance: the same for every row."""
        return np.random.default_rng([self.seed, 3])

    def taus(self, vectors: By) -> dict[str, float]:
        """For each name the tau that fits best, of vectors of the training scenes."""
        truth = labels_of(self.tuned, NAMES, self.grid)
        return {name: best_tau(own, truth.get(name), self.grid) for name, own in vectors.items()}

    def row(
        self,
        name: str,
        t: int | None,
        vectors: By,
        taus: Mapping[str, float],
        *,
        nested: bool = True,
    ) -> Row:
        """One row: parts from the vectors of that name, objects from theirs (of another level)."""
        rng = self.rng()
        found: Row = {"row": name, "t": t} | score(vectors, self.labels, rng)
        found |= score_islands(vectors, self.labels, self.grid, taus)
        if nested:
            two = (islands(vectors[n], self.grid, taus[n], merged=False) for n in NAMES)
            found |= score_nesting(*two, self.grid, rng)
        return found

    def taus_of(self, model: Glom, levels: Mapping[str, int], trained: int) -> dict[str, float]:
        """The taus that fit this model best on the training scenes, at its trained t."""
        return self.taus(self.at(model, first_frames(self.tuned), levels, trained))

    def at(self, model: Glom, images: Array, levels: Mapping[str, int], t: int) -> By:
        """The vectors of each name's level, t steps on."""
        return looks_at(model, images, [t])[t].by_name(levels)

    def glom(
        self,
        model: Glom,
        name: str,
        levels: Mapping[str, int],
        trained: int,
        taus: Mapping[str, float],
    ) -> list[Row]:
        """A GLOM at all times, then what must do worse than it at the trained t."""
        looks = looks_at(model, self.images, times(trained))
        rows = []
        for t, look in looks.items():
            rows.append(self.row(name, t, look.by_name(levels), taus) | look.about(levels))
        settled = looks[trained].by_name(levels)
        others = {
            "another picture's state": controls.another_picture(settled),
            "shuffled columns": controls.shuffled_columns(settled, self.rng()),
        }
        # The same islands at other places: they lie in each other as they did.
        rows += [
            self.row(f"{name}: {n}", trained, own, taus, nested=False) for n, own in others.items()
        ]
        models = {"untrained": controls.untrained(model, self.seed)}
        if listens(model):
            models = {"consensus muted, not trained again": controls.muted(model)} | models
        for what, other in models.items():  # each at the taus that suit it best
            own = self.at(other, self.images, levels, trained)
            taus = self.taus_of(other, levels, trained)
            rows.append(self.row(f"{name}: {what}", trained, own, taus))
        return rows

    def filled_in(
        self,
        look: Callable[[Array, Sequence[int]], dict[int, Look]],
        config: GlomConfig,
        name: str,
        levels: Mapping[str, int],
        trained: int,
        taus: Mapping[str, float],
        share: float,
        steps: Sequence[int] | None = None,
    ) -> list[Row]:
        """The same pictures with some patches hidden: their columns know only what others say.

        `look` shows the model's states of pictures at some t, as `looks_at` does for a Glom.
        """
        images, hidden = controls.hide(self.images, config, share, self.rng())
        looks = look(images, steps or (1, 2, 3, 4, trained, 4 * trained))
        rows = []
        for t, found in looks.items():
            own = found.by_name(levels)
            row = self.row(f"{name}, {share:.0%} of patches hidden", t, own, taus)
            rows.append(row | score_some(own, self.labels, hidden, self.rng()))
        return rows

    def by_level(self, model: Glom, name: str, steps: Sequence[int]) -> list[Row]:
        """Each level by itself against parts and against objects, and its rank."""
        rows = []
        for t, look in looks_at(model, self.images, steps).items():
            for level in range(model.config.levels):
                own = score(look.level(level), self.labels, self.rng())
                about = look.about({"level": level})
                own |= {key.removeprefix("level "): value for key, value in about.items()}
                rows.append({"row": name, "level": level, "t": t} | own)
        return rows

    def teacher(self, recipe: Recipe, levels: Mapping[str, int]) -> list[Row]:
        """How good are the segments that nobody labeled, which a level is taught with?

        Found in the scored scenes themselves, of films with all their frames: more than the model
        is shown of them.
        """
        taught = {
            n: k for n, k in levels.items() if recipe.segments[k : k + 1] and n in self.labels
        }
        taught = {n: k for n, k in taught.items() if recipe.segments[k] in UNLABELED}
        if not taught:
            return []
        segments = tuple(recipe.segments[k] for k in taught.values())
        found = 1 + segment_labels(self.test, segments, self.grid)  # -1 is nobody's
        row: Row = {"row": f"what it is taught with ({', '.join(segments)})"}
        for k, name in enumerate(taught):
            row |= score_labels(found[:, :, k], {name: self.labels[name]})
        return [row]

    def tricks(self, world: str) -> list[Row]:
        """k-means on the tricks that we know of in this world (`controls.TRICKS`)."""
        if not self.labels:
            return []
        known = controls.TRICKS.get(world, {})
        vectors = {name: find(self.images, self.grid) for name, find in known.items()}
        return self._kmeans("column", vectors, self.labels)

    def baselines(self) -> list[Row]:
        """k-means on color and place, and two flood fills: by column, then by pixel."""
        if not self.labels:
            return []
        by_pixel = labels_of(self.test, NAMES)
        rows = []
        for where, labels, grid, vectors in (
            ("column", self.labels, self.grid, controls.by_column(self.images, self.grid)),
            ("pixel", by_pixel, None, controls.by_pixel(self.images)),
        ):
            rows += self._kmeans(where, vectors, labels)
            for name, found in (
                ("regions of one color", controls.color_regions(self.images, grid)),
                ("what hangs together", controls.connected(self.images, grid)),
            ):
                rows.append({"row": f"{name}, by {where}"} | score_labels(found, labels))
        return rows

    def beneath(self, model: Glom, split: str, levels: Mapping[str, int], t: int) -> list[Row]:
        """What these pictures give to whoever learned nothing: k-means alone."""
        fresh = self.at(controls.untrained(model, self.seed), self.images, levels, t)
        rows = self._kmeans("column", controls.by_column(self.images, self.grid), self.labels)
        rows.append({"row": "untrained"} | score(fresh, self.labels, self.rng()))
        return [row | {"row": f"{row['row']}: {split}"} for row in rows]

    def _kmeans(self, where: str, vectors: By, labels: By) -> list[Row]:
        """A row for each of the vectors, which nobody learned: FG-ARI by k-means alone."""
        scored = {name: score(own, labels, self.rng()) for name, own in vectors.items()}
        return [{"row": f"{name}, by {where}"} | _only_ari(row) for name, row in scored.items()]


def _only_ari(found: Row) -> Row:
    """Cosines of raw colors are not those of islands: they are not centered."""
    return {key: value for key, value in found.items() if key.endswith("FG-ARI")}
