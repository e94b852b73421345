"""Finds an exercise's facts, files, misconceptions and reference by its name."""

import difflib
import importlib
import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path

from . import ORDER
from .facts import Exercise, Wrong

__all__ = ["exercise", "known", "misconceptions", "reference", "solution", "stub"]

HERE = Path(__file__).resolve().parent
PARTS = ("__init__", "stub", "solution", "wrong")


def known() -> tuple[str, ...]:
    """The names of all exercises, in order."""
    return tuple(n for n in ORDER if all((HERE / n / f"{part}.py").is_file() for part in PARTS))


def exercise(name: str) -> Exercise:
    """Its facts. ValueError for an unknown name, with the nearest known one."""
    if name not in known():
        near = difflib.get_close_matches(str(name), known(), n=1)
        guess = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"exercise: wanted one of {', '.join(known())}; got {name!r}{guess}")
    return importlib.import_module(f"{__package__}.{name}").ABOUT


def stub(name: str) -> str:
    """The file that a learner starts from."""
    return (HERE / name / "stub.py").read_text("utf-8")


def solution(name: str) -> str:
    """The same file with its parts filled in, and perhaps another way to write it."""
    return (HERE / name / "solution.py").read_text("utf-8")


@cache
def misconceptions(name: str) -> tuple[Wrong, ...]:
    """Every public function of `wrong.py`, with the first paragraph of its docstring."""
    room = importlib.import_module(f"{__package__}.{name}.wrong")
    found = []
    for key, function in vars(room).items():
        if key.startswith("_") or not inspect.isfunction(function):
            continue
        if function.__module__ == room.__name__:
            paragraph = (inspect.getdoc(function) or "").split("\n\n")[0]
            found.append(Wrong(key, " ".join(paragraph.split()), function))
    return tuple(found)


@cache
def reference(name: str) -> Callable:
    """The function that the learner's must equal, on NumPy arguments."""
    about = exercise(name)
    if about.reference is not None:
        return about.reference
    room, _, function = about.room.rpartition(".")
    house = getattr(importlib.import_module(f"glom_numpy.{room}"), function)

    def value(*args, **kwargs):
        found = house(*args, **kwargs)
        return found[0] if isinstance(found, tuple) and callable(found[-1]) else found

    return value
