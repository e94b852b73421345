"""Break the picture, or the state, on the way, and go on: does it heal?

A break is {"t": step, "patches": [numbers, row-major], "kind": one of KINDS}. The model settles t
steps as if nothing were wrong, then goes on from that state with the broken picture; or noise is
added to the state of those columns, at all levels. A break stays; what changes is the answer to it.
The paper has no such experiment; this is our own way to see what a settled state holds on to.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glom_numpy.ops import unit

from .either_house import settle_on

__all__ = ["KINDS", "broken_picture", "checked_breaks", "go_on", "healing", "steps_needed"]

Array = np.ndarray
KINDS = ("cover", "noise", "state")
GRAY = 0.5  # what covers a patch
MOST_STEPS = 96  # runs get no longer for the sake of a late break


def checked_breaks(breaks: Sequence[Mapping[str, Any]], n: int, last: int) -> list[dict[str, Any]]:
    """The breaks in the order of their steps; ValueError for what is none, or lies outside.

    `n` patches are numbered from 0, and `last` is the last step that there is.
    """
    wanted = '{"t": step, "patches": [numbers], "kind": one of ' + f"{', '.join(KINDS)}}}"
    checked = []
    for one in breaks:
        if not isinstance(one, Mapping) or set(one) != {"t", "patches", "kind"}:
            raise ValueError(f"breaks: wanted {wanted}, got {one!r}")
        if one["kind"] not in KINDS:
            raise ValueError(f"breaks: kind: wanted one of {KINDS}, got {one['kind']!r}")
        if not _whole(one["t"]) or not 0 <= one["t"] <= last:
            raise ValueError(f"breaks: t: wanted a step from 0 to {last}, got {one['t']!r}")
        patches = sorted(set(one["patches"]))
        if not patches or not all(_whole(i) and 0 <= i < n for i in patches):
            raise ValueError(f"breaks: patches: wanted numbers from 0 to {n - 1}, got {patches}")
        checked.append(
            {"t": int(one["t"]), "patches": [int(i) for i in patches], "kind": one["kind"]}
        )
    return sorted(checked, key=lambda one: one["t"])


def _whole(number: Any) -> bool:
    return isinstance(number, (int, np.integer)) and not isinstance(number, bool)


def steps_needed(breaks: Sequence[Mapping[str, Any]], iters: int, levels: int) -> int:
    """So many steps that something can be seen after the last break: twice the levels more."""
    if not breaks:
        return iters
    after = max(one["t"] for one in breaks) + 2 * levels
    return max(iters, min(after, max(MOST_STEPS, max(one["t"] for one in breaks) + 1)))


def broken_picture(img: Array, one: Mapping[str, Any], grid: tuple[int, int]) -> Array:
    """A picture (1, c, H, W) with the patches of one break covered with gray, or under noise."""
    if one["kind"] == "state":
        return img
    chosen = np.zeros(grid, dtype=bool)
    chosen.ravel()[one["patches"]] = True
    size = img.shape[2] // grid[0], img.shape[3] // grid[1]
    chosen = np.kron(chosen, np.ones(size, dtype=bool))  # by pixel
    noise = np.random.default_rng(one["t"]).random(img.shape)
    return np.where(chosen, GRAY if one["kind"] == "cover" else noise, img)


def go_on(
    model: Any,
    img: Array,
    states: Array,
    voices: Array,
    breaks: Sequence[Mapping[str, Any]],
    grid: tuple[int, int],
) -> tuple[Array, Array, list[tuple[int, Array]]]:
    """An unbroken run, broken: states (t, b, n, l, d), voices, and [(from which step, picture)].

    states and voices (t - 1, 4, b, n, l, d) of the run are not changed.
    """
    states, voices, pictures = states.copy(), voices.copy(), [(0, img)]
    for one in breaks:
        t, iters = one["t"], len(states) - 1 - one["t"]
        if one["kind"] == "state":
            states[t][:, one["patches"]] += _noise_like(states[t], t)[:, one["patches"]]
        else:
            img = broken_picture(img, one, grid)
            pictures.append((t, img))
        wanted = dict(return_all=True, return_voices=True)
        after, said = settle_on(model, img, iters, states[t], start=t, **wanted)
        states[t + 1 :], voices[t:] = after[1:], said
    return states, voices, pictures


def _noise_like(state: Array, seed: int) -> Array:
    """Gaussian noise (b, n, l, d), at every level as large as the embeddings there are."""
    size = np.sqrt((state**2).mean(axis=(0, 1, 3), keepdims=True))
    return size * np.random.default_rng(seed).normal(size=state.shape)


def healing(
    broken: Array, whole: Array, breaks: Sequence[Mapping[str, Any]], center: Array | None
) -> list[list[float | None]]:
    """For each step and level, the mean cosine of what is broken by then to the unbroken run.

    broken, whole (t, n, l, d); `center` (l, d) is taken off first, if there is one. None before
    the first break.
    """
    center = 0 if center is None else center
    cosines = (unit(broken - center) * unit(whole - center)).sum(axis=-1)
    told: list[list[float | None]] = []
    for t, now in enumerate(cosines):
        patches = sorted({i for one in breaks if one["t"] <= t for i in one["patches"]})
        told.append(now[patches].mean(axis=0).tolist() if patches else [None] * now.shape[-1])
    return told
