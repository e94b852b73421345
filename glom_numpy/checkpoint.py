"""Weights in and out: one safetensors file that both houses read and write. Nothing is pickled.

The keys are the flattened parameters; config, recipe and extra stand beside them as JSON. All of it
under one key of the header, whose order is otherwise random: the same state is the same bytes.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from .config import GlomConfig, unflatten
from .glom import Glom
from .recipe import Recipe

__all__ = ["Checkpoint", "load", "load_glom", "save", "write_atomic"]

Array = np.ndarray
Path = str | os.PathLike
KEY, VERSION = "glom-checkpoint", 1

# Names that safetensors gives to dtypes. Every 16- or 32-bit float is exactly some float64.
FLOATS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
WHOLE = {f"{kind.upper()}{8 * size}": f"<{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)}
DTYPES = FLOATS | WHOLE | {"BOOL": "?"}
STORABLE = [np.dtype(name) for kind, name in DTYPES.items() if kind != "BF16"]


@dataclass(frozen=True)
class Checkpoint:
    """What a file held: `params` (nested dict of arrays), `config`, `recipe`, and `extra`."""

    params: dict[str, Any]
    config: GlomConfig
    recipe: Recipe | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def save(
    path: Path,
    params: Mapping[str, Any],
    *,
    config: GlomConfig,
    recipe: Recipe | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write a checkpoint, all or nothing: a kill in between leaves the old file as it was.

    `params` is a nested dict of arrays, {"glom": ..., "heads": ..., "optimizer": ...}, kept in
    their dtypes. `extra` is anything JSON can hold (step, seed, state of a generator, ...).
    TypeError or ValueError names the key of what cannot be kept; FileNotFoundError a folder.
    """
    arrays = {key: _storable(key, leaf) for key, leaf in named_leaves(params)}
    about = describe(params, config, recipe, extra)
    write_atomic(path, safetensors.numpy.save(arrays, about))


def load(path: Path) -> Checkpoint:
    """Read a checkpoint of either house; floats of any width become float64, exactly.

    FileNotFoundError if there is none; ValueError, naming the path and what came instead, for a
    truncated, foreign, pickled or newer file.
    """
    data, about = read(path)
    arrays = {key: _to_array(path, key, view) for key, view in safetensors.deserialize(data)}
    return assemble(path, arrays, about)


def load_glom(path: Path) -> Glom:
    """The model of a checkpoint; errors as in `load`, and ValueError for other weights."""
    checkpoint = load(path)
    if "glom" not in checkpoint.params:
        raise _refuse(path, f"one without a model: its parts are {sorted(checkpoint.params)}")
    try:
        return Glom(checkpoint.config, params=checkpoint.params["glom"])
    except ValueError as problem:
        raise _refuse(path, f"weights that do not fit its config: {problem}") from None


