"""What may come in through the door: every check says which argument, what was wanted, what came.

Facts exist once: the torch house uses these same checks, so those of the model look at shapes
and plain numbers only.
"""

import math
from numbers import Integral, Real
from typing import Any

import numpy as np

__all__ = [
    "check_choice",
    "check_finite",
    "check_flag",
    "check_grid",
    "check_image_shape",
    "check_iters",
    "check_labels",
    "check_levels_shape",
    "check_number",
    "check_rng",
    "check_same_tree",
    "check_tolerance",
    "check_training",
    "check_tuple",
    "check_whole",
    "pair",
    "pick",
    "per_level",
]


def check_whole(name: str, value: Any, least: int) -> int:
    """A whole number of at least `least`; TypeError or ValueError otherwise. 3.0 is not 3 here."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}: wanted a whole number >= {least}, got {value!r}")
    if value < least:
        raise ValueError(f"{name}: wanted a whole number >= {least}, got {value}")
    return int(value)


def check_number(name: str, value: Any, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number in [low, high]; TypeError or ValueError otherwise."""
    within = f" in [{low}, {high}]" if math.isfinite(low) or math.isfinite(high) else ""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}: wanted a number{within}, got {value!r}")
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"{name}: wanted a finite number{within}, got {value}")
    return float(value)


def check_flag(name: str, value: Any) -> bool:
    """True or False and nothing that merely counts as such ("no" does); TypeError otherwise."""
    if not isinstance(value, bool):
        raise TypeError(f"{name}: wanted True or False, got {value!r}")
    return value


def check_tuple(name: str, value: Any) -> tuple[Any, ...]:
    """A tuple; TypeError otherwise."""
    if not isinstance(value, tuple):
        raise TypeError(f"{name}: wanted a tuple, got {value!r}")
    return value


def check_rng(value: Any, why: str = "") -> np.random.Generator:
    """A generator of one's own, so that the same seed is the same run; TypeError otherwise."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"rng: wanted an np.random.Generator{why}, got {value!r}")
    return value


def check_choice(name: str, value: Any, known: Any) -> str:
    """One of the `known` names; ValueError lists them."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name}: wanted one of {', '.join(sorted(known))}; got {value!r}")
    return value


def pick(name: str, value: Any, table: dict[str, Any]) -> Any:
    """The entry of a table of choices; ValueError lists the names in it."""
    return table[check_choice(name, value, table)]


def pair(name: str, value: Any) -> tuple[int, int]:
    """An int, or (height, width), as (height, width), both >= 1."""
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name}: wanted one number or (height, width), got {value!r}")
        return check_whole(name, value[0], 1), check_whole(name, value[1], 1)
    return (check_whole(name, value, 1),) * 2


def per_level(name: str, value: Any, levels: int) -> tuple[float, ...]:
    """One number for all levels, or one per level, as a tuple of `levels` numbers."""
    if isinstance(value, (tuple, list)):
        if len(value) != levels:
            raise ValueError(
                f"{name}: wanted one number or {levels}, one per level; got {len(value)}: {value!r}"
            )
        return tuple(check_number(name, v) for v in value)
    return (check_number(name, value),) * levels


def check_grid(image_size: tuple[int, int], patch_size: tuple[int, int], name: str) -> None:
    """Picture and patch must divide: ValueError names the side."""
    for side, pixels, patch in zip(("height", "width"), image_size, patch_size, strict=True):
        if pixels % patch:
            raise ValueError(
                f"{name}: wanted a {side} divisible by the patch's {side} {patch}, got {pixels}"
            )


def check_image_shape(shape: tuple[int, ...], config: Any) -> tuple[int, int]:
    """The grid (h, w) of pictures (b, c, H, W) that fit the config; errors name `img`."""
    if len(shape) != 4:
        raise ValueError(
            f"img: wanted 4 axes (b, c, height, width), got {len(shape)} axes {tuple(shape)}"
        )
    b, c, height, width = shape
    if b < 1:
        raise ValueError(f"img: wanted at least one picture, got a batch of {b}")
    if c != config.channels:
        raise ValueError(
            f"img: wanted {config.channels} channels on axis 1, got {c} of {tuple(shape)}"
        )
    patch = config.patch
    if height < patch[0] or width < patch[1]:
        raise ValueError(
            f"img: wanted at least one patch of {patch}, got {height} x {width} pixels"
        )
    check_grid((height, width), patch, "img")
    grid = height // patch[0], width // patch[1]
    h, w = config.grid
    if config.location == "learned":
        fits = grid[0] <= h and grid[1] <= w
        if not fits:
            raise ValueError(
                f"img: wanted at most {h} x {w} patches (location='learned' has no more codes), "
                f"got {grid[0]} x {grid[1]}; location='fourier' takes any size"
            )
    return grid


