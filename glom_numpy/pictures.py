"""Pictures with the labels of their parse, and ways to bring your own: a file, a folder, an npz."""

import io
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps
from tqdm import tqdm

from .checks import pair

__all__ = ["Scenes", "from_npz", "from_folder", "picture"]

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
ARRAYS = ("images", "frames", "parts", "objects", "part_names", "groups", "group_names")


@dataclass(frozen=True, eq=False)
class Scenes:
    """Pictures with the labels of their parse, where these are known.

    images: (N, H, W, c) uint8, or float in [0, 1]; with frames (N, t, H, W, c).
    parts, groups, objects: (N, H, W) int32 or None, fine to coarse; 0 is background, the others
    count from 1. With frames they label the first.
    part_names, group_names: a name for each label, from 0 on, or None where labels have no names.

    len(scenes) is N; scenes[a:b], scenes[indices or bools] and scenes[i] are Scenes too.
    Raises ValueError where shapes, dtypes or values are not as above.
    """

    images: np.ndarray  # shapes and dtypes are checked below at every use, not only in the tests
    parts: np.ndarray | None = None
    objects: np.ndarray | None = None
    part_names: tuple[str, ...] | None = None
    groups: np.ndarray | None = None
    group_names: tuple[str, ...] | None = None

    def __post_init__(self):
        check_images(self.images, "images")
        shape = self.images.shape
        if len(shape) not in (4, 5) or 0 in shape[1:]:
            wanted = "(N, H, W, c) or (N, t, H, W, c) with none of them 0"
            hint = "; of gray pictures give images[..., None]" if len(shape) == 3 else ""
            raise ValueError(f"images: wanted {wanted}, got {shape}{hint}")
        for name in ("parts", "groups", "objects"):
            labels = getattr(self, name)
            if labels is not None:
                checked = _check_labels(labels, name, (shape[0], *shape[-3:-1]))
                object.__setattr__(self, name, checked)
        for name, labels in (("part_names", self.parts), ("group_names", self.groups)):
            names = getattr(self, name)
            top = labels.max(initial=0) if labels is not None else -1
            if names is not None and len(names) <= top:
                wanted = f"{top + 1} names, one for each label and one for background"
                raise ValueError(f"{name}: wanted {wanted}, got {len(names)}")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index) -> "Scenes":
        if isinstance(index, (int, np.integer)):
            index = np.arange(len(self))[index][None]
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        chosen = {k: v[index] if isinstance(v, np.ndarray) else v for k, v in values.items()}
        return type(self)(**chosen)


def check_images(images: np.ndarray, name: str) -> None:
    """Pass for uint8 and for floats in [0, 1]; else raise ValueError: what is there, and where."""
    if not isinstance(images, np.ndarray):
        raise ValueError(f"{name}: wanted a NumPy array, got {type(images).__name__}")
    if images.dtype == np.uint8:
        return
    if images.dtype.kind != "f":
        raise ValueError(f"{name}: wanted uint8, or float in [0, 1], got {images.dtype}")
    for wrong, wanted in (
        (~np.isfinite(images), "finite numbers"),
        ((images < 0) | (images > 1), "floats in [0, 1] (or uint8)"),
    ):
        if wrong.any():
            at = np.unravel_index(wrong.argmax(), images.shape)
            place = ", ".join(map(str, at))
            got = f"{images[at]} at [{place}], the first of {wrong.sum()}"
            raise ValueError(f"{name}: wanted {wanted}, got {got}")


