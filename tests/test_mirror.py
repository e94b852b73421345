"""The two houses have the same rooms: same names, arguments, defaults, shapes, first sentences.

Every difference stands in a table with its reason, and a difference that is gone fails too.
"""

import importlib
import inspect
import types
from pathlib import Path
from typing import get_args, get_origin

import numpy as np
import pytest
import torch
from jaxtyping import AbstractArray

import glom_numpy
import glom_torch
from cases import CASES
from twins import is_at_home, rooms, split

ROOT = Path(__file__).resolve().parents[1]

# Rooms that only the NumPy house has.
ONLY_NUMPY = {
    "alone": "the command line of both houses: the one process that NumPy trains in",
    "begin": "the command line of both houses",
    "checks": "facts exist once: the torch house uses the same checks",
    "choices": "facts exist once: what configs share",
    "ops": "a framework gives you these",
    "optim": "a framework gives you these: torch.optim",
    "hide": "facts exist once: the torch house hides what NumPy drew",
    "listening": "facts exist once: the torch house hears whom NumPy drew",
    "gradcheck": "a framework gives you these: autograd",
    "figures": "arrays to matplotlib figures, imported on request",
    "command": "the command line of both houses",
    "flags": "the command line of both houses",
    "record": "what a training run leaves behind, for both houses",
    "__main__": "prints the map of both houses",
}
DRAWN = "bars by_name constellation designed ellipse for_models gestalt paint pieces puppet shape"
ONLY_NUMPY |= {
    f"worlds.{room}": "glom_torch.worlds is its doorway"
    for room in [*DRAWN.split(), "spiral", "symbols"]
}

# Rooms that only the torch house has.
ONLY_TORCH = {
    "ranks": "torch.distributed is torch's; test_ranks.py holds many processes equal to one",
    "shares": "what `ranks` share; test_ranks.py holds the mean over all shares equal to the whole",
    "fast": "glom.settle laid out for speed; test_fast.py holds the two equal",
    "cost": "what a run costs on torch's machines; test_cost.py holds it to what is counted",
    "cut": "a grid in tiles, for `tiles`",
    "tiles": "consensus within a radius, for `near`; test_near.py holds it equal to attention's",
    "lists": "consensus among listed, for `near`; test_near.py holds it equal to attention's",
    "hear": "the consensus of one level, for `fast`; test_fast.py holds it equal to attention's",
    "fixed": "what a compiler may bake in, for `fast` and `near`; test_compiled.py runs it",
    "once": "what autograd Functions by hand say to who differentiates twice; test_fast_input.py",
    "lean": "nets that keep little, for `fast`; test_fast.py holds them equal to nets'",
    "near": "consensus where few are heard, for `hear`; test_near.py holds it equal to attention's",
}

# Names that only one house has, besides every `*_vjp`.
ONLY_THERE = {
    "early.until": "settle_until on what fast.prepare has worked out",
    "recipe.to_tensors": "carries NumPy's random numbers across",
    "weights.to_arrays": "carries parameters back to NumPy",
    "weights.to_tensors": "carries parameters across",
    "glom.Glom.from_numpy": "the door from the other house",
    "glom.Glom.to_numpy": "the door to the other house",
    "glom.Glom.forward": "nn.Module calls it; the NumPy house's __call__",
}

# First sentences that differ.
OTHER_WORDS = {
    "__init__": "the index of that house",
    "config": "a doorway says so",
    "islands": "a doorway says so",
    "parse": "a doorway says so",
    "scores": "a doorway says so",
    "checkpoint.load": "NumPy knows one kind of float; tensors keep the file's",
}

# Answers whose annotation differs.
OTHER_ANSWER = {"worlds.to_model": "NumPy is float64; a tensor takes any dtype"}

