"""The ellipse world as columns: only those locations of the grid where an ellipse stands.

Each ellipse stands at the location of its middle ("middle" of `symbol_grid`; by "area" some
ellipses own no location of 16 x 16 at all, since none is mostly theirs). So 10 of 256 columns see
something, and the other 246, which have nothing to say, are left out: a picture is a row of 10
columns. GLOM's weights are the same in every column, and no column is told its place, as the
symbol says better where its ellipse is. So which columns there are, and in which order, is free.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from glom_numpy.worlds import ELLIPSE_CLASSES, open_world, symbol_grid

Array = np.ndarray
GRID = 16
PIXELS = 16  # nobody looks at the pictures: as small as they can be drawn
CLASSES = len(ELLIPSE_CLASSES) - 1
CHANNELS = 6
# Half an axis of an ellipse is about 0.1 long, entries of a whole's 2 x 2 map are about 0.3.
AXIS, LINEAR = 0.1, 2.5


@dataclass(frozen=True)
class Columns:
    """N scenes of n columns each; every column sees one ellipse."""

    symbols: Float[Array, "N n 6"]  # its affine frame, as in SymbolGrid
    parts: Int[Array, "N n"]
    objects: Int[Array, "N n"]
    classes: Int[Array, "N n"]  # of its whole, from 1 on
    poses: Float[Array, "N n 6"]  # of its whole, linear entries times LINEAR

    def __len__(self) -> int:
        return len(self.symbols)

    def __getitem__(self, scenes: Any) -> "Columns":
        return Columns(*(getattr(self, field.name)[scenes] for field in fields(self)))

    @property
    def labels(self) -> dict[str, Int[Array, "N n"]]:
        """Labels by name, as `measure.score` takes them."""
        return {"objects": self.objects}

    @property
    def numbers(self) -> Float[Array, "N n 6"]:
        """What a column sees: its ellipse's middle and two half axes, as vectors.

        Not the axes' lengths and directions: of each ellipse of a whole, the whole's middle and
        axes are linear in these, so that a net trained on some sizes is less wrong about others.
        """
        frame = self.symbols.reshape(*self.symbols.shape[:-1], 2, 3)
        axes = frame[..., :2].reshape(*frame.shape[:-2], 4)
        return np.concatenate([frame[..., 2], axes / AXIS], axis=-1)

    def noisy(self, sigma: float, rng: np.random.Generator) -> "Columns":
        """Normal noise on all six numbers, in units where the picture is [-1, 1]."""
        noise = sigma * rng.standard_normal(self.symbols.shape)
        return replace(self, symbols=self.symbols + noise)


def columns(split: str, count: int, rng: np.random.Generator, **choices: Any) -> Columns:
    """Scenes of a split of the world "ellipses", or with other `choices` of its generator."""
    scenes = open_world("ellipses", split=split, count=count, size=PIXELS, rng=rng, **choices)
    grid = symbol_grid(scenes, GRID, where="middle")
    seen = grid.parts > 0

    def kept(values: Array) -> Array:
        return values[seen].reshape(count, -1, *values.shape[3:])

    poses = kept(grid.poses)
    poses = (poses * [LINEAR, LINEAR, 1.0]).reshape(*poses.shape[:2], 6)
    labels = kept(grid.parts), kept(grid.objects), kept(grid.classes)
    return Columns(kept(grid.symbols)[..., :6], *labels, poses)


def picture(numbers: Float[Array, "N n 6"]) -> Float[Tensor, "N 6 1 n"]:
    """A row of columns as the picture that models take, one pixel a column."""
    return torch.tensor(np.moveaxis(numbers, -1, 1)[:, :, None], dtype=torch.float32)