def _check_labels(labels: np.ndarray, name: str, wanted: tuple[int, ...]) -> np.ndarray:
    """Label maps as int32; ValueError for another shape, dtype or range."""
    if labels.shape != wanted:
        raise ValueError(f"{name}: wanted {wanted}, a label for every pixel, got {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"{name}: wanted integer labels, got {labels.dtype}; try .astype(int)")
    if labels.size and (labels.min() < 0 or labels.max() > np.iinfo(np.int32).max):
        raise ValueError(f"{name}: wanted labels from 0 on, got {labels.min()} to {labels.max()}")
    return labels.astype(np.int32, copy=False)


def from_npz(path: str | Path) -> Scenes:
    """Scenes from an npz with `images` (N, H, W, c), uint8 or float in [0, 1].

    Or films, `frames` (N, t, H, W, c), in their place. Optional: `parts`, `groups`, `objects`
    (N, H, W), integers with 0 for background, of films those of the first frame; `part_names`,
    `group_names`, strings. Other arrays are left alone. Pickles are never opened.
    Raises FileNotFoundError, and ValueError naming the file for whatever else is wrong with it: not
    an npz, truncated, object arrays, no `images` or `frames`, or both, shapes that do not match,
    labels that are not integers, NaN or a float outside [0, 1] (with its place).
    """
    try:
        with open(path, "rb") as raw:  # np.load(path) would leave a broken file open
            file = np.load(raw, allow_pickle=False)
            if isinstance(file, np.ndarray):
                raise ValueError("a single array (.npy); np.savez(path, images=...) names it")
            found = {name: file[name] for name in ARRAYS if name in file}
            there = ", ".join(file.files) or "nothing"
        if not all(isinstance(array, np.ndarray) for array in found.values()):
            raise ValueError("a zip file whose entries are not arrays")
    except FileNotFoundError:
        raise
    # zipfile, zlib, numpy and the operating system each have their own errors for a broken file.
    except Exception as error:
        if "Object arrays" in str(error):
            error = "an array of Python objects, which only a pickle could hold; save plain arrays"
        elif "pickle" in str(error):
            error = "not an npz file, or a pickle, which may run code and is never opened"
        raise ValueError(f"{path}: wanted an npz of plain arrays, got: {error}") from None
    key = "frames" if "frames" in found else "images"
    if key == "frames":
        frames = found.pop(key)
        if "images" in found:
            raise ValueError(f"{path}: wanted `images` or `frames`, got both; labels are of one")
        if frames.ndim != 5:
            hint = "; one frame each is `images`" if frames.ndim == 4 else ""
            raise ValueError(f"{path}: frames: wanted (N, t, H, W, c), got {frames.shape}{hint}")
        found["images"] = frames
    if "images" not in found:
        wanted = "an array `images` (N, H, W, c), or `frames` (N, t, H, W, c)"
        raise ValueError(f"{path}: wanted {wanted}, got: {there}")
    for name in ("part_names", "group_names"):
        if name in found:
            if found[name].ndim != 1 or found[name].dtype.kind != "U":
                raise ValueError(f"{path}: {name}: wanted a row of str, got {found[name].dtype}")
            found[name] = tuple(found[name].tolist())
    if len(np.atleast_1d(found["images"])) == 0:
        raise ValueError(f"{path}: {key}: wanted at least one picture, got none")
    try:
        return Scenes(**found)
    except ValueError as error:
        said = str(error)
        said = key + said.removeprefix("images") if said.startswith("images:") else said
        raise ValueError(f"{path}: {said}") from None


def picture(
    source: str | Path | bytes | bytearray | memoryview | Image.Image,
    size: int | tuple[int, int] | None = None,
) -> UInt8[np.ndarray, "h w 3"]:
    """One picture of any kind as (h, w, 3) uint8: a path, a file's bytes or a PIL image.

    Turned upright by its EXIF tag; the first frame of an animation; gray, palette and CMYK become
    RGB, 16-bit gray is scaled to 8; what is transparent is laid over white. With `size` (an int or
    (height, width)) the middle is cut out in the wanted proportion and resampled; without, it keeps
    its own size. Raises FileNotFoundError; ValueError for a bad size and for what cannot be read,
    naming the file; TypeError for another kind of source.
    """
    shape = None if size is None else pair("size", size)
    if not isinstance(source, (str, Path, bytes, bytearray, memoryview, Image.Image)):
        kinds = "a path, bytes or a PIL image"
        raise TypeError(f"source: wanted {kinds}, got {type(source).__name__}")
    name = str(source) if isinstance(source, (str, Path)) else "source"
    try:
        if isinstance(source, Image.Image):
            return _rgb(source, shape)
        with Image.open(source if isinstance(source, (str, Path)) else io.BytesIO(source)) as image:
            return _rgb(image, shape)
    except FileNotFoundError:
        raise
    # Pillow's readers raise many kinds on broken files: OSError, SyntaxError, struct.error, ...
    except Exception as error:
        raise ValueError(f"{name}: wanted a picture that can be read, got: {error}") from None


def _rgb(image: Image.Image, shape: tuple[int, int] | None) -> np.ndarray:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16-bit gray, which convert() would clip to white
        image = Image.fromarray((np.asarray(image).clip(0, 65535) / 257).round().astype(np.uint8))
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    image = Image.alpha_composite(white, image).convert("RGB")
    if shape is not None:
        shrink = min(image.height / shape[0], image.width / shape[1])
        height, width = (max(1, round(side * shrink)) for side in shape)
        top, left = (image.height - height) // 2, (image.width - width) // 2
        image = image.crop((left, top, left + width, top + height))
        image = image.resize(shape[::-1], Image.Resampling.LANCZOS)
    return np.array(image)


def from_folder(path: str | Path, size: int | tuple[int, int]) -> Scenes:
    """Every picture of a folder (PNG, JPEG, GIF, BMP, WebP) in order of name, at `size`.

    Each is read as `picture` reads it, cut to the proportion and scaled. Other files, hidden files
    and folders within are passed over.
    Raises FileNotFoundError for no such folder; ValueError for a folder without pictures, for a
    file that is not a folder, and for a picture that cannot be read, naming it.
    """
    shape = pair("size", size)
    folder = Path(path)
    if folder.is_file():
        raise ValueError(f"path: wanted a folder of pictures, got the file {folder}")
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: wanted a folder of pictures, found none of that name")
    names = sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES and f.is_file())
    names = [name for name in names if not name.name.startswith(".")]
    if not names:
        raise ValueError(f"{folder}: wanted pictures ({' '.join(SUFFIXES)}), found none")
    progress = tqdm(names, desc=folder.name, delay=2, disable=None)
    return Scenes(np.stack([picture(name, shape) for name in progress]))
