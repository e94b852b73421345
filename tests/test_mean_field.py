"""Mean field: two spins by hand, the critical beta, free energy, bad input.

Parity and gradients of every function are in the tables (cases_of_mean_field.py).
"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import glom_numpy.relatives.mean_field
import glom_torch.relatives.mean_field
from cases_of_mean_field import some
from compare import compare
from glom_numpy.relatives.mean_field import (
    free_energy,
    free_energy_vjp,
    local_field,
    pairwise,
    settle_opinions,
    update_opinions,
)
from planted import cases, caught
from twins import check_parity
from vjps import against_autograd, against_finite_differences

as_users_run_it = pytest.mark.usefixtures("as_users_run_it")
each_house = pytest.mark.parametrize("house", [glom_numpy, glom_torch])
each_order = pytest.mark.parametrize("order", ["together", "in_turn"])
ISING = np.array([[1.0, -1.0], [-1.0, 1.0]])


def numbers(house, value):
    return value if house is glom_numpy else torch.tensor(value)


def spins(*ups):
    """Opinions of one picture: the chance of up, and of down, at each location."""
    return np.array([[[up, 1 - up] for up in ups]])


def two(strength):
    """The coupling of two spins with each other, and not with themselves."""
    return pairwise(strength * np.array([[0.0, 1.0], [1.0, 0.0]]), ISING)


def symmetric(rng, n, k, itself):
    """A drawn coupling with coupling[i, j, k, m] = coupling[j, i, m, k]."""
    drawn = rng.standard_normal((n, n, k, k))
    drawn = drawn + drawn.transpose(1, 0, 3, 2)
    return drawn if itself else drawn * (1 - np.eye(n))[:, :, None, None]


def start(rng, n, k):
    opinions = rng.dirichlet(np.ones(k), size=(2, n))
    return opinions, rng.standard_normal((2, n, k))


# ------------------------------------------------------------------------------------- by hand


@each_house
def test_two_spins_by_hand(house):
    # Spin 1 is up with 3/4, so it leans 3/4 - 1/4 = 1/2. Spin 2 hears +1/2 for up and -1/2 for
    # down: e^.5 against e^-.5, which is 1 / (1 + e^-1). Spin 2 leans 0, so spin 1 hears nothing.
    args = (numbers(house, x) for x in (spins(0.75, 0.5), np.zeros((1, 2, 2)), two(1.0)))
    opinions, evidence, coupling = args
    update = house.relatives.mean_field.update_opinions
    told = 1 / (1 + np.exp(-1))
    after = update(opinions, evidence, coupling)
    np.testing.assert_allclose(after, spins(0.5, told))
    # Damped by a half, each goes half of the way.
    after = update(opinions, evidence, coupling, damping=0.5)
    np.testing.assert_allclose(after, spins(0.625, (0.5 + told) / 2))
    # In turn, spin 1 has become 1/2 before spin 2 listens: nothing is left to hear.
    after = update(opinions, evidence, coupling, order="in_turn")
    np.testing.assert_allclose(after, spins(0.5, 0.5))


def test_free_energy_by_hand():
    # Both surely up: no entropy, and the pair counts once though each hears the other.
    zero = np.zeros((1, 2, 2))
    assert free_energy(spins(1.0, 1.0), zero, two(3.0)).tolist() == [-3.0]
    assert free_energy(spins(1.0, 0.0), zero, two(3.0)).tolist() == [3.0]
    # Both open: two coins' worth of entropy, over beta.
    open_ = free_energy(spins(0.5, 0.5), zero, two(3.0), beta=2.0)
    assert open_ == pytest.approx([-2 * np.log(2) / 2])


def test_pairwise_by_hand():
    coupling = pairwise(np.array([[0.0, 2.0], [0.0, 0.0]]), np.array([[1.0, 5.0], [0.0, 1.0]]))
    assert coupling[0, 1].tolist() == [[2.0, 10.0], [0.0, 2.0]]
    assert coupling[1, 0].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    heard = local_field(spins(0.5, 0.25), np.zeros((1, 2, 2)), coupling)
    assert heard.tolist() == [[[8.0, 1.5], [0.0, 0.0]]]  # 2 (.25 + 5 x .75), 2 x .75


# ------------------------------------------------------------------------------- critical beta


@each_order
def test_below_the_critical_beta_spins_forget(order):
    # Spins lean m = tanh(beta J m): with beta J < 1 only 0 solves it.
    run = dict(beta=0.9, iters=400, order=order)
    states = settle_opinions(spins(0.99, 0.99), np.zeros((1, 2, 2)), two(1.0), **run)
    np.testing.assert_allclose(states[-1], 0.5, atol=1e-9)


@each_order
@pytest.mark.parametrize("ups", [(0.51, 0.51), (0.49, 0.49)])
def test_above_the_critical_beta_they_take_a_side_and_agree(order, ups):
    run = dict(beta=1.5, iters=200, order=order)
    last = settle_opinions(spins(*ups), np.zeros((1, 2, 2)), two(1.0), **run)[-1]
    leaning = last[..., 0] - last[..., 1]
    np.testing.assert_allclose(leaning, np.tanh(1.5 * leaning), atol=1e-12)
    assert np.abs(leaning).min() > 0.8 and (np.sign(leaning) == np.sign(ups[0] - 0.5)).all()


def test_the_critical_beta_of_many_is_one_over_all_they_hear():
    n = 6
    coupling = pairwise(np.ones((n, n)) - np.eye(n), ISING)
    for beta, kept in ((0.9 / (n - 1), False), (1.1 / (n - 1), True)):
        run = dict(beta=beta, iters=300)
        last = settle_opinions(spins(*[0.9] * n), np.zeros((1, n, 2)), coupling, **run)[-1]
        assert (np.abs(last - 0.5) > 0.1).all() == kept


def test_hysteresis_the_same_nudge_finds_two_states():
    nudge = np.array([[[0.1, 0.0]] * 2])
    ends = []
    for up in (0.01, 0.99):
        ends.append(settle_opinions(spins(up, up), nudge, two(1.0), beta=2.0, iters=300)[-1])
    assert (ends[0][..., 0] < 0.1).all() and (ends[1][..., 0] > 0.9).all()
    for up in (0.0, 1.0):  # warm enough, there is one state and no memory
        ends.append(settle_opinions(spins(up, up), nudge, two(1.0), beta=0.5, iters=300)[-1])
    compare(ends[2], ends[3])


# --------------------------------------------------------------------------------- free energy


@given(st.integers(0, 2**31), st.floats(0.05, 10.0), st.floats(0.0, 1.0))
def test_in_turn_free_energy_never_rises(seed, beta, damping):
    # As a function of one location's opinion alone it is linear less entropy / beta, so convex,
    # and softmax(beta field) is its minimum: the way there, all of it or a part, goes down.
    rng = np.random.default_rng(seed)
    opinions, evidence = start(rng, 5, 3)
    coupling = symmetric(rng, 5, 3, itself=False)
    run = dict(beta=beta, damping=damping, order="in_turn", iters=12)
    states = settle_opinions(opinions, evidence, coupling, **run)
    energy = np.stack([free_energy(q, evidence, coupling, beta=beta) for q in states])
    assert (np.diff(energy, axis=0) <= 1e-12 * (1 + np.abs(energy[1:]))).all()


@given(st.integers(0, 2**31), st.floats(0.05, 10.0))
def test_together_it_does_not_rise_with_damping_enough(seed, beta):
    # With d = softmax(beta field) - q and step s = 1 - damping: the part that is linear, less
    # entropy / beta, falls by at least s KL(q | softmax) / beta >= s |d|^2 / beta (Pinsker, and
    # |d|_1^2 >= 2 |d|_2^2 as d sums to 0); the quadratic part rises by s^2 u |d|^2 / 2 at most.
    rng = np.random.default_rng(seed)
    opinions, evidence = start(rng, 5, 3)
    coupling = symmetric(rng, 5, 3, itself=True)
    smallest = np.linalg.eigvalsh(coupling.transpose(0, 2, 1, 3).reshape(15, 15))[0]
    damping = max(0.0, 1 - 2 / (beta * -smallest)) if smallest < 0 else 0.0
    states = settle_opinions(opinions, evidence, coupling, beta=beta, damping=damping, iters=12)
    energy = np.stack([free_energy(q, evidence, coupling, beta=beta) for q in states])
    assert (np.diff(energy, axis=0) <= 1e-12 * (1 + np.abs(energy[1:]))).all()


def test_together_and_undamped_spins_may_flip_for_ever():
    # Who wants to differ, and is asked at the same moment, makes the same choice as the other.
    against, zero = two(-1.0), np.zeros((1, 2, 2))
    run = dict(beta=3.0, iters=60)
    flip = settle_opinions(spins(0.9, 0.9), zero, against, **run)
    assert np.abs(flip[-1] - flip[-2]).min() > 0.9
    energy = [free_energy(q, zero, against, beta=3.0)[0] for q in flip[:2]]
    assert energy[1] > energy[0]
    for cure in (dict(order="in_turn"), dict(damping=0.5)):
        still = settle_opinions(spins(0.9, 0.8), zero, against, **run, **cure)
        assert np.abs(still[-1] - still[-2]).max() < 1e-9
        assert np.ptp(still[-1][0, :, 0]) > 0.9  # and they differ


def test_at_rest_the_gradient_says_so():
    # Where updates rest, free energy is flat along opinions that still sum to 1.
    rng = np.random.default_rng(3)
    opinions, evidence = start(rng, 5, 3)
    coupling = symmetric(rng, 5, 3, itself=False)
    rest = settle_opinions(opinions, evidence, coupling, iters=500, order="in_turn")[-1]
    compare(update_opinions(rest, evidence, coupling), rest)
    gradient = free_energy_vjp(rest, evidence, coupling)[1](np.ones(2))[0]
    np.testing.assert_allclose(np.ptp(gradient, axis=-1), 0.0, atol=1e-9)


# ---------------------------------------------------------------------------------- properties


@each_order
def test_opinions_stay_chances(order):
    opinions, evidence, coupling = some()
    states = settle_opinions(opinions, 300 * evidence, coupling, order=order, iters=4)
    np.testing.assert_allclose(states.sum(axis=-1), 1.0)
    assert (states >= 0).all() and (states[0] == opinions).all()
    kept = update_opinions(opinions, evidence, coupling, order=order, damping=1.0)
    assert (kept == opinions).all()


# ----------------------------------------------------------------------------------- bad input


@as_users_run_it
@each_house
def test_bad_shapes_and_choices(house):
    room = house.relatives.mean_field
    good = dict(zip(("opinions", "evidence", "coupling"), some(), strict=True))
    for changed, choices, said in (
        (dict(opinions=np.ones((5, 3))), {}, r"opinions: wanted floats \(b, n, k\), .* \(5, 3\)"),
        (dict(opinions=np.ones((2, 5, 3), int)), {}, r"opinions: wanted floats .* got .*int64"),
        (dict(evidence=np.ones((2, 5, 1))), {}, r"evidence: .* = \(2, 5, 3\), got \(2, 5, 1\)"),
        (dict(coupling=np.ones((5, 5))), {}, r"coupling: .* = \(5, 5, 3, 3\), got \(5, 5\)"),
        ({}, dict(order="at_random"), "order: wanted one of in_turn, together; got 'at_random'"),
        ({}, dict(damping=1.5), r"damping: wanted a finite number in \[0.0, 1.0\], got 1.5"),
        ({}, dict(beta=np.inf), "beta: wanted a finite number, got inf"),
    ):
        given_ = {name: numbers(house, value) for name, value in (good | changed).items()}
        with pytest.raises(ValueError, match=said):
            room.settle_opinions(**given_, iters=1, **choices)
    given_ = {name: numbers(house, value) for name, value in good.items()}
    with pytest.raises(TypeError, match="iters: wanted a whole number >= 0, got 1.0"):
        room.settle_opinions(**given_, iters=1.0)
    with pytest.raises(ValueError, match="beta: wanted a number > 0, got 0"):
        room.free_energy(**given_, beta=0)


# ------------------------------------------------------------------------------ tests of tests


def test_a_swapped_coupling_is_caught(monkeypatch):
    monkeypatch.setattr(glom_numpy.relatives.mean_field, "HEARD", "j i k m, b j m -> b i k")
    assert caught(lambda c: check_parity(c, "float64"), *cases("relatives.mean_field.local_field"))


def test_a_lost_softmax_is_caught(monkeypatch):
    room = glom_numpy.relatives.mean_field
    monkeypatch.setattr(room, "softmax_vjp", lambda x: (room.softmax(x), lambda g: g))
    for check in (against_finite_differences, against_autograd):
        assert caught(check, *cases("relatives.mean_field.settle_opinions"))
