"""What was asked of the islands, and what is reached: one table over all worlds.

Made from results/. Asked is a score and, where nothing else is said, to lie above every control and
every peer too; the best of each stands beside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .shown import HIDDEN, ROWS
from .tables import Line, cell, lines, trained_t

NAME = "goals"
OWN = ROWS["glom"]  # how the row of a GLOM, as it is meant, is called everywhere
TAUGHT = "what it is taught with"  # how the row of its teacher begins: no control
BROKEN = ("consensus muted", "shuffled columns")  # of a trained model: learned, not controls
LATER = 4  # times the trained t
Results = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One line: a score at the trained t (`of`: or what became of it), and what was asked of it."""

    name: str
    what: str
    score: str
    asked: float | None  # at least; None: to lie above all others, no number
    variant: str = "glom"
    rows: str = "rows"
    of: str = ""  # "gain": since t = 0; "change": the most up to LATER, of all that end so


OBJECTS, PARTS, ISLANDS = "objects FG-ARI", "parts FG-ARI", "objects islands FG-ARI"
UP_TO = f"up to {LATER} times the t, at most"
CHANGE = dict(asked=0.02, of="change")
UNCHANGED = dict(name="puppets", variant="glom_unchanged")
GOALS = (
    Goal(name="spirals", what="parts, k-means", score=PARTS, asked=0.92),
    Goal(name="spirals", what="objects, k-means", score=OBJECTS, asked=0.92),
    Goal(name="spirals", what="objects, islands", score=ISLANDS, asked=0.85),
    Goal(name="spirals", what="the same, more than at t = 0", score=ISLANDS, asked=0.3, of="gain"),
    Goal(
        name="spirals",
        what="contrast of objects, more than at t = 0",
        score="objects contrast",
        asked=0.3,
        of="gain",
    ),
    Goal(name="spirals", what=f"an FG-ARI changes {UP_TO}", score="FG-ARI", **CHANGE),
    Goal(name="spirals", what=f"a contrast changes {UP_TO}", score="contrast", **CHANGE),
    Goal(name="spirals", what="islands nested", score="nesting", asked=None),
    Goal(name="spirals_still", what="objects, k-means", score=OBJECTS, asked=0.8),
    Goal(name="spirals_still", what=f"an FG-ARI changes {UP_TO}", score="FG-ARI", **CHANGE),
    Goal(name="puppets", what="parts, k-means", score=PARTS, asked=0.85),
    Goal(name="puppets", what="objects, k-means", score=OBJECTS, asked=0.85),
    Goal(what="parts, by the recipe of spirals", score=PARTS, asked=0.85, **UNCHANGED),
    Goal(what="objects, by the recipe of spirals", score=OBJECTS, asked=0.85, **UNCHANGED),
    Goal(name="ellipses", what="objects, k-means (labels)", score=OBJECTS, asked=0.95),
    Goal(name="ellipses", what="islands nested", score="nesting", asked=None, rows="levels"),
    Goal(name="avatars", what="parts, k-means (labels)", score=PARTS, asked=None),
    Goal(name="avatars", what="islands nested", score="nesting", asked=None),
)


ABOUT = (
    "What we set out to reach (*asked*; of a score a number, and to lie above all that stands "
    "beside it), and what is reached, on test pictures at the trained t. Scores are FG-ARI: "
    "*k-means* is told the true number of segments, *islands* are not. Beside GLOM stand the best "
    "control (color, place, both, flood fills, by column and by pixel, tricks that we know of, an "
    "untrained GLOM, the state of another picture; of nesting: chance), and the best peer (slot "
    "attention, transformers, deep sets). *Reached* compares numbers as they are written here. "
    "Mean ± standard deviation over the seeds of each world's own table, which has the command "
    "that repeats it; `python -m tutorials.experiments goals` prints this one."
)
HEADS = ("world", "what", "asked", OWN, "so trained without consensus")
HEADS += ("control, at best", "peer, at best", "reached")


def table(load: Callable[[str], Results]) -> str:
    """The table in markdown, above it in words what it says; `load` has results by name."""
    made = [_cells(goal, load(goal.name)) for goal in GOALS]
    shown = [f"| {' | '.join(row)} |" for row in (HEADS, ["---"] * len(HEADS), *made)]
    return "\n".join([ABOUT, "", *shown])


