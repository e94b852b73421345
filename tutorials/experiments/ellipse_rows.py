"""What is measured of a model of the ellipse world: the rows of its tables.

objects FG-ARI   k-means with the true number of wholes on one vector per location
class accuracy   the class of the whole, told from one location's vector alone; chance 0.20
pose R2          the six numbers of the whole's affine map, told alike: the share of their
                 variance that is told, a mean over the six; 0 is the mean pose, 1 the truth
nesting          groups of the level below the top, twice as many as wholes, that lie inside
                 one group of the top level; by average linkage, beside chance
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.cluster.hierarchy import fcluster, linkage

from glom_torch.glom import Glom
from glom_torch.wholes import tell

from . import controls
from .ellipse_models import Model
from .ellipse_scenes import Columns, columns, picture
from .measure import Look, mean, score, score_nesting

Array = np.ndarray
Row = dict[str, Any]
TOP = {"objects": -1}
SIGMAS = (0.005, 0.01, 0.02, 0.05, 0.1)
NAMES = {  # the splits, in words
    "test": "two wholes, as in training",
    "ood_objects": "three wholes",
    "ood_scale": "larger wholes",
    "ood_stretch": "more drawn out",
    "ood_missing": "one ellipse of each whole missing",
}


def times(trained: int) -> tuple[int, ...]:
    """The t that are looked at: the way up, the trained t, and up to four times that."""
    return tuple(sorted({*range(trained + 1), 2 * trained, 3 * trained, 4 * trained}))


@dataclass(frozen=True)
class Scorer:
    """A trained model and the scenes it is scored on: `count` of each split, drawn from `seed`."""

    model: Model
    params: Mapping[str, Any]
    count: int
    seed: int

    @property
    def trained(self) -> int:
        """Up to how many steps it was trained to settle."""
        return self.model.recipe.iters

    @property
    def now(self) -> int | None:
        """The t at which it is read: None for what has no steps."""
        return None if self.model.kind == "deep_sets" else self.trained

    def rng(self) -> np.random.Generator:
        """For k-means, noise and chance: the same for every row."""
        return np.random.default_rng([self.seed, 3])

    def blank(self) -> dict[str, Any]:
        """Parameters of the same kind that were never trained."""
        return self.model.fresh(self.seed + 1000)

    def scenes(self, split: str) -> Columns:
        """Scenes of a split, never those of training."""
        return columns(split, self.count, np.random.default_rng(self.seed))

    def looks(
        self, own: Columns, steps: Sequence[int | None], params: Mapping[str, Any] | None = None
    ) -> dict[int | None, Look]:
        """The states of all columns at some t, and how far the last step moved them."""
        params, last = params or self.params, max(t or 0 for t in steps)
        with torch.no_grad():
            states = self.model.states(params, picture(own.numbers), last).numpy()
        found = {}
        for t in steps:
            now, update = states[t or 0], None
            if t:
                moved, length = (
                    np.linalg.norm(x, axis=-1).mean(axis=(0, 1)) for x in (now - states[t - 1], now)
                )
                update = moved / np.maximum(length, 1e-12)
            found[t] = Look(now.astype(float), update)
        return found

    def row(self, name: str, t: int | None, look: Look, own: Columns) -> Row:
        """One row of any table."""
        found = score(look.by_name(TOP), own.labels, self.rng())
        return {"row": name, "t": t} | found | self.told(look, own) | look.about(TOP)

    def told(self, look: Look, own: Columns) -> dict[str, float]:
        """How well one vector of the top level tells the class and the pose of its whole."""
        vectors = torch.tensor(look.levels[:, :, -1], dtype=torch.float32)
        with torch.no_grad():
            logits, poses = (x.double().numpy() for x in tell(self.params["wholes"], vectors))
        right = logits.argmax(axis=-1) + 1 == own.classes
        return {"class accuracy": mean([right.mean()]), "pose R2": mean([_r2(poses, own.poses)])}

    def over_time(self, name: str) -> list[Row]:
        """At every t up to four times the trained one, on test scenes."""
        own = self.scenes("test")
        steps = [None] if self.now is None else times(self.trained)
        return [self.row(name, t, look, own) for t, look in self.looks(own, steps).items()]

    def beyond(self, name: str) -> list[Row]:
        """Scenes as in training, and each kind that was not, at the trained t.

        Of a GLOM also as soon as the top level has seen its ellipse: nobody has heard of others.
        """
        alone = [self.model.config.levels] if self.model.kind == "glom" else []
        rows = []
        for split, scenes in NAMES.items():
            own = self.scenes(split)
            looks = self.looks(own, [*alone, self.now])
            rows += [self.row(f"{name}: {scenes}", t, look, own) for t, look in looks.items()]
        return rows

    def noise(self, name: str) -> list[Row]:
        """Test scenes with noise on every number that a column sees, at the trained t."""
        rows = []
        for sigma in (0.0, *SIGMAS):
            own = self.scenes("test").noisy(sigma, self.rng())
            look = self.looks(own, [self.now])[self.now]
            rows.append(self.row(f"{name}: noise {sigma:g}", self.now, look, own))
        return rows

    def controls(self, name: str) -> list[Row]:
        """What must do worse than a GLOM, at the trained t."""
        own, t = self.scenes("test"), self.trained
        look = self.looks(own, [t])[t]
        glom = Glom(self.model.config, params=self.params["glom"])
        silent = self.params | {"glom": controls.muted(glom).params}
        order = self.rng().permutation(look.levels.shape[1])
        others = {
            "another scene's state": Look(np.roll(look.levels, 1, axis=0)),
            "shuffled columns": Look(look.levels[:, order]),
            "consensus muted, not trained again": self.looks(own, [t], silent)[t],
            "untrained": self.looks(own, [t], self.blank())[t],
        }
        return [self.row(f"{name}: {what}", t, other, own) for what, other in others.items()]

    def baselines(self, split: str = "test") -> list[Row]:
        """k-means on where an ellipse is, and on all that a column sees of it: no learning."""
        own = self.scenes(split)
        seen = {"location alone": own.symbols[:, :, [2, 5]], "what a column sees": own.numbers}
        found = {name: score(x, own.labels, self.rng()) for name, x in seen.items()}
        return [{"row": name, "objects FG-ARI": s["objects FG-ARI"]} for name, s in found.items()]

    def beneath(self) -> list[Row]:
        """What the scenes of `beyond` give to whoever learned nothing."""
        rows, blank = [], self.blank()
        for split, scenes in NAMES.items():
            own = self.scenes(split)
            look = self.looks(own, [self.now], blank)[self.now]
            found = [*self.baselines(split), self.row("untrained", self.now, look, own)]
            rows += [row | {"row": f"{row['row']}: {scenes}"} for row in found]
        return rows

    def by_level(self, name: str) -> list[Row]:
        """Each level at the trained t: do its vectors part the wholes, and has it collapsed?"""
        own = self.scenes("test")
        look, wholes = self.looks(own, [self.trained])[self.trained], int(own.objects.max())
        rows: list[Row] = []
        for level in range(look.levels.shape[2]):
            found = score({"objects": look.level(level)}, own.labels, self.rng())
            found["rank"] = look.about({"level": level})["level rank"]
            if level and level == look.levels.shape[2] - 1:
                lower, upper = (
                    _groups(look.level(l), k) for l, k in ((level - 1, 2 * wholes), (level, wholes))
                )
                found |= score_nesting(lower, upper, (1, lower.shape[1]), self.rng())
            rows.append({"row": name, "level": level, "t": self.trained} | found)
        return rows


def _groups(vectors: Float[Array, "N n d"], k: int) -> Int[Array, "N n"]:
    """k groups of locations of each scene, by average linkage; no place in it, so no neighbors."""
    return np.stack([fcluster(linkage(v, "average"), k, "maxclust") for v in vectors])


def _r2(told: Float[Array, "N n 6"], true: Float[Array, "N n 6"]) -> float:
    """1 less the squared error in units of the variance; the mean over the six numbers."""
    error = ((told - true) ** 2).mean(axis=(0, 1))
    return float((1 - error / true.var(axis=(0, 1))).mean())
