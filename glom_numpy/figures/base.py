"""What every figure shares: colors, borders, words, and the way to a PNG file."""

import io
import os

import numpy as np

from ..checkpoint import write_atomic

try:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError("figures want matplotlib: pip install -e '.[tutorials]'") from missing

Array = np.ndarray
OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
BACKGROUND = "#DDDDDD"
DASHES = ("-", "--", ":", "-.")


def alt_text(fig: Figure) -> str:
    """What a figure of this room shows, in words; ValueError for a figure that has none."""
    if not fig.get_label():
        raise ValueError("fig: wanted a figure with a description, got one without a label")
    return str(fig.get_label())


def png(fig: Figure, dpi: float | int = 150) -> bytes:
    """The figure as a PNG file's bytes, with the alt text inside as its Description."""
    buffer = io.BytesIO()
    # Without "Software" the same figure is the same bytes.
    about = {"Description": alt_text(fig), "Software": None}
    fig.savefig(buffer, format="png", dpi=dpi, metadata=about)
    return buffer.getvalue()


def save_png(fig: Figure, path: str | os.PathLike, dpi: float | int = 150) -> None:
    """Write `png(fig)` to a path ending in .png, all or nothing; ValueError for another ending."""
    if os.path.splitext(path)[1].lower() != ".png":
        raise ValueError(f"path: wanted a name that ends in .png, got {os.fspath(path)!r}")
    write_atomic(path, png(fig, dpi))


def tint(label: int) -> tuple[float, ...]:
    """Gray for 0, then seven colors, the same seven darker, and so round again."""
    code = OKABE_ITO[(label - 1) % 7] if label else BACKGROUND
    share = 0.55 if label and (label - 1) // 7 % 2 else 1.0
    return tuple(share * int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))


def rgb(picture: Array) -> Array:
    """As float RGB in [0, 1]."""
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[-1] not in (1, 3):
        raise ValueError(f"picture: wanted (H, W, 1 or 3), got shape {picture.shape}")
    picture = picture / 255 if picture.dtype == np.uint8 else picture.astype(float)
    if not (picture.min() >= 0 and picture.max() <= 1):
        raise ValueError(f"picture: wanted 0 to 1, got {picture.min()} to {picture.max()}")
    return np.broadcast_to(picture, (*picture.shape[:2], 3))


def panel(ax: Axes, colors: Array, grid: tuple[int, ...] | None = None) -> Axes:
    """An image without ticks, in coordinates of patches: patch (row, col) has its middle there."""
    h, w = grid or colors.shape[:2]
    ax.imshow(colors, interpolation="nearest", extent=(-0.5, w - 0.5, h - 0.5, -0.5))
    ax.set(xticks=[], yticks=[])
    return ax


def borders(ax: Axes, labels: Array, grid: tuple[int, ...]) -> None:
    """A line wherever two neighbors have different labels: black in white, seen on any color."""
    h, w = grid
    right = np.argwhere(labels[:, :-1] != labels[:, 1:])
    down = np.argwhere(labels[:-1] != labels[1:])
    lines = [((x + 0.5, y - 0.5), (x + 0.5, y + 0.5)) for y, x in right]
    lines += [((x - 0.5, y + 0.5), (x + 0.5, y + 0.5)) for y, x in down]
    ends = dict(capstyle="round", clip_on=True)
    ax.add_collection(LineCollection(lines, colors="white", linewidths=2.4, **ends))
    ax.add_collection(LineCollection(lines, colors="black", linewidths=1.1, **ends))
    ax.set(xlim=(-0.5, w - 0.5), ylim=(h - 0.5, -0.5))


def name_at(ax: Axes, mask: Array, text: str, size: float = 8) -> None:
    """Write on a region, in black with a white halo, where it is nearest to its own middle."""
    places = np.argwhere(mask)
    row, column = places[np.square(places - places.mean(axis=0)).sum(axis=1).argmin()]
    halo = [withStroke(linewidth=2, foreground="white")]
    ax.text(column, row, text, ha="center", va="center", fontsize=size, path_effects=halo)
