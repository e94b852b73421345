"""Capsules: squash and routing by hand, properties, bad input.

Parity and gradients of every function are in the tables (cases_of_capsules.py).
"""

import numpy as np
import pytest
import torch

import glom_numpy.relatives.capsules
import glom_torch.relatives.capsules
from cases_of_capsules import normal
from compare import compare
from glom_numpy.relatives import route, route_vjp, squash, squash_vjp
from planted import cases, caught
from vjps import against_autograd, against_finite_differences

RNG = np.random.default_rng(67)
HOUSES = [glom_numpy.relatives.capsules, glom_torch.relatives.capsules]
each_house = pytest.mark.parametrize("house", HOUSES)

# Five parts, two wholes. For whole 0 all but the last say the same; for whole 1 no two do.
AGREED = np.array([[2.0, 0.0]] * 4 + [[-2.0, 0.0]])
SCATTERED = 2 * np.stack(
    [np.cos(2 * np.pi * np.arange(5) / 5), np.sin(2 * np.pi * np.arange(5) / 5)]
)
SCENE = np.stack([AGREED, SCATTERED.T], axis=1)[None]


# ------------------------------------------------------------------------------------- by hand


def test_squash_by_hand():
    # Length 2 becomes 4/5, length 0.5 becomes 0.25 / 1.25, nothing stays nothing.
    out = squash(np.array([[0.0, 2.0], [-0.5, 0.0], [0.0, 0.0]]))
    np.testing.assert_allclose(out, [[0, 0.8], [-0.2, 0], [0, 0]])


def test_two_rounds_by_hand():
    # One part, two wholes, one number: votes 2 and 0. Halves: 1 and 0, squashed 1/2 and 0. Then the
    # logits are 2 * 1/2 = 1 and 0, so the couplings are e / (e + 1) and the rest.
    outputs, couplings = route(np.array([[[[2.0], [0.0]]]]), rounds=2)
    share = np.e / (np.e + 1)
    np.testing.assert_allclose(couplings[:, 0, 0], [[0.5, 0.5], [share, 1 - share]])
    s = 2 * share
    np.testing.assert_allclose(outputs[:, 0, :, 0], [[0.5, 0], [s * s / (1 + s * s), 0]])


def test_one_round_is_the_mean_of_the_votes():
    votes = normal(2, 5, 3, 7)
    outputs, couplings = route(votes, rounds=1)
    assert (couplings == 1 / 3).all()
    compare(squash(5 / 3 * votes.mean(axis=1)), outputs[0])


# ---------------------------------------------------------------------------------- properties


def test_agreeing_votes_win_and_a_lonely_one_loses():
    outputs, couplings = route(SCENE, rounds=5)
    to_first = couplings[:, 0, :, 0]
    assert (np.diff(to_first[:, :4], axis=0) > 0).all()  # more in every round
    assert (np.diff(to_first[:, 4]) < 0).all()  # the one that says the opposite: less
    assert (to_first[-1, :4] > 0.9).all() and to_first[-1, 4] < 0.1
    length = np.linalg.norm(outputs[:, 0], axis=-1)
    assert (np.diff(length[:, 0]) > 0).all() and length[-1, 0] > length[-1, 1]


def test_couplings_are_shares_and_outputs_shorter_than_one():
    outputs, couplings = route(100 * normal(2, 5, 3, 7), rounds=4)
    np.testing.assert_allclose(couplings.sum(axis=-1), 1)
    assert np.isfinite(outputs).all() and (np.linalg.norm(outputs, axis=-1) < 1).all()


def test_fewer_rounds_are_the_first_of_more():
    votes = normal(2, 5, 3, 7)
    for short, long in zip(route(votes, rounds=2), route(votes, rounds=4), strict=True):
        assert (short == long[:2]).all()


def test_shuffled_parts_and_wholes():
    votes, parts, wholes = normal(2, 5, 3, 7), RNG.permutation(5), RNG.permutation(3)
    (outputs, couplings), (moved, shared) = (
        route(votes, rounds=3),
        route(votes[:, parts][:, :, wholes], rounds=3),
    )
    compare(outputs[:, :, wholes], moved)
    compare(couplings[:, :, parts][:, :, :, wholes], shared)


def test_wholes_that_hear_the_same_stay_the_same():
    # Nothing but the votes tells wholes apart: where all hear the same, parts are shared equally.
    votes = np.repeat(normal(2, 5, 1, 7), 3, axis=2)
    outputs, couplings = route(votes, rounds=4)
    np.testing.assert_allclose(couplings, 1 / 3)
    compare(outputs[:, :, :1].repeat(3, axis=2), outputs)


def test_a_capsule_of_nothing_is_no_nan():
    nothing = np.zeros((1, 2, 3, 4))
    (outputs, _), backward = route_vjp(nothing, rounds=2)
    assert (outputs == 0).all() and (backward(np.ones_like(outputs)) == 0).all()
    votes = torch.zeros(1, 2, 3, 4, requires_grad=True)
    glom_torch.relatives.capsules.route(votes, rounds=2)[0].sum().backward()
    assert (votes.grad == 0).all()


def test_couplings_that_nobody_looked_at_may_be_left_out():
    (outputs, couplings), backward = route_vjp(SCENE, rounds=3)
    g = RNG.standard_normal(outputs.shape)
    compare(backward(g), backward(g, np.zeros_like(couplings)))


def test_a_wrong_backward_is_caught():
    def constant(votes, *, rounds):  # takes the couplings for constants
        (outputs, couplings), _ = route_vjp(votes, rounds=rounds)

        def backward(g_outputs, g_couplings):
            g = np.zeros_like(votes)
            for r in range(rounds):
                s = np.einsum("bio,biod->bod", couplings[r], votes)
                g += np.einsum("bio,bod->biod", couplings[r], squash_vjp(s)[1](g_outputs[r]))
            return g

        return (outputs, couplings), backward

    for check in (against_finite_differences, against_autograd):
        found = cases("relatives.capsules.route")
        assert caught(lambda case: check(case, vjp=constant), *found)  # noqa: B023


# ----------------------------------------------------------------------------------- bad input


@each_house
@pytest.mark.usefixtures("as_users_run_it")
def test_bad_input(house):
    votes = SCENE if house is HOUSES[0] else torch.tensor(SCENE)
    for kind, said, given, rounds in (
        (ValueError, "rounds: wanted a whole number >= 1, got 0", votes, 0),
        (TypeError, "rounds: wanted a whole number", votes, 2.0),
        (ValueError, r"votes: wanted \(b, i, o, d\), none 0, got \(5, 2, 2\)", votes[0], 1),
        (ValueError, r"none 0, got \(1, 0, 2, 2\)", votes[:, :0], 1),
    ):
        with pytest.raises(kind, match=said):
            house.route(given, rounds=rounds)
