"""The loop around any loss: the same way down in both houses, in one go or in two."""

import numpy as np
import pytest
import torch

import glom_numpy.descend
import glom_torch.descend
from glom_numpy.descend import learning_rate

BEGIN = {"a": np.array([3.0, -2.0]), "b": {"c": np.array([[1.0]])}}
LOOP = dict(steps=30, lr=0.1, clip=2.0, seed=4)


def ours(params, rng):
    """|a - noise|^2 + c^4, with its gradient by hand."""
    away = params["a"] - rng.standard_normal(2)
    c = params["b"]["c"]
    value = (away**2).sum() + (c**4).sum()
    return (value, {"away": value}), lambda: {"a": 2 * away, "b": {"c": 4 * c**3}}


def theirs(params, rng):
    away = params["a"] - torch.from_numpy(rng.standard_normal(2))
    value = (away**2).sum() + (params["b"]["c"] ** 4).sum()
    return value, {"away": value}


def begin(tensors=False):
    a, c = BEGIN["a"].copy(), BEGIN["b"]["c"].copy()
    return (
        {"a": torch.tensor(a), "b": {"c": torch.tensor(c)}} if tensors else {"a": a, "b": {"c": c}}
    )


def test_both_houses_go_the_same_way():
    mine, _, curve = glom_numpy.descend.descend(begin(), ours, **LOOP)
    other, _, their_curve = glom_torch.descend.descend(begin(True), theirs, **LOOP)
    assert list(curve) == list(their_curve) == ["step", "loss", "away", "gradient", "rate"]
    for name in curve:
        np.testing.assert_allclose(curve[name], their_curve[name], rtol=1e-6)
    np.testing.assert_allclose(mine["a"], other["a"].numpy(), rtol=1e-6)
    assert curve["loss"][-1] < curve["loss"][0] / 3
    assert curve["rate"] == [learning_rate(step, 30, 0.1) for step in range(1, 31)]


@pytest.mark.parametrize("house", (glom_numpy, glom_torch))
def test_in_two_parts_as_in_one(house):
    tensors = house is glom_torch
    loss = theirs if tensors else ours
    whole, _, curve = house.descend.descend(begin(tensors), loss, **LOOP)
    half, state, first = house.descend.descend(begin(tensors), loss, **LOOP, stop=11)
    rest, _, second = house.descend.descend(half, loss, **LOOP, start=11, state=state)
    assert first["loss"] + second["loss"] == curve["loss"]
    np.testing.assert_array_equal(np.asarray(rest["a"]), np.asarray(whole["a"]))
    np.testing.assert_array_equal(np.asarray(begin()["a"]), BEGIN["a"])


@pytest.mark.parametrize("house", (glom_numpy, glom_torch))
def test_it_says_when_it_ran_away(house):
    tensors = house is glom_torch

    def loss(params, rng):
        value = params["a"].sum() * float("nan")
        return (value, {}) if tensors else ((value, {}), lambda: BEGIN)

    with pytest.raises(FloatingPointError, match="step 1: the loss is nan; try a smaller lr"):
        house.descend.descend(begin(tensors), loss, **LOOP)


@pytest.mark.parametrize("house", (glom_numpy, glom_torch))
@pytest.mark.parametrize(
    "choices, message",
    (
        (dict(steps=0), "steps: wanted"),
        (dict(lr=-1.0), "lr: wanted"),
        (dict(start=7, stop=3), "start, stop: wanted 0 <= start <= stop <= steps=30, got 7 and 3"),
        (dict(warmup=31), "warmup: wanted at most steps=30, got 31"),
    ),
)
def test_what_cannot_be_is_named(house, choices, message, as_users_run_it):
    tensors = house is glom_torch
    with pytest.raises(ValueError, match=message):
        house.descend.descend(begin(tensors), theirs if tensors else ours, **{**LOOP, **choices})
