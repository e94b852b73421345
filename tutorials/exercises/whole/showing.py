"""What a minute of training gives: scores beside their controls, and one picture of it all."""

from types import SimpleNamespace

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glom_numpy.figures.base import OKABE_ITO, borders, panel, rgb, tint

from .training import CONFIG, Pictures, Trained, states_of

__all__ = ["TAU", "draw", "islands_of", "one_map_for_all", "score"]

TAU = 0.8
WHOLES = 1  # the level of heads and torsos


@torch.no_grad()
def islands_of(parts: SimpleNamespace, params: dict, shown: Pictures) -> np.ndarray:
    """The islands at the top level of every picture (N, n), of centered embeddings."""
    top = states_of(parts, params, shown.images)[-1][:, :, WHOLES].detach()
    top = top - top.mean(dim=(0, 1))
    found = [parts.islands(one.reshape(*CONFIG.grid, -1), TAU) for one in top]
    return np.stack([np.asarray(one).reshape(-1) for one in found])


def score(parts: SimpleNamespace, found: np.ndarray, shown: Pictures) -> float:
    """Mean ARI of head, torso and background over all columns, over the pictures that have all."""
    scores = []
    for one, labels in zip(found, 1 + shown.labels[:, :, WHOLES], strict=True):  # 0 would not count
        if len(labels.unique()) == 3:
            scores.append(float(parts.ari(torch.from_numpy(np.ascontiguousarray(one)), labels)))
    return float(np.mean(scores))


def one_map_for_all(seen: Pictures, shown: Pictures) -> np.ndarray:
    """The control that looks at no picture: what each column most often is (N, n)."""
    labels = seen.labels[:, :, WHOLES].numpy()
    counts = np.stack([(labels == k).sum(axis=0) for k in range(3)])
    return np.tile(counts.argmax(axis=0), (len(shown.labels), 1))


def draw(
    shown: Pictures,
    columns: dict[str, np.ndarray],
    scores: dict[str, float],
    runs: dict[str, Trained],
    rows: int = 4,
) -> Figure:
    """Pictures, what was found in them by each (columns), and the training curves below."""
    fig = Figure(figsize=(1.55 * (len(columns) + 1), 1.6 * rows + 2.4), layout="constrained")
    top, bottom = fig.subfigures(2, 1, height_ratios=[1.6 * rows, 2.2])
    grid = top.subplots(rows, len(columns) + 1, squeeze=False)
    for row in range(rows):
        panel(grid[row, 0], rgb(shown.scenes.images[row]))
        for ax, labels in zip(grid[row, 1:], columns.values(), strict=True):
            _islands(ax, labels[row].reshape(CONFIG.grid))
    titles = [f"{name}\nARI {scores[name]:.2f}" if scores[name] < 1 else name for name in columns]
    for ax, title in zip(grid[0], ["picture", *titles], strict=True):
        ax.set_title(title, fontsize=9)
    top.suptitle("Islands at the top level: heads and torsos", fontsize=11)
    _curves(bottom.subplots(), runs)
    named = ", ".join(columns)
    last = "; ".join(f"{name} ends at {run.losses[-1]:.3g}" for name, run in runs.items())
    fig.set_label(
        f"{rows} test avatars, and beside each a map of its islands: {named}. Below, the training "
        f"losses: {last}."
    )
    return fig


def _islands(ax: Axes, labels: np.ndarray) -> None:
    """A color for each island, the largest first, and a border around it."""
    names, sizes = np.unique(labels, return_counts=True)
    order = {name: k for k, name in enumerate(names[np.argsort(-sizes, kind="stable")])}
    ranks = np.vectorize(order.get)(labels)
    panel(ax, np.array([tint(k) for k in range(len(names))])[ranks], CONFIG.grid)
    borders(ax, labels, CONFIG.grid)


def _curves(ax: Axes, runs: dict[str, Trained]) -> None:
    styles = [dict(color=OKABE_ITO[4], lw=3.0, alpha=0.45), dict(color="black", lw=1.0, ls="--")]
    for (name, run), style in zip(runs.items(), styles, strict=True):
        ax.plot(np.arange(1, len(run.losses) + 1), run.losses, label=name, **style)
    ax.set(xlabel="training step", ylabel="loss", title="The same pictures, the same start")
    ax.title.set_fontsize(10)
    ax.grid(color="#DDDDDD", linewidth=0.6)
    ax.legend(frameon=False)
