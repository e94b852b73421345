"""Worlds by name, with their splits: training, test, and out of distribution."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..checks import check_choice, pair
from ..pictures import SUFFIXES, Scenes, from_folder, from_npz
from .bars import crossing_bars
from .constellation import constellations
from .designed import avatars
from .ellipse import ellipses
from .pieces import tetrominoes
from .puppet import puppets
from .shape import shapes
from .spiral import spirals


@dataclass(frozen=True)
class Drawn:
    """A world that is drawn: its generator, and what each out-of-distribution split changes."""

    draw: Callable[..., Scenes]
    beyond: Mapping[str, Mapping[str, Any]]

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of its splits."""
        return ("train", "test", "all", *self.beyond)


WORLDS = {
    "avatars": avatars,
    "crossing_bars": Drawn(
        crossing_bars, {"ood_objects": {"objects": 3}, "ood_scale": {"radius": 5.0}}
    ),
    "constellations": Drawn(
        constellations,
        {
            "ood_objects": {"objects": 3},
            "ood_scale": {"radius": 4.6, "ring": 12.6, "apart": (7.0, 11.0)},
            "ood_rotation": {"tilt": 0.5},
        },
    ),
    "ellipses": Drawn(
        ellipses,
        {
            "ood_objects": {"objects": 3},
            "ood_scale": {"scale": (0.5, 0.58)},
            "ood_stretch": {"stretch": (1.5, 2.2)},
            "ood_missing": {"missing": 1},
        },
    ),
    "puppets": Drawn(
        puppets,
        {
            "ood_objects": {"objects": 3},
            "ood_scale": {"scale": 1.43, "spread": (5.5, 7.5)},
            "ood_limbs": {"limbs": 4},
        },
    ),
    "tetrominoes": Drawn(
        tetrominoes,
        {
            "ood_objects": {"objects": 4},
            "ood_scale": {"cell": 6},
            "ood_rotation": {"upright": False},
        },
    ),
    "shapes": Drawn(
        shapes,
        {
            "ood_objects": {"objects": (5, 6)},
            "ood_scale": {"radius": (8.0, 11.0)},
            "ood_rotation": {"rotation": np.pi},
        },
    ),
    "spirals": Drawn(
        spirals,
        {
            "ood_objects": {"objects": 3, "inner": (8.5, 10.0)},
            "ood_scale": {"radius": 4.2, "reach": 7.8, "inner": (5.6, 7.2), "rise": (1.8, 4.1)},
            "ood_length": {"parts": 5, "rise": (1.3, 3.1)},
        },
    ),
}


def open_world(
    world: str | Path,
    *,
    split: str = "train",
    count: int = 1000,
    size: int | tuple[int, int] | None = None,
    rng: np.random.Generator | None = None,
    **choices: Any,
) -> Scenes:
    """Scenes by name, one of WORLDS, or from your own .npz or folder of pictures.

    avatars: `split` "train", "test" or "all"; always 16x16. Every other world is drawn: `count`
    scenes of `size` pixels (None: as its generator says) from `rng`, with any other `choices` of
    its generator (objects=3, frames=2, ...; a list counts as a tuple). Its splits: "train" ("all"
    is the same), "test", and those out of distribution, WORLDS[name].beyond: "ood_objects" (more of
    them), "ood_scale" (larger), "ood_rotation", ... From the same seed each draws other scenes.
    npz: all of it, as it is. Folder: all of it, at `size`, which must then be given. A path named
    like a world needs its folder: "./avatars".
    Raises ValueError for an unknown name or split (lists the known) and for a size the world does
    not have, TypeError without the rng that a drawn world needs and for a choice that it does not
    have, and what the generators, from_npz and from_folder raise.
    """
    known = WORLDS.get(world) if isinstance(world, str) else None
    if isinstance(known, Drawn):
        return _drawn(world, known, split, count, size, rng, choices)
    if choices:
        raise TypeError(f"{next(iter(choices))}: {world} is not drawn and has no such choice")
    if known is not None:
        if size is not None and pair("size", size) != (16, 16):
            raise ValueError(f"size: the avatars are 16x16 pixels, got {size!r}")
        return known(split)
    path = Path(world)
    if path.is_dir():
        if size is None:
            raise ValueError(f"size: a folder of pictures ({path}) needs one: an int or (h, w)")
        return from_folder(path, size)
    if path.suffix != ".npz" and (not path.is_file() or path.suffix.lower() in SUFFIXES):
        names = ", ".join(WORLDS)
        raise ValueError(f"world: wanted {names}, an .npz or a folder of pictures, got {world!r}")
    scenes = from_npz(path)
    if size is not None and pair("size", size) != scenes.images.shape[-3:-1]:
        raise ValueError(f"size: {path} has {scenes.images.shape[-3:-1]} pixels, got {size!r}")
    return scenes


def _drawn(
    name: str,
    world: Drawn,
    split: str,
    count: int,
    size: int | tuple[int, int] | None,
    rng: np.random.Generator | None,
    choices: Mapping[str, Any],
) -> Scenes:
    if rng is None:
        raise TypeError(f"rng: {name} are drawn at random and want a np.random.Generator")
    check_choice("split", split, world.splits)
    # A stream of its own for each, or training and test scenes would be the same ones.
    train, test, beyond = rng.spawn(3)
    stream = {"train": train, "all": train, "test": test}.get(split, beyond)
    # JSON has no tuples: a range of a config comes as a list.
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in choices.items()}
    changes = dict(world.beyond.get(split, {})) | given
    if size is not None:
        changes["size"] = size
    return world.draw(count, rng=stream, **changes)
