"""An answer as a list of its parts, each an array with named axes; and what is said of shapes."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .facts import Axes
from .wire import Came, Foreign

__all__ = ["Leaf", "Mismatch", "leaves", "pair_up", "shape_in_words"]


class Mismatch(ValueError):
    """An answer of another kind than wanted: the sentence."""


@dataclass(frozen=True)
class Leaf:
    """One array of an answer: what it is called ("" if it is the only one), and its axes."""

    called: str
    array: np.ndarray
    axes: tuple[str, ...] = ()

    @property
    def named(self) -> str:
        """Its name before a sentence: "gradient of levels: "."""
        return f"{self.called}: " if self.called else ""

    def where(self, place: tuple[int, ...]) -> str:
        """A place in words: "b = 0, n = 3, l = 1, d = 2"."""
        return ", ".join(f"{axis} = {k}" for axis, k in zip(self.axes, place, strict=True))


def leaves(answer: Any, axes: Axes, called: str = "") -> list[Leaf]:
    """The parts of a right answer, in order. `axes` as in `facts.Exercise`."""
    if isinstance(answer, Mapping):
        inner = {k: axes.get(k, "") if isinstance(axes, Mapping) else axes for k in answer}
        parts = [(str(k), answer[k], inner[k]) for k in answer]
    elif isinstance(answer, (tuple, list)):
        named = axes if isinstance(axes, Mapping) else {}
        names = list(named) if len(named) == len(answer) else [f"part {k}" for k in _count(answer)]
        parts = [(n, a, named.get(n, "")) for n, a in zip(names, answer, strict=True)]
    else:
        array = np.asarray(answer)
        letters = axes.split() if isinstance(axes, str) else []
        if len(letters) != array.ndim:
            letters = [f"axis {k}" for k in range(array.ndim)]
        return [Leaf(called, array, tuple(letters))]
    joined = [(f"{called}, {name}" if called else name, a, x) for name, a, x in parts]
    return [leaf for name, a, x in joined for leaf in leaves(a, x, name)]


def _count(answer: Any) -> range:
    return range(len(answer))


def pair_up(wanted: Any, came: Any, axes: Axes, library: str) -> list[tuple[Leaf, Came]]:
    """Each part that is wanted, and the numbers that came for it. Mismatch, in words, if not."""
    pairs: list[tuple[Leaf, Came]] = []
    _walk(wanted, came, axes, library, iter(leaves(wanted, axes)), pairs)
    return pairs


def _walk(
    wanted: Any, came: Any, axes: Axes, library: str, parts: Iterator[Leaf], pairs: list
) -> None:
    named = axes if isinstance(axes, Mapping) else {}
    if isinstance(wanted, Mapping):
        keys = [str(key) for key in wanted]
        said = f"wanted a dict with {_listed(keys)}"
        if not isinstance(came, Mapping):
            raise Mismatch(f"{said}, got {_what(came)}")
        if missing := [key for key in keys if key not in came]:
            raise Mismatch(f"{said}; {_listed(missing)} is missing")
        if more := [key for key in came if key not in keys]:
            raise Mismatch(f"{said} only; {_listed(more)} is too much")
        inner = [(wanted[key], came[str(key)], named.get(key, "")) for key in wanted]
    elif isinstance(wanted, (tuple, list)):
        said = f"wanted {len(wanted)} answers" + (f" ({', '.join(named)})" if named else "")
        if not isinstance(came, (tuple, list)):
            raise Mismatch(f"{said}, got {_what(came)}")
        if len(came) != len(wanted):
            raise Mismatch(f"{said}, got {len(came)}")
        of_each = list(named.values()) if len(named) == len(wanted) else [""] * len(wanted)
        inner = list(zip(wanted, came, of_each, strict=True))
    else:
        leaf = next(parts)
        pairs.append((leaf, _of_kind(leaf, came, library)))
        return
    for one, other, its_axes in inner:
        _walk(one, other, its_axes, library, parts, pairs)


def _of_kind(leaf: Leaf, came: Any, library: str) -> Came:
    """The numbers; Mismatch if it is something else than an array, a tensor or a number."""
    thing = {"numpy": "NumPy array", "torch": "torch tensor"}[library]
    scalar = leaf.array.ndim == 0
    wanted = "one number" if scalar else f"a {thing} of shape {_axes(leaf)} = {leaf.array.shape}"
    wanted = f"{leaf.called}: wanted {wanted}" if leaf.called else f"wanted {wanted}"
    if not isinstance(came, Came):
        raise Mismatch(f"{wanted}, got {_what(came, leaf)}")
    other = {"numpy": "tensor", "torch": "array"}[library]
    if came.kind == other:
        raise Mismatch(f"{wanted}, got {_what(came)}")
    if came.kind == "number" and not scalar:
        raise Mismatch(f"{wanted}, got the single number {came.array:.6g}")
    want, got = leaf.array.dtype.kind, np.dtype(came.array.dtype).kind
    if want == "f" and got == "f" and came.dtype not in ("float64", "float"):
        raise Mismatch(
            f"{leaf.named}wanted float64, got {came.dtype}: it keeps about {_digits(came.dtype)} "
            "digits, and the input came with 16; leave the dtype as it comes"
        )
    kinds = {"f": "fractions (float64)", "i": "whole numbers", "b": "True and False"}
    kinds |= {"u": "whole numbers", "c": "complex numbers"}
    if want != got and not (want in "iu" and got in "iu"):
        raise Mismatch(f"{leaf.named}wanted {kinds[want]}, got {kinds[got]} ({came.dtype})")
    return came


def _digits(dtype: str) -> int:
    return {"float32": 7, "float16": 3, "bfloat16": 2}.get(dtype, 7)


def _what(came: Any, wanted: Any = None) -> str:
    if isinstance(came, Foreign):
        if came.type == "NoneType":
            return "None; is there a `return`?"
        if "generator" in came.type:
            return "a generator: there is a `yield` in it, or (... for ...) where [...] is meant"
        if came.type == "list":
            return "a list; make one array of it"
        shown = f" {came.shown!r}" if came.shown else ""
        return f"{'an' if came.type[0] in 'aeiou' else 'a'} {came.type}{shown}"
    if isinstance(came, Came):
        thing = {"array": "a NumPy array", "tensor": "a torch tensor", "number": "a number"}
        return f"{thing[came.kind]} of shape {came.array.shape}"
    if type(came) is list and not isinstance(wanted, (tuple, list)):
        return f"a list of {len(came)}; make one array of it (stack them)"
    if isinstance(came, Mapping):
        return f"a dict with {_listed(came) or 'nothing in it'}"
    return f"a {type(came).__name__} of {len(came)}"


def _listed(keys: Any) -> str:
    return ", ".join(repr(key) for key in keys)


def _axes(leaf: Leaf) -> str:
    return f"({', '.join(leaf.axes)})"


def shape_in_words(leaf: Leaf, got: np.ndarray) -> str:
    """Why another shape came: which axes look swapped, missing, or too many."""
    wanted, shape = leaf.array.shape, got.shape
    sizes = dict(zip(leaf.axes, wanted, strict=True))
    said = f"{leaf.named}{_axes(leaf)}: wanted {wanted}, got {shape}"
    if sorted(shape) == sorted(wanted):
        moved = [a for a, one, two in zip(leaf.axes, wanted, shape, strict=True) if one != two]
        if len(moved) == 2:
            return f"{said}: axes {moved[0]} and {moved[1]} look swapped"
        return f"{said}: the axes are there, in another order"
    if len(shape) < len(wanted):
        for gone in itertools.combinations(range(len(wanted)), len(wanted) - len(shape)):
            if tuple(np.delete(wanted, gone)) == shape:
                names = " and ".join(leaf.axes[k] for k in gone)
                return f"{said}: axis {names} is gone (summed over, or indexed away?)"
    if len(shape) > len(wanted):
        kept = tuple(size for size in shape if size != 1)
        if kept == tuple(size for size in wanted if size != 1):
            return f"{said}: there is an axis of size 1 too many"
        for more in itertools.combinations(range(len(shape)), len(shape) - len(wanted)):
            if tuple(np.delete(shape, more)) == wanted:
                extra = [_name(shape[k], sizes) for k in more]
                return f"{said}: an axis {' and '.join(extra)} has not been summed over"
    if len(shape) == len(wanted):
        off = [k for k, (one, two) in enumerate(zip(wanted, shape, strict=True)) if one != two]
        if len(off) == 1:
            k = off[0]
            if shape[k] == 1:
                return f"{said}: axis {leaf.axes[k]} has shrunk to 1 (summed with keepdims?)"
            return f"{said}: axis {leaf.axes[k]} should have {wanted[k]}"
    return said


def _name(size: int, sizes: dict[str, int]) -> str:
    names = [letter for letter, own in sizes.items() if own == size]
    return f"of size {size}" + (f" (another {names[0]}?)" if names else "")