def check_levels_shape(shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """The state that is passed back in must be (b, n, l, d) of this picture and model."""
    if tuple(shape) != tuple(wanted):
        raise ValueError(f"levels: wanted (b, n, l, d) = {tuple(wanted)}, got {tuple(shape)}")


def check_training(
    heads: Any, config: Any, recipe: Any, images: Any, labels: Any, drawn: int
) -> None:
    """Heads must be there, pictures and labels of the config's size, as many as were drawn for."""
    levels = config.levels
    if any(recipe.weights("reconstruction", levels)) and "decoder" not in heads:
        raise ValueError("heads: wanted 'decoder' for the reconstruction (init_heads), got none")
    if recipe.projection and any(recipe.weights("contrast", levels)) and "projector" not in heads:
        raise ValueError("heads: wanted 'projector' for the contrast (init_heads), got none")
    (h, w), (height, width) = config.grid, config.patch
    wanted = drawn, config.channels, h * height, w * width
    if tuple(images.shape) != wanted:
        raise ValueError(
            f"images: wanted (b, c, H, W) = {wanted}, as the config and the draws say, "
            f"got {tuple(images.shape)}"
        )
    wanted = drawn, h * w, config.levels
    if labels is not None and tuple(labels.shape) != wanted:
        raise ValueError(f"labels: wanted (b, n, l) = {wanted}, got {tuple(labels.shape)}")


def check_iters(iters: Any, levels: int) -> int:
    """A whole number >= 0; None means 2 * levels, as in glom-pytorch: up through all, and back."""
    return 2 * levels if iters is None else check_whole("iters", iters, 0)


def check_tolerance(tolerance: Any, return_all: bool, return_voices: bool) -> None:
    """ValueError for a tolerance below 0, or beside all states or voices, which then differ."""
    if tolerance is None:
        return
    check_number("tolerance", tolerance, 0.0)
    for name, asked in (("return_all", return_all), ("return_voices", return_voices)):
        if asked:
            raise ValueError(
                f"tolerance: wanted None with {name}, since pictures stop after different numbers "
                f"of steps; got {tolerance}"
            )


def check_same_tree(name: str, wanted: dict[str, Any], got: dict[str, Any]) -> None:
    """Two flat trees must have the same keys and shapes; the first difference is named."""
    for key in wanted:
        if key not in got:
            raise ValueError(
                f"{name}: missing key {key!r}, wanted shape {tuple(wanted[key].shape)}"
            )
        if tuple(wanted[key].shape) != tuple(got[key].shape):
            raise ValueError(
                f"{name}: {key!r} wanted shape {tuple(wanted[key].shape)}, "
                f"got {tuple(got[key].shape)}"
            )
    for key in got:
        if key not in wanted:
            raise ValueError(f"{name}: unknown key {key!r} of shape {tuple(got[key].shape)}")


def check_finite(name: str, vectors: Any, axes: str) -> np.ndarray:
    """As float64, with these axes, at least one element, and no NaN or infinity."""
    wanted, vectors = axes.split(), np.asarray(vectors, dtype=float)
    fits = vectors.ndim >= len(wanted) - 1 if "..." in wanted else vectors.ndim == len(wanted)
    if not fits or vectors.size == 0:
        raise ValueError(f"{name}: wanted axes ({axes}), none empty; got shape {vectors.shape}")
    bad = np.argwhere(~np.isfinite(vectors))
    if len(bad):
        place = tuple(int(i) for i in bad[0])
        raise ValueError(f"{name}: wanted finite numbers, got {vectors[place]} at {place}")
    return vectors


def check_labels(name: str, labels: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Whole numbers >= 0 of this shape."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise ValueError(f"{name}: wanted whole numbers, got dtype {labels.dtype}")
    if labels.shape != tuple(shape):
        raise ValueError(f"{name}: wanted shape {tuple(shape)}, got {labels.shape}")
    if labels.size and labels.min() < 0:
        raise ValueError(f"{name}: wanted 0 (background) or more, got {labels.min()}")
    return labels.astype(int)
