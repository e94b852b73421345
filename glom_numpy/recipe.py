"""What training asks for (Recipe), and every random number of one training step (Draws).

Numbers are drawn here, before anything is computed, so that both houses train on the same ones.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool

from .attention import listening_mask
from .checks import (
    check_choice,
    check_flag,
    check_number,
    check_rng,
    check_tuple,
    check_whole,
    per_level,
)
from .choices import Choices
from .config import GlomConfig
from .hide import check_crop, hidden_blocks, hide_outside, nested_windows, places_in
from .positions import grid_distances
from .weights import draw_shapes, net_shapes

__all__ = ["POSITIVES", "SECOND_VIEW", "Draws", "Recipe", "draw", "init_heads", "who_listens"]

Array = np.ndarray

# Where the positive of a contrastive pair comes from.
POSITIVES = ("radius", "attention", "view", "crop")
SECOND_VIEW = ("view", "crop")  # of these: the same place in a second view of the picture
# Where a level's segments come from: labels that a world may have, or its pictures and films
# alone (`worlds.gestalt`); "" is nowhere.
LABELS = ("parts", "groups", "objects")
MOVING = ("common_fate", "moving_regions", "layers")  # these want films
UNLABELED = ("regions", "connected", *MOVING)
SEGMENTS = ("", *LABELS, *UNLABELED)


@dataclass(frozen=True, kw_only=True)
class Recipe(Choices):
    """The losses of one training run. Per-level choices take one number, or one for each level.

    ValueError or TypeError names what does not fit; sizes that depend on the model are checked
    by `draw` and `init_heads`, which know it.
    """

    # How long to settle: a number of steps between the two, drawn anew for each batch, and the
    # losses are read from the last `reads` states. Training at one t only teaches that t.
    iters: int = 6
    min_iters: int | None = None  # None: always `iters`
    reads: int = 1
    # What settles must stay settled: a share of batches goes on, for reads + 1 steps, from a state
    # of up to `longest` steps, older than any that gradients are followed through (our reading).
    carried: float = 0.0
    longest: int = 0

    # Corruption (paper: fill in missing regions). Hidden blocks of mask_block x mask_block patches
    # are painted `mask_value`; Gaussian noise of standard deviation `noise` is added.
    mask_ratio: float = 0.5
    mask_block: int = 1
    mask_value: float = 0.5
    noise: float = 0.0

    reconstruction: float | tuple[float, ...] = 1.0  # weight per level
    # Score hidden patches only: a seen patch can be copied, and copying needs no islands.
    hidden_only: bool = True

    agreement: float | tuple[float, ...] = 0.0  # weight per level
    stop_gradient: bool = True  # the consensus is the teacher; it does not learn to be predicted

    contrast: float | tuple[float, ...] = 0.0  # weight per level
    positives: str | tuple[str, ...] = "radius"
    contrast_radius: float | tuple[float, ...] = 1.5  # in patches, for positives="radius"
    # For positives="crop" (nested crops, our reading): the first view of a picture shows a window
    # of it only, the second a smaller one within that, where the anchors are; all else is hidden.
    # Sides: the outer's as a share of the picture's, the inner's as a share of the outer's. Other
    # levels settle the same two views, and their anchors may lie outside.
    crop: tuple[float, float] = (0.75, 0.5)
    anchors: int = 16  # locations per picture, less those of which `segments` say nothing
    # The same locations in every picture of the batch, and the same crops: then the negatives stand
    # where the anchor stands, and knowing the place does not help to find one's partner; what is
    # there must.
    same_places: bool = False
    temperature: float = 0.1
    projection: int = 0  # width of the projection head before the contrast; 0: none

    pairs: float | tuple[float, ...] = 0.0  # weight per level: same segment, same direction
    # What each level's segments are: SEGMENTS, one a level ("" for none). For `pairs`; where they
    # say nothing of a location, it takes no part in the level's contrast either.
    segments: tuple[str, ...] = ()
    background: bool = True  # it is a segment like others; False: it takes no part

    def __post_init__(self) -> None:
        self._make_plain()
        for name in ("hidden_only", "stop_gradient", "same_places", "background"):
            check_flag(name, getattr(self, name))
        for name in check_tuple("segments", self.segments):
            check_choice("segments", name, SEGMENTS)
        check_whole("iters", self.iters, 1)
        if self.min_iters is not None and check_whole("min_iters", self.min_iters, 1) > self.iters:
            raise ValueError(f"min_iters: wanted <= iters={self.iters}, got {self.min_iters}")
        for name in ("reads", "mask_block", "anchors"):
            check_whole(name, getattr(self, name), 1)
        if self.reads > (self.min_iters or self.iters):
            raise ValueError(
                f"reads: wanted <= {self.min_iters or self.iters} (states after the shortest run), "
                f"got {self.reads}"
            )
        check_number("carried", self.carried, 0.0, 1.0)
        shortest = self.min_iters or self.iters
        if check_whole("longest", self.longest, 0) < shortest and self.carried:
            raise ValueError(
                f"longest: wanted >= {shortest} steps to carry on from, got {self.longest}"
            )
        check_whole("projection", self.projection, 0)
        check_number("mask_ratio", self.mask_ratio, 0.0, 1.0)
        check_number("mask_value", self.mask_value)
        check_number("noise", self.noise, 0.0)
        check_number("temperature", self.temperature, 1e-6)
        for name in ("reconstruction", "agreement", "contrast", "pairs"):
            for weight in _each(getattr(self, name)):
                check_number(name, weight, 0.0)
        for radius in _each(self.contrast_radius):
            check_number("contrast_radius", radius)
        for source in _each(self.positives):
            check_choice("positives", source, POSITIVES)
        check_crop(self.crop)

    def weights(self, name: str, levels: int) -> tuple[float, ...]:
        """The weight at each level of "reconstruction", "agreement", "contrast" or "pairs"."""
        return per_level(name, getattr(self, name), levels)

    def sources(self, levels: int) -> tuple[str, ...]:
        """Where each level's positives come from."""
        if isinstance(self.positives, str):
            return (self.positives,) * levels
        if len(self.positives) != levels:
            raise ValueError(f"positives: wanted one or {levels} names, got {self.positives}")
        return self.positives

    def views(self, levels: int) -> int:
        """How many corrupted views of each picture are settled: 2 if a level contrasts them."""
        return 1 + bool(self.contrasted(levels, *SECOND_VIEW))

    def contrasted(self, levels: int, *sources: str) -> tuple[int, ...]:
        """The levels that are contrasted, with positives from one of these sources."""
        asked = zip(self.weights("contrast", levels), self.sources(levels), strict=True)
        return tuple(l for l, (weight, source) in enumerate(asked) if weight and source in sources)


