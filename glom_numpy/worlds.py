"""Pictures whose parse is known: avatars, crossing bars, and any npz or folder of your own."""

from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int, Shaped

from .checks import pair
from .islands import labels_on_grid
from .pictures import Scenes, check_images, from_folder, from_npz, picture

__all__ = [
    "Scenes",
    "avatars",
    "crossing_bars",
    "from_npz",
    "from_folder",
    "picture",
    "open_world",
    "segment_labels",
    "to_model",
]

AVATARS = Path(__file__).resolve().parents[1] / "tutorials" / "data" / "avatars.npz"
DARK = (13, 13, 20)
# Okabe and Ito's colors without black, and white: told apart with any color vision.
PALETTE = "e69f00 56b4e9 009e73 f0e442 0072b2 d55e00 cc79a7 ffffff"
PALETTE = np.array([list(bytes.fromhex(color)) for color in PALETTE.split()], np.uint8)


def avatars(split: str = "train") -> Scenes:
    """DiceBear pixel-art avatars (CC0), 16x16 RGB: `split` "train" (3,500), "test" (500) or "all".

    No picture is in both. parts are the components as drawn (part_names: body, face, eyes, hair,
    ...), groups are head and torso, objects the whole figure. tutorials/data/make_avatars.py made
    them; the label maps are per kind, so both eyes carry one label.
    Raises ValueError for an unknown split, FileNotFoundError without the repository's data folder.
    """
    if split not in ("train", "test", "all"):
        raise ValueError(f'split: wanted "train", "test" or "all", got {split!r}')
    if not AVATARS.is_file():
        raise FileNotFoundError(f"{AVATARS} is missing: git checkout it, or run make_avatars.py")
    scenes = from_npz(AVATARS)
    with np.load(AVATARS, allow_pickle=False) as file:
        test = file["test"]
    return scenes if split == "all" else scenes[test == (split == "test")]


