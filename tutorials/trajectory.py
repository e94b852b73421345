"""One run of a GLOM as the bytes that the explorer shows: every state, colors, voices, picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glom_numpy.islands import level_mean
from glom_numpy.step import voice_weights

__all__ = ["color_bases", "model_input", "trajectory_payload", "untrained", "voice_shares"]

Array = np.ndarray


def trajectory_payload(
    model: Any,
    image: Array,
    *,
    iters: int | None = None,
    compare: Any = None,
    names: Sequence[str] = ("this model", "untrained, same sizes"),
    center_on: Array | None = None,
) -> dict[str, Any]:
    """All that the browser needs, as the Explorer's traits.

    frame: sizes and names. states: float16 (m, t, n, l, d) of the m models, the real embeddings.
    bases: float32 (m, l, 3, d + 1), embedding -> color (weights and an offset), one for all steps.
    centers: float32 (m, l, d), empty without `center_on`. voices: float32 (m, t - 1, 4, n, l), the
    share of each voice in the new state. picture: uint8 (H, W, c).
    TypeError or ValueError names what does not fit: `model`, `image`, `compare`, `names`, `iters`.
    """
    _check_model("model", model)
    img = model_input(image, model.config)
    models = [model]
    if isinstance(compare, str) and compare == "untrained":
        models.append(untrained(model))
    elif compare is not None:
        _check_model("compare", compare)
        models.append(compare)
    if len(names) < len(models):
        raise ValueError(f"names: wanted {len(models)}, one a model, got {list(names)}")
    runs = [_run(m, img, iters) for m in models]
    states = [run[0] for run in runs]
    if states[0].shape != states[-1].shape:
        raise ValueError(
            f"compare: wanted states (t, n, l, d) of model's shape {states[0].shape}, "
            f"got {states[-1].shape}"
        )
    sent = [_to_half(run) for run in states]
    centers = [np.zeros((0, states[0].shape[-1]))]
    if center_on is not None:
        if np.ndim(center_on) != 4 or len(center_on) < 1:
            raise ValueError(f"center_on: wanted pictures, 4 axes, got shape {np.shape(center_on)}")
        centers = [
            _mean_embedding(m, center_on, iters) * scale
            for m, (_, scale) in zip(models, sent, strict=True)
        ]
    bases = [color_bases(half.astype(float)) for half, _ in sent]
    height, width = img.shape[2:]
    patch = np.broadcast_to(model.config.patch_size, 2)
    h, w = int(height // patch[0]), int(width // patch[1])
    frame = dict(zip(("steps", "n", "levels", "d"), map(int, states[0].shape), strict=True))
    frame |= {"h": h, "w": w, "models": list(names[: len(models)])}
    frame["picture"] = {"height": height, "width": width, "channels": img.shape[1]}
    pixels = np.rint(img[0].transpose(1, 2, 0) * 255).astype(np.uint8)
    return {
        "frame": frame,
        "states": np.stack([half for half, _ in sent]).tobytes(),
        "bases": np.stack(bases).astype(np.float32).tobytes(),
        "centers": np.stack(centers).astype(np.float32).tobytes(),
        "voices": np.stack([run[1] for run in runs]).astype(np.float32).tobytes(),
        "picture": pixels.tobytes(),
    }


def model_input(image: Array, config: Any) -> Array:
    """One picture, (H, W, c) uint8 or (c, H, W) floats in [0, 1], as float64 (1, c, H, W)."""
    image = np.asarray(image.detach().cpu() if hasattr(image, "detach") else image)
    whole = image.dtype == np.uint8
    axes = "(height, width, channels) uint8" if whole else "(channels, height, width) floats"
    if not whole and image.dtype.kind != "f":
        raise TypeError(f"image: wanted uint8, or floats in [0, 1], got {image.dtype}")
    if image.ndim != 3 or image.shape[2 if whole else 0] != config.channels:
        hint = "; of several pictures pass one: images[0]" if image.ndim == 4 else ""
        wanted = f"one picture, {axes}, {config.channels} channels"
        raise ValueError(f"image: wanted {wanted}, got shape {image.shape}{hint}")
    img = image.transpose(2, 0, 1) / 255 if whole else image.astype(float)
    wrong = np.argwhere(~((img >= 0) & (img <= 1)))  # NaN compares as false
    if len(wrong):
        place = tuple(map(int, wrong[0]))
        raise ValueError(
            f"image: wanted numbers in [0, 1], got {img[place]} at (c, y, x) = {place}"
        )
    return img[None]


def untrained(model: Any, seed: int = 0) -> Any:
    """A model with the same config and fresh weights: the control, always shown beside."""
    fresh = type(model)(model.config, rng=np.random.default_rng(seed))
    return fresh.to(next(model.parameters())) if hasattr(model, "to_numpy") else fresh


def _check_model(name: str, model: Any) -> None:
    if not callable(model) or not hasattr(model, "config") or not hasattr(model, "with_config"):
        wanted = "a glom_numpy.Glom or a glom_torch.Glom"
        raise TypeError(f"{name}: wanted {wanted}, got {type(model).__name__}")


def _settle(model: Any, img: Array, iters: int | None, **wanted: bool) -> Any:
    """The model of either house on NumPy pictures; what it returns, as NumPy float64."""
    options: dict[str, Any] = dict(wanted)
    if any(model.config.sample_counts):
        options["rng"] = np.random.default_rng(0)  # the far locations that are sampled
    if not hasattr(model, "to_numpy"):
        return model(img, iters, **options)
    import torch  # the PyTorch house

    with torch.no_grad():
        out = model(torch.as_tensor(img).to(next(model.parameters())), iters, **options)
    arrays = [x.double().cpu().numpy() for x in (out if isinstance(out, tuple) else (out,))]
    return tuple(arrays) if isinstance(out, tuple) else arrays[0]


def _run(model: Any, img: Array, iters: int | None) -> tuple[Array, Array]:
    """All states (t, n, l, d) and each voice's share (t - 1, 4, n, l) of one picture."""
    states, voices = _settle(model, img, iters, return_all=True, return_voices=True)
    for t, state in enumerate(states):
        if not np.isfinite(state).all():
            raise ValueError(f"model: its state is not finite from step {t} on; nothing to show")
    params = model.to_numpy().params if hasattr(model, "to_numpy") else model.params
    shares = voice_shares(voices, voice_weights(params, model.config))
    return states[:, 0], shares[:, :, 0]


def _mean_embedding(model: Any, pictures: Sequence[Array], iters: int | None) -> Array:
    """The mean embedding (l, d) of the settled states; one picture at a time, to save memory."""
    seen = (_settle(model, model_input(one, model.config), iters) for one in pictures)
    return np.mean([level_mean(state) for state in seen], axis=0)


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


def _to_half(states: Array) -> tuple[Array, Array]:
    """float16 embeddings, and each level's scale (l, 1): a power of two, 1 if it fits as it is."""
    largest = np.abs(states).max(axis=(0, 1, 3))
    exponent = np.floor(np.log2(np.where(largest > 0, largest, 1)))
    scale = np.where((exponent > 13) | (exponent < -4), 2.0**-exponent, 1.0)[:, None]
    return (states * scale).astype(np.float16), scale
