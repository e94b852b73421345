"""How an answer travels from the learner's process to ours: JSON and plain arrays, no pickle.

Imports NumPy only, and torch where the answer is a tensor.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Came", "Foreign", "changed", "fresh", "map_arrays", "pack", "to_tensors", "unpack"]

MOST = 2_000_000  # numbers in one array of an answer: the exercises' own have thousands


@dataclass(frozen=True)
class Came:
    """Numbers that the learner returned, and what they were in: "array", "tensor" or "number"."""

    array: np.ndarray
    kind: str
    dtype: str


@dataclass(frozen=True)
class Foreign:
    """Something that is no answer: a generator, a string, a function; or None."""

    type: str
    shown: str = ""


def pack(value: Any) -> tuple[Any, dict[str, np.ndarray]]:
    """(skeleton, arrays): what JSON can hold, and the arrays that it names."""
    arrays: dict[str, np.ndarray] = {}
    return _pack(value, arrays, 0), arrays


def _pack(value: Any, arrays: dict, depth: int) -> Any:
    if depth > 8:
        return {"is": "foreign", "type": "deeply nested answer"}
    if type(value) in (tuple, list) and (type(value) is tuple or not _plain_numbers(value)):
        items = [_pack(inner, arrays, depth + 1) for inner in value[:1000]]
        return {"is": type(value).__name__, "items": items}
    if isinstance(value, Mapping):
        order = sorted(value, key=str)  # so that two equal dicts name their arrays alike
        items = {str(key): _pack(value[key], arrays, depth + 1) for key in order}
        return {"is": "dict", "items": items}
    kind, array, dtype = _numbers(value)
    if array is not None and array.size > MOST:
        kind, array, dtype = f"{kind} of {array.size:,} numbers", None, ""
    if array is None:
        return {"is": "foreign", "type": kind, "shown": dtype}
    key = f"a{len(arrays)}"
    arrays[key] = array
    return {"is": "numbers", "kind": kind, "dtype": dtype, "key": key}


def _plain_numbers(value: list) -> bool:
    """True for a list of numbers (of lists), which should have been an array."""
    return all(
        isinstance(v, (int, float)) or (type(v) is list and _plain_numbers(v)) for v in value
    )


def _numbers(value: Any) -> tuple[str, np.ndarray | None, str]:
    """(kind, array, dtype), or (type, None, how it shows itself)."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "biufc":
            return "array", np.array(value), value.dtype.name
        return f"array of {value.dtype.name}", None, ""
    if isinstance(value, (bool, int, float, complex, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind in "biufc":
            return "number", array, array.dtype.name
    if type(value).__module__.split(".")[0] == "torch" and hasattr(value, "detach"):
        found = value.detach().cpu()
        dtype = str(found.dtype).removeprefix("torch.")
        return "tensor", np.array((found.float() if dtype == "bfloat16" else found).numpy()), dtype
    if type(value) is list:
        return "list", None, ""
    shown = str(value) if isinstance(value, str) else ""
    return type(value).__name__, None, shown[:60]


def unpack(skeleton: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """The answer again: `Came` for numbers, `Foreign` for what is none, in tuples, lists, dicts."""
    kind = skeleton["is"]
    if kind == "numbers":
        return Came(arrays[skeleton["key"]], skeleton["kind"], skeleton["dtype"])
    if kind == "foreign":
        return Foreign(skeleton["type"], skeleton.get("shown", ""))
    if kind == "dict":
        return {key: unpack(inner, arrays) for key, inner in skeleton["items"].items()}
    items = (unpack(inner, arrays) for inner in skeleton["items"])
    return tuple(items) if kind == "tuple" else list(items)


def map_arrays(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same nest of tuples, lists and dicts, with every array or tensor changed."""
    if isinstance(value, Mapping):
        return {key: map_arrays(inner, change) for key, inner in value.items()}
    if type(value) in (tuple, list):
        return type(value)(map_arrays(inner, change) for inner in value)
    return change(value) if hasattr(value, "dtype") and hasattr(value, "shape") else value


def fresh(value: Any) -> Any:
    """A copy whose arrays may be written to."""
    return map_arrays(value, lambda x: x.clone() if hasattr(x, "clone") else np.array(x))


def to_tensors(value: Any) -> Any:
    """NumPy arrays -> tensors of the same numbers and dtype."""
    import torch

    return map_arrays(value, lambda x: torch.from_numpy(np.array(x)))


def _arrays(value: Any, place: str) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _arrays(inner, f"{place}[{key!r}]" if place else str(key))
    elif type(value) in (tuple, list):
        for index, inner in enumerate(value):
            yield from _arrays(inner, f"{place}[{index}]")
    elif hasattr(value, "dtype") and hasattr(value, "shape"):
        yield place, np.asarray(value.detach() if hasattr(value, "detach") else value)


def changed(before: Any, after: Any) -> str | None:
    """Where two nests of arrays differ: "[1]['weight']", "" for a lone array; None if nowhere."""
    then, now = dict(_arrays(before, "")), dict(_arrays(after, ""))
    for place in then | now:
        if place not in now or place not in then:
            return place
        one, two = then[place], now[place]
        if one.shape != two.shape or not np.array_equal(one, two, equal_nan=one.dtype.kind == "f"):
            return place
    return None
