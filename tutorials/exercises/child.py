"""Runs a learner's function in a process of its own: `python child.py FOLDER`.

FOLDER holds `job.json`; `result.json` and `answers.npz` are written into it. Whatever the learner's
code does, it does it here: to its own NumPy, its own memory, its own time. NumPy and the exercise's
facts are all that is imported; torch only for a torch check (or if the learner's code asks for it).
"""

import faulthandler
import importlib
import json
import math
import os
import sys
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":  # before the learner's folder; the folder of this file is not on it (-P)
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tutorials.exercises import wire  # noqa: E402
from tutorials.exercises.watching import Watcher, patched, restore, snapshot  # noqa: E402

WHERE, RESULT, ANSWERS, STAGE = "where.txt", "result.json", "answers.npz", "stage.txt"


class Later(types.ModuleType):
    """torch, imported when it is first used: a NumPy check need not wait for it."""

    def __getattr__(self, name: str) -> Any:
        if name in ("__file__", "__spec__"):  # asked by whoever formats a traceback
            raise AttributeError(name)
        if sys.modules.get("torch") is self:
            del sys.modules["torch"]
        return getattr(importlib.import_module("torch"), name)


@contextmanager
def torch_later(library: str) -> Iterator[None]:
    """While the learner's file is read, for NumPy: `import torch` gives the one that waits.

    Only then: SciPy asks whether torch is among the modules, and would wake it.
    """
    if library == "torch" or "torch" in sys.modules:
        yield
        return
    waiting = sys.modules["torch"] = Later("torch")
    try:
        yield
    finally:
        if sys.modules.get("torch") is waiting:
            del sys.modules["torch"]


def build(job: dict) -> list[tuple[tuple, dict]]:
    """The arguments for every seed, as the library wants them."""
    about = importlib.import_module(f"tutorials.exercises.{job['exercise']}").ABOUT
    made = []
    for seed in job["seeds"]:
        args, kwargs = about.cases(np.random.default_rng(seed))
        if job["library"] == "torch":
            change = about.to_tensors or (lambda a, k: (wire.to_tensors(a), wire.to_tensors(k)))
            args, kwargs = change(args, kwargs)
        made.append((args, kwargs))
    return made


def numbers(job: dict) -> tuple[tuple, dict]:
    """The first seed's arguments in NumPy."""
    return build({**job, "library": "numpy", "seeds": job["seeds"][:1]})[0]


def perform(job: dict, cases: list, again: list, stage=lambda name: None) -> dict:
    """Run the pieces, then the function on every case; what came of it, and its answers.

    `again`: the cases once more, untouched. The first is run twice, the second time watched: is
    the answer the same, and is the reference itself called?
    """
    before = snapshot()
    result: dict[str, Any] = {"runs": []}
    try:
        stage("import")
        with torch_later(job["library"]):
            space = load(job["pieces"], job["exercise"])
        function = space[job["function"]]
        stage("call")
        for (args, kwargs), (args_2, kwargs_2) in zip(cases, again, strict=True):
            answer = function(*args, **kwargs)
            before_it, after = by_name(function, args_2, kwargs_2), by_name(function, args, kwargs)
            result["runs"].append({"answer": answer, "changed": wire.changed(before_it, after)})
        watcher = Watcher(job["watched"])
        with watcher:
            repeated = function(*again[0][0], **again[0][1])
        first = result["runs"][0]["answer"]
        result |= {"called": watcher.seen, "steady": _apart(first, repeated) <= 1e-12}
        if job.get("twin") in space:
            args, kwargs = numbers(job)
            twin = space[job["twin"]](*args, **kwargs)
            result["from_numpy"] = _apart(_form(job, first), _form(job, twin))
    except BaseException as error:  # SystemExit and KeyboardInterrupt too
        sys.setprofile(None)
        if "steady" not in result:  # else it was the other library's that failed: not asked today
            result["error"] = told(error, [p["file"] for p in job["pieces"]], job["folder"])
    result["patched"] = patched(before)
    restore(before)
    return result


def by_name(function: Any, args: tuple, kwargs: dict) -> dict:
    """The arguments as the function calls them."""
    code = getattr(function, "__code__", None)
    names = list(code.co_varnames[: code.co_argcount]) if code else []
    names += [f"argument {k}" for k in range(len(names), len(args))]
    return dict(zip(names, args, strict=False)) | kwargs


