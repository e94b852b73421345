"""Opinions as pictures: heat maps over identity and pose, and a figure that reads in two ways.

Nothing of GLOM is computed here: log probabilities come in, from `glom_numpy.experts` and
`glom_numpy.relatives.mean_field`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse
from matplotlib.patheffects import withStroke

from glom_numpy.checks import check_finite
from glom_numpy.experts import entropy
from glom_numpy.figures.base import OKABE_ITO

from .redraw import put, rendered, stage

__all__ = ["FIGURE", "heat_maps", "loops", "reading", "wholes", "with_memory"]

Array = np.ndarray
LONG, SHORT = 0.78, 0.3  # axes of the ellipses that stand for parts, where a ring has radius 1
ONE, OTHER, NEITHER = OKABE_ITO[0], OKABE_ITO[4], "#EEEEEE"  # orange, blue, nearly white

# An ambiguous figure of ours, after an idea that Jastrow printed in 1899: x, y (down), width,
# height, angle in degrees, and what the part is if the whole is a duck, or if it is a rabbit.
FIGURE = (
    (-1.45, -0.42, 1.9, 0.42, 14.0, "upper beak", "one ear"),
    (-1.45, 0.22, 1.8, 0.4, -8.0, "lower beak", "other ear"),
    (0.02, -0.18, 0.24, 0.24, 0.0, "eye, to the left", "eye, to the right"),
    (0.86, 0.02, 0.34, 0.26, 20.0, "dent in the feathers", "mouth"),
    (0.25, 1.0, 0.95, 1.1, 24.0, "neck of a duck", "chest of a rabbit"),
)
HEAD = (0.0, 0.0, 1.7, 1.45, 0.0)


def wholes(layouts: Mapping[str, Array], *, heading: str = "") -> Figure:
    """Each whole unturned: its parts (q, 3) as x, y (down) and angle in radians, as ellipses."""
    fig = Figure(figsize=(2.1 * len(layouts), 2.5), layout="constrained")
    axes = fig.subplots(1, len(layouts), squeeze=False)[0]
    for ax, (name, parts) in zip(axes, layouts.items(), strict=True):
        doubled = 2 * np.asarray(parts)[:, 2]
        _scene(ax, np.column_stack([parts[:, :2], np.cos(doubled), np.sin(doubled)]))
        ax.set_title(name, fontsize=10)
    fig.suptitle(heading, fontsize=11)
    said = "; ".join(f"{name} of {len(parts)} parts" for name, parts in layouts.items())
    fig.set_label(f"{heading or 'Wholes'}: ellipses around a middle: {said}.")
    return fig


def heat_maps(
    opinions: Array,
    names: Sequence[str],
    *,
    seen: Sequence[Array] = (),
    titles: Sequence[str] = (),
    heading: str = "",
    truth: tuple[int, int] | None = None,
) -> Figure:
    """Opinions (m, k, p), log probabilities, as m maps: a row an identity, a column a pose.

    `seen`: for each map the ellipses (q, 4) that it is about, drawn above it (`turn_parts` makes
    them). Every map has its own scale, dark is 0. `truth` (identity, pose) is ringed. ValueError
    for names, titles or pictures that do not fit.
    """
    opinions = np.asarray(opinions, dtype=float)
    if opinions.ndim != 3 or np.isnan(opinions).any() or opinions.max() > 1e-9:
        raise ValueError(f"opinions: wanted log probabilities (m, k, p), got {opinions.shape}")
    m, k, p = opinions.shape
    for name, value, wanted in (("names", names, k), ("titles", titles, m), ("seen", seen, m)):
        if len(value) not in (wanted, 0 if name != "names" else wanted):
            raise ValueError(f"{name}: wanted {wanted}, got {len(value)}")
    left = np.exp(entropy(opinions))
    rows = 1 + bool(len(seen))
    size = (max(2.7 * m, 4.6), 1.9 + 1.8 * (rows - 1))
    fig = Figure(figsize=size, layout="constrained")
    axes = fig.subplots(rows, m, squeeze=False)
    for ax, parts in zip(axes[0], seen, strict=False):
        _scene(ax, np.asarray(parts).reshape(-1, 4))
    said = []
    for i, ax in enumerate(axes[-1]):
        ax.imshow(np.exp(opinions[i]), cmap="cividis", vmin=0, aspect="auto")
        best = np.unravel_index(opinions[i].argmax(), (k, p))
        ax.set_yticks(range(k), names if i == 0 else [""] * k, fontsize=8)
        ticks = range(0, p, max(p // 4, 1))
        ax.set_xticks(ticks, [f"{360 * t // p}°" for t in ticks], fontsize=8)
        ax.set_xlabel(f"as if {left[i]:.1f} cells were left", fontsize=9)
        if truth is not None:
            for color, thick in (("black", 3.5), ("white", 1.5)):  # seen on dark and on bright
                ring = dict(markersize=11, fillstyle="none", markeredgewidth=thick, color=color)
                ax.plot(*truth[::-1], "o", **ring)
        title = titles[i] if len(titles) else ""
        axes[0][i].set_title(title, fontsize=10)
        told = f"{left[i]:.1f} cells left, most likely {names[best[0]]} at {360 * best[1] // p}°"
        said.append(f"{title}: {told}" if title else told)
    fig.suptitle(heading, fontsize=11)
    fig.set_label(f"{heading or 'Opinions over identity and pose'}. {'; '.join(said)}.")
    return fig


def _scene(ax: Axes, parts: Array) -> None:
    """Ellipses (q, 4) around a middle: x, y (down), and cos and sin of twice their angle."""
    ax.add_patch(Circle((0, 0), 1, fill=False, edgecolor="#BBBBBB", linestyle=":"))
    for x, y, cos, sin in parts:
        angle = np.degrees(np.arctan2(sin, cos)) / 2
        ax.add_patch(Ellipse((x, y), LONG, SHORT, angle=angle, facecolor="#555555"))
    ax.set(xlim=(-1.5, 1.5), ylim=(1.5, -1.5), aspect="equal")
    ax.set_axis_off()


def reading(chances: Array, *, heading: str = "") -> Figure:
    """FIGURE, each part in the color of its opinion: `chances` (n,) that it is a duck's part.

    Orange is the duck, blue the rabbit, pale undecided; beside it the same as bars, with what
    each part then is. ValueError unless there is a chance in [0, 1] for each part.
    """
    chances = check_finite("chances", chances, "n")
    if chances.shape != (len(FIGURE),) or chances.min() < 0 or chances.max() > 1:
        raise ValueError(f"chances: wanted {len(FIGURE)} numbers in [0, 1], got {chances}")
    fig = Figure(figsize=(8.6, 3.0), layout="constrained")
    left, right = fig.subplots(1, 2, width_ratios=(1.25, 1))
    edge = dict(edgecolor="black", linewidth=1.2)
    # The last part lies behind the head, the others on it or beside it.
    order = [len(FIGURE) - 1, None, *range(len(FIGURE) - 1)]
    for i in order:
        x, y, width, height, angle = HEAD if i is None else FIGURE[i][:5]
        color = "white" if i is None else _between(chances[i])
        place = dict(angle=angle, facecolor=color, **edge)
        left.add_patch(Ellipse((x, y), width, height, **place))
        if i is not None:
            at = (x, y) if i != len(FIGURE) - 1 else (x + 0.1, y + 0.25)
            halo = [withStroke(linewidth=2.5, foreground="white")]
            middle = dict(ha="center", va="center", fontsize=9, path_effects=halo)
            left.text(*at, str(i + 1), **middle)
    left.set(xlim=(-2.6, 1.4), ylim=(1.65, -1.0), aspect="equal")
    left.set_axis_off()
    for i, chance in enumerate(chances):
        duck, rabbit = FIGURE[i][5:]
        right.barh(i, chance, color=ONE, edgecolor="black", linewidth=0.6)
        right.barh(i, 1 - chance, left=chance, color=OTHER, edgecolor="black", linewidth=0.6)
        middle = dict(va="center", fontsize=8)
        right.text(-0.03, i, f"{i + 1}  {duck}", ha="right", **middle)
        right.text(1.03, i, rabbit, ha="left", **middle)
    right.set(xlim=(0, 1), ylim=(len(FIGURE) - 0.5, -0.5), yticks=[], xticks=[])
    right.set_title("orange: duck          blue: rabbit", fontsize=9)
    fig.suptitle(heading, fontsize=11)
    said = ", ".join(
        f"{one[5]} {chance:.0%} or {one[6]} {1 - chance:.0%}"
        for one, chance in zip(FIGURE, chances, strict=True)
    )
    fig.set_label(f"{heading or 'A figure that reads in two ways'}. {said}.")
    return fig


def _between(chance: float) -> tuple[float, ...]:
    """Blue at 0, pale at a half, orange at 1."""
    end, share = (ONE, 2 * chance - 1) if chance > 0.5 else (OTHER, 1 - 2 * chance)
    pairs = zip(to_rgb(NEITHER), to_rgb(end), strict=True)
    return tuple((1 - share) * pale + share * full for pale, full in pairs)


def loops(
    sweeps: Mapping[str, tuple[Array, Array, Array]],
    *,
    xlabel: str,
    ylabel: str,
    heading: str = "",
) -> Figure:
    """What came of turning a knob one way and back: for each name (knob, there, back).

    Solid on the way there, dashed on the way back; the widest gap between the two is in the title.
    """
    fig = Figure(figsize=(3.6 * len(sweeps) + 0.4, 3.2), layout="constrained")
    axes, said = fig.subplots(1, len(sweeps), squeeze=False, sharey=True)[0], []
    for ax, (name, (knob, there, back)) in zip(axes, sweeps.items(), strict=True):
        ways = (("there", there, "-", OTHER, 3.0), ("back", back, "--", OKABE_ITO[5], 1.6))
        for way, values, style, color, width in ways:
            ax.plot(knob, values, style, color=color, linewidth=width, label=way)
        gap = np.abs(np.asarray(there) - np.asarray(back)).max()
        ax.set_title(f"{name}: gap {gap:.2f}", fontsize=10)
        ax.set_xlabel(xlabel)
        ax.grid(color="#DDDDDD", linewidth=0.6)
        said.append(f"{name}: the two ways differ by at most {gap:.2f}")
    axes[0].set_ylabel(ylabel)
    axes[-1].legend(frameon=False)
    fig.suptitle(heading, fontsize=11)
    fig.set_label(f"{heading or 'There and back'}. {'; '.join(said)}.")
    return fig


def with_memory(
    step: Callable[..., Any], draw: Callable[..., Figure], start: Any, **controls: Any
) -> ipywidgets.VBox:
    """Controls over a picture of a state that remembers: state = step(state, **values), drawn.

    A button takes it back to `start` (and draws that: nothing has stepped yet). The box has
    `.controls`, `.picture`, `.said`, `.again` and `.state()`.
    """
    again = ipywidgets.Button(description="forget", tooltip="back to the state at the start")
    box, kept = stage(*controls.values(), again), [start]

    def values() -> dict[str, Any]:
        return {name: control.value for name, control in controls.items()}

    def become(state: Any) -> None:
        kept[0] = state
        put(box, rendered(draw(state, **values())))

    for control in controls.values():
        control.observe(lambda _: become(step(kept[0], **values())), "value")
    again.on_click(lambda _: become(start))
    become(start)
    box.controls, box.again, box.state = dict(controls), again, lambda: kept[0]
    return box
