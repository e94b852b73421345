"""Does stopping early pay: picture by picture, and frame by frame in films?

The shipped models of spirals and constellations settle each picture until its own update is below
a tolerance (`settle_until`), beside a fixed number of steps for everybody, the same in the mean.
Then films: each frame begins anew, or with the state of the last frame, of another film, or of the
last frame but for its top level. They run backward: the frame whose labels are known comes last.
"""

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from glom_numpy.worlds import WORLDS, Scenes, first_frames, open_world
from glom_torch import fast
from glom_torch.attention import listening_mask
from glom_torch.checkpoint import Checkpoint, load, load_glom
from glom_torch.early import settle_until
from glom_torch.glom import Glom
from glom_torch.worlds import to_model

from .. import WEIGHTS
from .measure import BATCH, Look, labels_of, score
from .scorer import Row
from .stopped import ANOTHER, CARRIED, OBJECTS, TABLES, TOP_ANEW, WAYS, about, figure

__all__ = ["NAME", "TABLES", "VARIANTS", "about", "choices", "figure", "run"]

Say = Callable[[str], None]
NAME = "early"
VARIANTS = ("spirals", "constellations")
SCORING = {
    "iters": 48,  # the most; and what the time is measured in
    "tested": 20,  # pictures of the test split, and as many of all splits together
    "tolerances": [0.3, 0.1, 0.03, 0.01, 0.003, 0.001],
    "fixed": [1, 2, 3, 4, 6, 8, 12, 24, 48],
    "rounds": 2,  # of the clock, over all batches
    "films": 8,
    "frames": 8,
    "speeds": [0.5, 1.0, 2.0],  # pixels a frame at most, half of that at least
    "film tolerance": 0.01,
    "film fixed": [1, 2, 4, 8],
}
QUICK = {"iters": 5, "tested": 4, "tolerances": [0.5, 0.1], "fixed": [1, 5], "rounds": 1}
QUICK |= {"films": 2, "frames": 3, "speeds": [1.0], "film tolerance": 0.1, "film fixed": [1]}


def choices(variant: str, *, quick: bool = False) -> dict[str, Any]:
    """Which weights, and how they are asked. FileNotFoundError without them."""
    path, held = WEIGHTS / f"{variant}.safetensors", weights(variant)
    found = {"glom": held.config.to_dict(), "recipe": held.recipe.to_dict()}
    found |= {"weights": hashlib.sha256(path.read_bytes()).hexdigest()[:16]}
    return found | {"scoring": SCORING | (QUICK if quick else {})}


def weights(variant: str) -> Checkpoint:
    """The shipped GLOM of a world."""
    path = WEIGHTS / f"{variant}.safetensors"
    if not path.exists():
        raise FileNotFoundError(f"{path.name}: wanted the shipped weights, there are none")
    return load(path)


@torch.no_grad()
def run(variant: str, seed: int, folder: Path, say: Say, *, quick: bool = False) -> dict[str, Any]:
    """Settle pictures and films of one world, drawn by this seed; the contract is in `runs`."""
    asked = choices(variant, quick=quick)["scoring"]
    shown = Shown.of(variant, seed)
    found: dict[str, Any] = {"rows": [], "fixed": [], "films": [], "frames": [], "budget": []}
    for kind, scenes in pictures(variant, asked["tested"], seed).items():
        rows, fixed = beside_fixed(shown, f"{variant}{kind}", scenes, asked)
        found["rows"] += rows
        found["fixed"] += fixed
    for speed in asked["speeds"]:
        name = f"{variant}, {speed:g} px a frame"
        films = opened(variant, asked["films"], seed, frames=asked["frames"], speed=speed)
        for key, rows in in_films(shown, name, films, asked).items():
            found[key] += rows
    return found


def opened(world: str, count: int, seed: int, split: str = "test", **more: Any) -> Scenes:
    """Scenes of a world, drawn by a seed."""
    return open_world(world, split=split, count=count, rng=np.random.default_rng(seed), **more)


