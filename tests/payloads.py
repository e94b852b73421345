"""A small model and picture for the explorer's tests, and what is sent of them read back."""

import numpy as np

from glom_numpy import Glom

H, W, L, D, T = 3, 5, 3, 7, 5


def small_model():
    sizes = dict(dim=D, levels=L, image_size=(6, 15), patch_size=(2, 3), hidden=11)
    return Glom(**sizes, rng=np.random.default_rng(1))


def small_image():
    return np.random.default_rng(2).integers(0, 256, (6, 15, 3), dtype=np.uint8)


def decoded(payload):
    """The payload as arrays, read back from its bytes."""
    size = payload["frame"]
    m, t, n, l, d = len(size["models"]), *(size[k] for k in ("steps", "n", "levels", "d"))
    read = {
        "states": (np.float16, (m, t, n, l, d)),
        "bases": (np.float32, (m, l, 3, d + 1)),
        "centers": (np.float32, (-1, l, d)),
        "voices": (np.float32, (m, t - 1, 4, n, l)),
    }
    return {k: np.frombuffer(payload[k], kind).reshape(s) for k, (kind, s) in read.items()}