# Arguments that the torch house adds: where tensors are made, and on what machines it trains.
WHERE = ("dtype", "device", "ranks", "accumulate", "autocast", "recompute")
TELLS_WHERE = {
    "glom.Glom": "a constructor",
    "glom.Glom.from_glom_pytorch": "a constructor",
    "checkpoint.load_glom": "a constructor",
    "descend.descend": "processes and half precision are torch's",
    "objective.objective": "autograd may do the steps again in place of keeping them",
    "train.fit": "processes and half precision are torch's",
    "worlds.to_model": "a doorway to tensors",
}

# Mirrored names without a case in cases.py, and the test file that runs both houses instead.
ELSEWHERE = {
    "checkpoint.load": "test_checkpoint.py",
    "checkpoint.load_glom": "test_checkpoint.py",
    "checkpoint.save": "test_checkpoint.py",
    "descend.descend": "test_descend.py",
    "parse.parse_tree": "test_parse.py",
    "train.fit": "test_duet.py",
    "train.main": "test_train.py",
}


OURS, THEIRS = set(rooms("glom_numpy")), set(rooms("glom_torch"))
SHARED = sorted(OURS & THEIRS)
in_each_room = pytest.mark.parametrize("room", SHARED)


def twins(room):
    inner = "" if room == "__init__" else f".{room}"
    return tuple(importlib.import_module(house + inner) for house in ("glom_numpy", "glom_torch"))


def members(room):
    """(name, NumPy's, torch's) of what both rooms offer, and of the methods of twin classes."""
    ours, theirs = twins(room)
    for name in sorted(set(ours.__all__) & set(theirs.__all__)):
        one, other = getattr(ours, name), getattr(theirs, name)
        yield f"{room}.{name}", one, other
        if inspect.isclass(one) and one is not other:
            for method in sorted(set(public_methods(one)) & set(public_methods(other))):
                both = (inspect.getattr_static(kind, method) for kind in (one, other))
                yield (f"{room}.{name}.{method}", *(getattr(f, "__func__", f) for f in both))


def public_methods(kind):
    return [
        name for name in vars(kind) if not name.startswith("_") and callable(getattr(kind, name))
    ]


def first_line(thing):
    return (inspect.getdoc(thing) or "").split("\n")[0]


def spelled(annotation):
    """An annotation in words that are the same in both houses."""
    if annotation in (np.ndarray, torch.Tensor):
        return "array"
    if inspect.isclass(annotation) and issubclass(annotation, AbstractArray):
        return f"{annotation.dtype.__name__}[{annotation.dim_str}]"
    if isinstance(annotation, str):
        return annotation.strip("'\"").replace("Tensor", "array").replace("Array", "array")
    if get_origin(annotation) in (types.UnionType, tuple, dict, list) or get_args(annotation):
        inner = [spelled(part) for part in get_args(annotation)]
        union = isinstance(annotation, types.UnionType)
        return f"{get_origin(annotation)}{sorted(inner) if union else inner}"
    if inspect.isclass(annotation) and annotation.__module__.split(".")[0].startswith("glom_"):
        return annotation.__name__
    return repr(annotation)


def signature(thing):
    """{name: (kind, default, annotation)} and the annotation of what is returned."""
    found = inspect.signature(thing)
    parameters = {
        name: (p.kind.name, repr(p.default), spelled(p.annotation))
        for name, p in found.parameters.items()
        if name not in ("self", "cls")
    }
    return parameters, spelled(found.return_annotation)


def test_same_rooms():
    assert THEIRS - OURS == set(ONLY_TORCH)
    assert set(ONLY_NUMPY) <= OURS - THEIRS
    missing = {room for room in OURS - THEIRS if not {room, room.split(".")[0]} & set(ONLY_NUMPY)}
    assert not missing, f"{missing} in the NumPy house only"


@in_each_room
def test_same_names(room):
    ours, theirs = (set(module.__all__) for module in twins(room))
    ours = {name for name in ours if not name.endswith("_vjp")}
    extra = {name for name in ours ^ theirs if f"{room}.{name}" not in ONLY_THERE}
    assert not extra, f"{room}: {extra} in one house only"


