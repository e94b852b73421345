"""Where a column is: grid coordinates, and the code in which the nets are told.

Paper: the top-down net is a neural field that is given the location, so that one face vector
can paint a nose here and a mouth there. Fourier codes: Tancik et al. 2020.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from .config import GlomConfig

__all__ = [
    "fourier_code",
    "grid_coordinates",
    "learned_code",
    "learned_code_vjp",
    "location_code",
    "location_code_vjp",
    "tell_location",
    "tell_location_vjp",
]

Array = np.ndarray


def grid_coordinates(grid: tuple[int, int], whole: tuple[int, int]) -> Float[Array, "n 2"]:
    """(row, column) of each patch's center, in units of the `whole` grid's sides: 0 to 1 inside.

    A smaller picture is the top-left corner of the whole; a larger one goes on beyond 1, where
    Fourier codes repeat from 2 on: two columns there may be told the same place.
    """
    rows = (np.arange(grid[0]) + 0.5) / whole[0]
    cols = (np.arange(grid[1]) + 0.5) / whole[1]
    return np.stack(np.meshgrid(rows, cols, indexing="ij"), axis=-1).reshape(-1, 2)


def grid_distances(grid: tuple[int, int]) -> Float[Array, "n n"]:
    """How far apart every two columns are, in patches (Euclidean)."""
    rows, cols = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
    return np.hypot(rows[:, None] - rows, cols[:, None] - cols)


def fourier_code(coordinates: Float[Array, "n 2"], bands: int) -> Float[Array, "n k"]:
    """sin and cos of pi 2^m times each coordinate, m = 0 .. bands-1; k = 4 * bands."""
    # The slowest wave covers half a turn, so the two ends of the picture get different codes.
    waves = np.pi * 2.0 ** np.arange(bands)
    angles = (coordinates[:, :, None] * waves).reshape(len(coordinates), -1)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)


def learned_code(
    table: Float[Array, "whole d"], grid: tuple[int, int], whole: tuple[int, int], crop: str
) -> Float[Array, "n d"]:
    """The rows of a learned table that belong to a (perhaps smaller) grid.

    crop "grid": its top-left corner. crop "first": the first n rows, as glom-pytorch does.
    """
    return table[_rows(grid, whole, crop)]


def _rows(grid: tuple[int, int], whole: tuple[int, int], crop: str) -> Array:
    if crop == "first":
        return np.arange(grid[0] * grid[1])
    return (np.arange(grid[0])[:, None] * whole[1] + np.arange(grid[1])).reshape(-1)


def location_code(params: dict, config: GlomConfig, grid: tuple[int, int]) -> Float[Array, "n k"]:
    """The code of every column in the config's choice; "none" is a code of no numbers."""
    if config.location == "learned":
        table = params["positions"]["table"]
        return learned_code(table, grid, config.grid, config.learned_crop)
    coordinates = grid_coordinates(grid, config.grid)
    return fourier_code(coordinates, config.bands if config.location == "fourier" else 0)


def tell_location(
    inputs: Float[Array, "b n l d"], code: Float[Array, "n k"], location: str
) -> Float[Array, "b n l dk"]:
    """Give a net's inputs their location: "learned" adds the code, "fourier" joins it."""
    if location == "learned":
        return inputs + code[:, None, :]
    b, n, l, _ = inputs.shape
    spread = np.broadcast_to(code[:, None, :], (b, n, l, code.shape[1]))
    return np.concatenate([inputs, spread], axis=-1)


# ---------------------------------------------------------------------------------------------


def learned_code_vjp(
    table: Float[Array, "whole d"], grid: tuple[int, int], whole: tuple[int, int], crop: str
) -> tuple[Array, Callable[[Array], Array]]:
    """`learned_code` and its backward: rows that were not used get no gradient."""
    rows = _rows(grid, whole, crop)

    def backward(g: Array) -> Array:
        grad_table = np.zeros_like(table)
        grad_table[rows] = g
        return grad_table

    return learned_code(table, grid, whole, crop), backward


def location_code_vjp(
    params: dict, config: GlomConfig, grid: tuple[int, int]
) -> tuple[Array, Callable[[Array], dict]]:
    """`location_code` and its backward: the gradients of its parameters, {} if it has none."""
    if config.location != "learned":
        return location_code(params, config, grid), lambda g: {}
    table = params["positions"]["table"]
    code, back = learned_code_vjp(table, grid, config.grid, config.learned_crop)
    return code, lambda g: {"positions": {"table": back(g)}}


def tell_location_vjp(
    inputs: Float[Array, "b n l d"], code: Float[Array, "n k"], location: str
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`tell_location` and its backward: gradients of the inputs and of the code."""
    d = inputs.shape[-1]

    def backward(g: Array) -> tuple[Array, Array]:
        g_code = g if location == "learned" else g[..., d:]
        return g[..., :d], g_code.sum(axis=(0, 2))

    return tell_location(inputs, code, location), backward