def _each(choice: Any) -> tuple[Any, ...]:
    """One choice for all levels, or one for each."""
    return choice if isinstance(choice, tuple) else (choice,)


@dataclass(frozen=True)
class Draws:
    """The random numbers of one training step, for v views of b pictures and m anchors each.

    Arrays; in the torch house tensors (`glom_torch.recipe.to_tensors`).
    """

    steps: int  # how many steps to settle
    hidden: Any  # (v*b, n) bool: patches painted over, all outside of the crops among them
    noise: Any  # (v*b, c, H, W), added to the pictures, or None
    anchors: Any  # (l, b, m) whole numbers: locations
    partners: Any  # (l, b, m): their positives, where these come from the radius
    chances: Any  # (l, b, m) in [0, 1): which positive the attention picks
    far: int | None  # the seed of the far locations that are heard; None: no level samples any
    before: int = 0  # steps before these, through which no gradient is followed


def draw(config: GlomConfig, recipe: Recipe, b: int, rng: np.random.Generator) -> Draws:
    """Everything random of one training step on b pictures of the config's own size."""
    check_whole("b", b, 1)
    check_rng(rng)
    levels, (h, w) = config.levels, config.grid
    for loss in ("reconstruction", "agreement", "pairs"):
        recipe.weights(loss, levels)
    if any(recipe.weights("contrast", levels)) and b < 2:
        raise ValueError(f"images: contrast wants at least 2 pictures in a batch, got {b}")
    steps = int(rng.integers(recipe.min_iters or recipe.iters, recipe.iters + 1))
    seen, blocks = recipe.views(levels) * b, (recipe.mask_ratio, recipe.mask_block)
    hidden = np.stack([hidden_blocks((h, w), *blocks, rng) for _ in range(seen)])
    noise = None
    if recipe.noise:
        size = h * config.patch[0], w * config.patch[1]
        noise = recipe.noise * rng.standard_normal((seen, config.channels, *size))
    shape = levels, b, recipe.anchors
    anchors = rng.integers(h * w, size=shape)
    if recipe.same_places:
        anchors = np.repeat(anchors[:, :1], b, axis=1)
    radii = per_level("contrast_radius", recipe.contrast_radius, levels)
    partners = anchors.copy()  # at levels whose positives come from elsewhere, or from nowhere
    for level in recipe.contrasted(levels, "radius"):
        partners[level] = _near(anchors[level], radii[level], (h, w), rng)
    chances = rng.random(shape)
    far = int(rng.integers(2**63)) if any(config.sample_counts) else None
    before = 0
    if recipe.carried and rng.random() < recipe.carried:
        before = int(rng.integers(recipe.min_iters or recipe.iters, recipe.longest + 1))
        steps = recipe.reads + 1
    if cropped := recipe.contrasted(levels, "crop"):  # last: all else is as it is without crops
        windows = nested_windows((h, w), recipe.crop, 1 if recipe.same_places else b, rng)
        for level in cropped:
            anchors[level] = partners[level] = places_in(windows[1], recipe.anchors, rng)
        windows = np.broadcast_to(windows, (2, b, h * w)).reshape(hidden.shape)
        hidden = hide_outside(hidden, windows, rng)
    return Draws(steps, hidden, noise, anchors, partners, chances, far, before)


def who_listens(config: GlomConfig, draws: Draws) -> Bool[Array, "l i j"] | None:
    """Who may listen to whom in this training step; as `attention.listening_mask`."""
    rng = None if draws.far is None else np.random.default_rng(draws.far)
    return listening_mask(config, config.grid, rng)


def _near(anchors: Array, radius: float, grid: tuple[int, int], rng: np.random.Generator) -> Array:
    """For each anchor another location within the radius, evenly drawn (b, m)."""
    distance = grid_distances(grid)
    near = (distance <= radius) & (distance > 0)
    if not near.any(axis=1).all():
        raise ValueError(
            f"contrast_radius: wanted >= 1 patch, so that there is somebody; got {radius}"
        )
    return np.argmax(near[anchors] * rng.random((*anchors.shape, len(near))), axis=-1)


def init_heads(config: GlomConfig, recipe: Recipe, rng: np.random.Generator) -> dict[str, Any]:
    """Parameters that only the losses use: a linear decoder per level, a projector per level."""
    levels, d = config.levels, config.dim
    shapes: dict[str, tuple[int, ...]] = {}
    if any(recipe.weights("reconstruction", levels)):
        height, width = config.patch
        shapes |= net_shapes("decoder", levels, [d, height * width * config.channels])
    if any(recipe.weights("contrast", levels)) and recipe.projection:
        shapes |= net_shapes("projector", levels, [d, d, recipe.projection])
    return draw_shapes(shapes, rng)
