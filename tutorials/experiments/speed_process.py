"""One measured process: a fresh Python with one contender in it, asked for one thing at a time.

`race` keeps one for each contender and goes around: every round asks each of them once, so whatever
else the machine does falls on all alike, and a ratio is taken within a round. Memory is the peak
of the first training step in the fresh process, above what was resident before it (imports, model
and picture are there by then). It is taken twice: as it comes, and in one more process in which
every large tensor has pages of its own (glibc's MALLOC_MMAP_THRESHOLD_), which leaves out the holes
that malloc keeps between tensors. Timed is without that, since handing pages back takes time.
"""

import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from .files import HERE
from .speed_memory import gpu_in_use, peak

Actions = Mapping[str, Callable[[], Any]]
LEAST = 0.2  # seconds: what is quicker is done again and again for so long, and averaged
OWN_PAGES = {"MALLOC_MMAP_THRESHOLD_": "65536"}  # bytes


@dataclass
class Measured:
    """What one contender took: seconds by action, one number a round; bytes above its base."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    bytes: int | None = None  # None: this system does not tell
    tensors: int | None = None  # the same without malloc's holes
    said: dict[str, Any] = field(default_factory=dict)  # by action, what it returned
    output: np.ndarray | None = None


class Process:
    """A contender in a process of its own, until `end`."""

    def __init__(self, spec: Mapping[str, Any], **more: str) -> None:
        paths = [str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)} | more
        words = [sys.executable, "-m", __name__]
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.name = spec["contender"]
        self.child = subprocess.Popen(words, env=env, text=True, encoding="utf-8", **pipes)
        self._tell(spec)  # and do not wait: the others can start meanwhile

    def end(self) -> None:
        """Whatever it is doing."""
        self.child.kill()
        self.child.communicate()

    def ask(self, **asked: Any) -> dict[str, Any]:
        """What the child answers; RuntimeError with what it said if it could not."""
        self._tell(asked)
        return self.hear()

    def _tell(self, what: Mapping[str, Any]) -> None:
        try:
            self.child.stdin.write(json.dumps(what) + "\n")
            self.child.stdin.flush()
        except OSError:
            pass  # it has ended; `hear` says how

    def hear(self) -> dict[str, Any]:
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name}: the process ended with {self.child.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer


def race(
    specs: Sequence[Mapping[str, Any]],
    actions: Sequence[str],
    rounds: int,
    folder: Path,
    *,
    memory: str | None = "training",
    warm: bool = False,
) -> dict[str, Measured]:
    """Each contender's measurements, by its name.

    specs: what `speed_contenders.build` takes, "contender" its name here. `actions` that a
    contender does not know are passed over. `memory`: the action whose peak is taken (None: of
    none), at its first run, or once all have run if `warm` (what is compiled needs more at first).
    RuntimeError if one of them fails.
    """
    found = {spec["contender"]: Measured() for spec in specs}
    if memory is not None and not warm:
        for name, taken in _in_own_pages(specs, memory).items():
            found[name].tensors = taken
    processes = [Process(spec) for spec in specs]
    title = f"{specs[0]['part']}: {', '.join(found)}"
    bar = tqdm(total=rounds + 1, desc=title[:60], unit="round", leave=False, disable=None)
    try:
        knows = {process.name: process.hear()["actions"] for process in processes}
        for process in processes:
            own, known = found[process.name], knows[process.name]
            if memory in known and not warm:
                own.bytes = process.ask(do=memory, memory=True)["bytes"]
            own.said = {do: process.ask(do=do)["said"] for do in actions if do in known}
            if memory in known and warm:
                own.bytes = process.ask(do=memory, memory=True)["bytes"]
            if "output" in known:
                file = folder / "output.npy"
                process.ask(do="output", file=str(file))
                own.output = np.load(file)
                file.unlink()
        bar.update()
        for _ in range(rounds):
            for do in actions:
                for process in processes:
                    if do in knows[process.name]:
                        seconds = process.ask(do=do, least=LEAST)["seconds"]
                        found[process.name].seconds.setdefault(do, []).append(seconds)
            processes.reverse()  # nobody always comes after the same one
            bar.update()
    finally:
        bar.close()
        for process in processes:
            process.end()
    return found


def _in_own_pages(specs: Sequence[Mapping[str, Any]], memory: str) -> dict[str, int | None]:
    """Bytes at the peak of the first `memory`, where malloc leaves no holes."""
    processes = [Process(spec, **OWN_PAGES) for spec in specs]
    try:
        able = [process for process in processes if memory in process.hear()["actions"]]
        return {process.name: process.ask(do=memory, memory=True)["bytes"] for process in able}
    finally:
        for process in processes:
            process.end()


# ---------------------------------------------------------------- within the process


def timed(run: Callable[[], Any], least: float) -> tuple[float, Any]:
    """Seconds of one call, averaged over as many as take `least` seconds; and what it returned."""
    calls, began = 0, time.perf_counter()
    while True:
        said = run()
        calls += 1
        taken = time.perf_counter() - began
        if taken >= least:
            return taken / calls, said


def answer(actions: Actions, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Do what was asked for, once or for as long as it was asked."""
    run = actions[asked["do"]]
    if "file" in asked:
        np.save(asked["file"], run())
        return {}
    if asked.get("memory"):
        return {"bytes": peak(run)}
    gpu = gpu_in_use()
    if gpu is not None:
        run()  # fetches the memory that was given back after the last answer
    seconds, said = timed(run, asked.get("least", 0.0))
    if gpu is not None:
        gpu.empty_cache()  # the others need it
    return {"seconds": seconds, "said": said}


def serve(build: Callable[[Mapping[str, Any]], Actions]) -> None:
    """Build the contender that the first line asks for; answer every further line with one."""
    # Only answers go where the parent reads; what libraries print (the profiler does), nobody does.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        warnings.simplefilter("ignore")

        def reply(what: Mapping[str, Any]) -> None:
            out.write(json.dumps(what) + "\n")
            out.flush()

        try:
            actions = build(json.loads(sys.stdin.readline()))
            reply({"actions": list(actions)})
            for line in sys.stdin:
                reply(answer(actions, json.loads(line)))
        except KeyboardInterrupt:
            pass  # the parent got it too
        except Exception as problem:  # whatever it is, the parent must hear of it
            reply({"error": f"{type(problem).__name__}: {problem}".split("\n")[0][:500]})


if __name__ == "__main__":
    from .speed_contenders import build

    serve(build)
