"""`python -m tutorials --doctor`: what is here, what is missing, and what to type."""

import importlib
import importlib.metadata
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from . import DATA, HERE, START, WEIGHTS
from .__main__ import FIRST_PORT, LOOPBACK, free_port

INSTALL = 'type: .venv/bin/pip install -e ".[tutorials]"'
Finding = tuple[bool, str]


def examine() -> int:
    """Print one line a finding; 0 if nothing has to be fixed, else 1."""
    fine = True
    for check in CHECKS:
        try:
            findings = list(check())
        except Exception as error:  # a doctor does not fall ill: whatever it is, it is a finding
            what = f"{check.__name__[1:]}: {type(error).__name__}: {error}"
            findings = [(False, f"{what}; {INSTALL}")]
        for ok, sentence in findings:
            fine &= ok
            print(f"[{'ok' if ok else 'fix'}] {sentence}")
    print(
        "All is well. Type: .venv/bin/python -m tutorials"
        if fine
        else "Please mend the lines with [fix]."
    )
    return 0 if fine else 1


def _python() -> Iterator[Finding]:
    try:
        wanted = _project()["requires-python"]
    except ImportError:  # tomllib itself came with 3.11
        wanted = ">=3.11"
    version = ".".join(map(str, sys.version_info[:3]))
    ok = satisfies(version, wanted)
    fix = "" if ok else f"; wanted {wanted}: make the virtual environment with a newer Python"
    yield ok, f"Python {version} at {sys.executable}{fix}"


def _packages() -> Iterator[Finding]:
    """Every package that pyproject.toml names for the tutorials, and its version."""
    found = []
    for name, wanted in requirements("tutorials"):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield False, f"{name} is not installed; {INSTALL}"
            continue
        if satisfies(version, wanted):
            found.append(f"{name} {version}")
        else:
            yield False, f"{name} {version} is here, wanted {wanted}; {INSTALL}"
    yield True, f"packages: {', '.join(found)}"


def _imports() -> Iterator[Finding]:
    """Installed is not yet working: the houses, torch and the widgets are imported."""
    names = ("glom_numpy", "glom_torch", "torch", "anywidget", "ipykernel")
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # torch alone can fail with OSError, ImportError, ...
            yield False, f"import {name} fails: {type(error).__name__}: {error}; {INSTALL}"
            return
    yield True, f"these can be imported: {', '.join(names)}"


def _widgets() -> Iterator[Finding]:
    """Without its front end in JupyterLab a widget stays a line of text."""
    from jupyter_core.paths import jupyter_path

    for name in ("anywidget", "@jupyter-widgets/jupyterlab-manager"):
        folders = [Path(folder) / name for folder in jupyter_path("labextensions")]
        if not any((folder / "package.json").is_file() for folder in folders):
            yield False, f"JupyterLab has no front end for {name}; {INSTALL}"
            return
    yield True, "JupyterLab can show the widgets"


def _files() -> Iterator[Finding]:
    from glom_numpy.checkpoint import load_glom
    from glom_numpy.worlds import avatars

    missing = "type: git checkout -- tutorials"
    for path, read in (
        (START, lambda: START.read_text("utf-8")),
        (DATA / "avatars.npz", avatars),
        (WEIGHTS / "avatars.safetensors", lambda: load_glom(WEIGHTS / "avatars.safetensors")),
    ):
        name = path.relative_to(HERE.parent)
        if not path.is_file():
            yield False, f"{name} is missing; {missing}"
            continue
        try:
            read()
        except (OSError, ValueError) as error:
            yield False, f"{name} cannot be read: {error}; {missing}"
            continue
        yield True, f"{name} can be read"


def _folder() -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=HERE):
            pass
    except OSError as error:
        yield False, f"{HERE} cannot be written ({error.strerror}): clone to where you may write"
        return
    yield True, f"{HERE} can be written: what you change in a notebook can be saved"


def _port() -> Iterator[Finding]:
    port = free_port()
    moved = "" if port == FIRST_PORT else f" ({FIRST_PORT} is taken, which is no harm)"
    yield True, f"port {port} of {LOOPBACK} is free{moved}"


def _chromium() -> Iterator[Finding]:
    path = shutil.which("chromium")
    absent = "no chromium, which only the browser tests need (apt-get install chromium)"
    yield True, f"chromium for the browser tests: {path}" if path else absent


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _python,
    _packages,
    _imports,
    _widgets,
    _files,
    _folder,
    _port,
    _chromium,
)


def _project() -> dict:
    import tomllib

    return tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]


def requirements(extra: str) -> list[tuple[str, str]]:
    """(package, versions) that pyproject.toml asks for, for us and an extra with its own extras."""
    project = _project()
    lines = list(project["dependencies"])
    extras = [extra]
    for name in extras:
        for line in project["optional-dependencies"][name]:
            own = re.fullmatch(rf"{re.escape(project['name'])}\[(.+)\]", line)
            (extras if own else lines).append(own[1] if own else line)
    return [re.fullmatch(r"([\w.-]+)(.*)", line).groups() for line in lines]


def satisfies(version: str, wanted: str) -> bool:
    """Is version "2.13.0+cpu" within ">=2.6,<2.14"? Numbers only: enough for our own pyproject."""
    have = _numbers(version)
    for part in filter(None, wanted.split(",")):
        sign, bound = re.fullmatch(r"\s*(>=|<|==)\s*([\d.]+)\s*", part).groups()
        limit = _numbers(bound)
        if not {">=": have >= limit, "<": have < limit, "==": have == limit}[sign]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, without zeros at the end: 2.0 is 2."""
    numbers = [int(n) for n in re.match(r"[\d.]*\d", version)[0].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
