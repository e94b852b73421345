"""Slot attention and iterated self-attention, trained on GLOM's pictures and scored as GLOM is.

Each learns as its authors teach it: slots paint the whole picture (an autoencoder, mask_ratio 0:
Locatello et al. 2020, section 4.1), the transformer fills in what was hidden. A second transformer
is also `Taught` what GLOM is taught, but read after one fixed number of blocks. The steps are fixed
in the config, so that training takes about as long as GLOM's; the sizes, so that there are about as
many parameters. How long it took stands in the tables.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from glom_numpy.config import GlomConfig
from glom_numpy.flags import Training
from glom_numpy.record import fingerprint
from glom_numpy.weights import draw_shapes, net_shapes
from glom_numpy.worlds import Scenes, segment_labels
from glom_torch.losses import pairs, reconstruction
from glom_torch.nets import mlp
from glom_torch.recipe import Draws, Recipe, draw
from glom_torch.relatives import (
    init_slots,
    init_transformer,
    slot_model,
    slot_objective,
    transformer_model,
    transformer_objective,
)
from glom_torch.relatives.front import features, normalize
from glom_torch.relatives.objective import counted, shown
from glom_torch.relatives.self_attention import decode_patches, settle_tokens
from glom_torch.weights import to_tensors
from glom_torch.worlds import to_model

from .measure import BATCH, Look
from .training import train_at

Array = np.ndarray
HEADS = 4


@dataclass(frozen=True)
class Taught:
    """What GLOM's level of parts and its top level are taught, for two readouts to be taught too.

    Segments by name, the weights of `pairs`, and the weight of what is filled in.
    """

    segments: Sequence[str]
    pairs: Sequence[float]
    background: bool
    reconstruction: float

    def labels(self, pictures: Scenes, grid: tuple[int, int]) -> Int[Array, "N n l"]:
        """The segments of the pictures (of films: of the first frames), as GLOM is given them."""
        names = tuple(self.segments)
        return segment_labels(pictures, names, grid, background=self.background)


@dataclass(frozen=True)
class Relative:
    """What is trained: with `slots` a slot attention of so many, without a transformer."""

    config: GlomConfig
    recipe: Recipe
    slots: int | None = None
    taught: Taught | None = None

    def __post_init__(self) -> None:
        if self.taught is not None and self.slots is not None:
            raise ValueError(f"taught: wanted a transformer, got one of {self.slots} slots")

    def fresh(self, seed: int) -> dict[str, Any]:
        """Parameters before training; "readouts" among them, where there are any to teach."""
        rng = np.random.default_rng(seed)
        if self.slots is None:
            drawn = init_transformer(self.config, rng, heads=HEADS)
        else:
            drawn = init_slots(self.config, rng)
        if self.taught is not None:  # linear, one for each kind of segment
            d = self.config.dim
            drawn |= draw_shapes(net_shapes("readouts", len(self.taught.pairs), [d, d]), rng)
        return to_tensors(drawn, dtype=torch.float32)

    def noise(self, count: int, rng: np.random.Generator) -> Tensor:
        """What tells the slots of each of `count` pictures apart."""
        drawn = rng.standard_normal((count, self.slots, self.config.dim))
        return torch.tensor(drawn, dtype=torch.float32)

    def loss(
        self, images: Array, batch: int, labels: Array | None = None
    ) -> Callable[[dict, np.random.Generator], tuple]:
        """The loss of one step, as `descend` takes it; pictures are drawn as for GLOM."""

        if (labels is None) != (self.taught is None):
            wanted = "none" if self.taught is None else "the segments (N, n, l) that are taught"
            raise ValueError(f"labels: wanted {wanted}, got {type(labels).__name__}")

        def loss(params: dict, rng: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
            chosen = rng.choice(len(images), batch, replace=False)
            seen, draws = to_model(images[chosen]), draw(self.config, self.recipe, batch, rng)
            if self.taught is not None:
                given = params["model"], self.config, self.recipe, self.taught, seen, draws
                return taught_objective(*given, torch.from_numpy(labels[chosen]))
            given = params["model"], self.config, self.recipe, seen, draws
            if self.slots is None:
                return transformer_objective(*given)
            return slot_objective(*given, self.noise(batch, rng))

        return loss


def taught_objective(
    params: dict,
    config: GlomConfig,
    recipe: Recipe,
    taught: Taught,
    images: Float[Tensor, "b c H W"],
    draws: Draws,
    labels: Int[Tensor, "b n l"],
) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
    """`transformer_objective` with what GLOM is taught besides; the terms sum to the loss.

    Read from the same states: the mean over the last recipe.reads of draws.steps blocks.
    """
    patches, seen = shown(config, recipe, images, draws)
    states = settle_tokens(params, features(params, config, seen), iters=draws.steps)
    weight, scored = patches.new_tensor([taught.reconstruction]), counted(recipe, draws)
    terms = {name: images.new_zeros(()) for name in ("reconstruction", "pairs")}
    for x in states[-recipe.reads :]:
        painted = decode_patches(params, x)[:, :, None, :]
        error = reconstruction(painted, patches, weight, scored)
        terms["reconstruction"] = terms["reconstruction"] + error / recipe.reads
        read = read_out(params, x).unbind(2)
        for share, own, segments in zip(taught.pairs, read, labels.unbind(2), strict=True):
            terms["pairs"] = terms["pairs"] + share * pairs(own, segments) / recipe.reads
    return terms["reconstruction"] + terms["pairs"], terms


def read_out(params: dict, x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n l d"]:
    """The readouts of tokens, with the axes of GLOM's levels; a layer norm first, as to decode."""
    told = normalize(params["norm_out"], x)[:, :, None, :]
    readouts = params["readouts"]
    return mlp(readouts, told.expand(-1, -1, len(readouts["layer0"]["bias"]), -1))


