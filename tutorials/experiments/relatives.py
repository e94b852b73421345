"""Slot attention and iterated self-attention, trained on GLOM's pictures and scored as GLOM is.

Each learns as its authors teach it: slots paint the whole picture (an autoencoder, mask_ratio 0:
Locatello et al. 2020, section 4.1), the transformer fills in what was hidden. The steps are fixed
in the config, so that training takes about as long as GLOM's; the sizes, so that there are about as
many parameters.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from glom_numpy.config import GlomConfig
from glom_numpy.flags import Training
from glom_numpy.record import fingerprint
from glom_torch.recipe import Recipe, draw
from glom_torch.relatives import (
    init_slots,
    init_transformer,
    slot_model,
    slot_objective,
    transformer_model,
    transformer_objective,
)
from glom_torch.weights import to_tensors
from glom_torch.worlds import to_model

from .measure import BATCH, Look
from .training import train_at

Array = np.ndarray
HEADS = 4


@dataclass(frozen=True)
class Relative:
    """What is trained: with `slots` a slot attention of so many, without a transformer."""

    config: GlomConfig
    recipe: Recipe
    slots: int | None = None

    def fresh(self, seed: int) -> dict[str, Any]:
        """Parameters before training."""
        rng = np.random.default_rng(seed)
        if self.slots is None:
            drawn = init_transformer(self.config, rng, heads=HEADS)
        else:
            drawn = init_slots(self.config, rng)
        return to_tensors(drawn, dtype=torch.float32)

    def noise(self, count: int, rng: np.random.Generator) -> Tensor:
        """What tells the slots of each of `count` pictures apart."""
        drawn = rng.standard_normal((count, self.slots, self.config.dim))
        return torch.tensor(drawn, dtype=torch.float32)

    def loss(self, images: Array, batch: int) -> Callable[[dict, np.random.Generator], tuple]:
        """The loss of one step, as `descend` takes it; pictures are drawn as for GLOM."""

        def loss(params: dict, rng: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
            chosen = rng.choice(len(images), batch, replace=False)
            seen, draws = to_model(images[chosen]), draw(self.config, self.recipe, batch, rng)
            given = params["model"], self.config, self.recipe, seen, draws
            if self.slots is None:
                return transformer_objective(*given)
            return slot_objective(*given, self.noise(batch, rng))

        return loss


def train(relative: Relative, training: Training, images: Array, out: Path) -> dict[str, Any]:
    """Train at `out`, or go on there, as `train_at` says; returns the parameters."""
    params = train_at(
        out,
        relative.config,
        relative.recipe,
        training,
        fingerprint(images),
        lambda: {"model": relative.fresh(training.seed)},
        relative.loss(images, training.batch),
    )
    return params["model"]


def tokens_at(
    params: dict, relative: Relative, images: Array, steps: Sequence[int]
) -> dict[int, Look]:
    """The looks at a transformer after some blocks: its tokens are the one level there is."""
    kept: dict[int, list[Array]] = {t: [] for t in sorted(set(steps))}
    moved: dict[int, list[float]] = {t: [] for t in kept}  # by batch
    for start in range(0, len(images), BATCH):
        img = to_model(images[start : start + BATCH])
        with torch.no_grad():
            states = transformer_model(params, relative.config, img, iters=max(kept))[0]
        moved_by = (states[1:] - states[:-1]).norm(dim=-1).mean(dim=2)
        update = (moved_by / states[1:].norm(dim=-1).mean(dim=2)).mean(dim=1)
        for t in kept:
            kept[t].append(states[t, :, :, None].numpy())
            moved[t].append(float(update[t - 1]) if t else 0.0)
    looks = {}
    for t, levels in kept.items():
        update = np.average(moved[t], weights=[len(part) for part in levels])
        looks[t] = Look(np.concatenate(levels), np.array([update]) if t else None)
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
