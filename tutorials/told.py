"""What each location of the ellipse world tells of its whole, drawn: class by color, pose by place.

Every location tells a class and a pose from its own vector alone. Here the whole that it tells is
drawn, too: the five ellipses of that class under that pose. Where locations agree, what they tell
lies on top of each other, and an island can be seen in the picture itself. Nothing of GLOM is
computed here but layouts of wholes, by `glom_numpy.worlds`.
"""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Patch

from glom_numpy.checks import check_finite
from glom_numpy.figures.base import OKABE_ITO
from glom_numpy.worlds import ELLIPSE_CLASSES
from glom_numpy.worlds.ellipse import templates, under

__all__ = ["COLORS", "told_wholes"]

Array = np.ndarray
NAMES = ELLIPSE_CLASSES[1:]
COLORS = dict(zip(NAMES, (OKABE_ITO[i] for i in (0, 1, 2, 4, 6)), strict=True))


def told_wholes(
    frames: Float[Array, "n 2 3"],
    logits: Float[Array, "n c"],
    poses: Float[Array, "n 2 3"],
    *,
    heading: str = "",
) -> Figure:
    """Left the ellipses of a scene, each in the color of the class that its location tells.

    Right, over the same scene in gray, the wholes that the locations tell, as outlines: n times
    five ellipses. `frames` are the ellipses' [A | c] (the disc |q| <= 1 under A q + c; x to the
    right, y down, in [-1, 1]), logits and poses what `wholes.tell` says of each, class k from 1 on
    being logit k - 1. ValueError for what does not fit or is not finite.
    """
    frames = check_finite("frames", frames, "n 2 3")
    logits, poses = check_finite("logits", logits, "n c"), check_finite("poses", poses, "n 2 3")
    n = len(frames)
    wanted = {"frames": (frames, (n, 2, 3)), "poses": (poses, (n, 2, 3))}
    wanted["logits"] = (logits, (n, len(NAMES)))
    for name, (given, shape) in wanted.items():
        if given.shape != shape:
            raise ValueError(f"{name}: wanted {shape}, got {given.shape}")
    classes = logits.argmax(axis=1)
    fig = Figure(figsize=(8.2, 4.3), layout="constrained")
    seen, told = fig.subplots(1, 2)
    for frame, pose, k in zip(frames, poses, classes, strict=True):
        color = COLORS[NAMES[k]]
        _ellipse(seen, frame, facecolor=color, edgecolor="black", linewidth=0.8)
        _ellipse(told, frame, facecolor="#DDDDDD", zorder=0)
        for part in under(pose, templates()[k]):
            _ellipse(told, part, fill=False, edgecolor=color, linewidth=1.2, alpha=0.6)
    titles = "what each location says it is part of", "the wholes that they tell"
    for ax, title in zip((seen, told), titles, strict=True):
        ax.set(xlim=(-1, 1), ylim=(1, -1), aspect="equal", xticks=[], yticks=[])
        ax.set_title(title, fontsize=10)
    keys = [Patch(color=color, label=name) for name, color in COLORS.items()]
    fig.legend(handles=keys, loc="outside lower center", ncols=len(keys), fontsize=9, frameon=False)
    fig.suptitle(heading, fontsize=11)
    counts = ", ".join(f"{(classes == k).sum()} say {NAMES[k]}" for k in np.unique(classes))
    said = f"Of {n} locations {counts}"
    fig.set_label(f"{heading}. {said}." if heading else f"{said}.")
    return fig


def _ellipse(ax: Axes, frame: Float[Array, "2 3"], **look: object) -> None:
    """The disc under a frame, whose axes are those of its singular values."""
    turn, half, _ = np.linalg.svd(frame[:, :2])
    angle = np.degrees(np.arctan2(turn[1, 0], turn[0, 0]))
    ax.add_patch(Ellipse(frame[:, 2], *(2 * half), angle=angle, **look))
