"""Curves: what a training run, or a settling state, did step by step."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Real
from matplotlib.figure import Figure

from ..checks import check_whole
from .base import BACKGROUND, DASHES, OKABE_ITO

Array = np.ndarray


def curve(
    losses: Real[Array, " k"] | Mapping[str, Real[Array, " k"]],
    *,
    title: str = "",
    ylabel: str = "loss",
    every: int = 1,
    smooth: int = 1,
    log: bool = False,
) -> Figure:
    """A training curve, or several by name; entry i was measured after (i + 1) * `every` steps.

    `smooth` > 1 draws the mean of that many entries over the faint raw curve. ValueError for a
    curve that is empty or not finite (a diverged run is not a picture), or not positive with `log`.
    """
    check_whole("every", every, 1), check_whole("smooth", smooth, 1)
    curves = losses if isinstance(losses, Mapping) else {"": losses}
    fig, said = Figure(figsize=(6, 3.2), layout="constrained"), []
    ax = fig.subplots()
    for index, (name, values) in enumerate(curves.items()):
        values, label = np.asarray(values, dtype=float), name or ylabel
        if values.ndim != 1 or not values.size or not np.isfinite(values).all():
            raise ValueError(f"losses: {label!r} wanted finite numbers (k,), got {values.shape}")
        if log and values.min() <= 0:
            raise ValueError(f"losses: {label!r} wanted numbers > 0 for log, got {values.min()}")
        after = every * np.arange(1, len(values) + 1)
        style = dict(color=OKABE_ITO[(index + 4) % 7], linestyle=DASHES[index % 4])
        width = min(smooth, len(values))
        if width > 1:
            ax.plot(after, values, color=style["color"], alpha=0.3, linewidth=0.8)
        mean = np.convolve(values, np.ones(width) / width, mode="valid")
        ax.plot(after[width - 1 :], mean, label=label, linewidth=1.6, **style)
        said.append(
            f"{label} goes from {mean[0]:.3g} to {mean[-1]:.3g} (lowest {mean.min():.3g}) in "
            f"{after[-1]} steps"
        )
    ax.set(xlabel="training step", ylabel=ylabel, title=title, yscale="log" if log else "linear")
    ax.grid(color=BACKGROUND, linewidth=0.6)
    if len(curves) > 1:
        ax.legend(frameon=False)
    fig.set_label(f"{title or 'Training curve'}: {'; '.join(said)}.")
    return fig
