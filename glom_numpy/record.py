"""What a training run leaves behind, whatever happens to it: its weights, its curve, its way on.

One file holds the weights and, until the run is finished, what it takes to go on; a JSON beside
it holds the curve and everything that was asked for.
"""

import hashlib
import json
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm import tqdm

from .checkpoint import Checkpoint, write_atomic
from .config import GlomConfig
from .recipe import Recipe

__all__ = ["Progress", "Record", "Signals", "check_out", "curve_path", "fingerprint"]

SUFFIX = ".safetensors"


def curve_path(out: str) -> str:
    """Where the curve of the weights at `out` lies."""
    return out.removesuffix(SUFFIX) + ".curve.json"


def check_out(out: str, *, resume: bool, overwrite: bool) -> None:
    """A run that is there is gone on with or replaced only where that was asked for.

    ValueError for that, and for a name that does not end in .safetensors.
    """
    name = os.path.basename(out)
    if not name.endswith(SUFFIX) or name == SUFFIX:
        raise ValueError(f"--out: wanted a name ending in {SUFFIX}, got {out!r}")
    if resume and overwrite:
        raise ValueError("--resume, --overwrite: wanted one of them, got both")
    if resume and not os.path.exists(out):
        raise ValueError(f"--resume: there is no {out}; without --resume a new run begins")
    for path in (out, curve_path(out)):
        if not resume and not overwrite and os.path.lexists(path):
            raise ValueError(
                f"--out: {path} exists; --resume goes on with it, --overwrite replaces it"
            )


def fingerprint(*arrays: np.ndarray | None) -> str:
    """SHA-256 of pictures and labels: a run must go on with those it began with."""
    digest = hashlib.sha256()
    for array in arrays:
        if array is not None:
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


@dataclass(kw_only=True)
class Record:
    """One run: what was asked for, how far it came, and its files (`keep`, `finish`)."""

    out: str
    save: Callable[..., None]  # the house's own
    config: GlomConfig
    recipe: Recipe
    training: dict[str, Any]
    dtype: str
    autocast: str | None = None  # half precision that matrix products are done in
    pictures: str  # their fingerprint
    every: int  # steps that one point of the curve is the mean of
    step: int = 0
    kept: int = 0  # the step that is on disk
    finished: bool = False
    seconds: float = 0.0
    commands: list[str] = field(default_factory=list)
    curve: dict[str, list[float]] = field(default_factory=dict)
    pending: list[dict[str, float]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def resumed(cls, checkpoint: Checkpoint, **ours: Any) -> "Record":
        """The record of a checkpoint that one of these wrote."""
        kept = dict(checkpoint.extra)
        parts = dict(config=checkpoint.config, recipe=checkpoint.recipe, kept=kept.get("step"))
        return cls(**parts, **kept, **ours)

    def note(self, row: dict[str, float]) -> None:
        """One more step; after `every` steps, and at the last, their mean joins the curve."""
        self.step = int(row["step"])
        self.pending.append(row)
        if self.step % self.every and self.step != self.training["steps"]:
            return
        for name in row:
            mean = sum(r[name] for r in self.pending) / len(self.pending)
            self.curve.setdefault(name, []).append(self.step if name == "step" else mean)
        self.pending = []

    def keep(self, params: dict[str, Any], state: dict[str, Any] | None = None) -> None:
        """Write all it takes to go on from here, then the curve so far."""
        params = params if state is None else {**params, "optimizer": state}
        extra = self._about() | {
            "pending": self.pending,
            "seconds": self._seconds(),
            "commands": self.commands,
        }
        self.save(self.out, params, config=self.config, recipe=self.recipe, extra=extra)
        self.kept = self.step
        self._write_curve()

    def finish(self, params: dict[str, Any]) -> None:
        """Write the curve, then the weights alone: without the optimizer they are a third.

        In this order a kill in between leaves a run that can be finished again. The weights' file
        holds nothing about this machine or its clock: the same run is the same bytes.
        """
        self.finished = True
        self._write_curve()
        self.save(self.out, params, config=self.config, recipe=self.recipe, extra=self._about())

    def _about(self) -> dict[str, Any]:
        names = ("training", "dtype", "pictures", "every", "step", "finished", "curve")
        half = {} if self.autocast is None else {"autocast": self.autocast}
        return {name: getattr(self, name) for name in names} | half

    def _seconds(self) -> float:
        return self.seconds + time.monotonic() - self.began

    def _write_curve(self) -> None:
        loaded = {name: sys.modules.get(name) for name in ("numpy", "torch")}
        versions = {name: module.__version__ for name, module in loaded.items() if module}
        report = {
            "command": self.commands,
            "glom": self.config.to_dict(),
            "recipe": self.recipe.to_dict(),
            "train": self.training,
            **self._about(),
            "seconds": round(self._seconds(), 3),
            "versions": {"python": platform.python_version(), **versions},
        }
        del report["training"]
        report["curve"] = report.pop("curve")  # last, since it is long
        write_atomic(curve_path(self.out), _lines(report).encode())


def _lines(report: dict[str, Any]) -> str:
    """JSON, a line for each choice and for each part of the curve: for eyes and for `diff`."""

    def inner(value: Any) -> str:
        if not isinstance(value, dict):
            return json.dumps(value, allow_nan=False)
        return (
            "{\n" + ",\n".join(f"  {json.dumps(k)}: {inner(v)}" for k, v in value.items()) + "\n }"
        )

    return "{\n" + ",\n".join(f" {json.dumps(k)}: {inner(v)}" for k, v in report.items()) + "\n}\n"


class Progress:
    """A bar with loss, rate and remaining time on a terminal; elsewhere a line now and then.

    Nothing if it is not to be `shown`.
    """

    def __init__(self, start: int, steps: int, *, shown: bool = True) -> None:
        self.start, self.steps, self.shown = start, steps, shown
        self.began = self.said = time.monotonic()
        bar = dict(total=steps, initial=start, unit="step", dynamic_ncols=True)
        bar["disable"] = None if shown else True  # None: off a terminal
        self.bar = tqdm(**bar)

    def show(self, step: int, loss: float) -> None:
        """`step` is done."""
        if not self.shown:
            return
        if not self.bar.disable:
            self.bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            self.bar.update()
            return
        now = time.monotonic()
        tenth = step * 10 // self.steps > (step - 1) * 10 // self.steps
        if not (tenth or step == self.start + 1 or now - self.said > 60):
            return
        self.said = now
        rate = (step - self.start) / max(now - self.began, 1e-9)
        left = tqdm.format_interval((self.steps - step) / rate)
        line = f"step {step} of {self.steps}  loss {loss:.4g}  {rate:.3g} steps/s  {left} left"
        print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self.bar.close()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class Signals:
    """Ctrl-C (and SIGTERM) noted in `came`, to be obeyed between two steps; a second one acts.

    In the middle of a step half of the weights may be new: nothing that could be gone on from.
    """

    def __init__(self) -> None:
        self.came: int | None = None
        self.before: dict[int, Any] = {}

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():  # others may set no handler
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
                    self.before[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: Any) -> None:
        self.came = int(number)
        self.__exit__()

    def __exit__(self, *_: Any) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
        self.before = {}
