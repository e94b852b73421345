"""Finds a function and its twin, carries arguments across, runs both."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from compare import compare
from glom_torch.recipe import to_tensors as draws_to_tensors

DTYPES = {"float64": torch.float64, "float32": torch.float32}
DEVICES = ["cpu"] + ["cuda"] * torch.cuda.is_available()

# What a framework gives you: the twins of ops.py, a room the torch house has no need of.
FRAMEWORK = {
    "ops.einsum": torch.einsum,
    "ops.gelu": F.gelu,
    "ops.sine": torch.sin,
    "ops.softmax": lambda x: torch.softmax(x, dim=-1),
    "ops.unit": lambda x: F.normalize(x, dim=-1),
    "ops.layer_norm": lambda x: F.layer_norm(x, x.shape[-1:]),
}


@dataclass(frozen=True)
class Seed:
    """An argument that becomes a fresh generator in every run."""

    seed: int


@dataclass(frozen=True)
class Case:
    """One call of one public function, with the arguments of the NumPy house."""

    name: str  # "room.function", or "room.TABLE.key"
    label: str
    args: tuple
    kwargs: dict
    call: Any = None  # how to call it, where that takes more than a function: see `run`
    floats: str | None = None  # "float64" where the answer is float64 whatever comes in

    def __str__(self):
        return f"{self.name}-{self.label}" if self.label else self.name


def find(house, path):
    """The function at "room.function" of a house, or in its table at "room.TABLE.key"."""
    if house == "glom_torch" and path in FRAMEWORK:
        return FRAMEWORK[path]
    room, name, *key = split(path)
    thing = getattr(importlib.import_module(f"{house}.{room}"), name)
    return thing[key[0]] if key else thing


def split(path):
    """("room", "name") or ("room", "TABLE", "key"); a room may be in a corridor: "relatives.x"."""
    room = max((room for room in rooms("glom_numpy") if path.startswith(room + ".")), key=len)
    return room, *path.removeprefix(room + ".").split(".")


def is_at_home(thing, room):
    """Whether a thing of the NumPy house was made in this room, and is not passed on by it."""
    return getattr(thing, "__module__", f"glom_numpy.{room}") == f"glom_numpy.{room}"


@cache
def rooms(house):
    """Every module of a house, without its name in front."""
    package = importlib.import_module(house)
    found = pkgutil.walk_packages(package.__path__, f"{house}.")
    return tuple(room.name.removeprefix(f"{house}.") for room in found)


def run(house, case, function=None, **where):
    """The answer of one house; `where` is the dtype and device of the torch house."""
    tensors = house == "glom_torch"
    args, kwargs = carry(case.args, tensors, **where), carry(case.kwargs, tensors, **where)
    function = find(house, case.name) if function is None else function
    if case.call:
        return case.call(function, where, *args, **kwargs)
    return function(*args, **kwargs)


def carry(value, tensors, **where):
    """Arguments for one house: arrays as they are or as tensors, seeds as generators."""
    if isinstance(value, Seed):
        return np.random.default_rng(value.seed)
    if isinstance(value, Mapping):
        return {name: carry(inner, tensors, **where) for name, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(carry(inner, tensors, **where) for inner in value)
    if isinstance(value, np.ndarray) and tensors:
        floating = np.issubdtype(value.dtype, np.floating)
        dtype = where.get("dtype") if floating else None
        return torch.tensor(value, dtype=dtype, device=where.get("device"))
    if is_dataclass(value) and hasattr(value, "chances") and tensors:  # Draws
        return draws_to_tensors(value, **where)
    return value


def check_parity(case, precision, device="cpu", twin=None):
    """AssertionError unless both houses give the same answer. `twin`: another torch function."""
    wanted = run("glom_numpy", case)
    came = run("glom_torch", case, twin, dtype=DTYPES[precision], device=device)
    dtype = case.floats or precision
    compare(wanted, came, dtype=dtype, tolerance=precision, where=str(case))
