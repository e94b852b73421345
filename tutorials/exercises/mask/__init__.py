"""Exercise 8: the mask, who may listen to whom."""

import numpy as np

from tutorials.exercises.facts import GRID, Exercise


def cases(rng: np.random.Generator) -> tuple[tuple, dict]:
    """Four levels with four radii, one of them everywhere, in an order of its own each time."""
    radii = tuple(map(float, rng.permutation([1.0, 2.0, 0.0, 2.5])))
    return (GRID, radii), {}


def reference(grid: tuple[int, int], radii: tuple[float, ...]) -> np.ndarray:
    """The house's mask of a model in which nobody hears itself."""
    from glom_numpy.attention import listening_mask
    from glom_numpy.config import GlomConfig

    sizes = dict(dim=1, levels=len(radii), image_size=grid, patch_size=1)
    return listening_mask(GlomConfig(**sizes, local_consensus_radius=radii), grid)


def mutual(mask: np.ndarray, grid: tuple[int, int], radii: tuple[float, ...]) -> str | None:
    """i is as far from j as j from i."""
    if (mask == np.swapaxes(mask, -1, -2)).all():
        return None
    l, i, j = map(int, np.argwhere(mask & ~np.swapaxes(mask, -1, -2))[0])
    return f"at level {l}, {i} may hear {j}, but {j} may not hear {i}: they are equally far apart"


ABOUT = Exercise(
    name="mask",
    title="Mask: who may listen to whom",
    chapter=3,
    minutes=20,
    difficulty=2,
    room="attention.listening_mask",
    functions=("mask_numpy", "mask_torch"),
    cases=cases,
    axes="l i j",
    reference=reference,
    invariants=(("if i may hear j, then j may hear i", mutual),),
    hints=(
        "First a table of distances, (n, n): you need the row and the column of each location. "
        "Then one comparison for each level, and the diagonal last.",
        "Location number n is in row n // w and column n % w (np.divmod gives both). A distance is "
        "the root of (row difference)^2 + (column difference)^2, for all pairs by broadcasting "
        "[:, None] against itself. A radius of 0 asks for no distance at all.",
        "rows, cols = np.divmod(np.arange(h * w), w); distance = np.hypot(rows[:, None] - rows, "
        "cols[:, None] - cols); for each radius: (distance <= radius if radius > 0 else all True) "
        "& ~np.eye(n, dtype=bool); stack them.",
    ),
    look="Chapter 3, 'A mask that masks nothing' under 'What can go wrong': glom-pytorch sets the "
    "logit of a column with itself to -0.0005, which hardly excludes anybody. False here becomes "
    "-inf, and the weight exactly 0.",
)
