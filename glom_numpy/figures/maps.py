"""Maps of labels: the parts or objects of one picture."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Integer
from matplotlib.figure import Figure

from .base import borders, name_at, panel, tint

Array = np.ndarray


def label_map(labels: Integer[Array, "h w"], names: Sequence[str] | None = None) -> Figure:
    """A map of labels: a color, a border and a number for each; 0 is background, in gray.

    `names[k]` is what label k is called in the legend. ValueError for a label below 0 or without
    a name.
    """
    present = [int(label) for label in np.unique(labels)]
    if present[0] < 0 or (names is not None and present[-1] >= len(names)):
        raise ValueError(
            f"labels: wanted 0 to {'any' if names is None else len(names) - 1}, got {present}"
        )
    called = {k: f"{k} {names[k]}" if names else (str(k) if k else "background") for k in present}
    tints = {k: tint(k) for k in present}
    colors = np.array([tints[k] for k in present])[np.searchsorted(present, labels)]
    fig = Figure(figsize=(4.6, 3.2), layout="constrained")
    ax = panel(fig.subplots(), colors)
    borders(ax, labels, labels.shape)
    for k in present:
        ax.plot([], [], "s", color=tints[k], label=called[k])
        if k:
            name_at(ax, labels == k, str(k))
    fig.legend(
        *ax.get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize=8
    )
    parts = (f"{called[k]} on {(labels == k).sum()}" for k in present)
    fig.set_label(f"A map of {labels.shape[0]} by {labels.shape[1]} labels: {', '.join(parts)}.")
    return fig
