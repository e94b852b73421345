"""The agreement energy: what it is, when a consensus step cannot raise it, and when it may."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import glom_torch.energy
from compare import compare
from glom_numpy.attention import SIMILARITIES, consensus
from glom_numpy.energy import agreement_energy, agreement_energy_vjp, joint_energy
from glom_numpy.ops import unit

seeds = st.integers(0, 2**32 - 1)
betas = st.floats(0.01, 30)
parts = st.floats(0, 1)  # of the way to the consensus
similarities = st.sampled_from(sorted(SIMILARITIES))
LENGTHS = {"dot": None, "cosine": 3.0, "unit_keys": 1.0}  # that those who are heard must have
SLACK = 1e-9


def drawn(seed, length=None):
    """A state (b, n, l, d) of any lengths, or of one, and a mask under which nobody is deaf."""
    rng = np.random.default_rng(seed)
    levels = rng.uniform(0.2, 3) * rng.standard_normal((2, 6, 3, 4))
    mask = (rng.random((3, 6, 6)) < 0.5) | np.roll(np.eye(6, dtype=bool), 1, axis=0)
    return (levels if length is None else length * unit(levels)), mask


@given(seed=seeds, similarity=similarities, beta=betas, part=parts)
def test_who_moves_towards_the_consensus_of_those_who_stay_goes_down(seed, similarity, beta, part):
    levels, mask = drawn(seed, LENGTHS[similarity])
    how = dict(similarity=similarity, beta=beta, mask=mask)
    moved = levels + part * (consensus(levels, **how) - levels)
    before = agreement_energy(levels, levels, **how)
    after = agreement_energy(moved, levels, **how)
    assert (after <= before + SLACK).all()
    if similarity == "dot" and part == 1:  # by half the squared way, at least
        way = ((moved - levels) ** 2).sum(axis=-1)
        assert (after <= before - way / 2 + SLACK).all()


@given(seed=seeds, beta=betas, part=parts)
def test_all_at_once_on_the_sphere_the_joint_energy_does_not_rise(seed, beta, part):
    levels, _ = drawn(seed, 1.0)
    moved = unit(levels + part * (consensus(levels, beta=beta) - levels))
    assert (joint_energy(moved, beta=beta) <= joint_energy(levels, beta=beta) + SLACK).all()


def test_all_at_once_otherwise_nothing_is_promised():
    # What the docstring says of two columns that hear each other and themselves.
    levels = np.array([3.0, -3.0]).reshape(1, 2, 1, 1)
    how = dict(similarity="dot", beta=0.1)
    moved = consensus(levels, **how)
    np.testing.assert_allclose(moved.ravel(), [2.149, -2.149], atol=1e-3)
    each = [agreement_energy(x, **how).mean() for x in (levels, moved)]
    np.testing.assert_allclose(each, [0.902, 1.279], atol=1e-3)


@pytest.mark.parametrize("left_out", ["hearing oneself", "one length", "hearing everybody"])
def test_each_condition_of_the_second_promise_is_needed(left_out):
    # Many states of four columns in the plane: without the condition some of them go up.
    levels = np.random.default_rng(0).standard_normal((2000, 4, 1, 2))
    levels = levels if left_out == "one length" else unit(levels)
    itself, chain = np.eye(4, dtype=bool)[None], np.tri(4, k=1, dtype=bool)[None]
    mask = {"hearing oneself": ~itself, "hearing everybody": chain}.get(left_out)
    how = dict(beta=2.0, mask=mask)
    moved = unit(consensus(levels, **how))
    rose = joint_energy(moved, **how) > joint_energy(levels, **how) + SLACK
    assert rose.any(), "or the docstring promises too little"


@given(seed=seeds, beta=betas)
def test_for_dot_the_slope_is_the_way_to_the_consensus(seed, beta):
    levels, mask = drawn(seed)
    how = dict(similarity="dot", beta=beta, mask=mask)
    energy, backward = agreement_energy_vjp(levels, levels.copy(), **how)
    slope, _ = backward(np.ones(energy.shape))
    compare(levels - consensus(levels, **how), slope)


@given(seed=seeds, beta=betas)
def test_by_cosine_it_lies_between_minus_one_and_one(seed, beta):
    levels, mask = drawn(seed)
    energy = agreement_energy(levels, beta=beta, mask=mask)
    assert (np.abs(energy) <= 1 + SLACK).all()
    agreed = np.repeat(levels[:, :1], 6, axis=1)
    compare(-np.ones(energy.shape), agreement_energy(agreed, beta=beta, mask=mask))


def test_by_hand():
    # One level, d = 1, two columns: 1 hears 1 . 1 = 1 and 1 . 2 = 2; 2 hears 2 and 4. beta = 1.
    levels = np.array([1.0, 2.0]).reshape(1, 2, 1, 1)
    e = np.exp(1)
    wanted = [0.5 - np.log((e + e**2) / 2), 2 - np.log((e**2 + e**4) / 2)]
    compare(np.array(wanted).reshape(1, 2, 1), agreement_energy(levels, similarity="dot"))
    joint = -np.log((np.exp(-wanted[0]) + np.exp(-wanted[1])) / 2)
    compare(np.array([[joint]]), joint_energy(levels, similarity="dot"))
    # Nobody hears itself: 1 and 2 hear 2 each.
    other = ~np.eye(2, dtype=bool)[None]
    heard = agreement_energy(levels, similarity="dot", mask=other)
    compare(np.array([0.5 - 2, 2 - 2.0]).reshape(1, 2, 1), heard)


@given(seed=seeds)
def test_a_small_beta_asks_for_the_mean_and_a_large_one_for_the_nearest(seed):
    levels, _ = drawn(seed)
    cosines = np.einsum("bild,bjld->bilj", unit(levels), unit(levels))
    np.testing.assert_allclose(
        agreement_energy(levels, beta=1e-5), -cosines.mean(axis=-1), atol=1e-4
    )
    np.testing.assert_allclose(agreement_energy(levels, beta=1e5), -1, atol=1e-4)


def test_the_cosine_of_pairs_without_a_mask():
    levels, _ = drawn(0)
    cosines = np.einsum("bild,bjld->blij", unit(levels), unit(levels))
    wanted = -np.log(np.exp(3.0 * cosines).mean(axis=(2, 3))) / 3.0
    compare(wanted, joint_energy(levels, beta=3.0))


def test_long_vectors_do_not_overflow():
    levels = 100 * drawn(0)[0]
    energy, backward = agreement_energy_vjp(levels, similarity="dot")
    assert np.isfinite(energy).all() and np.isfinite(backward(energy)[0]).all()
    theirs = glom_torch.energy.agreement_energy(torch.tensor(levels), similarity="dot")
    assert torch.isfinite(theirs).all()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (dict(beta=0.0), "beta: wanted"),
        (dict(beta=-1.0), "beta: wanted"),
        (dict(similarity="euclid"), "similarity: wanted one of"),
        (dict(mask=np.ones((1, 6, 6), bool)), r"mask: wanted \(l, i, j\) = \(3, 6, 6\)"),
        (dict(mask=np.zeros((3, 6, 6), bool)), "mask: wanted somebody to hear"),
        (dict(heard=np.zeros((2, 5, 3, 4))), r"heard: wanted \(b, n, l, d\) = \(2, 6, 3, 4\)"),
    ],
)
def test_what_does_not_fit_is_named(how, said, as_users_run_it):
    levels, _ = drawn(0)
    with pytest.raises(ValueError, match=said):
        agreement_energy(levels, **how)
    tensors = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in how.items()}
    with pytest.raises(ValueError, match=said):
        glom_torch.energy.agreement_energy(torch.tensor(levels), **tensors)


def test_a_schedule_of_betas_is_refused(as_users_run_it):
    with pytest.raises(TypeError, match="beta: wanted a number"):
        agreement_energy(drawn(0)[0], beta=(1.0, 2.0))
