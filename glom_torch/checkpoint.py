"""Weights in and out: one safetensors file that both houses read and write. Nothing is pickled.

The file, its header and every check are those of `glom_numpy.checkpoint`; only the arrays differ.
"""

from collections.abc import Mapping
from typing import Any

import safetensors.torch
import torch

from glom_numpy import checkpoint as numpy_house
from glom_numpy.checkpoint import Checkpoint, Path, write_atomic
from glom_numpy.config import GlomConfig
from glom_numpy.recipe import Recipe

from .glom import Glom

__all__ = ["Checkpoint", "load", "load_glom", "save", "write_atomic"]


def save(
    path: Path,
    params: Mapping[str, Any],
    *,
    config: GlomConfig,
    recipe: Recipe | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write a checkpoint, all or nothing: a kill in between leaves the old file as it was.

    `params` is a nested dict of tensors on any device, kept in their dtypes (half and bfloat16
    too). Otherwise as in the NumPy house.
    """
    tensors = {key: _storable(key, leaf) for key, leaf in numpy_house.named_leaves(params)}
    about = numpy_house.describe(params, config, recipe, extra)
    write_atomic(path, safetensors.torch.save(tensors, about))


def load(path: Path) -> Checkpoint:
    """Read a checkpoint of either house; tensors on the CPU, in the dtypes of the file.

    Errors as in the NumPy house.
    """
    data, about = numpy_house.read(path)
    return numpy_house.assemble(path, safetensors.torch.load(data), about)


def load_glom(
    path: Path, *, dtype: torch.dtype = torch.float32, device: torch.device | str | None = None
) -> Glom:
    """The model of a checkpoint; errors as in `load`, and ValueError for other weights.

    In `dtype`, whatever the file's own (a NumPy file is float64), on `device`.
    """
    return Glom.from_numpy(numpy_house.load_glom(path), dtype=dtype, device=device)


def _storable(key: str, leaf: Any) -> torch.Tensor:
    if not isinstance(leaf, torch.Tensor):
        raise TypeError(f"params: {key!r} wanted a tensor, got {type(leaf).__name__}")
    # safetensors refuses tensors that share memory; a copy never does.
    return leaf.detach().cpu().clone(memory_format=torch.contiguous_format)
