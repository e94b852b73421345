"""Results as tables: mean and standard deviation over the seeds, in markdown.

Nobody types a number by hand: the README has `<!-- experiment NAME -->` and, for a further table of
the same results, `<!-- experiment NAME TABLE -->`; what stands between such a line and the next
`<!-- end of experiment -->` is made here (`refreshed`). Notebooks call `table`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import mean, stdev
from typing import Any

NAMING = ("row", "level", "t")  # of a row; all else are scores
END = "<!-- end of experiment -->"
MARK = re.compile(r"<!-- experiment (\w+)(?: (\w+))? -->\n")


@dataclass(frozen=True, kw_only=True)
class Table:
    """Which rows of the results, and which of their scores, a table shows."""

    columns: Mapping[str, str]  # the key of a score: its heading
    formats: Mapping[str, str] = field(default_factory=dict)  # .2f if not here
    rows: str = "rows"  # the key under which `run` returned them
    keep: Callable[[dict, Mapping], bool] = lambda row, results: True  # row: variant, row, level, t
    first: str = "vectors"  # what a row is


COST = Table(  # of every experiment whose runs say what `peers.cost` says
    columns={"parameters": "parameters", "steps": "steps", "minutes": "minutes of training"},
    formats={"parameters": ",.0f", "steps": ",.0f", "minutes": ".1f"},
    rows="cost",
)


@dataclass
class Line:
    """One row over all seeds: its name and, by score, the defined values, one a seed at most.

    A score that is nowhere defined has no values, one that nobody asked for no key.
    """

    variant: str
    row: str
    level: int | None
    t: int | None
    values: dict[str, list[float]]

    def spread(self, key: str) -> tuple[float, float | None, int] | None:
        """(mean, standard deviation, n) of a score: n - 1 below the root; None if nowhere defined.

        The deviation of one value is None.
        """
        values = self.values.get(key, [])
        if not values:
            return None
        return mean(values), stdev(values) if len(values) > 1 else None, len(values)


def lines(results: Mapping[str, Any], rows: str = "rows") -> list[Line]:
    """The rows of all runs, those of the same name together, in the order they come in."""
    found: dict[tuple, Line] = {}
    for run in results["runs"]:
        for row in run.get(rows, ()):
            name = (run["variant"], *(row.get(part) for part in NAMING))
            line = found.setdefault(name, Line(*name, values={}))
            for key, value in row.items():
                if key not in NAMING:
                    line.values.setdefault(key, []).extend([] if value is None else [value])
    order = list(results["variants"])
    return sorted(found.values(), key=lambda line: order.index(line.variant))


def trained_t(results: Mapping[str, Any], variant: str) -> int:
    """Up to how many steps a variant was trained to settle."""
    return results["choices"][variant]["recipe"]["iters"]


def markdown(results: Mapping[str, Any], table: Table) -> str:
    """The table; a cell says on how many seeds it stands where that is not all of them.

    Empty where no row has anything to say.
    """
    shown = [line for line in lines(results, table.rows) if table.keep(_name(line), results)]
    # What is nowhere defined (objects of pictures without labels) has no column and no row.
    columns = {k: v for k, v in table.columns.items() if any(line.spread(k) for line in shown)}
    # A row without any score to define says something by its name (not run on a GPU).
    shown = [x for x in shown if any(map(x.spread, columns)) or not {*x.values} & {*table.columns}]
    named = [part for part in NAMING[1:] if any(getattr(line, part) is not None for line in shown)]
    if not shown:
        return ""
    heads = [table.first, *named, *columns.values()]
    out = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for line in shown:
        cells = [line.row, *("" if getattr(line, p) is None else getattr(line, p) for p in named)]
        for key in columns:
            cells.append(cell(line.spread(key), table.formats.get(key, ".2f"), results["seeds"]))
        out.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(out)


def cell(spread: tuple[float, float | None, int] | None, form: str, seeds: list[int]) -> str:
    """Mean ± deviation, (n) if it is not over all seeds; nothing where nothing is defined."""
    if spread is None:
        return ""
    middle, deviation, n = spread
    text = _written(middle, form)
    counted = form.endswith(".0f") and not deviation  # steps, parameters: the same for every seed
    text += "" if deviation is None or counted else f" ± {_written(deviation, form)}"
    return text if n == len(seeds) else f"{text} (n = {n})"


def _written(value: float, form: str) -> str:
    text = format(value, form)
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text  # no -0.00


def _name(line: Line) -> dict[str, Any]:
    return {"variant": line.variant} | {part: getattr(line, part) for part in NAMING}


def fewer_seeds(results: Mapping[str, Any]) -> bool:
    """Whether some variants have fewer seeds than others."""
    return len(results["runs"]) < len(results["seeds"]) * len(results["variants"])


def caption(results: Mapping[str, Any]) -> str:
    """Over how many seeds, and the command that repeats it."""
    n = len(results["seeds"])
    over = f"mean ± standard deviation over {n} seeds" if n > 1 else "one seed"
    if fewer_seeds(results):
        over += ", or over n where a cell says so"
    tried = " A tiny run that proves only that all works." if results["quick"] else ""
    return f"Every number is {over}; `{results['command']}` repeats them.{tried}"


def refreshed(text: str, made: Callable[[str, str], str]) -> str:
    """A document with what stands between its marks replaced by made(NAME, TABLE).

    ValueError for a mark without an end.
    """
    out, at = [], 0
    while (mark := MARK.search(text, at)) is not None:
        end = text.find(END, mark.end())
        following = MARK.search(text, mark.end())
        if end < 0 or (following is not None and following.start() < end):
            raise ValueError(f"wanted {END} after {mark.group().strip()}")
        out += [text[at : mark.end()], made(mark.group(1), mark.group(2) or ""), "\n"]
        at = end
    return "".join(out) + text[at:]