def _cells(goal: Goal, results: Results) -> list[str]:
    seeds = results["seeds"]
    if goal.of:
        value, shown = _became(goal, results, seeds)
        beside, above = ["", "", ""], True
    else:
        found = [line for line in lines(results, goal.rows) if _settled(line, results)]
        own = next(line for line in found if line.variant == goal.variant and _is_glom(line, goal))
        spread, others = own.spread(goal.score), _others(goal, own, found)
        value, shown = spread[0], cell(spread, ".2f", seeds)
        # The first is named by its heading.
        beside = [_beside(*other, seeds, named=k > 0) for k, other in enumerate(others)]
        above = all(value > line.spread(key)[0] for line, key in others if line)
    return [goal.name, goal.what, _asked(goal), shown, *beside, _verdict(goal, value, above)]


def _beside(line: Line | None, key: str, seeds: Sequence[int], *, named: bool) -> str:
    if line is None:
        return ""
    shown = cell(line.spread(key), ".2f", seeds)
    return f"{shown}, {line.row}" if named else shown


def _asked(goal: Goal) -> str:
    if goal.asked is None:
        return "above chance" if goal.score == "nesting" else "above all"
    return f"{'≤' if goal.of == 'change' else '≥'} {goal.asked:g}"


def _verdict(goal: Goal, value: float, above: bool) -> str:
    value = round(value, 2)  # as it is written
    if goal.asked is None:
        return "yes" if above else "no"
    if value > goal.asked if goal.of == "change" else value < goal.asked:
        return "no"
    return "yes" if above else "yes, but not above all"


def _others(goal: Goal, own: Line, found: Sequence[Line]) -> list[tuple[Line | None, str]]:
    """Without consensus, the best control, the best peer: the line and the key of its score."""
    if goal.score == "nesting":
        return [(None, ""), (replace(own, row="by chance"), "nesting chance"), (None, "")]
    return [(_best(side, goal.score), goal.score) for side in _sides(found, goal)]


def _sides(found: Sequence[Line], goal: Goal) -> tuple[list[Line], list[Line], list[Line]]:
    """The same GLOM without consensus, the controls, the peers."""
    same = "glom_alone" if goal.variant == "glom" else ""  # of another recipe there is none
    alone = [line for line in found if line.variant == same and ":" not in line.row]
    controls = [line for line in found if line.variant == "glom" and _is_control(line)]
    return alone, controls, [line for line in found if not line.variant.startswith("glom")]


def _is_control(line: Line) -> bool:
    if line.row.startswith(TAUGHT) or any(name in line.row for name in BROKEN):
        return False
    return line.row != OWN


def _best(found: Sequence[Line], score: str) -> Line | None:
    """The line with the highest mean; None if nobody has such a score."""
    scored = [line for line in found if line.spread(score)]
    return max(scored, key=lambda line: line.spread(score)[0], default=None)


def _became(goal: Goal, results: Results, seeds: Sequence[int]) -> tuple[float, str]:
    """What became of a score over t, and how that is written."""
    own = {
        line.t: line
        for line in lines(results, goal.rows)
        if line.variant == goal.variant and _is_glom(line, goal)
    }
    t = trained_t(results, goal.variant)
    if goal.of == "gain":
        both = zip(own[t].values[goal.score], own[0].values[goal.score], strict=True)
        gains = replace(own[t], values={"": [later - first for later, first in both]})
        return gains.spread("")[0], cell(gains.spread(""), ".2f", seeds)
    later = [when for when in own if t < when <= LATER * t]
    keys = [key for key in own[t].values if key.endswith(goal.score)]
    most = max(
        abs(own[when].spread(key)[0] - own[t].spread(key)[0]) for key in keys for when in later
    )
    return most, f"{most:.2f}, of means over the seeds"


def _is_glom(line: Line, goal: Goal) -> bool:
    """The row of the GLOM itself; nesting is kept at one level, that of objects."""
    whole = ":" not in line.row and HIDDEN not in line.row
    return whole and line.row.startswith(OWN) and any(k.endswith(goal.score) for k in line.values)


def _settled(line: Line, results: Results) -> bool:
    """At the trained t, of whole pictures."""
    return line.t in (None, trained_t(results, line.variant)) and HIDDEN not in line.row
