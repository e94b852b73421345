"""The learner's own folder, `my_glom/`: one file an exercise, and a diary of what was tried.

The diary (`progress.jsonl`) is only ever added to, one line an event, so that nothing in it can be
lost by an update, by a crash, by two checks at once or by the reset of another exercise.
"""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import catalog

__all__ = ["Standing", "file_of", "folder", "note", "reset", "standings"]

REPO = Path(__file__).resolve().parents[2]
NAME, DIARY = "my_glom", "progress.jsonl"
LIBRARIES = ("numpy", "torch")


@dataclass
class Standing:
    """How far the learner is with one exercise. Each library: "", "tried" or "passed"."""

    numpy: str = ""
    torch: str = ""
    hints: int = 0
    solution_seen: bool = False
    misconceptions: set[str] = field(default_factory=set)  # those met so far
    right: set[str] = field(default_factory=set)  # the hashes of what was found right

    @property
    def may_see_solution(self) -> bool:
        """After one real try or a pass, in either library."""
        return bool(self.numpy or self.torch)


def folder() -> Path:
    """Where the learner's files are: $GLOM_EXERCISES, or `my_glom` above here, or beside the repo's
    other folders if we are in it, or else here.
    """
    if own := os.environ.get("GLOM_EXERCISES"):
        return Path(own)
    here = Path.cwd()
    for above in (here, *here.parents):
        if (above / NAME).is_dir():
            return above / NAME
    inside = REPO in (here, *here.parents) and os.access(REPO, os.W_OK)
    return (REPO if inside else here) / NAME


def file_of(name: str) -> Path:
    """The learner's file of an exercise, made from the stub if it is not there."""
    path = folder() / f"{name}.py"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(path, "x", encoding="utf-8", newline="\n") as file:  # never over another
                file.write(catalog.stub(name))
        except FileExistsError:
            pass
    return path


def reset(name: str) -> Path | None:
    """Begin again: the old file becomes NAME.1.py, .2.py, ...; what it is called now (None: none).

    Only this exercise's: the diary of all others stays as it is.
    """
    path, kept = folder() / f"{name}.py", None
    if path.exists():
        number = 1
        while (kept := path.with_name(f"{name}.{number}.py")).exists():
            number += 1
        os.rename(path, kept)
    note(name, "reset")
    file_of(name)
    return kept


def note(name: str, did: str, **facts: object) -> None:
    """One more line of the diary."""
    event = {"when": time.strftime("%Y-%m-%dT%H:%M:%S"), "exercise": name, "did": did, **facts}
    path = folder() / DIARY
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(event, ensure_ascii=False) + "\n"
    # One write at the end of the file: two checks at once do not mix their lines.
    target = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        if os.fstat(target).st_size:
            os.lseek(target, -1, os.SEEK_END)
            line = line if os.read(target, 1) == b"\n" else "\n" + line  # a crash cut one off
        os.write(target, line.encode("utf-8"))
    finally:
        os.close(target)


def standings() -> dict[str, Standing]:
    """How far the learner is with every exercise, from the diary; broken lines are passed over."""
    found = {name: Standing() for name in catalog.known()}
    try:
        lines = (folder() / DIARY).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            event = json.loads(line)
            _take(found, event)
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def _take(found: dict[str, Standing], event: dict) -> None:
    name, did = event["exercise"], event["did"]
    if name not in found:  # an exercise of another version
        return
    if did == "reset":
        found[name] = Standing()
    elif did == "hint":
        found[name].hints = max(found[name].hints, int(event["hint"]))
    elif did == "solution":
        found[name].solution_seen = True
    elif did == "check" and event["library"] in LIBRARIES:
        if event["status"] == "right":
            setattr(found[name], event["library"], "passed")
            found[name].right.add(event["hash"])
        elif event["status"] in ("wrong", "stopped"):
            if getattr(found[name], event["library"]) != "passed":
                setattr(found[name], event["library"], "tried")
            if event.get("misconception"):
                found[name].misconceptions.add(event["misconception"])
