"""Train a GLOM of given parts on avatars: the same seed, the same pictures, whoever's parts.

Taught with labels, as the shipped avatars model is: at level 0 two columns shall point the same way
if they are of the same part (hair, eyes, ...), and at level 1 if they are of the same whole (head,
torso). Each avatar is moved by up to two columns first: where they stand still, one map for all
pictures does better than a minute of training. Small: 64 columns of 2 x 2 pixels, two levels of 24.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from glom_numpy.config import GlomConfig
from glom_numpy.positions import grid_coordinates
from glom_numpy.weights import init_params
from glom_numpy.worlds import Scenes, avatars, to_model
from glom_numpy.worlds.for_models import segment_labels
from glom_torch.losses import pairs

__all__ = ["CONFIG", "Pictures", "Trained", "pictures", "states_of", "train"]

CONFIG = GlomConfig(dim=24, levels=2, image_size=16, patch_size=2, hidden=48, beta=5.0)
SEGMENTS = ("parts", "groups")  # of level 0 and of level 1
ITERS, STEPS, BATCH, LR, WARMUP, CLIP = 6, 300, 16, 3e-3, 20, 1.0
MOVED = 2  # columns, up or down, left or right
SECONDS = 25.0  # for one training: two of them and the scores stay within a minute
ADAM = dict(beta1=0.9, beta2=0.999, eps=1e-8)


@dataclass(frozen=True)
class Pictures:
    """Avatars as a model takes them: images (N, c, H, W), labels (N, n, level)."""

    scenes: Scenes
    images: torch.Tensor
    labels: torch.Tensor


def moved(scenes: Scenes, seed: int) -> Scenes:
    """Each picture and its labels, moved by whole columns; what moves in repeats the edge."""
    size, step = CONFIG.image_size, CONFIG.patch_size
    by = np.random.default_rng(seed).integers(-MOVED, MOVED + 1, (len(scenes), 2)) * step
    maps = {name: getattr(scenes, name).copy() for name in ("images", *SEGMENTS)}
    for k, (down, right) in enumerate(by):
        rows, columns = (np.clip(np.arange(size) - away, 0, size - 1) for away in (down, right))
        for array in maps.values():
            array[k] = array[k][rows][:, columns]
    return replace(scenes, **maps)


@dataclass
class Trained:
    """What came of a training: parameters, the loss of every step, and how long it took."""

    params: dict[str, Any]
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0


def pictures(split: str, count: int | None = None) -> Pictures:
    """The avatars of a split, or the first `count`, each moved by up to `MOVED` columns a way."""
    scenes = moved(avatars(split)[: count or None], {"train": 0, "test": 1}[split])
    labels = segment_labels(scenes, SEGMENTS, CONFIG.grid)
    return Pictures(scenes, torch.from_numpy(to_model(scenes.images)), torch.from_numpy(labels))


def train(
    parts: SimpleNamespace,
    seen: Pictures,
    *,
    steps: int = STEPS,
    seconds: float = SECONDS,
    each: Callable[[int, float], None] | None = None,
) -> Trained:
    """Step downhill `steps` times, or as often as fits into the seconds. Seed 0."""
    rng = np.random.default_rng(0)
    made = Trained(_leaves(init_params(CONFIG, rng)))
    flat = list(_flat(made.params))
    state = [(torch.zeros_like(p), torch.zeros_like(p)) for p in flat]
    theirs = torch.optim.Adam(flat, betas=(0.9, 0.999), eps=1e-8) if parts.adam is None else None
    begun = time.perf_counter()
    for step in range(steps):
        chosen = rng.choice(len(seen.images), BATCH, replace=False)
        iters = int(rng.integers(4, ITERS + 1))
        levels = states_of(parts, made.params, seen.images[chosen], iters)[-1]
        loss = 2 * pairs(levels[:, :, 0], seen.labels[chosen, :, 0])
        loss = loss + pairs(levels[:, :, 1], seen.labels[chosen, :, 1])
        for p in flat:
            p.grad = None
        loss.backward()
        torch.nn.utils.clip_grad_norm_(flat, CLIP)
        lr = LR * min(1.0, (step + 1) / WARMUP)
        if theirs is None:
            state = _their_step(parts.adam, flat, state, step, lr)
        else:
            theirs.param_groups[0]["lr"] = lr
            theirs.step()
        made.losses.append(loss.item())
        made.seconds = time.perf_counter() - begun
        if each:
            each(step, made.losses[-1])
        if made.seconds > seconds:
            break
    return made


@torch.no_grad()
def _their_step(adam: Callable, flat: list, state: list, step: int, lr: float) -> list:
    kept = []
    for p, (m, v) in zip(flat, state, strict=True):
        new, m, v = adam(p.detach(), p.grad, m, v, step, lr=lr, **ADAM)
        p.copy_(new)
        kept.append((m, v))
    return kept


def states_of(
    parts: SimpleNamespace, params: dict, images: torch.Tensor, iters: int = ITERS
) -> torch.Tensor:
    """All states (t, b, n, l, d)."""
    places = torch.from_numpy(grid_coordinates(CONFIG.grid, CONFIG.grid))
    return parts.whole(parts, params, CONFIG, images, places, iters=iters)


def _leaves(tree: dict) -> dict:
    return {
        key: _leaves(inner) if isinstance(inner, dict) else torch.from_numpy(inner).requires_grad_()
        for key, inner in tree.items()
    }


def _flat(tree: dict):
    for inner in tree.values():
        yield from _flat(inner) if isinstance(inner, dict) else [inner]
