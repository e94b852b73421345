"""What every chapter shows: a function of both houses side by side, and a learner's own beside it.

Both run on the same float64 numbers, and the largest difference is printed: the two houses are one
thing said twice, and the page shows it where the tests prove it.
"""

import html
import importlib
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, String

__all__ = ["SideBySide", "difference", "side_by_side", "your_turn"]

# No colors: they would have to suit a light theme and a dark one.
LOOKS = {
    Keyword: "font-weight:bold",
    Comment: "font-style:italic;opacity:.75",
    String.Doc: "font-style:italic;opacity:.75",
}
BLOCK = "flex:1 1 24rem;min-width:0;overflow-x:auto"


@dataclass(frozen=True, repr=False)
class SideBySide:
    """Two functions, and what they returned if they were run."""

    name: str
    sources: tuple[str, str]
    numpy: Any = None
    torch: Any = None
    difference: float | None = None
    houses: tuple[str, str] = field(default=("glom_numpy", "glom_torch"))

    @property
    def verdict(self) -> str:
        """The largest difference in words; empty if nothing was run."""
        if self.difference is None:
            return ""
        return f"Both ran on the same numbers. Largest difference: {self.difference:.1e}"

    def __repr__(self) -> str:
        room = self.name.rsplit(".", 1)[0].replace(".", "/")
        parts = [
            f"{house}/{room}.py\n\n{source}"
            for house, source in zip(self.houses, self.sources, strict=True)
        ]
        return "\n\n".join([*parts, self.verdict]).strip()

    def _repr_html_(self) -> str:
        room = self.name.rsplit(".", 1)[0].replace(".", "/")
        blocks = [
            f'<div style="{BLOCK}"><b>{house}/{room}.py</b>'
            f'<pre style="font-size:12px;line-height:1.35">{_marked(source)}</pre></div>'
            for house, source in zip(self.houses, self.sources, strict=True)
        ]
        told = f"<p><b>{self.verdict}</b></p>" if self.verdict else ""
        return f'<div style="display:flex;flex-wrap:wrap;gap:1rem">{"".join(blocks)}</div>{told}'


def side_by_side(name: str, *args: Any, **kwargs: Any) -> SideBySide:
    """Both houses' function, read, and run if there are arguments.

    `name`: "attention.consensus", or "relatives.capsules.route". Arguments are NumPy's: arrays,
    also in dicts, tuples and lists, become tensors of the same numbers for the torch house; all
    else goes to both. What was returned is in `.numpy`, `.torch`, `.difference` (functions that
    are returned, as by a `*_vjp`, are not compared). A function that only the NumPy house has
    (a `*_vjp`: torch has autograd) is shown beside a line that says so.
    ValueError for a name that is not there. What the functions raise goes through.
    """
    ours, theirs = _find("glom_numpy", name), _find("glom_torch", name)
    if ours is None:
        raise ValueError(f"name: wanted 'room.function' as in glom_numpy, got {name!r}")
    sources = _source(ours), _source(theirs) if theirs else "# autograd does this: there is no twin"
    if not args and not kwargs:
        return SideBySide(name, sources)
    found = ours(*args, **kwargs)
    if theirs is None:
        return SideBySide(name, sources, found)
    twin = theirs(*_tensors(args), **_tensors(kwargs))
    return SideBySide(name, sources, found, twin, difference(found, twin))


def your_turn(function: Callable, name: str, *args: Any, **kwargs: Any) -> str:
    """Compare a learner's function with the NumPy house's `name`, on these arguments.

    Says what is wrong first: not tried yet, raised, another shape (in words), another number
    (the first one), or that the two are equal (to 1e-9 of the largest number). Never raises for
    what the learner wrote; ValueError if `name` is not there.
    """
    reference = _find("glom_numpy", name)
    if reference is None:
        raise ValueError(f"name: wanted 'room.function' as in glom_numpy, got {name!r}")
    wanted = reference(*args, **kwargs)
    wanted = wanted[0] if isinstance(wanted, tuple) and callable(wanted[-1]) else wanted
    own = getattr(function, "__name__", "your function")
    try:
        got = function(*args, **kwargs)
    except NotImplementedError:
        got = None
    except Exception as error:  # whatever the learner wrote must not stop the notebook
        return f"{own} raised {type(error).__name__}: {error}"
    if got is None or got is ...:
        return f"{own}: not tried yet (it returned nothing)"
    pairs = _pairs(wanted, got)
    for place, one, two in pairs:
        if one.shape != two.shape:
            return f"{own}{place}: wanted shape {one.shape}, got {two.shape}"
    for place, one, two in pairs:
        apart = np.abs(one - two)
        if not np.isfinite(two).all():
            return f"{own}{place}: not every number is finite"
        if apart.max(initial=0) > 1e-9 * max(1.0, np.abs(one).max(initial=0)):
            at = tuple(map(int, np.argwhere(apart > 1e-9)[0]))
            where = f" at {at}" if at else ""
            return f"{own}{place}: first difference{where}: wanted {one[at]:.6g}, got {two[at]:.6g}"
    return f"{own}: equal to glom_numpy.{name}"


def difference(one: Any, two: Any) -> float:
    """The largest absolute difference of two answers, arrays or tensors, nested alike.

    ValueError if their shapes differ. Functions in them are left out.
    """
    apart = [0.0]
    for place, left, right in _pairs(one, two):
        if left.shape != right.shape:
            raise ValueError(f"answers{place}: shapes {left.shape} and {right.shape}")
        apart.append(float(np.abs(left - right).max(initial=0.0)))
    return max(apart)


def _pairs(one: Any, two: Any, place: str = "") -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Every array of one answer beside that of the other, and where it stands."""
    if callable(one) and not hasattr(one, "shape"):
        return []
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        return [p for k in one for p in _pairs(one[k], two.get(k), f"{place}[{k!r}]")]
    if isinstance(one, (tuple, list)) and isinstance(two, (tuple, list)):
        both = zip(one, two, strict=False)
        return [p for k, (a, b) in enumerate(both) for p in _pairs(a, b, f"{place}[{k}]")]
    return [(place, _array(one), _array(two))]


def _array(value: Any) -> np.ndarray:
    value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return np.full((), np.nan)  # nothing that can be compared


def _tensors(value: Any) -> Any:
    import torch  # the PyTorch house

    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.array(value))
    if isinstance(value, dict):
        return {key: _tensors(inner) for key, inner in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_tensors(inner) for inner in value)
    return value


def _find(house: str, name: str) -> Callable | None:
    room, _, function = name.rpartition(".")
    try:
        return getattr(importlib.import_module(f"{house}.{room}"), function, None)
    except (ModuleNotFoundError, ValueError):
        return None


def _source(function: Callable) -> str:
    """Its source with the first line of its docstring only: the rest is prose, one click away."""
    source = textwrap.dedent(inspect.getsource(function)).rstrip()
    doc = function.__doc__
    if doc and doc.count("\n") > 1:
        start = source.index('"""')
        end = source.index('"""', start + 3)
        source = source[: start + 3] + doc.strip().split("\n")[0] + source[end:]
    return source


def _marked(source: str) -> str:
    parts = []
    for token, text in PythonLexer().get_tokens(source):
        look = next((css for kind, css in LOOKS.items() if token in kind), None)
        text = html.escape(text)
        parts.append(f'<span style="{look}">{text}</span>' if look else text)
    return "".join(parts)
