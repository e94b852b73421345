"""Which functions the trained GLOM is made of: the learner's where they are right, else ours."""

import importlib
import sys
from collections.abc import Callable
from types import SimpleNamespace

import torch

from tutorials.exercises import catalog, progress
from tutorials.exercises.child import load
from tutorials.exercises.source import Unreadable, from_file
from tutorials.exercises.whole import house_parts

__all__ = ["NEEDED", "house", "own"]

# What is needed besides: find islands, score them, and step downhill.
NEEDED = ("patches", "location_code", "mlp", "top_down", "consensus", "whole")
NEEDED += ("adam", "islands", "ari")


def own() -> tuple[SimpleNamespace, list[str]]:
    """The torch functions to train with, and the names of those that are the learner's.

    Theirs is what stands in their file now, if the very same was found right by a check.
    """
    standing, theirs, parts = progress.standings(), [], {}
    for name in NEEDED:
        found = _theirs(name, standing[name].right)
        if found is not None:
            theirs.append(name)
        parts[name] = found or _solution(name)
    return SimpleNamespace(**parts), theirs


def _theirs(name: str, right: set[str]) -> Callable | None:
    path, function = progress.folder() / f"{name}.py", catalog.exercise(name).functions[1]
    try:
        learner = from_file(path, function)
    except (OSError, Unreadable):
        return None
    if learner.hash not in right:
        return None
    if learner.folder not in sys.path:
        sys.path.append(learner.folder)
    return load(list(learner.pieces), name)[function]


def _solution(name: str) -> Callable:
    room = importlib.import_module(f"tutorials.exercises.{name}.solution")
    return getattr(room, catalog.exercise(name).functions[1])


def house() -> SimpleNamespace:
    """The library's: its settle, and torch's own Adam and scores beside it."""
    from glom_torch.glom import settle

    def whole(parts, params, config, img, places, *, iters):
        return settle(params, config, img, iters=iters)[0]

    from glom_numpy.islands import find_islands
    from glom_numpy.scores import foreground_ari

    return SimpleNamespace(
        **vars(house_parts("torch")),
        whole=whole,
        adam=None,  # torch.optim.Adam
        islands=lambda vectors, tau: torch.from_numpy(find_islands(vectors.numpy(), tau)),
        ari=lambda found, labels: foreground_ari(found.numpy(), labels.numpy()),
    )
