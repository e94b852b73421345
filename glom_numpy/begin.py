"""What a run begins with: pictures, labels, sizes and first weights, from what was asked for."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .checkpoint import load
from .config import GlomConfig
from .flags import Training
from .recipe import Recipe, init_heads
from .weights import check_params, init_params
from .worlds import Scenes, open_world, segment_labels

__all__ = ["config_of", "first_params", "labels_of", "scenes_of"]

# Sizes for a first run; GlomConfig's own (512 numbers, 6 levels) take a day on a laptop.
FIRST = {"dim": 32, "levels": 3}
PATCH_SIZES = {"avatars": 2, "puppets": 2, "tetrominoes": 3}  # 8 x 8, 16 x 16, 12 x 12 columns
PATCH_SIZE = 4


def scenes_of(training: Training) -> Scenes:
    """The scenes to train on; ValueError names what does not fit the world."""
    rng = np.random.default_rng(training.seed)
    choices = dict(split=training.split, count=training.count, size=training.size)
    return open_world(training.world, **choices, **training.world_choices, rng=rng)


def labels_of(scenes: Scenes, config: GlomConfig, recipe: Recipe) -> np.ndarray | None:
    """The segments that the recipe names; None if it names none and has no loss that wants any."""
    if not any(recipe.segments) and not any(recipe.weights("pairs", config.levels)):
        return None
    if len(recipe.segments) != config.levels:
        raise ValueError(
            f"segments: wanted {config.levels} names for `pairs`, one a level, "
            f"got {recipe.segments}"
        )
    return segment_labels(scenes, recipe.segments, config.grid, background=recipe.background)


def config_of(asked: Mapping[str, Any], training: Training, images: np.ndarray) -> GlomConfig:
    """What was asked for, over what follows from the pictures, over the sizes of a first run."""
    height, width, channels = images.shape[1:]
    size = height if height == width else (height, width)
    given = {"image_size": size, "channels": channels}
    given["patch_size"] = PATCH_SIZES.get(training.world, PATCH_SIZE)
    return GlomConfig.from_dict({**FIRST, **given, **asked})


def first_params(config: GlomConfig, recipe: Recipe, training: Training) -> dict[str, Any]:
    """Fresh weights, or those of another run; a head that does not fit the recipe is drawn anew."""
    rng = np.random.default_rng(training.seed)
    params = {"glom": init_params(config, rng), "heads": init_heads(config, recipe, rng)}
    if training.start_from is None:
        return params
    theirs = load(training.start_from).params
    check_params(config, theirs.get("glom", {}), f"start_from {training.start_from}")
    params["glom"] = theirs["glom"]
    for name, head in params["heads"].items():
        shapes, found = (_shapes(tree) for tree in (head, theirs.get("heads", {}).get(name, {})))
        if shapes == found:
            params["heads"][name] = theirs["heads"][name]
    return params


def _shapes(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _shapes(v) if isinstance(v, Mapping) else v.shape for k, v in tree.items()}
