"""What does the vector of one location know of its part and of its whole?

A small net, trained on vectors of training scenes, reads places and shapes off the vectors of test
scenes (a probe, after Alain & Bengio, arXiv 1610.01644). It has one hidden layer, as the net that
hands a vector to the level above: what a probe cannot read, that net will hardly find either.

    part's middle R2     where the middle of the part is that one sees there
    part's lie R2        how long and how turned it is: moments of second order, without its size
    object's middle R2   where the middle of the whole object is

R2 is 1 if all is read, 0 if no more than the mean. On foreground locations of parts that are large
enough to have a shape.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from glom_numpy.islands import labels_on_grid
from glom_numpy.worlds import Scenes, first_frames
from glom_torch.glom import Glom

from .controls import by_column
from .measure import looks_at

Array = np.ndarray
LEARNED = 200  # training pictures that a probe learns from
HIDDEN = 128
SMALLEST = 12  # pixels: what shows less of itself has no shape to speak of
ASKED = {"part's middle R2": slice(0, 2), "part's lie R2": slice(2, 4)}
ASKED |= {"object's middle R2": slice(4, 6)}


def probed(
    model: Glom, name: str, worlds: Mapping[str, Scenes], t: int, seed: int
) -> list[dict[str, Any]]:
    """Rows: what each level of a GLOM knows after t steps, in scenes["test"]."""
    scenes, grid = _scenes(worlds), model.config.grid
    looks = {n: looks_at(model, first_frames(own), [t])[t].levels for n, own in scenes.items()}
    return [
        {"row": f"{name}, level {level}", "t": t}
        | knows(*(looks[n][:, :, level] for n in ("train", "test")), scenes, grid, seed)
        for level in range(model.config.levels)
    ]


def probed_columns(
    worlds: Mapping[str, Scenes], grid: tuple[int, int], seed: int
) -> list[dict[str, Any]]:
    """Rows: what a column's own color and place say, which every level must beat."""
    scenes = _scenes(worlds)
    own = {n: by_column(first_frames(s), grid) for n, s in scenes.items()}
    return [
        {"row": name} | knows(own["train"][name], own["test"][name], scenes, grid, seed)
        for name in own["test"]
    ]


def _scenes(worlds: Mapping[str, Scenes]) -> dict[str, Scenes]:
    return {"train": worlds["train"][:LEARNED], "test": worlds["test"]}


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


def asked_of(
    scenes: Scenes, grid: tuple[int, int]
) -> tuple[Float[Array, "N n 6"], Bool[Array, "N n"]]:
    """What is to be read off each location, and at which locations there is something to read."""
    count, n = len(scenes.parts), grid[0] * grid[1]
    truth, counted = np.zeros((count, n, 6)), np.zeros((count, n), dtype=bool)
    by_column = labels_on_grid(scenes.parts, grid).reshape(count, n)
    for k in range(count):
        wholes = _shapes(scenes.objects[k])
        for part, own in _shapes(scenes.parts[k]).items():
            whole = scenes.objects[k][scenes.parts[k] == part][0]
            there = by_column[k] == part
            truth[k, there] = np.concatenate([own, wholes[int(whole)][:2]])
            counted[k] |= there
    return truth, counted


def _shapes(labels: Int[Array, "H W"]) -> dict[int, Array]:
    """The shape of each segment of one picture that is large enough; 0 is background."""
    sizes = np.bincount(labels.ravel())
    named = np.flatnonzero(sizes >= SMALLEST)
    return {int(s): shape(labels == s) for s in named if s}


def knows(
    learned: Float[Array, "N n d"],
    tested: Float[Array, "M n d"],
    scenes: Mapping[str, Scenes],
    grid: tuple[int, int],
    seed: int,
) -> dict[str, float | None]:
    """R2 of what a probe, trained on vectors of scenes["train"], reads off those of "test".

    None, for each of ASKED, if the scenes have no labels or show nothing.
    """
    sets = []
    for name, vectors in (("train", learned), ("test", tested)):
        if scenes[name].parts is None or scenes[name].objects is None:
            return dict.fromkeys(ASKED)
        truth, counted = asked_of(scenes[name], grid)
        if counted.sum() < 2:
            return dict.fromkeys(ASKED)
        sets.append((vectors[counted], truth[counted]))
    (x, y), (seen, true) = sets
    to_x, to_y = StandardScaler().fit(x), StandardScaler().fit(y)
    net = MLPRegressor(hidden_layer_sizes=(HIDDEN,), early_stopping=len(x) > 99, random_state=seed)
    with warnings.catch_warnings():  # it stops when it no longer gets better, or after 200 rounds
        warnings.simplefilter("ignore", ConvergenceWarning)
        net.fit(to_x.transform(x), to_y.transform(y))
    wrong = (to_y.inverse_transform(net.predict(to_x.transform(seen))) - true) ** 2
    var = true.var(axis=0)
    found = {}
    for name, own in ASKED.items():
        known = 1 - wrong[:, own].mean(axis=0) / np.where(var[own], var[own], np.inf)
        found[name] = round(float(known.mean()), 3) if var[own].any() else None
    return found
