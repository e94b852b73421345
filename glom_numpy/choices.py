"""What GlomConfig, Recipe and Training share: choices by name, to JSON and back."""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

__all__ = ["Choices"]


class Choices:
    """A frozen dataclass of choices: to a dict and back, and a changed copy."""

    def to_dict(self) -> dict[str, Any]:
        """A plain dict that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, choices: Mapping[str, Any]) -> "Choices":
        """The inverse of `to_dict`; an unknown name is a ValueError that lists the known."""
        known = [f.name for f in fields(cls)]
        for name in choices:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise ValueError(f"{name}: unknown choice; known are {', '.join(known)}{hint}")
        # JSON has no tuples: a list here always stands for one.
        tupled = {k: _plain(v) if isinstance(v, list) else v for k, v in choices.items()}
        return cls(**tupled)

    def _make_plain(self) -> None:
        """Lists become tuples and NumPy's numbers Python's: choices can be compared and kept."""
        for field in fields(self):
            object.__setattr__(self, field.name, _plain(getattr(self, field.name)))

    def replace(self, **changes: Any) -> "Choices":
        """A copy with some choices changed, checked like a new one."""
        return self.from_dict({**self.to_dict(), **changes})


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(_plain(inner) for inner in value)
    return value.item() if isinstance(value, np.generic) else value
