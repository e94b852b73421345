"""From what a race measured to rows of numbers.

A ratio is taken within a round; a row has the median over the rounds, "least" and "most" of them.
"""

from collections.abc import Mapping
from statistics import median

import numpy as np

from .scorer import Row
from .speed_process import Measured

MB = 1e6
CLOSE = 1e-4  # outputs further apart than this are not the same model
SPACE = {"resident": lambda own: own.bytes, "tensor": lambda own: own.tensors}


def digits(value: float) -> float:
    """Four digits: a timing has no more."""
    return float(f"{value:.4g}")


def ratio(name: str, above: list[float], below: list[float]) -> dict[str, float]:
    """`name`, and its least and most: above / below, round by round."""
    each = [a / b for a, b in zip(above, below, strict=True)]
    return {
        name: digits(median(each)),
        f"{name}, least": digits(min(each)),
        f"{name}, most": digits(max(each)),
    }


def row_of(name: str, own: Measured, base: Measured | None = None) -> Row:
    """Seconds, megabytes and, beside a base, how many times faster and what share of its memory."""
    row: Row = {"row": name}
    for do, seconds in own.seconds.items():
        row[f"{do} seconds"] = digits(median(seconds))
        if base is not None:
            row |= ratio(f"{do} faster", base.seconds[do], seconds)
    for kind, taken in SPACE.items():
        mine, other = taken(own), None if base is None else taken(base)
        row[f"{kind} megabytes"] = None if mine is None else digits(mine / MB)
        if mine and other:
            row |= {f"{kind} share": digits(mine / other), f"{kind} smaller": digits(other / mine)}
    if base is not None and own.output is not None:
        row["difference"] = digits(apart(name, own, base))
    return row


def apart(name: str, own: Measured, base: Measured, close: float = CLOSE) -> float:
    """How far two outputs are apart; RuntimeError if that is more than `close`."""
    found = float(np.abs(own.output - base.output).max())
    if not found <= close:
        raise RuntimeError(f"{name}: wanted outputs within {close:g} of the other's, got {found:g}")
    return found


def rounds_of(found: Mapping[str, Measured]) -> dict[str, dict[str, list[float]]]:
    """The seconds of every round, for whoever wants another mean."""
    return {
        name: {do: [digits(s) for s in each] for do, each in own.seconds.items()}
        for name, own in found.items()
    }
