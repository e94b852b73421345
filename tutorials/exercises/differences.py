"""How two arrays of one shape differ, in words: where first, and what the pattern looks like."""

import numpy as np

from .leaves import Leaf

__all__ = ["TOLERANCE", "apart", "how_they_differ"]

TOLERANCE = 1e-9  # of the largest number of the array, or of 0.001


def apart(wanted: np.ndarray, yours: np.ndarray) -> np.ndarray:
    """Where two arrays of one shape differ; whole numbers and booleans must be equal."""
    if wanted.dtype.kind in "biu" and yours.dtype.kind in "biu":
        return wanted != yours
    finite = np.abs(wanted[np.isfinite(wanted)])
    allowed = TOLERANCE * max(finite.max(initial=0), 1e-3)
    return ~np.isclose(yours, wanted, rtol=0, atol=allowed, equal_nan=True)


def how_they_differ(leaf: Leaf, yours: np.ndarray) -> str:
    """One sentence on the first number that differs, and one on the pattern, if there is one."""
    wanted = leaf.array
    differs = apart(wanted, yours)
    place = tuple(map(int, np.argwhere(differs)[0]))
    where = f" at {leaf.where(place)}" if place else ""
    one, other = _said(wanted[place]), _said(yours[place])
    if one == other:
        one, other = _said(wanted[place], 14), _said(yours[place], 14)
    first = f"{leaf.named}First difference{where}: wanted {one}, got {other}."
    if differs.size > 1:
        first += f" {differs.sum():,} of {differs.size:,} numbers differ."
    return " ".join(filter(None, [first, _pattern(leaf, yours, differs)]))


def _said(number: np.generic, digits: int = 6) -> str:
    return str(number.item()) if number.dtype.kind in "biu" else f"{number:.{digits}g}"


def _pattern(leaf: Leaf, yours: np.ndarray, differs: np.ndarray) -> str:
    wanted = leaf.array
    if wanted.dtype.kind != "f" or not np.isfinite(yours).all() or not np.isfinite(wanted).all():
        return _only_at(leaf, differs)
    one = "every number" if wanted.size > 1 else "it"
    if _same(yours, -wanted):
        return f"The sign: {one} is minus what is wanted."
    flat = np.argmax(np.abs(wanted))
    large, own = wanted.flat[flat], yours.flat[flat]
    if wanted.size > 1 and large and abs(own / large - 1) > 1e-6 and own:
        if _same(yours, wanted * (own / large)):
            return f"The scale: every number is {own / large:.6g} times what is wanted."
    if wanted.size > 1 and _same(yours - wanted, np.full_like(wanted, own - large)):
        return f"Every number is off by the same {own - large:+.6g}."
    for one_axis in range(wanted.ndim):
        for other in range(one_axis + 1, wanted.ndim):
            if wanted.shape[one_axis] == wanted.shape[other] > 1:
                if _same(yours, np.swapaxes(wanted, one_axis, other)):
                    a, b = leaf.axes[one_axis], leaf.axes[other]
                    return f"Axes {a} and {b} are swapped: right numbers, in each other's place."
    off = np.abs(yours - wanted).max() / max(np.abs(wanted).max(), 1e-300)
    if off < 1e-4:
        return (
            f"They are close (within {off:.0e} of the largest): is something computed in float32, "
            "is there an epsilon too many or too few, or a formula that is only nearly the same?"
        )
    return _only_at(leaf, differs)


def _same(one: np.ndarray, two: np.ndarray) -> bool:
    return one.shape == two.shape and not apart(two, one).any()


def _only_at(leaf: Leaf, differs: np.ndarray) -> str:
    """ "All that differs is at l = 3": half of an axis, or less."""
    for axis, letter in enumerate(leaf.axes):
        others = tuple(k for k in range(differs.ndim) if k != axis)
        found = np.flatnonzero(differs.any(axis=others))
        size = differs.shape[axis]
        if size > 1 and len(found) <= size / 2 and len(found) <= 3:
            return f"All that differs is at {letter} = {', '.join(map(str, found))}."
        if size > 3 and len(found) == size - 1:
            right = (set(range(size)) - set(found.tolist())).pop()
            return f"Only {letter} = {right} is right."
    return ""