@in_each_room
def test_names_are_there_and_sorted_out(room):
    for module in twins(room):
        assert len(set(module.__all__)) == len(module.__all__)
        for name in module.__all__:
            assert getattr(module, name) is not None


@pytest.mark.parametrize("room", ["__init__", *SHARED])
def test_same_first_sentence_of_the_room(room):
    ours, theirs = map(first_line, twins(room))
    assert ours.endswith((".", ":")) and theirs.endswith((".", ":"))
    assert (ours != theirs) == (room in OTHER_WORDS), f"{room}: {ours!r} and {theirs!r}"


@in_each_room
def test_same_first_sentence_of_every_name(room):
    for name, ours, theirs in members(room):
        if callable(ours):
            assert first_line(ours), f"{name} has no docstring"
            assert (first_line(ours) != first_line(theirs)) == (name in OTHER_WORDS), name


@in_each_room
def test_same_arguments_defaults_and_shapes(room):
    for name, ours, theirs in members(room):
        if callable(ours) and ours is not theirs:
            (mine, out), (other, their_out) = signature(ours), signature(theirs)
            added = {key: other.pop(key) for key in WHERE if key in other and key not in mine}
            assert bool(added) == (name in TELLS_WHERE), f"{name}: {set(added)}"
            assert all(kind == "KEYWORD_ONLY" for kind, _, _ in added.values())
            assert list(mine) == list(other), name
            for key in mine:
                assert mine[key] == other[key], f"{name}: argument {key}"
            assert (out != their_out) == (name in OTHER_ANSWER), f"{name}: what it returns"


def test_calling_a_model_takes_the_same_arguments():
    ours, theirs = signature(glom_numpy.Glom.__call__), signature(glom_torch.Glom.forward)
    assert theirs[0].pop("recompute")  # autograd may do the steps again
    assert ours == theirs
    assert first_line(glom_numpy.Glom.__call__) == first_line(glom_torch.Glom.forward)


def test_both_classes_have_the_same_public_methods():
    ours, theirs = (set(public_methods(house.Glom)) for house in (glom_numpy, glom_torch))
    assert {f"glom.Glom.{name}" for name in ours ^ theirs} <= set(ONLY_THERE)


def differing():
    """Every mirrored name that is not one and the same object in both houses."""
    for room in SHARED:
        for name, ours, theirs in members(room):
            if ours is not theirs and len(split(name)) == 2 and is_at_home(ours, room):
                yield name


def test_every_mirrored_name_has_a_parity_case():
    covered = {".".join(split(case.name)[:2]) for case in CASES}
    missing = {name for name in differing() if name not in covered and name not in ELSEWHERE}
    assert not missing


def test_every_entry_of_a_mirrored_table_has_a_parity_case():
    for room in SHARED:
        for name, ours, theirs in members(room):
            if isinstance(ours, dict) and ours is not theirs:
                assert list(ours) == list(theirs), name
                assert {f"{name}.{key}" for key in ours} <= {case.name for case in CASES}


def test_no_exception_is_stale():
    there = {f"{room}.{name}" for room in SHARED for name in twins(room)[1].__all__}
    there |= {f"glom.Glom.{name}" for name in public_methods(glom_torch.Glom)}
    here = {f"{room}.{name}" for room in SHARED for name in twins(room)[0].__all__}
    here |= {f"glom.Glom.{name}" for name in public_methods(glom_numpy.Glom)}
    assert set(ONLY_THERE) <= there - here
    named = {name for room in SHARED for name, _, _ in members(room)}
    assert set(TELLS_WHERE) | set(OTHER_ANSWER) <= named
    assert set(OTHER_WORDS) <= named | {"__init__", *SHARED}
    assert set(ELSEWHERE) <= set(differing())
    assert not set(ELSEWHERE) & {case.name for case in CASES}
    for name, file in ELSEWHERE.items():
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert f".{split(name)[1]}(" in text, f"{file} does not call {name}"
