"""One check from end to end: the learner's source, their process, the ladder, the diary, words."""

import importlib.util
import linecache
import signal
from collections.abc import Callable, Sequence

from . import progress
from .answer import Answer
from .catalog import exercise, known, reference
from .facts import Exercise
from .judging import Verdict, judge, sentence, wanted_for
from .runner import SEEDS, Limits, Outcome, Running, job_for
from .source import Learner, Unreadable, from_file, from_function

__all__ = ["check", "check_file", "check_function"]

SAID = {"numpy": "NumPy", "torch": "torch"}


def check(
    name: str, *functions: Callable, library: str | None = None, limits: Limits | None = None
) -> Answer:
    """Check your function (in a notebook), or your file in `my_glom/` if none is given.

    A function whose name ends in "torch" is checked with tensors, any other with NumPy arrays;
    `library` ("numpy" or "torch") says it too. Of several, the answer is the first that is not
    right, or the last. Whatever the functions do, they do it in a process of their own.
    ValueError for an unknown exercise or library.
    """
    about = exercise(name)
    if library not in (None, "numpy", "torch"):
        raise ValueError(f"library: wanted 'numpy' or 'torch', got {library!r}")
    limits = limits or Limits()
    if not functions:
        return check_file(about, library, limits)
    for function in functions:
        ends = str(getattr(function, "__name__", "")).endswith("torch")
        answer = check_function(about, function, library or ("torch" if ends else "numpy"), limits)
        if answer.status != "right":
            break
    return answer


def check_file(about: Exercise, library: str | None, limits: Limits) -> Answer:
    """The learner's file: what `library` says; or NumPy, and torch too once it has been written."""
    path = progress.file_of(about.name)
    answer = _check(about, library or "numpy", limits, lambda f: from_file(path, f))
    if library or answer.status != "right":
        return answer
    try:
        written = "NotImplementedError" not in from_file(path, about.functions[1]).own
    except Unreadable:
        return answer
    return _check(about, "torch", limits, lambda f: from_file(path, f)) if written else answer


def check_function(about: Exercise, function: Callable, library: str, limits: Limits) -> Answer:
    """A function of a notebook."""
    return _check(about, library, limits, lambda _: from_function(function), typed=False)


def _check(
    about: Exercise,
    library: str,
    limits: Limits,
    read: Callable[[str], Learner],
    typed: bool = True,
) -> Answer:
    """`typed`: at a terminal, where what comes next is a command; else a cell of a notebook."""

    def answer(where: str, verdict: Verdict, more: Sequence[str] = (), hashed: str = "") -> Answer:
        return _answer(about, library, where, hashed, verdict, more, typed)

    wanted_name = about.functions[library == "torch"]
    if library == "torch" and importlib.util.find_spec("torch") is None:
        said = 'torch is not installed here. Type: pip install -e ".[torch]"'
        return answer(wanted_name, Verdict("unusable", "torch", said))
    try:
        learner = read(wanted_name)
    except Unreadable as error:
        where = f"{error.where}, line {error.line}" if error.line else error.where
        return answer(where, Verdict("wrong", "read", sentence(error.sentence)))
    if learner.empty:
        return answer(learner.where, NOT_TRIED, hashed=learner.hash)
    running = Running(job_for(learner, about, library, limits))
    try:
        wanted = wanted_for(about, reference(about.name), SEEDS)  # while the learner's code runs
    except BaseException:
        running.close()
        raise
    outcome = running.outcome()
    verdict = verdict_of(about, library, learner, outcome, limits, wanted)
    more = [*_frames(learner, outcome, verdict), *_printed(outcome)]
    if verdict.status == "right":
        more = [*_held_beside(outcome), *more]
    return answer(learner.where, verdict, more, learner.hash)


NOT_TRIED = Verdict("not tried", "not tried", "Nothing is written in it yet.")

KNOWN_ERRORS = {
    "SystemExit": "It ends Python{at}. A function answers with `return`; take the exit out.",
    "EOFError": "It waits for somebody to type{at}, and nobody is there: take `input` out.",
    "KeyboardInterrupt": "It interrupts itself{at}.",
    "RecursionError": "It calls itself without end{at}.",
}


