"""What an experiment is, and how its runs are made, kept, and put together.

THE CONTRACT. A module of this package is an experiment (or several) once `__init__` names it. It
has, at its top level,

    NAME        str: what is typed after `python -m tutorials.experiments`; results/NAME.json
    VARIANTS    tuple of str: what is trained and compared ("glom", "transformer", ...)
    run(variant, seed, folder, say) -> dict
                One run: train and score one variant from one seed. `folder` (a pathlib.Path) exists
                and belongs to this run alone; it is the same one when a stopped run is called
                again, so weights kept there can be gone on with. `say(text)` prints a line without
                tearing the progress bar. The dict holds what JSON can hold (NumPy's numbers and
                arrays are turned into Python's; a NaN is refused, "not defined" is None):
                "rows": a list of flat dicts, one a line of the table. "row" (str) names the line,
                "level" and "t" (int or None) belong to its name, all else are scores (a number or
                None). Rows of the same name, level, t and variant are averaged over the seeds.
                Other keys are kept as they are: "train seconds", "parameters", more lists of rows.
                It ends by returning, by KeyboardInterrupt (kept, to be gone on with), or by
                RuntimeError (training ran away), ValueError, TypeError, OSError: one line is said.

and may have

    choices(variant) -> dict      all that the run depends on besides its seed (configs, sizes), for
                JSON. A finished run is used again only if the choices are still the same. None:
                this variant takes no part (for your own `data`, say). What is under "scoring" in
                it does not change the folder: weights there serve again.
    AT_MOST     dict of int: of these variants no more seeds than that (controls that cost much)
    TABLES      dict of `tables.Table` by name, "" the first: what README and notebooks show
    about(results) -> str         a paragraph above the table, in words
    figure(results, path) -> str  writes a PNG there and returns its description in words

`run` and `choices` may also take the keywords `quick` (bool: a tiny run that proves only that all
works; never in results/) and `data` (Path of an npz, or None): whoever takes them gets them, and
who does not refuses --quick or --data. A module of several experiments has EXPERIMENTS instead, a
tuple of `Experiment`, with the same names in lower case.

What is kept: OUT/NAME/VARIANT-seedS-XXXXXXXX/ (XXXXXXXX: a fingerprint of the choices) is a run's
folder; `run.json` in it says that the run is finished. Once all are, `results` are put together:

    {"experiment", "command", "quick", "data", "seeds": [0, 1, ...], "variants": [...],
     "choices": {variant: ...}, "figure": {"file", "alt"},
     "runs": [{"variant", "seed", "seconds", "machine": {...}, "rows": [...], ...}, ...]}
"""

import hashlib
import inspect
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from tqdm import tqdm

from glom_numpy.checks import check_choice, check_whole

from . import files
from .files import machine, plain, write_json
from .tables import Table


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One experiment, as the contract above says."""

    name: str
    variants: tuple[str, ...]
    run: Callable[..., dict]
    first: str = ""  # one line on what it asks, for --list
    choices: Callable[..., dict] | None = None
    at_most: Mapping[str, int] = field(default_factory=dict)  # seeds, by variant
    tables: Mapping[str, Table] = field(default_factory=dict)
    about: Callable[[dict], str] | None = None
    figure: Callable[[dict, Path], str] | None = None

    def __post_init__(self) -> None:
        for variant, seeds in self.at_most.items():
            check_choice("at_most", variant, self.variants)
            check_whole(f"at_most[{variant!r}]", seeds, 1)

    @classmethod
    def of(cls, module: ModuleType) -> "tuple[Experiment, ...]":
        """Those of a module; AttributeError if it keeps no part of the contract."""
        if hasattr(module, "EXPERIMENTS"):
            return tuple(module.EXPERIMENTS)
        may = {name: getattr(module, name, None) for name in ("choices", "about", "figure")}
        first = (module.__doc__ or "").strip().split("\n")[0]
        own = dict(name=module.NAME, variants=tuple(module.VARIANTS), run=module.run, first=first)
        may |= {name: getattr(module, name.upper(), {}) for name in ("at_most", "tables")}
        return (cls(**own, **may),)

    def takes(self, keyword: str) -> bool:
        """Whether `run` takes `quick`, or `data`."""
        return keyword in inspect.signature(self.run).parameters


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for on the command line."""

    seeds: int = 5
    out: Path = Path("runs/experiments")
    quick: bool = False
    data: Path | None = None
    minutes: float | None = None  # no run is begun after these
    part: tuple[int, int] = (1, 1)  # (2, 3): the second third of the runs
    again: bool = False  # measure finished runs anew; weights in their folders stay

    def keywords(self, function: Callable) -> dict[str, Any]:
        """`quick` and `data`, for who takes them."""
        ours = {"quick": self.quick, "data": self.data}
        taken = inspect.signature(function).parameters
        return {name: value for name, value in ours.items() if name in taken}


@dataclass(frozen=True)
class Run:
    """One variant, one seed, and where it is kept."""

    variant: str
    seed: int
    folder: Path
    fingerprint: str
    choices: dict[str, Any]

    @property
    def file(self) -> Path:
        """Here once the run is finished."""
        return self.folder / "run.json"

    def finished(self) -> dict[str, Any] | None:
        """What was kept, if it was made by the same choices; None for anything else."""
        kept = files.read_json(self.file)
        same = isinstance(kept, dict) and kept.get("fingerprint") == self.fingerprint
        return kept if same else None


