"""What a location says of its whole, and deep sets: by hand, properties, bad input.

Parity and gradients of every function are in the tables (cases_of_wholes.py).
"""

import numpy as np
import pytest
import torch

import glom_numpy.relatives
import glom_numpy.relatives.deep_sets
import glom_numpy.wholes
import glom_torch.relatives
import glom_torch.wholes
from cases_of_wholes import normal, sets, told
from compare import compare
from glom_numpy.config import flatten, unflatten
from glom_numpy.relatives import answer, count_params, deep_sets_model, init_deep_sets, pool
from glom_numpy.wholes import (
    init_wholes,
    tell,
    whole_shapes,
    wholes_objective,
    wholes_objective_vjp,
)
from glom_numpy.worlds import open_world, symbol_grid
from glom_torch.weights import to_tensors
from planted import cases, caught
from twins import check_parity
from vjps import against_autograd, against_finite_differences

RNG = np.random.default_rng(43)
IMG = RNG.random((2, 4, 6, 15))
as_users_run_it = pytest.mark.usefixtures("as_users_run_it")
each_house = pytest.mark.parametrize("house", [glom_numpy, glom_torch])


def numbers(house, value):
    return value if house is glom_numpy else torch.tensor(value)


# ------------------------------------------------------------------------------------- by hand


def test_telling_by_hand():
    # (1, 3) less its mean, in units of its deviation: (-1, 1), but for the 1e-5 under the root.
    params = {
        "classes": {
            "layer0": {
                "weight": np.array([[[2.0, 0.0], [0.0, 5.0]]]),
                "bias": np.array([[0.0, 1.0]]),
            }
        },
        "poses": {"layer0": {"weight": np.ones((1, 6, 2)), "bias": np.arange(6.0)[None]}},
    }
    logits, poses = tell(params, np.array([[[1.0, 3.0], [10.0, 30.0]]]))
    np.testing.assert_allclose(logits, [[[-2, 6], [-2, 6]]], rtol=1e-5)  # length tells nothing
    np.testing.assert_allclose(poses, [[range(6), range(6)]], atol=1e-12)  # -1 + 1 + bias


def test_the_loss_by_hand():
    # Class 2 has 3 of 4 chances, class 1 has 1 of 4; the location of class 0 is not asked.
    logits = np.log([[[1.0, 3.0], [1.0, 3.0], [1.0, 1e9]]])
    classes = np.array([[2, 1, 0]])
    poses, true = np.zeros((1, 3, 6)), np.zeros((1, 3, 6))
    true[0, 0, 2], true[0, 2] = 3.0, 100.0
    (loss, terms), backward = wholes_objective_vjp(logits, poses, classes, true)
    assert terms["class"] == pytest.approx((np.log(4 / 3) + np.log(4)) / 2)
    assert terms["pose"] == pytest.approx(9 / 6 / 2)  # one of six numbers, one of two locations
    assert loss == terms["class"] + terms["pose"]
    g_logits, g_poses = backward()
    np.testing.assert_allclose(g_logits[0], [[0.125, -0.125], [-0.375, 0.375], [0, 0]])
    np.testing.assert_allclose(g_poses[0, 0], [0, 0, -0.5, 0, 0, 0])
    assert (g_poses[0, 1:] == 0).all()


def test_a_mean_by_hand():
    x = np.array([[[2.0], [8.0], [100.0]]])
    assert pool(x, np.array([[True, True, False]])).tolist() == [[5.0]]


# ---------------------------------------------------------------------------------- properties


def test_huge_logits_are_no_nan():
    logits, poses, classes, true = told()
    loss, _ = wholes_objective(1000 * logits, poses, classes, true)
    assert np.isfinite(loss)
    right = 1000.0 * np.eye(5)[np.maximum(classes, 1) - 1]
    assert wholes_objective(right, true, classes, true)[0] == 0


def test_a_location_tells_of_itself_alone():
    heads, x = init_wholes(7, 5, RNG, hidden=11), normal(2, 15, 7)
    moved = x.copy()
    moved[1, 4] += normal(7)
    for before, after in zip(tell(heads, x), tell(heads, moved), strict=True):
        changed = (before != after).any(axis=-1)
        assert np.argwhere(changed).tolist() == [[1, 4]]


def test_shuffled_locations_give_shuffled_answers():
    c, p = sets(location="none")
    x, order = normal(2, 15, 7), RNG.permutation(15)
    spoken = np.arange(30).reshape(2, 15) % 3 > 0
    compare(answer(p, x[:, order], spoken[:, order]), answer(p, x, spoken)[:, order])
    patches = IMG.reshape(2, 4, 3, 2, 5, 3).transpose(0, 2, 4, 1, 3, 5).reshape(2, 15, 4, 2, 3)
    moved = patches[:, order].reshape(2, 3, 5, 4, 2, 3).transpose(0, 3, 1, 4, 2, 5)
    moved = np.ascontiguousarray(moved).reshape(IMG.shape)
    compare(deep_sets_model(p, c, moved), deep_sets_model(p, c, IMG)[:, order])


