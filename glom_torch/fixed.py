"""What follows from the sizes alone is made once, and is a constant for a compiler.

The location code and who hears whom are the same at every call: they are worked out and carried to
the device at the first, and `torch.compile` bakes them in.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

import torch

from .config import GlomConfig

__all__ = ["fixed"]


T = TypeVar("T")


def fixed(make: Callable[..., T]) -> Callable[..., T]:
    """`make(config, *rest)`, called once for each config and rest, which must be hashable.

    What is remembered goes with `.forget()`.
    """

    @lru_cache(maxsize=32)
    def kept(config: GlomConfig, *rest: Any) -> T:
        with torch.inference_mode(False):
            return make(config, *rest)

    @torch.compiler.assume_constant_result
    def constant(sizes: tuple[tuple[str, Any], ...], *rest: Any) -> T:
        # What is made while torch.export looks on is no tensor that others could use: not kept.
        return make(GlomConfig.from_dict(dict(sizes)), *rest)

    @wraps(make)
    def call(config: GlomConfig, *rest: Any) -> T:
        if torch.compiler.is_compiling():
            # torch 2.11 takes plain values for constants, but no dataclass.
            return constant(tuple(config.to_dict().items()), *rest)
        return kept(config, *rest)

    call.forget = kept.cache_clear
    return call
