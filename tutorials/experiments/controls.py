"""What needs no learning, or must do worse than what was learned: beside every number.

A world is evidence only where these fail (k-means on position, on color), and a score is evidence
only above these (untrained, nobody listens, another picture's state, columns in another order).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from glom_numpy.checks import check_choice
from glom_numpy.config import VOICES, GlomConfig
from glom_numpy.islands import labels_on_grid
from glom_numpy.losses import corrupt
from glom_numpy.patches import image_to_patches, patches_to_image
from glom_numpy.positions import grid_coordinates
from glom_numpy.recipe import Recipe, draw
from glom_numpy.worlds import gestalt, to_model

Array = np.ndarray
Vectors = Float[Array, "N n d"]


def by_pixel(images: Shaped[Array, "N H W c"]) -> dict[str, Vectors]:
    """Color, place, and both, one vector for each pixel; all in [0, 1]."""
    return _three(_colors(images), images.shape[1:3])


def by_column(images: Shaped[Array, "N H W c"], grid: tuple[int, int]) -> dict[str, Vectors]:
    """The same for each column of a grid, which knows the mean color of its patch.

    The fair ones beside a model with such columns: a border blurs them as it blurs the model.
    """
    n, height, width, c = images.shape
    h, w = grid
    patches = _colors(images).reshape(n, h, height // h, w, width // w, c)
    return _three(patches.mean(axis=(2, 4)).reshape(n, h * w, c), grid)


def _colors(images: Array) -> Array:
    return np.moveaxis(to_model(images), 1, -1).reshape(len(images), -1, images.shape[-1])


def _three(color: Array, size: tuple[int, int]) -> dict[str, Array]:
    place = np.broadcast_to(grid_coordinates(size, size), (*color.shape[:2], 2))
    both = np.concatenate([color, place], axis=-1)
    return {"color alone": color, "location alone": place, "color and location": both}


def color_regions(
    images: Shaped[Array, "N H W c"], grid: tuple[int, int] | None = None
) -> Int[Array, "N n"]:
    """Connected regions of one color in each picture, by pixel, or by column of the grid.

    A column belongs to the region of most of its pixels. Where every part has one color, this
    needs no learning at all.
    """
    return _found(gestalt.regions, images, grid)


def connected(
    images: Shaped[Array, "N H W c"], grid: tuple[int, int] | None = None
) -> Int[Array, "N n"]:
    """What hangs together, whatever its color: by pixel, or by column of the grid.

    Where objects do not touch, this needs no learning at all.
    """
    return _found(gestalt.connected, images, grid)


def _found(find: Callable[[Array], Array], images: Array, grid: tuple[int, int] | None) -> Array:
    found = np.stack([find(np.moveaxis(image, 0, -1)) for image in to_model(images)])
    if grid is not None:
        found = np.stack([labels_on_grid(one, grid) for one in found])
    return found.reshape(len(images), -1)


def directions(
    images: Shaped[Array, "N H W c"], grid: tuple[int, int], *, told_middle: bool = False
) -> Vectors:
    """In which direction each column lies from the middle of the grid, which is all it may know.

    `told_middle`: from the middle of all that is not background, which no column sees alone.
    (cos 2a, sin 2a), so that opposite sides are alike: a line through the middle is one direction.
    A column in the very middle counts as lying to the right.
    """
    place = grid_coordinates(grid, (1, 1))  # in patches: no side counts more than the other
    middle = np.broadcast_to(place.mean(axis=0), (len(images), 1, 2))
    if told_middle:
        front = connected(images, grid)[..., None] > 0
        count = np.maximum(front.sum(axis=1, keepdims=True), 1)
        middle = (place * front).sum(axis=1, keepdims=True) / count
    down, right = np.moveaxis(place - middle, -1, 0)
    angle = 2 * np.arctan2(down, right)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


# By world, what needs no learning and comes near what is learned: found by looking for a trick.
TRICKS = {
    "crossing_bars": {
        "direction from the picture's middle": directions,
        "direction from the figure's middle": partial(directions, told_middle=True),
    }
}


def another_picture(vectors: Mapping[str, Vectors]) -> dict[str, Vectors]:
    """Every picture has the state of the one before it: what place alone gives, in this model."""
    return {name: np.roll(own, 1, axis=0) for name, own in vectors.items()}


def shuffled_columns(
    vectors: Mapping[str, Vectors], rng: np.random.Generator
) -> dict[str, Vectors]:
    """The columns of all pictures in one other order: chance."""
    order = rng.permutation(next(iter(vectors.values())).shape[1])
    return {name: own[:, order] for name, own in vectors.items()}


def hide(
    images: Shaped[Array, "N H W c"], config: GlomConfig, share: float, rng: np.random.Generator
) -> tuple[Float[Array, "N H W c"], Bool[Array, "N n"]]:
    """Pictures with a share of their patches painted gray, as in training to fill in; and which."""
    recipe = Recipe(mask_ratio=share)
    hidden = draw(config, recipe, len(images), rng).hidden
    patches = image_to_patches(to_model(images), config.patch)
    painted = corrupt(patches, hidden, recipe.mask_value)
    return np.moveaxis(patches_to_image(painted, config.patch, config.grid), 1, -1), hidden


def untrained(model: Any, seed: int) -> Any:
    """A Glom of the same config before training: every measure needs the same one beside it."""
    return type(model)(model.config, rng=np.random.default_rng([seed, 4]))


def muted(model: Any, voice: str = "consensus") -> Any:
    """The same Glom with one of its VOICES muted and not trained again, the others as loud.

    Learned voices are muted by their logits: -1e9 leaves the rest in their learned proportion.
    ValueError for a voice that there is not. One is meant to be muted, of a model that has all.
    """
    which = VOICES.index(check_choice("voice", voice, VOICES))
    if model.config.voice_weights != "learned":
        weights = tuple(
            tuple(0.0 if k == which else weight for k, weight in enumerate(voices))
            for voices in model.config.voices_by_level
        )
        return model.with_config(voice_weights=weights)
    params = dict(model.params)
    logits = params["voices"]["logits"]
    logits = logits.copy() if isinstance(logits, np.ndarray) else logits.detach().clone()
    logits[which] = -1e9
    return type(model)(model.config, params=params | {"voices": {"logits": logits}})
