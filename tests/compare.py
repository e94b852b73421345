"""The one comparer and the one table of tolerances. It raises; it never answers False."""

from collections.abc import Mapping

import numpy as np
import torch

# Relative to the largest number of the array that is wanted.
TOLERANCES = {
    "float64": 1e-10,
    "float32": 1e-5,
    "float32 gradient": 1e-4,  # sums of many rounded products
    "float64 gradient": 1e-10,  # backward by hand against autograd
    "finite differences": 1e-8,
    "float16": 1e-2,  # 11 bits: 5e-4 a step, over many steps
    "bfloat16": 6e-2,  # 8 bits: 4e-3 a step
}


def compare(wanted, came, *, dtype="float64", tolerance=None, where="answer"):
    """AssertionError unless structure, shape, dtype and finite numbers of both are the same.

    wanted: arrays of the NumPy house (or numbers, tuples, dicts, None); came: the same, or
    tensors whose floats are of `dtype`. tolerance: a key of TOLERANCES; None is dtype's own.
    """
    assert_same_kind(wanted, came, where)
    if isinstance(wanted, Mapping):
        assert sorted(wanted) == sorted(came), f"{where}: keys {sorted(wanted)}, got {sorted(came)}"
        for key in wanted:
            compare(
                wanted[key], came[key], dtype=dtype, tolerance=tolerance, where=f"{where}.{key}"
            )
    elif isinstance(wanted, (tuple, list)):
        assert len(wanted) == len(came), f"{where}: wanted {len(wanted)} parts, got {len(came)}"
        for index, (one, other) in enumerate(zip(wanted, came, strict=True)):
            compare(one, other, dtype=dtype, tolerance=tolerance, where=f"{where}[{index}]")
    elif isinstance(wanted, (np.ndarray, float)):
        compare_numbers(np.asarray(wanted), to_array(came, dtype, where), tolerance or dtype, where)
    else:
        assert wanted == came, f"{where}: wanted {wanted!r}, got {came!r}"


def assert_same_kind(wanted, came, where):
    """A dict for a dict, a tuple for a tuple, an array or tensor for an array."""
    for kind in (Mapping, (tuple, list), (np.ndarray, torch.Tensor), (type(None), str, bool)):
        assert isinstance(wanted, kind) == isinstance(came, kind), (
            f"{where}: wanted {type(wanted).__name__}, got {type(came).__name__}"
        )


def to_array(came, dtype, where):
    """An array of any tensor, after a look at its dtype."""
    if isinstance(came, torch.Tensor):
        name = str(came.dtype).removeprefix("torch.")
        floating = came.is_floating_point()
        came = came.detach().cpu()
        came = came.double().numpy() if floating else came.numpy()
    else:
        came = np.asarray(came)
        name, floating = came.dtype.name, np.issubdtype(came.dtype, np.floating)
    if floating:
        assert name == dtype, f"{where}: wanted dtype {dtype}, got {name}"
    return came


def compare_numbers(wanted, came, tolerance, where):
    """Shape, kind of number, finite, values; whole numbers and booleans must be equal."""
    assert wanted.shape == came.shape, f"{where}: wanted shape {wanted.shape}, got {came.shape}"
    assert wanted.dtype.kind == came.dtype.kind, (
        f"{where}: wanted numbers of dtype {wanted.dtype}, got {came.dtype}"
    )
    for name, array in (("wanted", wanted), ("got", came)):
        assert np.isfinite(array).all(), f"{where}: not finite in what was {name}"
    if wanted.size == 0:
        return
    if wanted.dtype.kind != "f":
        assert (wanted == came).all(), f"{where}: differs at {np.argwhere(wanted != came)[0]}"
        return
    error = np.abs(wanted - came)
    place = np.unravel_index(error.argmax(), error.shape)
    allowed = TOLERANCES[tolerance] * np.abs(wanted).max()
    assert error[place] <= allowed, (
        f"{where}: wanted {wanted[place]:.12g}, got {came[place]:.12g} at {tuple(map(int, place))};"
        f" they differ by {error[place]:.1e}, allowed ({tolerance}) is {allowed:.1e}"
    )
