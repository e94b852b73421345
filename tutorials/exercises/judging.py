"""The ladder for answers: the first thing that is wrong with them, and no more than that.

None or another type -> not the same twice -> a known misconception -> shape -> its input changed ->
not finite -> an invariant broken -> the first number that differs -> right. A misconception comes
before the shape that goes with it: its sentence says more. What comes before (not tried, cannot be
read, raised, out of time) is in `checking`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .catalog import misconceptions
from .differences import apart, how_they_differ
from .facts import Exercise, Wrong
from .leaves import Leaf, Mismatch, leaves, pair_up, shape_in_words
from .runner import Run
from .wire import Came, fresh, pack, unpack

__all__ = ["Verdict", "Wanted", "judge", "sentence", "wanted_for"]

Pairs = list[tuple[Leaf, np.ndarray]]


@dataclass(frozen=True)
class Verdict:
    """`status`: right, wrong, not tried, stopped, unusable. `rung`: where on the ladder.

    `wanted` and `yours` can be drawn (None: nothing to draw).
    """

    status: str
    rung: str
    said: str
    misconception: str = ""
    wanted: Leaf | None = None
    yours: np.ndarray | None = None


@dataclass(frozen=True)
class Wanted:
    """One seed: the arguments in NumPy, and the right answer."""

    args: tuple
    kwargs: dict
    answer: Any
    wrong: dict[str, Any] = field(default_factory=dict)  # what misconceptions gave, once asked

    def given_by(self, wrong: Wrong) -> Any:
        """A misconception's answer, as if it had come over the wire."""
        if wrong.name not in self.wrong:
            answer = wrong.function(*fresh(self.args), **fresh(self.kwargs))
            self.wrong[wrong.name] = unpack(*pack(answer))
        return self.wrong[wrong.name]


def wanted_for(about: Exercise, reference: Any, seeds: tuple[int, ...]) -> list[Wanted]:
    """The reference's answers."""
    made = []
    for seed in seeds:
        args, kwargs = about.cases(np.random.default_rng(seed))
        made.append(Wanted(args, kwargs, reference(*fresh(args), **fresh(kwargs))))
    return made


def judge(
    about: Exercise, library: str, wanted: list[Wanted], runs: list[Run], steady: bool = True
) -> Verdict:
    """What is to be said of the answers to every seed. Never raises for what was returned."""
    try:
        pairs = [_pairs(about, w, r, library) for w, r in zip(wanted, runs, strict=True)]
    except Mismatch as error:
        return Verdict("wrong", "type", sentence(str(error)))
    if not steady:
        said = (
            "Called twice with the same input, it gave two answers. Is something drawn at random, "
            "or kept from one call to the next?"
        )
        return Verdict("wrong", "steady", said)
    off = [(leaf, yours) for seed in pairs for leaf, yours in seed if _differs(leaf, yours)]
    if off and (found := _misconception(about, library, wanted, pairs)):
        return Verdict("wrong", "misconception", found.sentence, found.name, *off[0])
    for leaf, yours in off:
        if leaf.array.shape != yours.shape:
            said = f"{shape_in_words(leaf, yours)}."
            return Verdict("wrong", "shape", said, wanted=leaf, yours=yours)
    if (place := next((r.changed for r in runs if r.changed is not None), None)) is not None:
        which = f" (`{place}`)" if place else ""
        said = (
            f"It writes to its input{which}: whoever calls it finds other numbers there "
            "afterwards. Build a new array, or copy first."
        )
        return Verdict("wrong", "input", said)
    if not off:
        largest = max((_largest(leaf, yours) for seed in pairs for leaf, yours in seed), default=0)
        return Verdict("right", "right", f"Largest difference: {largest:.1e}.")
    leaf, yours = off[0]
    if (bad := np.argwhere(~np.isfinite(yours) & np.isfinite(leaf.array))).size:
        place = tuple(map(int, bad[0]))
        said = f"{leaf.named}Not every number is finite: the first is {yours[place]}"
        said += f" at {leaf.where(place)}." if place else "."
        return Verdict("wrong", "finite", said, wanted=leaf, yours=yours)
    if told := _broken(about, wanted, runs):
        return Verdict("wrong", "invariant", told, wanted=leaf, yours=yours)
    return Verdict("wrong", "numbers", how_they_differ(leaf, yours), wanted=leaf, yours=yours)


def sentence(words: str) -> str:
    """With a capital at its head and a stop at its end."""
    return f"{words[:1].upper()}{words[1:]}{'' if words[-1:] in '.?!' else '.'}"


def _pairs(about: Exercise, wanted: Wanted, run: Run, library: str) -> Pairs:
    """Each part that is wanted beside what came for it, in the form that is compared."""
    found = [(leaf, c.array) for leaf, c in pair_up(wanted.answer, run.answer, about.axes, library)]
    if about.canonical is None or any(leaf.array.shape != yours.shape for leaf, yours in found):
        return found
    try:
        theirs = leaves(about.canonical(plain(run.answer)), about.axes)
    except (ValueError, IndexError, KeyError, TypeError):  # no answer of this kind has such a form
        return found
    ours = leaves(about.canonical(wanted.answer), about.axes)
    if len(ours) != len(theirs):
        return found
    return [(leaf, other.array) for leaf, other in zip(ours, theirs, strict=True)]


def plain(came: Any) -> Any:
    """An answer that came over the wire, as the arrays and numbers that it holds."""
    if isinstance(came, Came):
        return came.array if came.array.ndim else came.array[()]
    if isinstance(came, Mapping):
        return {key: plain(inner) for key, inner in came.items()}
    return type(came)(map(plain, came)) if isinstance(came, (tuple, list)) else came


def _differs(leaf: Leaf, yours: np.ndarray) -> bool:
    return leaf.array.shape != yours.shape or bool(apart(leaf.array, yours).any())


def _largest(leaf: Leaf, yours: np.ndarray) -> float:
    if leaf.array.dtype.kind != "f":
        return 0.0
    both = np.isfinite(leaf.array)
    return float(np.abs(leaf.array[both] - yours[both]).max(initial=0))


def _misconception(
    about: Exercise, library: str, wanted: list[Wanted], pairs: list[Pairs]
) -> Wrong | None:
    """The wrong function that gives the learner's answers on every seed."""
    for wrong in misconceptions(about.name):
        if all(_gives(about, wrong, w, p) for w, p in zip(wanted, pairs, strict=True)):
            return wrong
    return None


def _gives(about: Exercise, wrong: Wrong, wanted: Wanted, pairs: Pairs) -> bool:
    try:
        theirs = _pairs(about, wanted, Run(wanted.given_by(wrong), None), "numpy")
    except Mismatch:
        return False
    return len(theirs) == len(pairs) and all(
        one.shape == two.shape and not apart(one, two).any()
        for (_, one), (_, two) in zip(theirs, pairs, strict=True)
    )


def _broken(about: Exercise, wanted: list[Wanted], runs: list[Run]) -> str | None:
    """The first invariant that does not hold: what should, and how it is broken."""
    for should, find in about.invariants:
        for one, run in zip(wanted, runs, strict=True):
            try:
                told = find(plain(run.answer), *fresh(one.args), **fresh(one.kwargs))
            except (ValueError, IndexError, KeyError, TypeError):
                continue
            if told:
                return f"{should[0].upper()}{should[1:]}; yours is not: {told}."
    return None
