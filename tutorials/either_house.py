"""A model of either house, run on NumPy pictures; and the untrained one that stands beside it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glom_numpy.islands import level_mean
from glom_numpy.step import voice_weights

__all__ = ["check_model", "loudness", "mean_embedding", "model_input", "settle_on", "untrained"]

Array = np.ndarray


def check_model(name: str, model: Any) -> None:
    """TypeError naming the argument for what is no Glom of either house."""
    if not callable(model) or not hasattr(model, "config") or not hasattr(model, "with_config"):
        wanted = "a glom_numpy.Glom or a glom_torch.Glom"
        raise TypeError(f"{name}: wanted {wanted}, got {type(model).__name__}")


def model_input(image: Array, config: Any) -> Array:
    """One picture, (H, W, c) uint8 or (c, H, W) floats in [0, 1], as float64 (1, c, H, W).

    TypeError or ValueError says what is wrong with it, and what to do.
    """
    image = np.asarray(image.detach().cpu() if hasattr(image, "detach") else image)
    whole = image.dtype == np.uint8
    axes = "(height, width, channels) uint8" if whole else "(channels, height, width) floats"
    if not whole and image.dtype.kind != "f":
        raise TypeError(f"image: wanted uint8, or floats in [0, 1], got {image.dtype}")
    if image.ndim != 3 or image.shape[2 if whole else 0] != config.channels:
        hint = "; of several pictures pass one: images[0]" if image.ndim == 4 else ""
        if whole and (image.ndim == 2 or image.shape[-1] in (1, 2, 4)) and config.channels == 3:
            hint = "; glom_numpy.worlds.picture makes any file or PIL image one of these"
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


def settle_on(
    model: Any, img: Array, iters: int | None, levels: Array | None = None, **options: Any
) -> Any:
    """The model of either house on NumPy pictures (b, c, H, W); what it returns, as float64.

    `levels` (b, n, l, d) goes on from a state; `options` are those of a call of Glom.
    """
    if any(model.config.sample_counts):
        options["rng"] = np.random.default_rng(0)  # the far locations that are sampled
    if not hasattr(model, "to_numpy"):
        return model(img, iters, levels, **options)
    import torch  # the PyTorch house

    like = next(model.parameters())
    if levels is not None:
        levels = torch.as_tensor(levels).to(like)
    with torch.no_grad():
        out = model(torch.as_tensor(img).to(like), iters, levels, **options)
    arrays = [x.double().cpu().numpy() for x in (out if isinstance(out, tuple) else (out,))]
    return tuple(arrays) if isinstance(out, tuple) else arrays[0]


def loudness(model: Any) -> Array:
    """The weight (4, l) of each voice at each level."""
    params = model.to_numpy().params if hasattr(model, "to_numpy") else model.params
    return voice_weights(params, model.config)


def mean_embedding(model: Any, pictures: Sequence[Array], iters: int | None) -> Array:
    """The mean embedding (l, d) of the settled states; one picture at a time, to save memory."""
    seen = (settle_on(model, model_input(one, model.config), iters) for one in pictures)
    return np.mean([level_mean(state) for state in seen], axis=0)