def verdict_of(
    about: Exercise, library: str, learner: Learner, outcome: Outcome, limits: Limits, wanted: list
) -> Verdict:
    """The whole ladder."""
    error = outcome.error
    at = _line_of(learner, outcome)
    if outcome.ended == "died":
        return Verdict("stopped", "died", _death(outcome))
    if outcome.ended == "time":
        said = f"Still running after {limits.seconds:g} seconds{at}. A loop that never ends?"
        return Verdict("stopped", "time", said)
    if outcome.patched:
        said = (
            f"It replaces `{outcome.patched}` for everybody who uses it. Here only your own "
            "process was harmed; give your function a name of its own."
        )
        return Verdict("wrong", "patched", said)
    if outcome.ended == "memory":
        size = f"{limits.bytes / (1 << 30):.2g} GB"
        said = (
            f"It asked for more than {size} of memory{at}. An outer product with an axis too many?"
        )
        return Verdict("stopped", "memory", said)
    if outcome.ended == "raised":
        if error["type"] == "NotImplementedError" and error["frames"]:
            return NOT_TRIED
        if error["type"] in KNOWN_ERRORS:
            said = KNOWN_ERRORS[error["type"]].format(at=at)
            return Verdict("wrong", "raised", said)
        if "File too large" in error["words"]:
            return Verdict("stopped", "printed", f"It printed more than 64 MB{at}.")
        words = f": {error['words']}" if error["words"] else ""
        return Verdict("wrong", "raised", sentence(f"It raised {error['type']}{words}"))
    verdict = judge(about, library, wanted, list(outcome.runs), outcome.steady)
    if verdict.status == "right" and outcome.called:
        said = (
            f"The numbers are right, for they come from `{outcome.called}`, the very thing to be "
            "built here. Use it freely everywhere else; write it out yourself once."
        )
        return Verdict("wrong", "reference", said)
    return verdict


def _death(outcome: Outcome) -> str:
    if not outcome.stage:
        last = outcome.printed.strip().splitlines()[-1:] or ["it said nothing"]
        return f"The check itself could not start ({last[0]})."
    if outcome.signal:
        try:
            name = signal.Signals(outcome.signal).name
        except ValueError:
            name = f"signal {outcome.signal}"
        return f"Python itself was ended by {name} before your function answered."
    return "Python ended before your function answered (os._exit?). Take the exit out."


def _line_of(learner: Learner, outcome: Outcome) -> str:
    """ ", at line 12: `while True:`", or nothing if it is not known."""
    frames = outcome.error.get("frames", [])
    if not frames:
        return ""
    code = _code(learner, frames[-1])
    return f", at line {frames[-1]['line']}" + (f": `{code}`" if code else "")


def _code(learner: Learner, frame: dict) -> str:
    for piece in learner.pieces:
        lines = piece["source"].splitlines()
        at = frame["line"] - piece["line"]
        if piece["file"] == frame["file"] and 0 <= at < len(lines):
            return lines[at].strip()[:100]
    return linecache.getline(frame["file"], frame["line"]).strip()[:100]


def _frames(learner: Learner, outcome: Outcome, verdict: Verdict) -> list[str]:
    if verdict.rung != "raised":
        return []
    lines = []
    for frame in outcome.error["frames"]:
        lines.append(f"    {frame['file']}, line {frame['line']}, in {frame['function']}")
        lines.append(f"        {_code(learner, frame)}")
    return lines


def _printed(outcome: Outcome) -> list[str]:
    lines = outcome.printed.splitlines()
    if not lines or outcome.ended == "died":
        return []
    few = [f"    {line[:100]}" for line in lines[:5]]
    count = f"more than {len(lines):,}" if len(outcome.printed) >= 100_000 else str(len(lines))
    head = "It printed:" if len(lines) <= 5 else f"It printed {count} lines, the first five:"
    return [head, *few]


def _held_beside(outcome: Outcome) -> list[str]:
    told = []
    for far, whose in (
        (outcome.from_numpy, "your own NumPy version"),
        (outcome.from_autograd, "torch's autograd"),
    ):
        if far is not None and far <= 1e-9:
            told.append(f"It equals {whose} (largest difference {far:.1e}).")
        elif far is not None:
            told.append(f"It does not equal {whose}: check that one again.")
    return told


def _answer(
    about: Exercise,
    library: str,
    where: str,
    hashed: str,
    verdict: Verdict,
    more: Sequence[str],
    typed: bool,
) -> Answer:
    """Write it in the diary, add what comes next, and hand it over."""
    facts = dict(library=library, status=verdict.status, rung=verdict.rung)
    facts |= dict(misconception=verdict.misconception, hash=hashed)
    kept = [*more]
    try:
        progress.note(about.name, "check", **facts)
    except OSError as error:
        kept.append(f"(This could not be written to {progress.folder()}: {error.strerror}.)")
    if verdict.status == "right":
        kept += [f"Look: {about.look}", _next(about, library, typed)]
    elif verdict.status in ("wrong", "stopped"):
        asked = f"python -m tutorials hint {about.name}" if typed else f'hint("{about.name}")'
        kept.append(f"Stuck? {asked}")
    return Answer(about.name, SAID[library], where, verdict, tuple(kept))


def _next(about: Exercise, library: str, typed: bool) -> str:
    standing = progress.standings()
    if library == "numpy" and standing[about.name].torch != "passed":
        command = f"python -m tutorials check {about.name} --torch"
        command = command if typed else f'check("{about.name}", {about.functions[1]})'
        return f"Next: the same in torch, then {command}"
    left = [name for name in known() if standing[name].numpy != "passed"]
    return f"Next: {left[0]} (python -m tutorials next)" if left else "That was the last one."
