"""Starts the learner's process, waits for it within limits, and says how it ended."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import wire
from .child import ANSWERS, RESULT, STAGE, WHERE
from .facts import Exercise
from .source import Learner

__all__ = ["Limits", "Outcome", "Run", "Running", "job_for", "outcome_of"]

CHILD = Path(__file__).resolve().with_name("child.py")
SEEDS = (0, 1, 2)
# Has it ended? Do not wait, and leave its number taken, so that its group can still be ended.
PEEK = getattr(os, "WEXITED", 0) | getattr(os, "WNOHANG", 0) | getattr(os, "WNOWAIT", 0)
START = 90.0  # seconds that Python and torch may take to start on a busy machine


@dataclass(frozen=True)
class Limits:
    """For the learner's code alone: `seconds`, and `bytes` more than Python itself takes."""

    seconds: float = 10.0
    bytes: int = 4 << 30


@dataclass(frozen=True)
class Run:
    """What came back for one seed: the answer (see `wire.unpack`), and the input it changed."""

    answer: Any
    changed: str | None


@dataclass(frozen=True)
class Outcome:
    """How the learner's process ended. `ended`: "done", "raised", "time", "memory", "died"."""

    ended: str
    runs: tuple[Run, ...] = ()
    error: dict = field(default_factory=dict)  # type, words, frames
    steady: bool = True  # the same answer to the same input
    called: str = ""  # the reference, if the learner's code calls it
    patched: str = ""  # a function of NumPy that it replaced
    printed: str = ""
    stage: str = ""  # "import" or "call", where it ended early
    signal: int = 0
    from_numpy: float | None = None  # how far the torch answer is from the learner's own NumPy
    from_autograd: float | None = None  # and from torch's autograd


def job_for(learner: Learner, about: Exercise, library: str, limits: Limits) -> dict:
    """What the child is told."""
    watched = []
    for name in (about.room, *about.too_much):
        room, _, function = name.rpartition(".")
        for house in ("glom_numpy", "glom_torch"):
            watched.append([f"/{house}/{room.replace('.', '/')}.py", function])
    return {
        "exercise": about.name,
        "library": library,
        "twin": about.functions[0] if library == "torch" and about.same_as_numpy else "",
        "function": learner.function,
        "pieces": list(learner.pieces),
        "folder": learner.folder,
        "seeds": list(SEEDS),
        "watched": watched,
        "seconds": limits.seconds,
        "bytes": limits.bytes,
    }


class Running:
    """The learner's process, already started. `outcome()` waits for it; it is always cleaned up."""

    def __init__(self, job: dict) -> None:
        self.job = job
        self.folder = tempfile.TemporaryDirectory(prefix="glom-check-", ignore_cleanup_errors=True)
        place = Path(self.folder.name)
        (place / "job.json").write_text(json.dumps(job), "utf-8")
        (place / "cwd").mkdir()
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        with open(place / "printed.txt", "wb") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-u", str(CHILD), self.folder.name],
                cwd=place / "cwd",
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                env={**os.environ, **threads, "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
            )

    def outcome(self) -> Outcome:
        """Wait, at most the limit and the time to start; then read what it left."""
        try:
            self._wait(time.monotonic() + self.job["seconds"] + START)
            self._stop()
            return self._read(Path(self.folder.name))
        finally:
            self.close()

    def close(self) -> None:
        """End it, if it still runs, and take its folder away."""
        self._stop()
        self.folder.cleanup()

    def _wait(self, until: float) -> None:
        """Until it has ended, or it is time."""
        while time.monotonic() < until:
            if not hasattr(os, "waitid"):
                if self.process.poll() is not None:
                    return
            elif os.waitid(os.P_PID, self.process.pid, PEEK) is not None:
                return
            time.sleep(0.01)

    def _stop(self) -> None:
        """End the process and whatever it started."""
        if self.process.returncode is None:
            with suppress(OSError, AttributeError):
                os.killpg(self.process.pid, signal.SIGKILL)  # what it left behind, too
            with suppress(OSError):
                self.process.kill()
        self.process.wait()

    def _read(self, place: Path) -> Outcome:
        printed = _read_start(place / "printed.txt")
        told = _read_start(place / STAGE)
        stopped = _read_start(place / WHERE)
        if (place / RESULT).is_file():
            result = json.loads((place / RESULT).read_text("utf-8"))
            with np.load(place / ANSWERS, allow_pickle=False) as file:
                arrays = dict(file)
            return outcome_of(result, arrays, printed)
        code = self.process.returncode
        if "Timeout (" in stopped or (told and code == -signal.SIGKILL and not stopped):
            frames = _frames(stopped, [piece["file"] for piece in self.job["pieces"]])
            ended = "time" if "Timeout (" in stopped else "memory"
            return Outcome(ended, error={"frames": frames}, printed=printed, stage=told)
        return Outcome("died", printed=printed, stage=told, signal=-min(code, 0))


def outcome_of(result: dict, arrays: dict[str, np.ndarray], printed: str = "") -> Outcome:
    """A result as `child.save` writes it, in our words."""
    runs = []
    for index, run in enumerate(result["runs"]):
        prefix = f"{index}/"
        own = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
        runs.append(Run(wire.unpack(run["answer"], own), run["changed"]))
    error = result.get("error", {})
    return Outcome(
        ended=_kind(error) if error else "done",
        runs=tuple(runs),
        error=error,
        steady=result.get("steady", True),
        called=result.get("called", ""),
        patched=result.get("patched", ""),
        printed=printed,
        stage="call",
        from_numpy=result.get("from_numpy"),
        from_autograd=result.get("from_autograd"),
    )


def _kind(error: dict) -> str:
    no_memory = "allocate memory" in error["words"] or "allocate" in error["words"].lower()
    if error["type"] == "MemoryError" or (error["type"] == "RuntimeError" and no_memory):
        return "memory"
    return "raised"


def _frames(dump: str, files: list[str]) -> list[dict]:
    """faulthandler's lines that are the learner's, outermost first."""
    found = re.findall(r'File "(.*)", line (\d+) in (.*)', dump)
    own = [dict(file=f, line=int(n), function=name) for f, n, name in found if f in files]
    return own[::-1][-6:]


def _read_start(path: Path, most: int = 100_000) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""
