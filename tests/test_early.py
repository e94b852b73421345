"""Settling early: each picture stops by itself, with the very state that `settle` gives then."""

import importlib

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from cases_of_early import img, loud, mask, nudged
from compare import compare
from table import config
from twins import carry

HOUSES = ("glom_numpy", "glom_torch")
each_house = pytest.mark.parametrize("house", HOUSES)
CHOICES = {
    "plain": (dict(), dict()),
    "scheduled": (dict(beta=(1.0, 4.0, 2.0), state_norm="layer"), dict(start=1)),
    "masked": (dict(similarity="dot", beta=0.3), dict(mask=mask)),
    "informed": (dict(lam=0.4), dict(mask=mask)),
}
SCHEDULED, SETTLED = CHOICES["scheduled"], 0.02  # a tolerance at which they stop one by one


def rooms(house):
    return tuple(importlib.import_module(f"{house}.{room}") for room in ("early", "glom"))


def given(house, choices=SCHEDULED[0]):
    """(params, config, img) and states that need more and fewer steps, for a house."""
    c = config(**choices)
    rng = np.random.default_rng(67)
    p = loud(c, rng)
    started = nudged(p, c, rng)
    return tuple(carry(x, house == "glom_torch", dtype=torch.float64) for x in (p, c, img, started))


def run(house, choices=SCHEDULED[0], *, tolerance=SETTLED, iters=30, levels=True, **how):
    """Its answer, as arrays, from states that are nearly settled."""
    *model, started = given(house, choices)
    how = carry(how, house == "glom_torch") | dict(tolerance=tolerance, iters=iters)
    answer = rooms(house)[0].settle_until(*model, started if levels else None, **how)
    return tuple(np.asarray(part) for part in answer)


def sizes_of(states):
    """How far each step moved each picture, by the definition: (s, b)."""
    found = np.zeros((len(states) - 1, states.shape[1]))
    for s, b in np.ndindex(found.shape):
        one, other = states[s, b], states[s + 1, b]
        for l in range(states.shape[3]):
            both = zip(one[:, l], other[:, l], strict=True)
            moved = [np.sqrt(((x - y) ** 2).sum()) for x, y in both]
            length = [np.sqrt((y**2).sum()) for y in other[:, l]]
            found[s, b] = max(found[s, b], sum(moved) / sum(length))
    return found


@each_house
@pytest.mark.parametrize("label", CHOICES)
def test_each_has_the_state_that_settle_gives_after_its_own_steps(house, label):
    choices, how = CHOICES[label]
    last, steps, sizes = run(house, choices, **how)
    *model, started = given(house, choices)
    how = carry(how, house == "glom_torch")
    states = np.asarray(rooms(house)[1].settle(*model, started, iters=30, **how)[0])
    wanted = sizes_of(states)
    below = wanted < SETTLED
    first = np.where(below.any(axis=0), below.argmax(axis=0) + 1, 30)
    assert steps.tolist() == first.tolist() and len(set(first)) > 2
    assert sizes.shape == (max(first), 5)
    for b, s in enumerate(first):
        compare(states[s, b], last[b], where=f"picture {b}")
        compare(wanted[:s, b], sizes[:s, b], where=f"updates of picture {b}")
        assert (sizes[s:, b] == sizes[s - 1, b]).all()


@each_house
def test_nobody_else_matters(house):
    last, steps, _ = run(house)
    p, c, pictures, started = given(house)
    until = rooms(house)[0].settle_until
    for b in range(5):
        one = slice(b, b + 1)
        alone = until(p, c, pictures[one], started[one], tolerance=SETTLED, iters=30)
        compare(last[one], np.asarray(alone[0]))
        assert alone[1].tolist() == [steps[b]] and len(alone[2]) == steps[b]


@each_house
def test_who_has_stopped_costs_nothing(house, monkeypatch):
    """As many pictures go through the step as there are steps to be done, and not one more."""
    seen = []
    plain = house == "glom_numpy"  # step(params, config, tokens, levels, ...) or step(self, now, t)
    room = rooms(house)[0] if plain else importlib.import_module("glom_torch.fast").Ready
    step = room.step

    def counted(*args, **kwargs):
        seen.append(len(args[3] if plain else args[1][0]))
        return step(*args, **kwargs)

    monkeypatch.setattr(room, "step", counted)
    _, steps, _ = run(house)
    assert sum(seen) == steps.sum() < 5 * steps.max()
    assert seen == [int((steps > s).sum()) for s in range(steps.max())]


@each_house
def test_half_way_and_on_is_all_the_way(house):
    """Whoever takes more than three steps gets there as well with a stop in between."""
    last, steps, _ = run(house, start=1)
    *model, started = given(house)
    until = rooms(house)[0].settle_until
    middle, took, _ = until(*model, started, tolerance=0.0, iters=3, start=1)
    end, more, _ = until(*model, middle, tolerance=SETTLED, iters=27, start=4)
    far = steps > 3
    assert took.tolist() == [3] * 5 and 0 < far.sum() < 5
    assert (np.asarray(more)[far] == steps[far] - 3).all()
    compare(last[far], np.asarray(end)[far])


@each_house
def test_a_state_at_rest(house):
    """Only the previous state is heard: nothing moves. Below 0 is nothing, so 0 never stops."""
    still = dict(voice_weights=(1, 0, 0, 0), state_norm="none")
    for tolerance, wanted in ((1e-300, 1), (0.0, 4)):
        last, steps, sizes = run(house, still, tolerance=tolerance, iters=4)
        assert steps.tolist() == [wanted] * 5 and (sizes == 0).all() and len(sizes) == wanted
        compare(np.asarray(given(house, still)[3]), last)