def crossing_bars(
    count: int,
    *,
    objects: int = 2,
    parts: int = 4,
    size: int | tuple[int, int] = 48,
    radius: float = 4.0,
    spread: float = 3.0,
    frames: int = 1,
    speed: float = 3.0,
    turn: float = 0.0,
    rng: np.random.Generator,
) -> Scenes:
    """Bars of touching discs that cross near their middles, on a dark ground: a world of our own.

    An object is a bar of `parts` discs of `radius` pixels, a part is a disc. All bars of a picture
    wear the same colors (`parts` of eight), each in its own random order: color does not tell the
    object. They cross at well separated angles, their middles within `spread` pixels of one point:
    position hardly tells it (k-means: FG-ARI about 0.02 for two objects, 0.2 for three, 0.26 for
    six). What tells it: the discs of a bar lie in line, and move together.
    48x48 pixels are 12x12 columns of 4x4 patches; a disc covers about 2x2 of them.

    Labels: objects 1..objects; parts 1.. counted through, so disc p of object o (both from 0) is
    1 + o * parts + p. A later object hides an earlier one; a disc hidden wholly has no pixel.
    With frames > 1 images is (count, frames, H, W, 3) and each object moves rigidly: by `speed` / 2
    to `speed` pixels a frame, in directions spread evenly over the objects, and about its middle by
    up to `turn` radians a frame. Labels are of the first frame, which is the picture frames=1 gives
    for the same rng. A moving bar may leave the picture.
    Raises ValueError for what cannot be drawn, TypeError for another rng than a Generator.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: wanted a np.random.Generator, got {type(rng).__name__}")
    integers = {"count": count, "objects": objects, "parts": parts, "frames": frames}
    for name, number in integers.items():
        if not isinstance(number, (int, np.integer)) or number < 1:
            raise ValueError(f"{name}: wanted an integer of 1 or more, got {number!r}")
    for name, number in {"spread": spread, "speed": speed, "turn": turn}.items():
        if not (np.isfinite(number) and number >= 0):
            raise ValueError(f"{name}: wanted a number of 0 or more, got {number!r}")
    if parts > len(PALETTE):
        raise ValueError(f"parts: wanted at most {len(PALETTE)}, one a color, got {parts}")
    height, width = pair("size", size)
    room = np.array([height, width]) / 2 - parts * radius  # for the middle of a bar, either way
    if not (radius >= 1 and room.min() >= 0):
        least = f"a bar of {parts} discs of radius {radius!r} is {2 * parts * radius!r} long"
        raise ValueError(f"size, radius: wanted radius >= 1 and bars that fit, got {size}; {least}")

    off = np.minimum(spread, room)
    away = rng.uniform(0, 2 * np.pi, (count, objects))
    length = np.sqrt(rng.random((count, objects, 1)))  # so that middles fill their circle evenly
    middle = off * length * np.stack([np.sin(away), np.cos(away)], axis=-1)
    middle += (room - off) * rng.uniform(-1, 1, (count, 1, 2)) + np.array([height, width]) / 2 - 0.5
    slot = rng.permuted(np.tile(np.arange(objects), (count, 1)), axis=1)
    slot = slot + rng.uniform(-0.2, 0.2, (count, objects))
    angle = rng.uniform(0, np.pi, (count, 1)) + np.pi * slot / objects
    palette = rng.permuted(np.tile(np.arange(len(PALETTE)), (count, 1)), axis=1)
    worn = rng.permuted(np.repeat(palette[:, None, :parts], objects, axis=1), axis=2)
    # Motion is drawn last: the first frame is the same with and without it.
    toward = rng.uniform(0, 2 * np.pi, (count, 1)) + 2 * np.pi * slot / objects
    step = np.stack([np.sin(toward), np.cos(toward)], axis=-1)
    step *= speed * rng.uniform(0.5, 1, (count, objects, 1))
    spin = turn * rng.uniform(-1, 1, (count, objects))

    images = np.empty((count, frames, height, width, 3), np.uint8)
    images[:] = DARK
    labels = np.zeros((count, height, width), np.int32)
    y, x = np.arange(height)[:, None], np.arange(width)
    along = (np.arange(parts) - (parts - 1) / 2) * 2 * radius
    for t in range(frames):
        for o in range(objects):
            bar = angle[:, o, None] + t * spin[:, o, None]
            at = middle[:, o, None] + t * step[:, o, None]  # (count, 1, 2)
            at = at + along[:, None] * np.stack([np.sin(bar), np.cos(bar)], axis=-1)
            for p in range(parts):
                row, column = at[:, p, 0, None, None], at[:, p, 1, None, None]
                disc = (y - row) ** 2 + (x - column) ** 2 <= radius**2
                color = PALETTE[worn[:, o, p]]
                images[:, t][disc] = color[np.nonzero(disc)[0]]
                if t == 0:
                    labels[disc] = 1 + o * parts + p
    whole = np.where(labels > 0, 1 + (labels - 1) // parts, 0).astype(np.int32)
    return Scenes(images if frames > 1 else images[:, 0], parts=labels, objects=whole)


def _avatars(split, count, size, rng):
    if size is not None and pair("size", size) != (16, 16):
        raise ValueError(f"size: the avatars are 16x16 pixels, got {size!r}")
    return avatars(split)


def _crossing_bars(split, count, size, rng):
    if rng is None:
        raise TypeError("rng: crossing_bars are drawn at random and want a np.random.Generator")
    if split not in ("train", "test", "all"):
        raise ValueError(f'split: wanted "train", "test" or "all", got {split!r}')
    # Two streams from one seed, or training and test scenes would be the same ones.
    train, test = rng.spawn(2)
    size = 48 if size is None else size
    return crossing_bars(count, size=size, rng=test if split == "test" else train)


WORLDS = {"avatars": _avatars, "crossing_bars": _crossing_bars}


def open_world(
    world: str | Path,
    *,
    split: str = "train",
    count: int = 1000,
    size: int | tuple[int, int] | None = None,
    rng: np.random.Generator | None = None,
) -> Scenes:
    """Scenes by name, "avatars" or "crossing_bars", or from your own .npz or folder of pictures.

    avatars: `split` "train", "test" or "all"; always 16x16. crossing_bars: `count` scenes of two
    bars, `size` pixels (48 unless given), drawn from `rng`; from the same seed "test" draws other
    scenes than "train". npz: all of it, as it is. Folder: all of it, at `size`, which must then be
    given. A path named like a world needs its folder: "./avatars".
    Raises ValueError for an unknown name (lists the known) and for a size the world does not have,
    TypeError without the rng that a drawn world needs, and what from_npz and from_folder raise.
    """
    if world in WORLDS:
        return WORLDS[world](split, count, size, rng)
    path = Path(world)
    if path.is_dir():
        if size is None:
            raise ValueError(f"size: a folder of pictures ({path}) needs one: an int or (h, w)")
        return from_folder(path, size)
    if path.suffix != ".npz" and not path.is_file():
        known = ", ".join(WORLDS)
        raise ValueError(f"world: wanted {known}, an .npz or a folder of pictures, got {world!r}")
    scenes = from_npz(path)
    if size is not None and pair("size", size) != scenes.images.shape[-3:-1]:
        raise ValueError(f"size: {path} has {scenes.images.shape[-3:-1]} pixels, got {size!r}")
    return scenes


def segment_labels(
    scenes: Scenes, segments: tuple[str, ...], grid: tuple[int, int]
) -> Int[np.ndarray, "N n l"]:
    """For each level the label of each location in the label map that `segments` names for it.

    segments: "parts", "groups", "objects", or "" for a level without labels (all 0), one a level;
    a patch has the label of most of its pixels (`islands.labels_on_grid`). ValueError for a name
    that is not one of these, and for labels that the scenes do not have.
    """
    n = grid[0] * grid[1]
    maps = []
    for name in segments:
        if name not in ("", "parts", "groups", "objects"):
            raise ValueError(f"segments: wanted parts, groups, objects or nothing, got {name!r}")
        labels = getattr(scenes, name) if name else np.zeros(scenes.images.shape[:1], int)
        if labels is None:
            raise ValueError(f"segments: wanted {name!r}, but these pictures have no such labels")
        if name:
            labels = labels_on_grid(labels, grid).reshape(len(scenes), n)
        maps.append(np.broadcast_to(labels.reshape(len(scenes), -1), (len(scenes), n)))
    return np.stack(maps, axis=-1)


def to_model(
    images: Shaped[np.ndarray, "*b h w c"],
) -> Float64[np.ndarray, "*b c h w"]:
    """Pictures (b, h, w, c) as a model takes them: (b, c, h, w), floats in [0, 1].

    images: uint8, divided by 255, or float in [0, 1]. With frames, (b, t, h, w, c) becomes
    (b, t, c, h, w). Raises ValueError for another rank or dtype, and for values that are not finite
    or not in [0, 1], with their place.
    """
    check_images(images, "images")
    if images.ndim not in (4, 5):
        hint = "; of one picture give images[None]" if images.ndim == 3 else ""
        wanted = "(b, h, w, c) or (b, t, h, w, c)"
        raise ValueError(f"images: wanted {wanted}, got {images.shape}{hint}")
    scaled = images / 255.0 if images.dtype == np.uint8 else images.astype(np.float64)
    return np.ascontiguousarray(np.moveaxis(scaled, -1, -3))
