"""Shares: one batch cut into equal parts, whose mean is the loss of the whole, to rounding.

Parts are worked on by several processes (`ranks`), or one after the other (`accumulate`). What is
random is drawn once, for the whole batch, so a run does not depend on the number of parts.

Which losses are means over pictures, so that parts add up:
  agreement       yes: every picture has as many columns.
  pairs           yes: every picture counts the same.
  reconstruction  a mean over hidden patches, of which a picture may have more than another (the
                  last blocks of a grid may be cut off); each part is weighed by how many it has.
  contrast        no: every anchor is told apart from all other pictures of the batch. Refused.
"""

from dataclasses import replace

import numpy as np
from torch import Tensor

from glom_numpy.checks import check_whole

from .config import GlomConfig
from .look import counted
from .recipe import Draws, Recipe

__all__ = ["check_shares", "cut", "share", "weighed"]


def check_shares(
    config: GlomConfig, recipe: Recipe, batch: int, count: int, accumulate: int
) -> None:
    """ValueError unless a batch can be cut for `count` processes, each `accumulate` times."""
    parts = count * check_whole("accumulate", accumulate, 1)
    if batch % parts:
        raise ValueError(
            f"batch: wanted a multiple of {parts} = {count} processes x {accumulate} accumulated, "
            f"got {batch}"
        )
    if parts > 1 and any(recipe.weights("contrast", config.levels)):
        raise ValueError(
            f"contrast: wanted 0 where a batch is cut into {parts} parts: it tells each picture "
            f"apart from all others of the batch, and a part has only some; got {recipe.contrast}"
        )


def share(batch: int, part: int, parts: int) -> slice:
    """Which pictures of the batch the part has; as many as any other."""
    size = batch // parts
    return slice(part * size, (part + 1) * size)


def cut(draws: Draws, own: slice) -> Draws:
    """The draws for some pictures of the batch (arrays). What all share stays as it is."""
    b = draws.anchors.shape[1]

    def views(x: np.ndarray | None) -> np.ndarray | None:  # (v*b, ...), view by view
        if x is None:
            return None
        taken = x.reshape(-1, b, *x.shape[1:])[:, own]
        return taken.reshape(-1, *x.shape[1:])

    per_picture = {
        name: getattr(draws, name)[:, own] for name in ("anchors", "partners", "chances")
    }
    return replace(draws, hidden=views(draws.hidden), noise=views(draws.noise), **per_picture)


def weighed(
    terms: dict[str, Tensor], recipe: Recipe, draws: Draws, own: slice, parts: int
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss and terms of one part, such that the mean over all parts is that of the batch."""
    if "reconstruction" in terms:
        all_of_them, mine = (int(counted(recipe, d).sum()) for d in (draws, cut(draws, own)))
        weight = parts * mine / all_of_them
        terms = terms | {"reconstruction": terms["reconstruction"] * weight}
    return sum(terms.values()), terms
