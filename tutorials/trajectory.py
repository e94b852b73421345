"""One run of a GLOM as the bytes that the explorer shows: every state, colors, voices, picture."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .breaks import MOST_STEPS, checked_breaks, go_on, healing, steps_needed
from .either_house import (
    check_model,
    loudness,
    mean_embedding,
    model_input,
    settle_on,
    untrained,
)

__all__ = ["Run", "color_bases", "trajectory_payload", "untrained", "voice_shares"]

Array = np.ndarray
Breaks = Sequence[Mapping[str, Any]]
MOST_PATCHES = 4096  # each hears each other: more would fill the memory


def trajectory_payload(model: Any, image: Array, **options: Any) -> dict[str, Any]:
    """All that the browser needs, as the Explorer's traits: the payload of a `Run`."""
    return Run(model, image, **options).payload()


class Run:
    """One picture on which one or two models settle; `payload` packs it, broken or whole.

    `image`: (H, W, c) uint8, or (c, H, W) floats in [0, 1]. `compare`: another model of the same
    sizes, "untrained" or None. `names`: one a model. `center_on`: pictures (N, H, W, c) uint8 for
    the mean embedding. `iters`: None is 2 * levels. `n`: how many patches there are.
    TypeError or ValueError names what does not fit: `model`, `image`, `compare`, `names`, `iters`.
    """

    def __init__(
        self,
        model: Any,
        image: Array,
        *,
        iters: int | None = None,
        compare: Any = None,
        names: Sequence[str] = ("this model", "untrained, same sizes"),
        center_on: Array | None = None,
    ) -> None:
        check_model("model", model)
        self.img = model_input(image, model.config)
        patch = np.broadcast_to(model.config.patch_size, 2)
        self.grid = tuple(int(side // p) for side, p in zip(self.img.shape[2:], patch, strict=True))
        self.n = self.grid[0] * self.grid[1]
        if self.n > MOST_PATCHES:
            size = f"{self.img.shape[2]} x {self.img.shape[3]} pixels, {self.n} patches"
            hint = "glom_numpy.worlds.picture(file, model.config.image_size) makes it small enough"
            raise ValueError(f"image: wanted at most {MOST_PATCHES} patches, got {size}; {hint}")
        self.models = [model]
        if isinstance(compare, str) and compare == "untrained":
            self.models.append(untrained(model))
        elif compare is not None:
            check_model("compare", compare)
            self.models.append(compare)
        if len(names) < len(self.models):
            raise ValueError(f"names: wanted {len(self.models)}, one a model, got {list(names)}")
        self.names = list(names[: len(self.models)])
        self.runs = [_settle(one, self.img, iters) for one in self.models]
        states = [run[0][:, 0] for run in self.runs]
        if states[0].shape != states[-1].shape:
            raise ValueError(
                f"compare: wanted states (t, n, l, d) of model's shape {states[0].shape}, "
                f"got {states[-1].shape}"
            )
        self.iters = len(states[0]) - 1
        self.scales = [_scale(run) for run in states]
        # Of the whole run: if a break changed the colors, nobody could see what it changed.
        self.bases = [
            color_bases(_to_half(run, scale).astype(float))
            for run, scale in zip(states, self.scales, strict=True)
        ]
        self.centers: list[Array] | None = None
        if center_on is not None:
            if np.ndim(center_on) != 4 or len(center_on) < 1:
                got = np.shape(center_on)
                raise ValueError(f"center_on: wanted pictures, 4 axes, got shape {got}")
            self.centers = [mean_embedding(one, center_on, iters) for one in self.models]

    def payload(self, breaks: Breaks = ()) -> dict[str, Any]:
        """The run as the Explorer's traits; broken on the way, if there are `breaks`.

        frame: sizes and names. states: float16 (m, t, n, l, d) of the m models, the real
        embeddings. bases: float32 (m, l, 3, d + 1), embedding -> color (weights and an offset), one
        for all steps. centers: float32 (m, l, d), empty without `center_on`. voices: float32
        (m, t - 1, 4, n, l), the share of each voice in the new state. picture: uint8 (H, W, c);
        several where it was broken, and frame["picture"]["since"] has the step of each.
        frame["breaks"] and frame["healing"] (m, t, l) are there only if something is broken.
        ValueError names `breaks` that do not fit (see `breaks.checked_breaks`).
        """
        height, width = self.img.shape[2:]
        h, w = self.grid
        levels = self.runs[0][0].shape[3]
        breaks = checked_breaks(breaks, self.n, max(self.iters, MOST_STEPS))
        steps = steps_needed(breaks, self.iters, levels)
        shown, pictures, healed = [], [(0, self.img)], []
        for which, model in enumerate(self.models):
            states, voices = whole = self._longer(which, steps)
            if breaks:
                states, voices, pictures = go_on(model, self.img, *whole, breaks, self.grid)
                _check_finite(states)
                center = self.centers[which] if self.centers else None
                healed.append(healing(states[:, 0], whole[0][:, 0], breaks, center))
            shown.append((states[:, 0], voice_shares(voices, loudness(model))[:, :, 0]))
        frame = dict(zip(("steps", "n", "levels", "d"), map(int, shown[0][0].shape), strict=True))
        frame |= {"h": h, "w": w, "models": self.names}
        frame["picture"] = {"height": height, "width": width, "channels": self.img.shape[1]}
        if breaks:
            frame |= {"breaks": breaks, "healing": healed}
            frame["picture"]["since"] = [t for t, _ in pictures]
        halves = [_to_half(run[0], scale) for run, scale in zip(shown, self.scales, strict=True)]
        centers = [np.zeros((0, frame["d"]))]
        if self.centers:
            centers = [mean * scale for mean, scale in zip(self.centers, self.scales, strict=True)]
        return {
            "frame": frame,
            "states": np.stack(halves).tobytes(),
            "bases": np.stack(self.bases).astype(np.float32).tobytes(),
            "centers": np.stack(centers).astype(np.float32).tobytes(),
            "voices": np.stack([run[1] for run in shown]).astype(np.float32).tobytes(),
            "picture": b"".join(_pixels(img) for _, img in pictures),
        }

    def _longer(self, which: int, steps: int) -> tuple[Array, Array]:
        """The whole run of one model, gone on to so many steps if it is shorter."""
        states, voices = self.runs[which]
        more = steps - (len(states) - 1)
        if more > 0:
            after, said = _settle(self.models[which], self.img, more, states)
            states, voices = np.concatenate([states, after[1:]]), np.concatenate([voices, said])
        return states, voices


def _settle(model: Any, img: Array, iters: int | None, before: Array | None = None) -> Any:
    """All states (t, b, n, l, d) and what the voices said, from the start or after `before`."""
    goes_on = {} if before is None else {"levels": before[-1], "start": len(before) - 1}
    states, voices = settle_on(model, img, iters, return_all=True, return_voices=True, **goes_on)
    _check_finite(states, goes_on.get("start", 0))
    return states, voices


def _check_finite(states: Array, start: int = 0) -> None:
    for t, state in enumerate(states, start):
        if not np.isfinite(state).all():
            raise ValueError(f"model: its state is not finite from step {t} on; nothing to show")


def voice_shares(voices: Array, weights: Array) -> Array:
    """How much of the new state each voice supplied: its weighted part along their mean.

    voices (t, 4, b, n, l, d), weights (4, l) -> (t, 4, b, n, l); the four sum to 1. Negative:
    it pulled against the others. Our reading: the paper gives no number for this.
    """
    said = voices * weights[:, None, None, :, None]
    mean = said.sum(axis=1, keepdims=True)
    square = (mean**2).sum(axis=-1)
    return (said * mean).sum(axis=-1) / np.where(square > 0, square, 1)


def color_bases(states: Array) -> Array:
    """Embeddings to colors, (t, n, l, d) -> (l, 3, d + 1): weights and an offset for each of three.

    The three main directions in which *locations* differ (PCA of what is left of each step's mean),
    over all steps at once: fitted again at each step, colors would jump where the embeddings do
    not. 96 % of the values fall in [0, 1].
    """
    t, n, levels, d = states.shape
    bases = np.zeros((levels, 3, d + 1))
    bases[:, :, d] = 0.5  # a direction that does not exist is gray
    for l in range(levels):
        vectors = states[:, :, l].reshape(t * n, d)
        mean = vectors.mean(axis=0)
        apart = (states[:, :, l] - states[:, :, l].mean(axis=1, keepdims=True)).reshape(t * n, d)
        spread, directions = np.linalg.eigh(apart.T @ apart)
        for c, k in enumerate(range(d - 1, max(d - 4, -1), -1)):
            direction = directions[:, k] * np.sign(directions[np.abs(directions[:, k]).argmax(), k])
            low, high = np.percentile((vectors - mean) @ direction, [2, 98])
            if spread[k] > 1e-12 * spread[-1] and high > low:
                bases[l, c, :d] = direction / (high - low)
                bases[l, c, d] = -(mean @ direction + low) / (high - low)
    return bases


def _scale(states: Array) -> Array:
    """Each level's scale (l, 1) before half precision: a power of two, 1 if it fits as it is."""
    largest = np.abs(states).max(axis=(0, 1, 3))
    exponent = np.floor(np.log2(np.where(largest > 0, largest, 1)))
    return np.where((exponent > 13) | (exponent < -4), 2.0**-exponent, 1.0)[:, None]


def _to_half(states: Array, scale: Array) -> Array:
    """float16 embeddings; noise may lie beyond what the scale was made for, hence the clip."""
    return (states * scale).clip(-65504, 65504).astype(np.float16)


def _pixels(img: Array) -> bytes:
    return np.rint(img[0].transpose(1, 2, 0) * 255).astype(np.uint8).tobytes()
