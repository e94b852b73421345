"""What does the vector of one location know of its part and of its whole?

A small net, trained on vectors of training scenes, reads places and shapes off the vectors of test
scenes (a probe, after Alain & Bengio, arXiv 1610.01644). It has one hidden layer, as the net that
hands a vector to the level above: what a probe cannot read, that net will hardly find either.

    part's middle R2     where the middle of the part is that one sees there
    part's lie R2        how long and how turned it is: moments of second order, without its size
    object's middle R2   where the middle of the whole object is

R2 is 1 if all is read, 0 if no more than the mean, None where all are alike. On foreground
locations of parts that are large enough to have a shape.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from einops import rearrange
from jaxtyping import Bool, Float
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from glom_numpy.config import GlomConfig
from glom_numpy.islands import labels_on_grid
from glom_numpy.positions import grid_coordinates
from glom_numpy.worlds import Scenes, first_frames, to_model
from glom_torch.glom import Glom

from .measure import looks_at

Array = np.ndarray
Asked = tuple[Float[Array, "N n 6"], Bool[Array, "N n"]]
WIDTH, ROUNDS, DECAY = 128, 60, 0.1  # of the net: hidden units, passes over the data, weight decay
ENOUGH = 12  # pixels: what shows less of itself has no shape to speak of
ASKED = {"part's middle R2": slice(0, 2), "part's lie R2": slice(2, 4)}
ASKED |= {"object's middle R2": slice(4, 6)}


def probed(
    model: Glom,
    name: str,
    scenes: Mapping[str, Scenes],
    asked: Mapping[str, Asked],
    t: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows: what each level of a GLOM knows of scenes["test"] after t steps.

    `asked`: `asked_of` the scenes of each name.
    """
    looks = {n: looks_at(model, first_frames(own), [t])[t].levels for n, own in scenes.items()}
    return [
        {"row": name, "level": level, "t": t}
        | knows(*(looks[n][:, :, level] for n in ("train", "test")), asked, seed)
        for level in range(model.config.levels)
    ]


def probed_columns(
    scenes: Mapping[str, Scenes], asked: Mapping[str, Asked], config: GlomConfig, seed: int
) -> list[dict[str, Any]]:
    """Rows: what a column knows that nobody talks to."""
    places = grid_coordinates(config.grid, config.grid)
    reach = {"its place alone": None, "its own patch and its place": 0}
    if config.front_end == "conv":
        reach["all that its front end sees and its place"] = config.front_reach
    rows = []
    for name, around in reach.items():
        seen = {}
        for n, own in scenes.items():
            place = np.broadcast_to(places, (len(own), *places.shape))
            pixels = [] if around is None else [_pixels(own, config, around)]
            seen[n] = np.concatenate([*pixels, place], axis=-1)
        rows.append({"row": name} | knows(seen["train"], seen["test"], asked, seed))
    return rows


def _pixels(scenes: Scenes, config: GlomConfig, around: int) -> Float[Array, "N n p"]:
    """The pixels of each column's patch and `around` it on every side, as `convolve` pads them."""
    img, (p, q) = to_model(first_frames(scenes)), config.patch
    img = np.pad(img, ((0, 0), (0, 0), (around, around), (around, around)))
    size = p + 2 * around, q + 2 * around
    windows = np.lib.stride_tricks.sliding_window_view(img, size, axis=(2, 3))[:, :, ::p, ::q]
    return rearrange(windows, "N c h w u v -> N (h w) (u v c)")


def shape(segment: Bool[Array, "H W"]) -> Float[Array, "4"]:
    """(y, x) of the middle in pixels; then how elongated and how turned, from -1 to 1.

    With c the covariance of the pixels' places: (c_yy - c_xx, 2 c_yx) / (c_yy + c_xx), which is
    (0, 0) for what is round and lies on the unit circle, at twice the angle, for a line.
    """
    places = np.argwhere(segment).astype(float)
    c = np.cov(places.T, bias=True)
    spread = c[0, 0] + c[1, 1]
    lie = (c[0, 0] - c[1, 1], 2 * c[0, 1]) if spread else (0.0, 0.0)
    return np.array([*places.mean(axis=0), *(x / spread if spread else 0.0 for x in lie)])


def asked_of(scenes: Scenes, grid: tuple[int, int]) -> Asked:
    """What is to be read off each location, and at which locations there is something to read.

    A part is what has one number in one object; what is of no object is left out. Nothing is to be
    read off scenes without labels.
    """
    count, n = len(scenes), grid[0] * grid[1]
    truth, counted = np.zeros((count, n, 6)), np.zeros((count, n), dtype=bool)
    if scenes.parts is None or scenes.objects is None:
        return truth, counted
    both = labels_on_grid(scenes.parts, grid), labels_on_grid(scenes.objects, grid)
    parts, objects = (labels.reshape(count, n) for labels in both)
    for k in range(count):
        pairs = np.stack([scenes.parts[k], scenes.objects[k]], axis=-1).reshape(-1, 2)
        found, sizes = np.unique(pairs, axis=0, return_counts=True)
        for part, whole in found[(sizes >= ENOUGH) & (found > 0).all(axis=1)]:
            own = shape((scenes.parts[k] == part) & (scenes.objects[k] == whole))
            middle = np.argwhere(scenes.objects[k] == whole).mean(axis=0)
            there = (parts[k] == part) & (objects[k] == whole)
            truth[k, there] = np.concatenate([own, middle])
            counted[k] |= there
    return truth, counted


def knows(
    learned: Float[Array, "N n d"],
    tested: Float[Array, "M n d"],
    asked: Mapping[str, Asked],
    seed: int,
) -> dict[str, float | None]:
    """R2 of what a probe, which learns from asked["train"], reads off the vectors of "test".

    None, for each of ASKED, where nothing is asked.
    """
    sets = []
    for name, vectors in (("train", learned), ("test", tested)):
        truth, counted = asked[name]
        if not counted.any():
            return dict.fromkeys(ASKED)
        sets.append((vectors[counted], truth[counted]))
    (x, y), (seen, true) = sets
    to_x, to_y = StandardScaler().fit(x), StandardScaler().fit(y)
    how = dict(hidden_layer_sizes=(WIDTH,), max_iter=ROUNDS, alpha=DECAY, random_state=seed)
    with warnings.catch_warnings():  # after ROUNDS it is good enough, and all probes have as many
        warnings.simplefilter("ignore", ConvergenceWarning)
        net = MLPRegressor(**how).fit(to_x.transform(x), to_y.transform(y))
    wrong = ((to_y.inverse_transform(net.predict(to_x.transform(seen))) - true) ** 2).mean(axis=0)
    var = true.var(axis=0)
    found: dict[str, float | None] = {}
    for name, own in ASKED.items():
        known = [1 - w / v for w, v in zip(wrong[own], var[own], strict=True) if v > 1e-9]
        found[name] = round(float(np.mean(known)), 3) if known else None
    return found