def test_the_empty_are_not_in_the_set():
    _, p = sets()
    x, spoken = normal(2, 15, 7), np.arange(30).reshape(2, 15) % 3 > 0
    other = np.where(spoken[:, :, None], x, normal(2, 15, 7))
    compare(answer(p, other, spoken)[spoken], answer(p, x, spoken)[spoken])
    # and a set in which everybody stands twice has the same mean
    twice = pool(np.concatenate([x, x], axis=1), np.concatenate([spoken, spoken], axis=1))
    compare(twice, pool(x, spoken))


def test_the_truth_of_the_ellipse_world_costs_nothing():
    symbols = symbol_grid(open_world("ellipses", count=3, rng=np.random.default_rng(0)))
    classes, poses = symbols.classes.reshape(3, -1), symbols.poses.reshape(3, -1, 6)
    sure = 100 * np.eye(5)[np.maximum(classes, 1) - 1]
    assert wholes_objective(sure, poses, classes, poses)[0] < 1e-40
    wrong = wholes_objective(np.roll(sure, 1, axis=-1), poses + 1, classes, poses)[1]
    assert wrong["class"] == pytest.approx(100) and wrong["pose"] == pytest.approx(1)


def test_the_same_seed_is_the_same_network():
    one, other = (flatten(init_wholes(7, 5, np.random.default_rng(0))) for _ in range(2))
    assert list(one) == list(whole_shapes(7, 5))
    assert all((one[name] == other[name]).all() for name in one)
    assert count_params(one) == 5 * 8 + 6 * 8
    assert count_params(init_wholes(7, 5, RNG, hidden=11)) == 2 * 11 * 8 + (5 + 6) * 12
    c, _ = sets()
    c = c.replace(hidden=11)
    front = 7 * 24 + 7 + (7 + 12) * 11 + 11 + 11 * 7 + 7
    assert count_params(init_deep_sets(c, RNG)) == front + 14 * 11 + 11 + 11 * 7 + 7


# ----------------------------------------------------------------------------------- bad input


@as_users_run_it
@each_house
def test_bad_truth(house):
    logits, poses, classes, true = told()
    for changed, said in (
        (dict(logits=logits[0]), r"logits: wanted \(b, n, c\)"),
        (
            dict(poses=poses[:, :, :5]),
            r"poses: wanted \(b, n, 6\) = \(2, 15, 6\), got \(2, 15, 5\)",
        ),
        (dict(true_poses=true.reshape(2, 15, 2, 3)), r"true_poses: wanted .* got \(2, 15, 2, 3\)"),
        (dict(classes=classes[:1]), r"classes: wanted \(b, n\) = \(2, 15\), got \(1, 15\)"),
        (dict(classes=classes * 1.0), "classes: wanted whole numbers, got dtype .*float64"),
        (dict(classes=classes * 0), r"classes: wanted a location .* \(> 0\), got none"),
        (dict(classes=classes + 1), r"classes: wanted 0 \(nothing\) to 5, .* got 1 to 6"),
        (dict(classes=classes - 1), "classes: wanted 0 .* got -1 to 4"),
    ):
        given = dict(logits=logits, poses=poses, classes=classes, true_poses=true) | changed
        with pytest.raises(ValueError, match=said):
            house.wholes.wholes_objective(**{k: numbers(house, v) for k, v in given.items()})


@as_users_run_it
@each_house
def test_bad_sets(house):
    c, p = sets()
    model = house.relatives.deep_sets_model
    params = p if house is glom_numpy else to_tensors(p)
    nobody = np.ones((2, 15), dtype=bool)
    nobody[1] = False
    for spoken, said in (
        (nobody, "spoken: wanted a location that is not empty in every picture"),
        (nobody[:, :14], r"spoken: wanted bool \(b, n\) = \(2, 15\), got .*bool \(2, 14\)"),
        (np.ones((2, 15)), r"spoken: wanted bool .* got .*float64 \(2, 15\)"),
    ):
        with pytest.raises(ValueError, match=said):
            model(params, c, numbers(house, IMG), numbers(house, spoken))
    with pytest.raises(ValueError, match="img: wanted 4 channels on axis 1, got 3"):
        model(params, c, numbers(house, IMG[:, :3]))
    less = unflatten({k: v for k, v in flatten(params).items() if k != "rho.layer1.bias"})
    with pytest.raises(ValueError, match=r"params: missing key 'rho.layer1.bias'"):
        model(less, c, numbers(house, IMG))


@as_users_run_it
def test_bad_sizes():
    with pytest.raises(ValueError, match="classes: wanted a whole number >= 1, got 0"):
        whole_shapes(7, 0)
    with pytest.raises(TypeError, match="hidden: wanted a whole number >= 1, got 1.5"):
        whole_shapes(7, 5, 1.5)
    with pytest.raises(TypeError, match="rng: wanted an np.random.Generator"):
        init_wholes(7, 5, 0)


# ------------------------------------------------------------------------------ tests of tests


def test_a_mean_over_the_empty_too_is_caught(monkeypatch):
    room = glom_numpy.relatives.deep_sets
    monkeypatch.setattr(room, "_shares", lambda spoken: spoken / spoken.shape[1])
    wrong = cases("relatives.deep_sets.pool")
    assert caught(lambda case: check_parity(case, "float64"), *wrong)


def test_a_wrong_surprise_is_caught(monkeypatch):
    room = glom_numpy.wholes
    monkeypatch.setattr(room, "softmax", lambda x: np.exp(x))
    for check in (against_finite_differences, against_autograd):
        assert caught(check, *cases("wholes.wholes_objective"))
