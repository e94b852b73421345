"""Anybody's npz: read, checked, split by seed; the training part goes to a file without labels.

`images` (N, h, w, c) or `frames` (N, t, h, w, c), uint8 or float in [0, 1]; `parts` and `objects`
(N, h, w), whole numbers with 0 for background, of the picture or the first frame, if there are any.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np

from glom_numpy.checkpoint import write_atomic
from glom_numpy.checks import check_grid, pair
from glom_numpy.config import GlomConfig
from glom_numpy.flags import Training
from glom_numpy.pictures import Scenes, from_npz
from glom_numpy.worlds import first_frames

LEAST = 8  # pictures: fewer leave nothing to learn from, or nothing to test on
TRAINED = 0.85  # of the pictures


def read(path: Path) -> Scenes:
    """The scenes of a file; ValueError names the file, the key, and what is wrong with it."""
    scenes = from_npz(path)
    if len(scenes) < LEAST:
        shape = scenes.images.shape
        raise ValueError(f"{path}: images: wanted at least {LEAST} pictures, got {shape}")
    return scenes


def is_film(scenes: Scenes) -> bool:
    """Whether there are frames, of which motion can be learned."""
    return scenes.images.ndim == 5 and scenes.images.shape[1] > 1


def split(scenes: Scenes, seed: int) -> tuple[Scenes, Scenes]:
    """(train, test) scenes, drawn by seed; at least one of each."""
    order = np.random.default_rng([seed, 2]).permutation(len(scenes))
    cut = min(max(round(TRAINED * len(scenes)), 1), len(scenes) - 1)
    return scenes[np.sort(order[:cut])], scenes[np.sort(order[cut:])]


def fitted(choices: dict[str, Any], path: Path) -> dict[str, Any]:
    """The same choices for these pictures: their size and channels, and no world's; else as it is.

    ValueError names the file where its pictures do not divide into the patches, or are one patch.
    """
    scenes = read(path)
    (height, width, channels) = scenes.images.shape[-3:]
    patch = choices["glom"].get("patch_size", 4)
    glom = choices["glom"] | {"image_size": [height, width], "channels": channels}
    try:
        check_grid((height, width), pair("patch_size", patch), "images")
        GlomConfig.from_dict(glom)
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}; its shape is {scenes.images.shape}") from None
    drawn = ("world", "split", "count", "size", "world_choices")
    asked = {name: value for name, value in choices["train"].items() if name not in drawn}
    asked["batch"] = min(asked.get("batch", Training.batch), len(split(scenes, 0)[0]))
    return choices | {"glom": glom, "train": asked}


def write_training_part(scenes: Scenes, path: Path) -> None:
    """The pictures alone: no label of them can be learned from."""
    name, arrays = (
        ("frames", scenes.images) if is_film(scenes) else ("images", first_frames(scenes))
    )
    whole = io.BytesIO()
    np.savez(whole, **{name: arrays})
    write_atomic(path, whole.getvalue())
