"""Results on disk: JSON that can be read by eyes and by `diff`, and what machine made it."""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glom_numpy.checkpoint import write_atomic

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"


def load_results(name: str) -> dict[str, Any]:
    """results/NAME.json; FileNotFoundError says with which command to make it."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        command = f"python -m tutorials.experiments {name} --seeds 5"
        raise FileNotFoundError(f"{path.name}: there are no results yet; {command} makes them")
    return json.loads(path.read_text(encoding="utf-8"))


def read_json(path: Path) -> Any:
    """What a JSON file holds; None if there is none, or it is no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def plain(value: Any) -> Any:
    """Python's own numbers, lists and dicts in place of NumPy's and tuples."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    return str(value) if isinstance(value, Path) else value


def write_json(path: Path, content: Any) -> None:
    """All or nothing; a list of rows has a line for each. ValueError for a NaN."""
    write_atomic(path, ("".join(_pieces(content, 0)) + "\n").encode())


def _pieces(value: Any, depth: int) -> Iterator[str]:
    """JSON with a line for each entry of what holds others, down to the rows of a table."""
    nested = isinstance(value, dict | list) and any(
        isinstance(inner, dict | list)
        for inner in (value.values() if isinstance(value, dict) else value)
    )
    if not nested or depth > 4:
        yield json.dumps(value, allow_nan=False)
        return
    named = isinstance(value, dict)
    yield "{\n" if named else "[\n"
    for i, inner in enumerate(value.items() if named else value):
        yield (",\n" if i else "") + " " * (depth + 1)
        if named:
            yield json.dumps(inner[0]) + ": "
        yield from _pieces(inner[1] if named else inner, depth + 1)
    yield "\n" + " " * depth + ("}" if named else "]")


def code() -> str:
    """A fingerprint of this package: numbers of other code may mean something else."""
    digest = hashlib.sha256()
    for path in sorted(HERE.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def machine() -> dict[str, Any]:
    """What may change a wall time or a last digit. No names."""
    torch = sys.modules.get("torch")
    versions = {"numpy": np.__version__} | ({"torch": torch.__version__} if torch else {})
    about = {"cpus": os.cpu_count(), "platform": f"{platform.system()} {platform.machine()}"}
    about |= {"threads": torch.get_num_threads()} if torch else {}
    return about | {"python": platform.python_version(), **versions}