def train(
    relative: Relative, training: Training, images: Array, out: Path, labels: Array | None = None
) -> dict[str, Any]:
    """Train at `out`, or go on there, as `train_at` says; returns the parameters.

    `labels`: the segments (N, n, l) that a transformer is taught.
    """
    told = () if labels is None else (labels,)
    params = train_at(
        out,
        relative.config,
        relative.recipe,
        training,
        fingerprint(images, *told),
        lambda: {"model": relative.fresh(training.seed)},
        relative.loss(images, training.batch, *told),
    )
    return params["model"]


def tokens_at(
    params: dict, relative: Relative, images: Array, steps: Sequence[int]
) -> dict[int, Look]:
    """The looks at a transformer after some blocks: its tokens are the one level there is.

    Of one that is taught the readouts are the levels.
    """
    model = {name: tree for name, tree in params.items() if name != "readouts"}
    kept: dict[int, list[Array]] = {t: [] for t in sorted(set(steps))}
    moved: dict[int, list[Array]] = {t: [] for t in kept}  # of each batch, by level
    for start in range(0, len(images), BATCH):
        img = to_model(images[start : start + BATCH])
        with torch.no_grad():
            states = transformer_model(model, relative.config, img, iters=max(kept))[0]
            if relative.taught is None:
                states = states[:, :, :, None]
            else:
                states = torch.stack([read_out(params, x) for x in states])
        moved_by = (states[1:] - states[:-1]).norm(dim=-1).mean(dim=2)
        update = (moved_by / states[1:].norm(dim=-1).mean(dim=2)).mean(dim=1)
        for t in kept:
            kept[t].append(states[t].numpy())
            moved[t].append(update[t - 1].numpy() if t else None)
    looks = {}
    for t, levels in kept.items():
        share = [len(part) for part in levels]
        update = np.average(moved[t], axis=0, weights=share) if t else None
        looks[t] = Look(np.concatenate(levels), update)
    return looks


@dataclass(frozen=True)
class Slots:
    """What slots made of many pictures after some rounds."""

    won: Int[Array, "N n"]  # which slot won most of each location
    alpha: Int[Array, "N n"]  # which slot is seen most at each location
    heard: Array  # (N, n, d): the mean of the slots, by how much each won of the location


def slots_at(
    params: dict, relative: Relative, images: Array, steps: Sequence[int], seed: int
) -> dict[int, Slots]:
    """What a slot attention makes of pictures after some rounds (t >= 1), from the same start."""
    rng = np.random.default_rng([seed, 1])
    noise = relative.noise(len(images), rng)
    found = {}
    for t in sorted(set(steps)):
        parts = []
        for start in range(0, len(images), BATCH):
            batch = slice(start, start + BATCH)
            given = params, relative.config, to_model(images[batch]), noise[batch]
            with torch.no_grad():
                slots, attention, masks, _ = slot_model(*given, iters=t)
            heard = torch.einsum("b n k, b k d -> b n d", attention[-1], slots[-1])
            parts.append((attention[-1].argmax(dim=-1), masks.argmax(dim=-1), heard))
        found[t] = Slots(*(torch.cat(column).numpy() for column in zip(*parts, strict=True)))
    return found