def load(pieces: list[dict], name: str) -> dict:
    """The namespace that the pieces of source make, with their own files and lines."""
    space = {"__name__": f"my_glom.{name}", "__builtins__": __builtins__}
    for piece in pieces:
        lines = "\n" * (piece["line"] - 1) + piece["source"]
        exec(compile(lines, piece["file"], "exec", dont_inherit=True), space)
    return space


def _form(job: dict, answer: Any) -> Any:
    """The form that is compared, where equal means something else than the same numbers."""
    canonical = importlib.import_module(f"tutorials.exercises.{job['exercise']}").ABOUT.canonical
    if canonical is None:
        return answer
    return canonical(np.asarray(answer.detach() if hasattr(answer, "detach") else answer))


def _apart(one: Any, two: Any) -> float:
    """The largest difference of two answers; infinite if they are of different kinds."""
    first, second = wire.pack(one)[1], wire.pack(two)[1]
    if [a.shape for a in first.values()] != [a.shape for a in second.values()]:
        return math.inf
    found = [0.0]
    for a, b in zip(first.values(), second.values(), strict=True):
        same = (a == b) | ((a != a) & (b != b))
        off = np.abs(np.subtract(a, b, where=~same, out=np.zeros(a.shape), dtype=float))
        found.append(float(np.nan_to_num(off, nan=np.inf).max(initial=0)))
    return max(found)


def told(error: BaseException, files: list[str], folder: str) -> dict:
    """An exception as JSON: its type, its words, and the learner's own frames, outermost first."""
    frames = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if file in files or (folder and file.startswith(folder + os.sep)):
            frames.append({"file": file, "line": line, "function": frame.f_code.co_name})
    try:
        words = str(error)
    except Exception:
        words = ""
    return {"type": type(error).__name__, "words": words[:600], "frames": frames[-6:]}


def limit_memory(extra: int) -> None:
    """At most `extra` bytes more than now (Linux; elsewhere the time limit must do)."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 26, 1 << 26))  # what it may print: 64 MB
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # Of what may be written: the libraries of a torch for GPUs alone map gigabytes to read.
        pages = int(Path("/proc/self/statm").read_text().split()[5])
        used = pages * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        wanted = used + extra
        if hard == resource.RLIM_INFINITY or wanted < hard:
            resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    except (ImportError, OSError, ValueError):
        pass


def free_memory() -> None:
    try:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    except (ImportError, OSError, ValueError):
        pass


def main(folder: str) -> None:
    """Do the job in the folder, within its limits."""
    job = json.loads(Path(folder, "job.json").read_text("utf-8"))
    if job["library"] == "torch":
        import torch

        torch.set_num_threads(1)
    cases, again = build(job), build(job)
    about = importlib.import_module(f"tutorials.exercises.{job['exercise']}").ABOUT
    autograd = None
    if job["library"] == "torch" and about.autograd:
        autograd = about.autograd(*again[0][0], **again[0][1])
    if job["folder"]:
        sys.path.append(job["folder"])  # so that one exercise may import another of the learner's

    def stage(name: str) -> None:
        Path(folder, STAGE).write_text(name, "utf-8")

    stopped = open(Path(folder, WHERE), "w")  # noqa: SIM115 - the watchdog writes to it at the end
    write, finish, flush = os.write, os._exit, (sys.stdout.flush, sys.stderr.flush)
    faulthandler.dump_traceback_later(job["seconds"], exit=True, file=stopped)
    limit_memory(job["bytes"])
    result = perform(job, cases, again, stage)
    faulthandler.cancel_dump_traceback_later()
    free_memory()
    if autograd is not None and result["runs"]:
        result["from_autograd"] = _apart(result["runs"][0]["answer"], autograd)
    save(folder, result, write)
    for one in flush:
        try:
            one()
        except Exception:  # more than it may print
            pass
    finish(0)  # threads that the learner's code left behind do not keep us


def save(folder: str, result: dict, write=os.write) -> None:
    """Arrays first, then the words that name them: a half-written result is none."""
    arrays = {}
    for index, run in enumerate(result["runs"]):
        run["answer"], found = wire.pack(run["answer"])
        arrays |= {f"{index}/{key}": array for key, array in found.items()}
    with open(Path(folder, ANSWERS), "wb") as file:
        np.savez(file, **arrays)
    target = os.open(Path(folder, RESULT + ".part"), os.O_WRONLY | os.O_CREAT)
    write(target, json.dumps(result).encode("utf-8", "replace"))
    os.close(target)
    os.replace(Path(folder, RESULT + ".part"), Path(folder, RESULT))


if __name__ == "__main__":
    main(sys.argv[1])