@each_house
def test_no_step_is_the_state_itself_and_not_its_memory(house):
    *model, started = given(house)
    kept = np.asarray(started).copy()
    last, steps, sizes = rooms(house)[0].settle_until(*model, started, tolerance=1.0, iters=0)
    assert steps.tolist() == [0] * 5 and sizes.shape == (0, 5)
    last[:] = 7.0
    assert (np.asarray(started) == kept).all()
    first, _, _ = run(house, iters=0, levels=False)
    compare(np.broadcast_to(np.asarray(model[0]["initial"]), first.shape), first)


@each_house
def test_what_has_left_the_numbers_stops_nobody(house):
    p, c, pictures, started = given(house)
    pictures = pictures * 1.0
    pictures[3] = np.nan
    answer = rooms(house)[0].settle_until(p, c, pictures, started, tolerance=SETTLED, iters=30)
    last, steps, sizes = (np.asarray(part) for part in answer)
    wanted = run(house)
    others = [0, 1, 2, 4]
    assert steps[3] == 30 and np.isnan(last[3]).all() and np.isnan(sizes[1:, 3]).all()
    assert steps[others].tolist() == wanted[1][others].tolist()
    compare(wanted[0][others], last[others])


@each_house
def test_the_size_of_an_update_by_hand(house):
    early, _ = rooms(house)
    array = np.array if house == "glom_numpy" else torch.tensor
    # One picture, two columns, two levels. Level 0: lengths 5 and 1, moved by 3 and 0: 3 of 6.
    # Level 1: lengths 2 and 2, moved by 0 and 1: 1 of 4. The lower level moved more.
    after = [[[[3.0, 4.0], [2.0, 0.0]], [[0.0, 1.0], [0.0, 2.0]]]]
    before = [[[[0.0, 4.0], [2.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]]]
    two = [array(before + [[[[0.0, 0.0]] * 2] * 2]), array(after + [[[[0.0, 0.0]] * 2] * 2])]
    assert np.asarray(early.update_size(*two)).tolist() == [0.5, 0.0]
    tenfold = early.update_size(*(1e7 * x for x in two))
    np.testing.assert_allclose(np.asarray(tenfold), [0.5, 0.0])


BAD = {
    "negative": (dict(tolerance=-0.1), ValueError, "tolerance: wanted a finite number in"),
    "nan": (dict(tolerance=np.nan), ValueError, "tolerance: wanted a finite number in"),
    "word": (dict(tolerance="0.1"), TypeError, "tolerance: wanted a number in"),
    "half a step": (dict(iters=1.5), TypeError, "iters: wanted a whole number >= 0, got 1.5"),
    "backwards": (dict(iters=-1), ValueError, "iters: wanted a whole number >= 0, got -1"),
    "before": (dict(start=-1), ValueError, "start: wanted a whole number >= 0, got -1"),
}


@each_house
@pytest.mark.parametrize("label", BAD)
def test_bad_input(house, label, as_users_run_it):
    how, kind, said = BAD[label]
    *model, started = given(house)
    with pytest.raises(kind, match=said):
        rooms(house)[0].settle_until(*model, started, **dict(tolerance=0.1, iters=3) | how)


@each_house
def test_pictures_and_states_of_another_shape(house, as_users_run_it):
    p, c, pictures, started = given(house)
    until, how = rooms(house)[0].settle_until, dict(tolerance=0.1, iters=3)
    with pytest.raises(ValueError, match=r"levels: wanted \(b, n, l, d\) = \(5, 15, 4, 7\), got"):
        until(p, c, pictures, started[:2], **how)
    with pytest.raises(ValueError, match="img: wanted 4 channels on axis 1, got 3"):
        until(p, c, pictures[:, :3], started, **how)


# ------------------------------------------------------------------- what only the torch house has


def test_no_gradient_is_kept():
    early, p, c, pictures, _ = rooms("glom_torch")[0], *given("glom_torch")
    p["initial"] = p["initial"].clone().requires_grad_()
    last, _, sizes = early.settle_until(p, c, pictures, tolerance=0.1, iters=3)
    assert not last.requires_grad and not sizes.requires_grad and torch.is_grad_enabled()
    assert (last * p["initial"]).requires_grad  # no inference tensor: it may be learned from


def to(tree, dtype):
    return {k: to(v, dtype) if isinstance(v, dict) else v.to(dtype) for k, v in tree.items()}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision(dtype):
    early, p, c, pictures, started = rooms("glom_torch")[0], *given("glom_torch")
    how = dict(tolerance=SETTLED, iters=30)
    halves = to(p, dtype), c, pictures.to(dtype), started.to(dtype)
    last, _, sizes = early.settle_until(*halves, **how)
    assert last.dtype == dtype and sizes.dtype == torch.float32 and sizes.isfinite().all()
    single = to(p, torch.float32), c, pictures.float(), started.float()
    with torch.autocast("cpu", dtype):
        last, took, sizes = early.settle_until(*single, **how)
    assert last.dtype == torch.float32 and last.isfinite().all() and len(sizes) == took.max()


class Waits(TorchDispatchMode):
    """Counts what makes the program wait for the device: a number read, places looked for."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func.overloadpacket in (
            torch.ops.aten._local_scalar_dense,
            torch.ops.aten.nonzero,
        )
        return func(*args, **(kwargs or {}))


def test_one_wait_for_the_device_a_step(as_users_run_it):
    early, started = rooms("glom_torch")[0], given("glom_torch")
    with Waits() as before:
        early.settle_until(*started, tolerance=SETTLED, iters=0)
    with Waits() as waits:
        _, steps, _ = early.settle_until(*started, tolerance=SETTLED, iters=30)
    assert len(set(steps.tolist())) > 2  # some are left out on the way
    assert waits.count - before.count == steps.max()
