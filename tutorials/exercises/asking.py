"""What a learner asks for besides a check: a hint, the solution, how far they are, what is next."""

from . import progress
from .catalog import exercise, known
from .catalog import solution as solution_of

__all__ = ["hint", "next_up", "overview", "solution"]

MARKS = {"": ".", "tried": "~", "passed": "x"}


class Text(str):
    """A string that a notebook shows as it is written."""

    def __repr__(self) -> str:
        return str(self)


def hint(name: str) -> Text:
    """The next of three hints; all three once they have been read. ValueError: unknown name."""
    hints = exercise(name).hints
    seen = progress.standings()[name].hints
    if seen >= len(hints):
        lines = [f"{number}. {text}" for number, text in enumerate(hints, 1)]
        lines.append(f"These are all. python -m tutorials solution {name} shows a way to write it.")
        return Text("\n".join(lines))
    progress.note(name, "hint", hint=seen + 1)
    return Text(f"Hint {seen + 1} of {len(hints)}: {hints[seen]}")


def solution(name: str) -> Text:
    """The solution's source. PermissionError before one real try; ValueError: unknown name."""
    exercise(name)
    if not progress.standings()[name].may_see_solution:
        raise PermissionError(
            f"Try it once first: write something in {progress.file_of(name)}, then "
            f"python -m tutorials check {name}. The solution is shown after one check of your own."
        )
    progress.note(name, "solution")
    return Text(solution_of(name))


def overview() -> Text:
    """Every exercise: its chapter, minutes, difficulty, and how far the learner is."""
    standing = progress.standings()
    lines = [f"   {'exercise':20}{'chapter':>8}{'minutes':>9}  {'difficulty':12}NumPy torch"]
    for number, name in enumerate(known(), 1):
        about, now = exercise(name), standing[name]
        stars = "*" * about.difficulty
        marks = f"  {MARKS[now.numpy]}     {MARKS[now.torch]}"
        lines.append(f"{number:2} {name:20}{about.chapter:8}{about.minutes:9}  {stars:12}{marks}")
    lines.append("x right   ~ tried   . not tried yet")
    done = sum((now.numpy == "passed") + (now.torch == "passed") for now in standing.values())
    left = sum(exercise(name).minutes for name, now in standing.items() if now.numpy != "passed")
    lines.append(f"{done} of {2 * len(standing)} right; about {left} minutes left in NumPy.")
    lines.append(f"Your files are in {progress.folder()}")
    return Text("\n".join(lines))


def next_up() -> Text:
    """The first exercise that is not right in NumPy, or else in torch: its file, what to type."""
    standing = progress.standings()
    for library in progress.LIBRARIES:
        for name in known():
            if getattr(standing[name], library) == "passed":
                continue
            about = exercise(name)
            lines = [
                f"{name}: {about.title} (chapter {about.chapter}, {about.minutes} minutes, "
                f"difficulty {about.difficulty} of 4)",
                f"Write {about.functions[library == 'torch']} in {progress.file_of(name)}",
                f"then  python -m tutorials check {name}" + " --torch" * (library == "torch"),
                f"or    python -m tutorials watch {name}, which checks whenever you save",
            ]
            return Text("\n".join(lines))
    return Text("All exercises are right, in both libraries.")