def write_atomic(path: Path, data: bytes) -> None:
    """Replace the file at `path` by `data` in one step, durably; no half-written file is ever seen.

    Temporary files that a killed process left for this path are swept away first. Of two
    processes that write to one path at once, one may fail: loudly, and without harm to the file.
    FileNotFoundError if the folder is missing; ValueError if the path is a folder.
    """
    path = os.path.realpath(path)  # a link stays a link; its target is replaced
    folder, name = os.path.split(path)
    if os.path.isdir(path):
        raise ValueError(f"{path}: wanted the name of a file, got a folder")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{path}: wanted an existing folder, but there is no {folder}")
    for stale in os.listdir(folder):
        if stale.startswith(f".{name}.") and stale.endswith(".tmp"):
            _remove(os.path.join(folder, stale))
    temporary = os.path.join(folder, f".{name}.{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:  # Ctrl-C too
        _remove(temporary)
        raise
    if os.name == "posix":  # the new name itself must survive a power cut
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.remove(path)


# What follows both houses share: only the arrays themselves differ.


def named_leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves under their dotted keys, as `flatten`; ValueError for a name with a dot."""
    for name, value in tree.items():
        if not isinstance(name, str) or not name or "." in name:
            raise ValueError(f"params: wanted names without dots, got {name!r} under {prefix!r}")
        if isinstance(value, Mapping):
            yield from named_leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _empty_branches(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """A flat dict forgets branches without leaves ("heads": {}); these are noted beside it."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            if not value:
                yield prefix + name
            yield from _empty_branches(value, f"{prefix}{name}.")


def describe(
    params: Mapping[str, Any],
    config: GlomConfig,
    recipe: Recipe | None,
    extra: Mapping[str, Any] | None,
) -> dict[str, str]:
    """Everything but the arrays, as the header's metadata."""
    about = {
        "version": VERSION,
        "config": config.to_dict(),
        "recipe": None if recipe is None else recipe.to_dict(),
        "extra": dict(extra or {}),
        "empty": sorted(_empty_branches(params)),
    }
    try:
        return {KEY: json.dumps(about, allow_nan=False)}
    except (TypeError, ValueError) as problem:
        raise type(problem)(f"extra: wanted only what JSON can hold, got: {problem}") from None


def read(path: Path) -> tuple[bytes, dict[str, Any]]:
    """The bytes of a file that has been found to be a whole checkpoint of ours, and `describe`."""
    if os.path.isdir(path):
        raise _refuse(path, "a folder")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: wanted a GLOM checkpoint, found no such file") from None
    try:
        safetensors.deserialize(data)
    except safetensors.SafetensorError as problem:
        raise _refuse(path, _what_is(data, str(problem))) from None
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    about = (header.get("__metadata__") or {}).get(KEY)
    if about is None:
        raise _refuse(path, f"a safetensors file of something else (no {KEY!r} in its metadata)")
    try:
        about = json.loads(about)
        version = about["version"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _refuse(path, f"one whose {KEY!r} metadata cannot be read") from None
    if version != VERSION:
        raise _refuse(path, f"one of format version {version!r}; this program reads {VERSION}")
    return data, about


def _what_is(data: bytes, problem: str) -> str:
    """A guess, in words, at what a file that is not whole safetensors may be."""
    if not data:
        return "an empty file"
    if data.startswith(b"PK\x03\x04"):
        return "a zip archive, as torch.save and np.savez write (may hold pickles: never loaded)"
    if data[0] == 0x80 and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a pickle, which could run any program when opened: never loaded"
    if data.startswith(b"\x93NUMPY"):
        return "a .npy file"
    size = int.from_bytes(data[:8], "little")
    if data[8:9] == b"{" and 8 + size > len(data):
        return f"a truncated file: {len(data)} bytes, of which the header alone takes {8 + size}"
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
        views = json.loads(data[8 : 8 + size]).items()
        ends = [view["data_offsets"][1] for key, view in views if key != "__metadata__"]
        whole = 8 + size + max(ends, default=0)
        if whole != len(data):
            kind = "truncated" if len(data) < whole else "overlong"
            return f"a {kind} file: {len(data)} bytes where its header speaks of {whole}"
    return f"something else ({problem})"


def assemble(path: Path, flat: Mapping[str, Any], about: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint from its arrays and what `read` told about them."""
    try:
        params = unflatten(flat)
        for branch in about["empty"]:
            node = params
            for name in branch.split("."):
                node = node.setdefault(name, {})
        recipe = about["recipe"] and Recipe.from_dict(about["recipe"])
        config = GlomConfig.from_dict(about["config"])
        return Checkpoint(params, config, recipe or None, dict(about["extra"]))
    except (ValueError, TypeError, KeyError, AttributeError) as problem:
        raise _refuse(path, f"one that cannot be read: {problem}") from None


def _refuse(path: Path, came: str) -> ValueError:
    return ValueError(f"{os.fspath(path)}: wanted a GLOM checkpoint (safetensors), got {came}")


def _storable(key: str, leaf: Any) -> Array:
    """A plain array, in order; TypeError names what safetensors has no dtype for."""
    if not isinstance(leaf, np.ndarray | np.generic):
        raise TypeError(f"params: {key!r} wanted a NumPy array, got {type(leaf).__name__}")
    if leaf.dtype not in STORABLE:
        raise TypeError(f"params: {key!r} wanted an array of numbers, got dtype {leaf.dtype}")
    return np.asarray(leaf, order="C")


def _to_array(path: Path, key: str, view: Mapping[str, Any]) -> Array:
    """One array of the file: floats as float64, whole numbers and booleans as they are."""
    kind = view["dtype"]
    if kind not in DTYPES:
        raise _refuse(path, f"{key!r} of dtype {kind}; NumPy reads {', '.join(DTYPES)}")
    array = np.frombuffer(view["data"], DTYPES[kind]).reshape(view["shape"])
    if kind == "BF16":  # the upper half of a float32
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return np.array(array, dtype=np.float64 if kind in FLOATS else None)
