"""Opinions that multiply: by hand, properties, bad input.

Parity and gradients of every function are in the tables (cases_of_experts.py).
"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import glom_numpy.experts
import glom_torch.experts
from cases_of_experts import normal, opinions
from compare import compare
from glom_numpy.experts import (
    entropy,
    hedge,
    log_normalize,
    marginals,
    multiply,
    turn_parts,
    vote,
)
from planted import cases, caught
from twins import check_parity
from vjps import against_autograd, against_finite_differences

as_users_run_it = pytest.mark.usefixtures("as_users_run_it")
each_house = pytest.mark.parametrize("house", [glom_numpy, glom_torch])
UNIFORM = np.full((2, 1, 5, 7), -np.log(35))


def numbers(house, value):
    return value if house is glom_numpy or value is None else torch.tensor(value)


def certain(identity, pose):
    """An expert that rules out all but one cell."""
    logs = np.full((1, 1, 5, 7), -np.inf)
    logs[0, 0, identity, pose] = 0.0
    return logs


# ------------------------------------------------------------------------------------- by hand


@each_house
def test_two_experts_on_two_by_two_cells_by_hand(house):
    one = np.array([[0.4, 0.4], [0.1, 0.1]])  # identity 0, whatever the pose
    two = np.array([[0.4, 0.1], [0.4, 0.1]])  # pose 0, whatever the identity
    both = numbers(house, np.log(np.stack([one, two]))[None])
    # Cell by cell: .16 .04 .04 .01, and these sum to .25.
    product = house.experts.multiply(both)
    np.testing.assert_allclose(np.exp(np.asarray(product))[0], [[0.64, 0.16], [0.16, 0.04]])
    identity, pose = house.experts.marginals(product)
    np.testing.assert_allclose(np.exp(np.asarray(identity))[0], [0.8, 0.2])
    np.testing.assert_allclose(np.exp(np.asarray(pose))[0], [0.8, 0.2])
    # Independent: the entropy is that of two coins of .8 and .2.
    coin = -(0.8 * np.log(0.8) + 0.2 * np.log(0.2))
    np.testing.assert_allclose(np.asarray(house.experts.entropy(product)), [2 * coin])
    # Half of it was doubt: half the opinion, and an eighth for each of four cells.
    hedged = house.experts.hedge(both, 0.5)
    np.testing.assert_allclose(np.exp(np.asarray(hedged))[0, 0], one / 2 + 0.125)


def test_a_part_of_a_turned_whole_by_hand():
    # At (1, 0), lying along x; a quarter of a turn from x to y brings it to (0, 1), along y.
    shown = turn_parts(np.array([[[1.0, 0.0, 0.0]]]), 4)
    np.testing.assert_allclose(shown[0, 0, 0], [1, 0, 1, 0], atol=1e-15)
    np.testing.assert_allclose(shown[0, 1, 0], [0, 1, -1, 0], atol=1e-15)
    np.testing.assert_allclose(shown[0, 2, 0], [-1, 0, 1, 0], atol=1e-15)


def test_a_vote_by_hand():
    # Two identities in one pose; part 0 of the first is seen exactly, the second is 2 away twice.
    expected = np.array([[[[0.0], [9e9]]], [[[2.0], [-2.0]]]])
    said = np.exp(vote(expected, np.zeros((1, 1, 1)), 1.0))[0, 0, :, 0]
    far = 2 * np.exp(-2.0)
    np.testing.assert_allclose(said, np.array([1, far]) / (1 + far))


# ---------------------------------------------------------------------------------- properties


def test_probabilities_sum_to_one():
    made = (opinions, vote(normal(5, 7, 4, 6), normal(2, 3, 6), 0.3), hedge(opinions, 0.1))
    for value in (*made, multiply(opinions), multiply(opinions, np.full((2, 3), 0.2))):
        np.testing.assert_allclose(np.exp(value).sum(axis=(-2, -1)), 1.0)
    for value in marginals(opinions):
        np.testing.assert_allclose(np.exp(value).sum(axis=-1), 1.0)


@given(st.permutations(range(3)))
def test_order_does_not_matter(order):
    compare(multiply(opinions[:, order]), multiply(opinions))


def test_two_at_a_time_is_all_at_once():
    first = multiply(opinions[:, :2])[:, None]
    compare(multiply(np.concatenate([first, opinions[:, 2:]], axis=1)), multiply(opinions))


def test_who_knows_nothing_changes_nothing():
    compare(multiply(np.concatenate([opinions, UNIFORM], axis=1)), multiply(opinions))
    weights = np.array([[1.0, 1.0, 1.0, 0.0]] * 2)
    loud = np.concatenate([opinions, normal(2, 1, 5, 7)], axis=1)
    compare(multiply(loud, weights), multiply(opinions))
    compare(multiply(opinions, np.ones((2, 3))), multiply(opinions))


def test_who_is_certain_wins():
    sure = np.concatenate([opinions[:1], certain(4, 2)], axis=1)
    assert (np.exp(multiply(sure)) == np.exp(certain(4, 2)[:, 0])).all()
    assert entropy(multiply(sure)) == 0
    # but not over one who has said, as surely, something else
    with pytest.raises(ValueError, match="opinions: wanted a cell that no expert rules out"):
        multiply(np.concatenate([certain(4, 2), certain(4, 3)], axis=1))
    # and a hedged one has no veto
    hedged = hedge(np.concatenate([certain(4, 2), certain(4, 3)], axis=1), 0.1)
    none = 0.1 / 35  # what doubt leaves each cell: the two share nearly all, and none is ruled out
    share = (0.9 + none) / (2 * (0.9 + none) + 33 * none)
    np.testing.assert_allclose(np.exp(multiply(hedged))[0, 4, 2:4], share)


def test_a_geometric_mean_of_one_opinion_is_that_opinion():
    thrice = opinions[:, :1].repeat(3, axis=1)
    compare(multiply(thrice, np.full((2, 3), 1 / 3)), opinions[:, 0])
    # while a product takes what is heard three times for three findings
    assert (entropy(multiply(thrice)) < entropy(opinions[:, 0])).all()


@given(st.integers(0, 2**31), st.floats(0.1, 20.0))
def test_entropy_has_its_bounds(seed, scale):
    rng = np.random.default_rng(seed)
    drawn = log_normalize(scale * rng.standard_normal((2, 5, 7)))
    assert (entropy(drawn) >= 0).all() and (entropy(drawn) <= np.log(35) + 1e-12).all()
    assert entropy(UNIFORM[:, 0]) == pytest.approx(np.log(35))
    assert (entropy(hedge(drawn, 0.3)) >= 0.7 * entropy(drawn) - 1e-12).all()  # it is concave


@each_house
def test_huge_scores_are_no_nan(house):
    scores = numbers(house, np.array([[[1000.0, -1000.0], [999.0, -np.inf]]]))
    logs = house.experts.log_normalize(scores)
    for value in (*house.experts.marginals(logs), house.experts.entropy(logs)):
        assert not np.isnan(np.asarray(value)).any()
    # a pose that every identity rules out
    gone = numbers(house, np.log(np.array([[[0.5, 1e-300], [0.5, 1e-300]]])) * [1.0, np.inf])
    assert house.experts.marginals(gone)[1].tolist() == [[0.0, -np.inf]]


def test_a_turned_scene_is_a_turned_opinion():
    parts = normal(5, 4, 3)
    expected = turn_parts(parts, 7)
    seen = expected[2, [0, 1], 3][None]  # part 3 of whole 2, unturned and turned by one pose
    one, other = vote(expected, seen, 0.5)[0]
    compare(np.roll(one, 1, axis=-1), other)
    assert np.unravel_index(one.argmax(), one.shape) == (2, 0)


# ----------------------------------------------------------------------------------- bad input


@as_users_run_it
@each_house
def test_bad_weights(house):
    sure = np.concatenate([opinions[:1], certain(0, 0)], axis=1)
    for given_opinions, weights, said in (
        (opinions, np.ones((2, 4)), r"weights: wanted \(b, m\) = \(2, 3\), got \(2, 4\)"),
        (opinions, np.full((2, 3), -0.5), "weights: wanted numbers >= 0, got -0.5"),
        (opinions, np.full((2, 3), np.nan), "weights: wanted numbers >= 0, got nan"),
        (sure, np.eye(4)[:1], "weights: wanted > 0 for an expert who rules something out, got 0"),
        (sure - np.inf, None, "opinions: wanted a cell that no expert rules out, got none"),
    ):
        with pytest.raises(ValueError, match=said):
            house.experts.multiply(numbers(house, given_opinions), numbers(house, weights))


@as_users_run_it
@each_house
def test_bad_numbers(house):
    expected, seen = numbers(house, normal(5, 7, 4, 6)), numbers(house, normal(2, 3, 6))
    for width, said in ((0, "width: wanted a number > 0, got 0"), (-1.0, "width: wanted a finite")):
        with pytest.raises(ValueError, match=said):
            house.experts.vote(expected, seen, width)
    with pytest.raises(ValueError, match=r"doubt: wanted a finite number in \[0.0, 1.0\], got 2"):
        house.experts.hedge(numbers(house, opinions), 2)
    with pytest.raises(TypeError, match="poses: wanted a whole number >= 1, got 2.5"):
        house.experts.turn_parts(numbers(house, normal(5, 4, 3)), 2.5)


# ------------------------------------------------------------------------------ tests of tests


def test_adding_probabilities_and_not_logs_is_caught(monkeypatch):
    room = glom_torch.experts
    monkeypatch.setattr(room, "multiply", lambda x, w=None: x.exp().mean(dim=1).log())
    assert caught(lambda case: check_parity(case, "float64"), *cases("experts.multiply"))


def test_a_lost_normalizer_is_caught(monkeypatch):
    room = glom_numpy.experts
    monkeypatch.setattr(room, "log_normalize_vjp", lambda x: (room.log_normalize(x), lambda g: g))
    for check in (against_finite_differences, against_autograd):
        assert caught(check, *cases("experts.vote"))