def pictures(world: str, count: int, seed: int) -> dict[str, Scenes]:
    """Test pictures; and as many mixed ones, of the test split and those out of distribution."""
    splits = ("test", *WORLDS[world].beyond)
    share = max(count // len(splits), 1)
    # Other test pictures than those that are asked alone: of another seed.
    each = [opened(world, share, seed + 1000, split) for split in splits]
    images, objects = (np.concatenate([getattr(s, n) for s in each]) for n in ("images", "objects"))
    mixed = Scenes(images, objects=objects)
    return {"": opened(world, count, seed), ", mixed": mixed}


@dataclass(frozen=True)
class Shown:
    """A model to be asked, and the seed of what is drawn."""

    model: Glom
    params: dict[str, Any]
    mask: Tensor | None
    seed: int

    @classmethod
    def of(cls, variant: str, seed: int) -> "Shown":
        """The shipped model of a world."""
        model = load_glom(WEIGHTS / f"{variant}.safetensors")
        mask = listening_mask(model.config, model.config.grid, np.random.default_rng(0))
        return cls(model, model.params, mask, seed)

    def fixed(self, img: Tensor, t: int, levels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The state after t steps, as `Glom` gets there; and t for each picture."""
        how = dict(iters=t, mask=self.mask, last=1)
        states, _ = fast.settle(self.params, self.model.config, img, levels, **how)
        return states[-1], torch.full((len(img),), t)

    def until(
        self, img: Tensor, tolerance: float, iters: int, levels: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The state of each picture where it stops, and after how many steps."""
        how = dict(tolerance=tolerance, iters=iters, mask=self.mask)
        return settle_until(self.params, self.model.config, img, levels, **how)[:2]

    def fit(self, states: Tensor, scenes: Scenes) -> float | None:
        """FG-ARI of objects by k-means of the top level."""
        labels = labels_of(scenes, ("objects",), self.model.config.grid)
        top = Look(states.numpy()).level(self.model.config.levels - 1)
        return score(top, labels, np.random.default_rng([self.seed, 3]))[OBJECTS]


def beside_fixed(
    shown: Shown, name: str, scenes: Scenes, asked: Mapping[str, Any]
) -> tuple[list[Row], list[Row]]:
    """A row for each tolerance, its control beside it; and the scores at fixed t."""
    img, iters = to_model(first_frames(scenes)), asked["iters"]
    batches = [img[start : start + BATCH] for start in range(0, len(img), BATCH)]
    ways = {tol: lambda x, tol=tol: shown.until(x, tol, iters) for tol in asked["tolerances"]}
    found = {tol: joined(way(x) for x in batches) for tol, way in ways.items()}
    # As many steps for everybody, rounded up: the control is never given less.
    same = {tol: math.ceil(steps.double().mean()) for tol, (_, steps) in found.items()}
    each = sorted({*asked["fixed"], *same.values(), iters})
    fits = {t: shown.fit(joined(shown.fixed(x, t) for x in batches)[0], scenes) for t in each}
    control = {t: lambda x, t=t: shown.fixed(x, t) for t in {*same.values(), iters}}
    clock = ratios({iters: control.pop(iters), **ways, **control}, batches, asked["rounds"])
    rows = []
    for tol, (states, steps) in found.items():
        row: Row = {"row": f"{name}: until {tol:g}", "tolerance": tol} | spread(steps)
        row |= {OBJECTS: shown.fit(states, scenes), "time": clock[tol]}
        t = same[tol]
        rows.append(row | {"same t": t, f"same {OBJECTS}": fits[t], "same time": clock[t]})
    return rows, [{"row": name, "t": t, OBJECTS: fits[t]} for t in asked["fixed"]]


def joined(parts: Any) -> tuple[Tensor, Tensor]:
    """The answers of several batches as one."""
    states, steps = zip(*parts, strict=True)
    return torch.cat(states), torch.cat(steps)


def spread(steps: Tensor) -> Row:
    """Mean and quartiles of the steps that pictures took."""
    low, high = np.quantile(steps.numpy(), (0.25, 0.75))
    return {"steps": float(steps.double().mean()), "steps low": low, "steps high": high}


def ratios(
    ways: Mapping[Any, Callable[[Tensor], Any]], batches: Sequence[Tensor], rounds: int
) -> dict[Any, float]:
    """How long each takes, in times of the first: all in turn on each batch, the median of all."""
    taken: dict[Any, list[float]] = {key: [] for key in ways}
    for img in [img for _ in range(rounds) for img in batches]:
        for key, way in ways.items():
            began = time.perf_counter()
            way(img)
            taken[key].append(time.perf_counter() - began)
    first = np.array(next(iter(taken.values())))
    return {key: round(float(np.median(own / first)), 3) for key, own in taken.items()}


# ---------------------------------------------------------------------------------------- films


def in_films(
    shown: Shown, name: str, films: Scenes, asked: Mapping[str, Any]
) -> dict[str, list[Row]]:
    """Steps by frame (t) until a tolerance; the last frame's score there, and at t steps each."""
    img = to_model(films.images[:, ::-1])  # backward: labels are of what is now the last frame

    def until(x: Tensor, levels: Tensor | None) -> tuple[Tensor, Tensor]:
        return shown.until(x, asked["film tolerance"], asked["iters"], levels)

    initial = shown.params["initial"]
    found: dict[str, list[Row]] = {"films": [], "frames": [], "budget": []}
    for way, (states, steps) in watched(img, initial, until).items():
        row = {"row": f"{name}: {way}", "first": float(steps[0].double().mean())}
        found["films"].append(
            row | spread(torch.stack(steps[1:])) | {OBJECTS: shown.fit(states, films)}
        )
        each = ({"row": row["row"], "t": k + 1} | spread(own) for k, own in enumerate(steps))
        found["frames"] += each
    for t in asked["film fixed"]:
        ended = watched(img, initial, lambda x, levels, t=t: shown.fixed(x, t, levels))
        fits = {way: shown.fit(states, films) for way, (states, _) in ended.items()}
        found["budget"].append({"row": name, "t": t} | fits)
    return found


def watched(
    img: Tensor,
    initial: Tensor,
    settle: Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor]],
) -> dict[str, tuple[Tensor, list[Tensor]]]:
    """For each way the states (N n l d) at the last frame, and the steps (N,) of every frame.

    img: (N, t, c, h, w); initial: (l, d). ANOTHER: each frame begins with what another film has
    carried. TOP_ANEW: with its own state, but the top level begins from the initial one.
    """
    state: dict[str, Tensor | None] = dict.fromkeys(WAYS)
    steps: dict[str, list[Tensor]] = {way: [] for way in WAYS}
    for frame in img.unbind(dim=1):
        begins: dict[str, Tensor | None] = dict.fromkeys(WAYS)
        if state[CARRIED] is not None:
            begins[CARRIED] = state[CARRIED]
            begins[ANOTHER] = state[CARRIED].roll(1, dims=0)
            begins[TOP_ANEW] = state[TOP_ANEW].clone()
            begins[TOP_ANEW][:, :, -1] = initial[-1]
        for way in WAYS:
            state[way], took = settle(frame, begins[way])
            steps[way].append(took)
    return {way: (state[way], steps[way]) for way in WAYS}
