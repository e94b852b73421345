"""The learner's source: from their file, or from a function in a notebook with what it needs.

Source travels to the learner's process, never a pickled object: what runs is what can be read.
"""

import ast
import hashlib
import inspect
import re
import textwrap
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Learner", "Unreadable", "from_file", "from_function"]


class Unreadable(Exception):
    """Source that cannot be run: the sentence that says why, and the line (0: none)."""

    def __init__(self, sentence: str, where: str, line: int = 0) -> None:
        super().__init__(sentence)
        self.sentence, self.where, self.line = sentence, where, line


@dataclass(frozen=True)
class Learner:
    """Pieces of source to run in order, and the function in them that is asked for."""

    pieces: tuple[dict, ...]  # {"file", "line", "source"}: as they are shown in a traceback
    function: str
    file: str
    line: int
    hash: str  # of the function's source alone: seven digits
    empty: bool  # a docstring, `...` or `pass`, and no more
    own: str = ""  # the function's source alone
    folder: str = ""  # where modules of the learner's own are found

    @property
    def where(self) -> str:
        """The first line of every answer."""
        return f"{self.file}, line {self.line}, {self.function} ({self.hash})"


def digest(text: str) -> str:
    """Seven digits that change with the text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:7]


def from_file(path: Path, function: str) -> Learner:
    """The learner's file. Unreadable if it is not Python, or has no such function."""
    shown = _shown(path)
    try:
        text = path.read_text("utf-8")
        tree = _parse(text, shown)
    except UnicodeDecodeError as error:
        raise Unreadable(f"the file is not UTF-8 text: {error.reason}", shown) from None
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == function]
    if not found:
        raise Unreadable(
            f"there is no `def {function}(...)` at the top level of the file; has it been renamed?",
            shown,
        )
    node = found[-1]  # as Python: the last one counts
    source = ast.get_source_segment(text, node) or ""
    piece = {"file": shown, "line": 1, "source": text}
    folder = str(path.resolve().parent)
    return Learner(
        (piece,), function, shown, node.lineno, digest(source), _empty(node), source, folder
    )


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _parse(text: str, shown: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        line = error.lineno or 0
        told = (error.text or "").strip()[:100]
        code = f": `{told}`" if told else ""
        raise Unreadable(
            f"Python cannot read line {line}{code} ({error.msg})", shown, line
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"Python cannot read the file ({error})", shown) from None


def _empty(node: ast.FunctionDef) -> bool:
    return all(
        isinstance(line, ast.Pass)
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in node.body
    )


# ---- from a notebook ----


def from_function(function: Callable) -> Learner:
    """A function's source and, before it, whatever of the notebook it uses.

    Modules become imports, functions and classes of the notebook their source, numbers, strings
    and small arrays their values. Unreadable, in words, for what cannot be carried over.
    """
    if not inspect.isfunction(function) or function.__name__ == "<lambda>":
        raise Unreadable(
            f"wanted a function written with `def`, got {_kind(function)}", "your notebook"
        )
    own = _Bundle(function)
    pieces = own.collect()
    last = pieces[-1]
    node = ast.parse(textwrap.dedent(last["source"])).body[0]
    line, hashed = last["line"], digest(last["source"].rstrip())
    return Learner(tuple(pieces), function.__name__, last["file"], line, hashed, _empty(node))


def _kind(thing: Any) -> str:
    name = "a lambda" if getattr(thing, "__name__", "") == "<lambda>" else type(thing).__name__
    return f"{name}" if name.startswith("a ") else f"`{name}`"


class _Bundle:
    """Walks from a function to all that its source names."""

    def __init__(self, function: Callable) -> None:
        self.start = function
        self.done: dict[str, Any] = {}
        self.pieces: list[dict] = []

    def collect(self) -> list[dict]:
        self._add_source(self.start, self.start.__name__)
        return self.pieces

    def _add_source(self, thing: Any, name: str) -> None:
        self.done[name] = thing
        try:
            lines, line = inspect.getsourcelines(thing)
        except (OSError, TypeError):
            raise Unreadable(
                f"the source of `{name}` cannot be found; write it in a cell with `def`",
                "your notebook",
            ) from None
        source = textwrap.dedent("".join(lines))
        known = _names_seen_by(thing)
        for used in sorted(_names(source)):
            if used in known and used not in self.done:
                self._add(used, known[used])
        file = _cell(source, inspect.getsourcefile(thing) or "your notebook")
        self.pieces.append({"file": file, "line": max(line, 1), "source": source})

    def _add(self, name: str, value: Any) -> None:
        if isinstance(value, types.ModuleType):
            return self._add_line(name, value, f"import {value.__name__} as {name}")
        if isinstance(value, (types.FunctionType, type)):
            if _of_notebook(value):
                return self._add_source(value, name)
            return self._add_line(
                name, value, f"from {value.__module__} import {value.__qualname__} as {name}"
            )
        if isinstance(value, np.ndarray) and value.size <= 10_000 and value.dtype.kind in "biuf":
            listed = f"{value.tolist()!r}, dtype={value.dtype.name!r}"
            made = f"__import__('numpy').array({listed}).reshape({value.shape})"
            made = made.replace("nan", "float('nan')").replace("inf", "float('inf')")
            return self._add_line(name, value, f"{name} = {made}")
        if _is_plain(value):
            return self._add_line(name, value, f"{name} = {value!r}")
        module = type(value).__module__
        if hasattr(value, "__name__") and hasattr(value, "__module__") and module != "__main__":
            line = f"from {value.__module__} import {value.__name__} as {name}"
            return self._add_line(name, value, line)
        raise Unreadable(
            f"your function uses `{name}` of the notebook, a {type(value).__name__}, which cannot "
            "be carried into the check: make it inside the function",
            "your notebook",
        )

    def _add_line(self, name: str, value: Any, line: str) -> None:
        self.done[name] = value
        self.pieces.append({"file": "your notebook", "line": 1, "source": line + "\n"})


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return type(value) in (tuple, list) and all(map(_is_plain, value))
    if isinstance(value, dict):
        return type(value) is dict and all(map(_is_plain, [*value, *value.values()]))
    return (
        value is None
        or type(value) in (bool, int, str)
        or (type(value) is float and np.isfinite(value))
    )


def _of_notebook(thing: Any) -> bool:
    """True for what was written in a notebook, or in the script that calls `check`."""
    return thing.__module__ == "__main__" or "<locals>" in thing.__qualname__


def _names(source: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)}


def _names_seen_by(thing: Any) -> dict[str, Any]:
    """Its globals, and over them the variables of the function around it."""
    if not inspect.isfunction(thing):
        methods = [m for m in vars(thing).values() if inspect.isfunction(m)]
        return {k: v for m in methods for k, v in _names_seen_by(m).items()}
    around = {}
    for name, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=True):
        try:
            around[name] = cell.cell_contents
        except ValueError:  # not filled yet
            continue
    return thing.__globals__ | around


def _cell(source: str, file: str) -> str:
    """ "In [3]" where the source is a cell of this notebook, else the file's name."""
    shown = "your notebook" if re.search(r"ipykernel|ipython-input", file) else file
    try:
        from IPython import get_ipython

        cells = get_ipython().user_ns["In"]
    except (ImportError, AttributeError, KeyError):
        return shown
    for number in range(len(cells) - 1, 0, -1):
        if source.strip() in textwrap.dedent(cells[number]):
            return f"In [{number}]"
    return shown
