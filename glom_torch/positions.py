"""Where a column is: grid coordinates, and the code in which the nets are told.

Paper: the top-down net is a neural field that is given the location, so that one face vector
can paint a nose here and a mouth there. Fourier codes: Tancik et al. 2020.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from .config import GlomConfig

__all__ = ["fourier_code", "grid_coordinates", "learned_code", "location_code", "tell_location"]


def grid_coordinates(grid: tuple[int, int], whole: tuple[int, int]) -> Float[Tensor, "n 2"]:
    """(row, column) of each patch's center, in units of the `whole` grid's sides: 0 to 1 inside.

    A smaller picture is the top-left corner of the whole; a larger one goes on beyond 1, where
    Fourier codes repeat from 2 on: two columns there may be told the same place.
    """
    rows = (torch.arange(grid[0], dtype=torch.float64) + 0.5) / whole[0]
    cols = (torch.arange(grid[1], dtype=torch.float64) + 0.5) / whole[1]
    return torch.stack(torch.meshgrid(rows, cols, indexing="ij"), dim=-1).reshape(-1, 2)


def fourier_code(coordinates: Float[Tensor, "n 2"], bands: int) -> Float[Tensor, "n k"]:
    """sin and cos of pi 2^m times each coordinate, m = 0 .. bands-1; k = 4 * bands."""
    # The slowest wave covers half a turn, so the two ends of the picture get different codes.
    waves = math.pi * 2.0 ** torch.arange(bands).to(coordinates)
    angles = (coordinates[:, :, None] * waves).reshape(len(coordinates), 2 * bands)
    return torch.cat([torch.sin(angles), torch.cos(angles)], dim=-1)


def learned_code(
    table: Float[Tensor, "whole d"], grid: tuple[int, int], whole: tuple[int, int], crop: str
) -> Float[Tensor, "n d"]:
    """The rows of a learned table that belong to a (perhaps smaller) grid.

    crop "grid": its top-left corner. crop "first": the first n rows, as glom-pytorch does.
    """
    if crop == "first":
        return table[: grid[0] * grid[1]]
    return table.unflatten(0, whole)[: grid[0], : grid[1]].flatten(0, 1)


def location_code(params: dict, config: GlomConfig, grid: tuple[int, int]) -> Float[Tensor, "n k"]:
    """The code of every column in the config's choice; "none" is a code of no numbers."""
    if config.location == "learned":
        table = params["positions"]["table"]
        return learned_code(table, grid, config.grid, config.learned_crop)
    coordinates = grid_coordinates(grid, config.grid)
    code = fourier_code(coordinates, config.bands if config.location == "fourier" else 0)
    return code.to(params["initial"])  # computed in float64, used in the parameters' dtype


def tell_location(
    inputs: Float[Tensor, "b n l d"], code: Float[Tensor, "n k"], location: str
) -> Float[Tensor, "b n l dk"]:
    """Give a net's inputs their location: "learned" adds the code, "fourier" joins it."""
    if location == "learned":
        return inputs + code[:, None, :]
    b, n, l, _ = inputs.shape
    spread = code[:, None, :].expand(b, n, l, code.shape[1])
    return torch.cat([inputs, spread], dim=-1)