def runs_of(experiment: Experiment, asked: Asked) -> list[Run]:
    """Every run that was asked for and is wanted, all variants of a seed before the next seed."""
    data = asked.data and hashlib.sha256(asked.data.read_bytes()).hexdigest()
    about = {"quick": asked.quick, "data": data}
    chosen = {variant: _choices(experiment, variant, asked) for variant in experiment.variants}
    chosen = {variant: choices for variant, choices in chosen.items() if choices is not None}
    found = []
    for seed in range(asked.seeds):
        for variant, choices in chosen.items():
            if seed >= experiment.at_most.get(variant, asked.seeds):
                continue
            trained = {k: v for k, v in choices.items() if k != "scoring"}
            name = f"{variant}-seed{seed}-{_fingerprint(trained, about)[:8]}"
            fingerprint = _fingerprint(variant, seed, choices, about)
            folder = asked.out / experiment.name / name
            found.append(Run(variant, seed, folder, fingerprint, choices))
    return found


def _fingerprint(*key: Any) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()


def carry_out(experiment: Experiment, asked: Asked) -> dict[str, Any] | None:
    """Make the runs that are missing, one after the other; the results, or None if some still are.

    KeyboardInterrupt goes through; what is finished by then is kept.
    """
    runs = runs_of(experiment, asked)
    k, parts = asked.part
    began = time.monotonic()
    before = [(run, run.finished()) for run in runs]
    own = before[k - 1 :: parts]
    if asked.again and any(kept and kept["code"] is None for _, kept in own):
        raise ValueError("--again: runs that --add took over have no weights to score anew")
    known = None, files.code()  # None: --add, which has said so already
    other = sum(kept is not None and kept["code"] not in known for _, kept in before)
    if other and not asked.again:
        say(f"{other} finished runs were scored by other code than this; --again scores them anew")
    todo = [run for run, kept in own if asked.again or kept is None]
    with tqdm(total=len(todo), desc=experiment.name, unit="run", disable=None) as bar:
        for run in todo:
            if asked.minutes is not None and time.monotonic() - began > 60 * asked.minutes:
                break
            say(f"{experiment.name}: {run.variant}, seed {run.seed}")
            _make(experiment, asked, run)
            bar.update()
    kept = [run.finished() for run in runs]
    return None if None in kept else put_together(experiment, asked, runs, kept)


def _make(experiment: Experiment, asked: Asked, run: Run) -> None:
    """One run; its folder remembers for how long it has run, stops included."""
    run.folder.mkdir(parents=True, exist_ok=True)
    clock, began = run.folder / "seconds.json", time.monotonic()
    before, old = files.read_json(clock) or 0.0, run.finished()
    try:
        more = asked.keywords(experiment.run)
        result = plain(experiment.run(run.variant, run.seed, run.folder, say, **more))
        about = {"fingerprint": run.fingerprint, "code": files.code()}
        about |= {"variant": run.variant, "seed": run.seed}
        seconds = old["seconds"] if old else round(before + time.monotonic() - began, 1)
        about |= {"seconds": seconds, "machine": machine()}
        write_json(run.file, about | result)
    finally:
        write_json(clock, before + time.monotonic() - began)


def put_together(
    experiment: Experiment, asked: Asked, runs: list[Run], kept: list[dict]
) -> dict[str, Any]:
    """The results of all runs, as the contract says, less the figure."""
    command = f"python -m tutorials.experiments {experiment.name} --seeds {asked.seeds}"
    command += " --quick" if asked.quick else ""
    command += f" --data {asked.data.name}" if asked.data else ""
    ours = ("fingerprint", "code")
    one = [{k: v for k, v in result.items() if k not in ours} for result in kept]
    return {
        "experiment": experiment.name,
        "command": command,
        "quick": asked.quick,
        "data": asked.data.name if asked.data else None,
        "seeds": list(range(asked.seeds)),
        "variants": list(dict.fromkeys(run.variant for run in runs)),
        "choices": {run.variant: run.choices for run in runs},
        "runs": one,
    }


def keep(experiment: Experiment, asked: Asked, results: dict[str, Any]) -> Path:
    """Write the results and their figure; returns where the JSON is.

    To results/ only what is neither quick nor of somebody's own data, and never fewer seeds than
    are there already; else to OUT.
    """
    path = files.RESULTS / f"{experiment.name}.json"
    more = len((files.read_json(path) or {}).get("seeds", ())) > asked.seeds
    if asked.quick or asked.data or more:
        suffix = ".quick" if asked.quick else ".data" if asked.data else ""
        path = asked.out / f"{experiment.name}{suffix}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    results = draw_figure(experiment, results, path)
    write_json(path, results)
    return path


def draw_figure(experiment: Experiment, results: dict[str, Any], path: Path) -> dict[str, Any]:
    """The results with the figure that was drawn of them beside `path`, if the experiment has one.

    Nothing is drawn where matplotlib is missing.
    """
    if experiment.figure is None:
        return results
    picture = path.with_suffix(".png")
    try:
        alt = experiment.figure(results, picture)
    except ModuleNotFoundError as missing:
        say(str(missing))
        return results
    return results | {"figure": {"file": picture.name, "alt": alt}}


def _choices(experiment: Experiment, variant: str, asked: Asked) -> dict[str, Any] | None:
    if experiment.choices is None:
        return {}
    return plain(experiment.choices(variant, **asked.keywords(experiment.choices)))


def say(text: str) -> None:
    """A line that does not tear the progress bar."""
    tqdm.write(text, file=sys.stderr)
