"""Alone: what a run asks of the processes that train it, answered by one that has no others.

`glom_torch.ranks` answers the same questions for several.
"""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

__all__ = ["Alone"]


class Alone:
    """One process: it writes and speaks, and has nobody to agree with."""

    first = True  # whether this is the process that writes and speaks
    restarted = False  # whether it takes the place of one that failed
    device = "cpu"
    words: tuple[str, ...] = ("python",)  # that start it

    def __enter__(self) -> "Alone":
        return self

    def __exit__(
        self, kind: type | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def heed(self, args: Namespace) -> list[str]:
        """Take on what the flags say of the machine; returns those to repeat with --resume."""
        return []

    def how(self, autocast: str | None) -> dict[str, Any]:
        """What `fit` must be told beside a run's choices."""
        return {}

    @contextmanager
    def together(self) -> Iterator[None]:
        """All do this: a ValueError, TypeError or OSError of one is a problem of all."""
        yield

    def same(self, name: str, value: str) -> None:
        """ValueError unless all say the same."""

    def largest(self, number: int) -> int:
        """The largest number >= 0 that any of them says."""
        return number
