"""What must hold for any numbers: symmetries, independence, going on, and no overflow."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import glom_numpy
import glom_torch
from compare import compare
from glom_numpy.attention import (
    SIMILARITIES,
    attention_weights,
    consensus,
    consensus_vjp,
    listening_mask,
)
from glom_numpy.config import GlomConfig
from glom_numpy.ops import softmax
from glom_numpy.step import STATE_NORMS
from unchecked import unchecked

seeds = st.integers(0, 2**32 - 1)
similarities = st.sampled_from(sorted(SIMILARITIES))
SMALL = dict(dim=5, levels=3, image_size=(6, 10), patch_size=2, hidden=7)  # 3 x 5 = 15 columns
each_norm = pytest.mark.parametrize("state_norm", STATE_NORMS)
each_house = pytest.mark.parametrize("house", [glom_numpy, glom_torch])


def states_of(house, img, *, levels=None, seed=0, change=None, **choices):
    """All states of a small model; `change` are the choices of the call."""
    rng = np.random.default_rng(seed)
    if house is glom_numpy:
        model = house.Glom(**SMALL | choices, rng=rng)
        return model(img, levels=levels, return_all=True, **change or {})
    model = house.Glom(**SMALL | choices, rng=rng, dtype=torch.float64).requires_grad_(False)
    levels = None if levels is None else torch.tensor(levels)
    return model(torch.tensor(img), levels=levels, return_all=True, **change or {}).numpy()


@given(seed=seeds, similarity=similarities, beta=st.floats(0, 20), lam=st.floats(0, 2))
def test_shuffling_columns_shuffles_the_answer(seed, similarity, beta, lam):
    rng = np.random.default_rng(seed)
    levels, order = rng.standard_normal((2, 11, 3, 5)), rng.permutation(11)
    mask = (rng.random((3, 11, 11)) < 0.5) | np.eye(11, dtype=bool)
    how = dict(similarity=similarity, beta=beta, lam=lam)
    shuffled_mask = mask[:, order][:, :, order]
    came = consensus(levels[:, order], mask=shuffled_mask, **how)
    compare(consensus(levels, mask=mask, **how)[:, order], came)


@given(seed=seeds, similarity=similarities, beta=st.floats(-5, 50), length=st.floats(1e-3, 100))
def test_unanimity_is_a_fixed_point_of_consensus(seed, similarity, beta, length):
    rng = np.random.default_rng(seed)
    opinion = length * rng.standard_normal((2, 1, 3, 5))
    levels = np.repeat(opinion, 11, axis=1)
    mask = (rng.random((3, 11, 11)) < 0.3) | np.roll(np.eye(11, dtype=bool), 1, axis=0)
    compare(levels, consensus(levels, similarity=similarity, beta=beta, mask=mask))


@given(seed=seeds, similarity=similarities, lam=st.floats(0, 2))
def test_every_listener_spreads_weight_one(seed, similarity, lam):
    levels = np.random.default_rng(seed).standard_normal((2, 7, 3, 5))
    weights = attention_weights(levels, similarity=similarity, beta=3.0, lam=lam)
    assert (weights >= 0).all()
    compare(np.ones((2, 3, 7)), weights.sum(axis=-1))


@given(seed=seeds, column=st.integers(0, 10))
def test_a_masked_column_has_no_influence(seed, column):
    rng = np.random.default_rng(seed)
    mask = rng.random((3, 11, 11)) < 0.6
    mask[:, :, (column + 1) % 11] = True
    mask[:, :, column] = False  # nobody may listen to it
    levels = rng.standard_normal((2, 11, 3, 5))
    other = levels.copy()
    other[:, column] = rng.standard_normal((2, 3, 5))
    rest = np.arange(11) != column
    said, backward = consensus_vjp(levels, mask=mask, beta=4.0)
    assert (said[:, rest] == consensus(other, mask=mask, beta=4.0)[:, rest]).all()
    g = rng.standard_normal(said.shape) * rest[:, None, None]  # a loss on all the others
    assert (backward(g)[:, column] == 0).all()


@given(seed=seeds, first=st.integers(0, 4), then=st.integers(0, 4))
@each_house
def test_some_steps_and_then_more(house, seed, first, then):
    # With a schedule that goes on where it was, and without touching the state. NumPy to the last
    # bit; torch works out once what is still the same in all columns, and another product rounds
    # otherwise.
    img = np.random.default_rng(seed).random((2, 3, 6, 10))
    choices = dict(seed=seed, beta=(1.0, 2.0, 4.0, 8.0, 9.0), voice_weights="learned")
    with warnings.catch_warnings(), unchecked():
        warnings.simplefilter("ignore", UserWarning)  # runs too short to reach the top
        whole = states_of(house, img, change=dict(iters=first + then), **choices)
        begun = states_of(house, img, change=dict(iters=first), **choices)
    assert (begun == whole[: first + 1]).all()  # a shorter run is a prefix of a longer one
    passed = begun[-1].copy()
    more = states_of(house, img, levels=passed, change=dict(iters=then, start=first), **choices)
    if house is glom_numpy:
        assert (more == whole[first:]).all()
    compare(whole[first:], more)
    assert (passed == begun[-1]).all()


def test_start_matters_only_to_a_schedule():
    # (At t = 0 all columns are equal, and no beta makes a difference.)
    img = np.random.default_rng(0).random((1, 3, 6, 10))
    late, early = (
        states_of(glom_numpy, img, beta=(1.0, 2.0, 9.0), change=dict(iters=4, start=t))
        for t in (1, 0)
    )
    assert np.abs(late - early).max() > 1e-6
    late, early = (states_of(glom_numpy, img, change=dict(iters=4, start=t)) for t in (1, 0))
    assert (late == early).all()


@each_norm
@each_house
@given(seed=seeds)
def test_pictures_of_a_batch_do_not_meet(house, state_norm, seed):
    rng = np.random.default_rng(seed)
    img = rng.random((3, 3, 6, 10))
    choices = dict(state_norm=state_norm, seed=seed, location="learned", lam=0.3)
    together = states_of(house, img, change=dict(iters=5), **choices)
    alone = states_of(house, img[1:2], change=dict(iters=5), **choices)
    compare(together[:, 1:2], alone)
    img[2] = rng.random((3, 6, 10))  # another neighbor in the batch changes nothing, to the bit
    assert (states_of(house, img, change=dict(iters=5), **choices)[:, :2] == together[:, :2]).all()


@each_norm
@each_house
@given(seed=seeds, place=st.integers(0, 14))
def test_columns_meet_in_the_consensus_only(house, state_norm, seed, place):
    # With that voice muted, a column sees its own patch and nothing else, under every norm.
    rng = np.random.default_rng(seed)
    img = rng.random((2, 3, 6, 10))
    other = img.copy()
    y, x = 2 * (place // 5), 2 * (place % 5)
    other[:, :, y : y + 2, x : x + 2] = rng.random((2, 3, 2, 2))
    choices = dict(state_norm=state_norm, seed=seed, voice_weights=(1, 1, 1, 0))
    one, two = (states_of(house, seen, change=dict(iters=4), **choices) for seen in (img, other))
    rest = np.arange(15) != place
    assert (one[:, :, rest] == two[:, :, rest]).all()
    assert (one[1:, :, place, 0] != two[1:, :, place, 0]).any()


@given(seed=seeds, size=st.sampled_from([1e-12, 1.0, 1000.0, 1e4]))
def test_logits_of_a_thousand(seed, size):
    rng = np.random.default_rng(seed)
    logits = size * rng.standard_normal((3, 7))
    compare(softmax(logits), softmax(logits + 1000.0) if size == 1.0 else softmax(logits))
    levels = np.sqrt(size) * rng.standard_normal((2, 7, 3, 5))
    said, backward = consensus_vjp(levels, similarity="dot", beta=1.0)
    assert np.isfinite(said).all()
    assert np.isfinite(backward(rng.standard_normal(said.shape))).all()
    theirs = glom_torch.attention.consensus(torch.tensor(levels), similarity="dot", beta=1.0)
    assert torch.isfinite(theirs).all()
    assert softmax(np.array([1000.0, 0.0, -np.inf])).tolist() == [1, 0, 0]


@given(seed=seeds, radius=st.floats(1, 4), samples=st.integers(0, 4))
def test_who_may_listen(seed, radius, samples):
    config = GlomConfig(**SMALL, local_consensus_radius=radius, samples=samples)
    mask = listening_mask(config, (3, 5), np.random.default_rng(seed))
    assert mask.shape == (3, 15, 15) and not mask[:, range(15), range(15)].any()
    near = listening_mask(config.replace(samples=0), (3, 5))
    assert (near == near.transpose(0, 2, 1)).all()  # near is mutual; sampled need not be
    assert (mask & near == near).all()
    beyond = 14 - near.sum(axis=-1)
    assert ((mask & ~near).sum(axis=-1) == np.minimum(samples, beyond)).all()


@given(seed=seeds, radius=st.sampled_from([-1.0, 0.0]), samples=st.integers(1, 14))
def test_sampled_locations_alone(seed, radius, samples):
    # Without a radius nobody is near, and a location is never drawn to hear itself.
    config = GlomConfig(**SMALL, local_consensus_radius=radius, samples=samples)
    mask = listening_mask(config, (3, 5), np.random.default_rng(seed))
    assert (mask.sum(axis=-1) == samples).all() and not mask[:, range(15), range(15)].any()


@given(seed=seeds)
def test_one_column_hears_itself_or_says_so(seed):
    with pytest.raises(ValueError, match="hears nobody"):
        listening_mask(GlomConfig(**SMALL | dict(image_size=2)), (1, 1))
    config = GlomConfig(**SMALL | dict(image_size=2), consensus_self=True)
    img = np.random.default_rng(seed).random((2, 3, 2, 2))
    assert np.isfinite(glom_numpy.Glom(config)(img)).all()
