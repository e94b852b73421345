"""Relatives of GLOM: what must hold whatever the weights, and in half precision."""

import numpy as np
import pytest
import torch

import glom_torch.relatives
from cases_of_relatives import normal, slots, transformer
from compare import compare
from glom_numpy.relatives import (
    block,
    decode_slots,
    features,
    mixture,
    paint,
    settle_slots,
    settle_tokens,
    slot_model,
    transformer_model,
)
from glom_numpy.scores import foreground_ari
from glom_torch.weights import to_tensors

RNG = np.random.default_rng(37)
IMG = RNG.random((2, 4, 6, 15))
shuffled = RNG.permutation


def test_shuffled_slots_give_shuffled_answers():
    c, p = slots()
    noise, order = RNG.standard_normal((2, 5, 7)), shuffled(5)
    states, attention, masks, picture = slot_model(p, c, IMG, noise)
    again = slot_model(p, c, IMG, noise[:, order])
    compare(again, (states[:, :, order], attention[..., order], masks[..., order], picture))


def test_shuffled_inputs_give_the_same_slots():
    _, p = slots()
    inputs, start, order = normal(2, 15, 7), normal(2, 3, 7), shuffled(15)
    states, attention = settle_slots(p, inputs, start, iters=3)
    compare(settle_slots(p, inputs[:, order], start, iters=3), (states, attention[:, :, order]))


def test_shuffled_tokens_give_shuffled_tokens():
    _, p = transformer()
    x, order = normal(2, 15, 6), shuffled(15)
    compare(settle_tokens(p, x[:, order], iters=3), settle_tokens(p, x, iters=3)[:, :, order])


def test_pictures_of_a_batch_do_not_hear_each_other():
    for (c, p), model in ((slots(), slot_model), (transformer(), transformer_model)):
        noise = [RNG.standard_normal((2, 3, 7))] if model is slot_model else []
        both = model(p, c, IMG, *noise, iters=3)[-1]
        alone = model(p, c, IMG[1:], *(n[1:] for n in noise), iters=3)[-1]
        compare(alone, both[1:])


def test_a_feature_is_of_its_own_patch():
    c, p = slots()
    moved = IMG.copy()
    moved[:, :, 2:4, 3:6] += 0.3  # the patch in row 1, column 1: location 6 of 3 x 5
    changed = (features(p, c, moved) != features(p, c, IMG)).any(axis=(0, 2))
    assert changed.nonzero()[0].tolist() == [6]


def test_shares_sum_to_one_and_one_slot_takes_all():
    c, p = slots()
    for k in (1, 4):
        _, attention, masks, _ = slot_model(p, c, IMG, RNG.standard_normal((2, k, 7)), iters=2)
        for share in (attention, masks):
            assert share.shape[-1] == k and (share >= 0).all()
            np.testing.assert_allclose(share.sum(axis=-1), 1)


def test_equal_slots_stay_equal():
    # Why the noise: slots that start alike are told the same, and share every location evenly.
    _, p = slots()
    start = np.repeat(normal(2, 1, 7), 3, axis=1)
    states, attention = settle_slots(p, normal(2, 15, 7), start, iters=3)
    np.testing.assert_allclose(attention, 1 / 3)
    np.testing.assert_allclose(states, states[:, :, :1].repeat(3, axis=2))


def test_two_and_three_rounds_are_five():
    _, p = slots()
    inputs, start = normal(2, 15, 7), normal(2, 3, 7)
    states, _ = settle_slots(p, inputs, start, iters=5)
    first, _ = settle_slots(p, inputs, start, iters=2)
    compare(np.concatenate([first, settle_slots(p, inputs, first[-1], iters=3)[0][1:]]), states)
    _, p = transformer()
    x = normal(2, 15, 6)
    compare(settle_tokens(p, settle_tokens(p, x, iters=2)[-1], iters=3)[-1], block_times(p, x, 5))


def block_times(params, x, times):
    for _ in range(times):
        x = block(params, x)
    return x


def test_the_picture_is_painted_by_whom_alpha_names():
    # A slot whose alpha is 1 everywhere paints the whole picture, whatever the others paint.
    c, p = slots()
    code = RNG.random((15, c.location_width))
    painted, alphas = paint(p, c, normal(2, 3, 7), code)
    np.testing.assert_allclose(alphas.sum(axis=-1), 1)
    sure = np.zeros_like(alphas)
    sure[..., 1] = 1.0
    compare(mixture(painted, sure), np.ascontiguousarray(painted[:, :, 1]))


def test_slots_tell_locations_apart_by_their_code_alone():
    c, p = slots()
    patches = decode_slots(p, c, normal(2, 3, 7), c.grid)
    assert (np.ptp(patches, axis=1) > 1e-3).any()
    painted, _ = paint(p, c, normal(2, 3, 7), np.ones((15, c.location_width)))
    np.testing.assert_allclose(painted, painted[:, :1].repeat(15, axis=1))


def test_masks_are_a_segmentation_that_scores_take():
    c, p = slots()
    _, attention, masks, _ = slot_model(p, c, IMG, RNG.standard_normal((2, 3, 7)))
    labels = RNG.integers(3, size=15)
    for found in (masks[0].argmax(-1), attention[-1, 0].argmax(-1)):
        assert -1 <= foreground_ari(found, labels) <= 1


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_precision_stays_finite(half):
    noise = torch.tensor(RNG.standard_normal((2, 3, 7)), dtype=half)
    img = torch.tensor(IMG, dtype=half)
    c, p = slots()
    wanted = slot_model(p, c, IMG, noise.double().numpy(), iters=9)
    came = glom_torch.relatives.slot_model(to_tensors(p, dtype=half), c, img, noise, iters=9)
    name = str(half).removeprefix("torch.")
    compare(wanted[-1], came[-1], dtype=name)
    # A slot that wins nothing divides by epsilon, and float16 has no 1e-8.
    nobody = torch.zeros((1, 5, 2), dtype=half)
    assert (
        glom_torch.relatives.weighted_mean(nobody, torch.ones((1, 5, 3), dtype=half))
        .isfinite()
        .all()
    )
