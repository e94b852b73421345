"""What a training step draws, and what the objective makes of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare import compare
from glom_numpy.config import GlomConfig, flatten
from glom_numpy.glom import settle
from glom_numpy.losses import gather, info_nce
from glom_numpy.objective import objective, objective_vjp
from glom_numpy.recipe import Recipe, draw, init_heads, who_listens
from glom_numpy.weights import init_params

CONFIG = GlomConfig(dim=5, levels=3, image_size=(6, 10), patch_size=2, hidden=7)  # 3 x 5 columns
seeds = st.integers(0, 2**32 - 1)


def drawn(seed=0, b=2, config=CONFIG, **choices):
    return draw(config, Recipe(**choices), b, np.random.default_rng(seed))


@given(seed=seeds)
def test_the_same_seed_draws_the_same(seed):
    one, other = (drawn(seed, noise=0.1, min_iters=2) for _ in range(2))
    for name, value in vars(one).items():
        assert np.array_equal(value, getattr(other, name)), name


def test_every_number_of_steps_between_the_two_is_drawn():
    assert {drawn(seed, min_iters=2, iters=5).steps for seed in range(60)} == {2, 3, 4, 5}
    assert {drawn(seed, iters=5).steps for seed in range(9)} == {5}


def test_some_batches_carry_an_older_state_on():
    choices = dict(min_iters=2, iters=4, reads=2, carried=0.5, longest=6)
    draws = [drawn(seed, **choices) for seed in range(90)]
    assert {(d.steps, d.before > 0) for d in draws} == {(s, False) for s in (2, 3, 4)} | {(3, True)}
    assert {d.before for d in draws} == {0, 2, 3, 4, 5, 6}
    assert 25 < sum(d.before > 0 for d in draws) < 65
    assert {drawn(seed, min_iters=2, iters=4).before for seed in range(9)} == {0}


@given(seed=seeds, ratio=st.floats(0, 1))
def test_hidden_patches(seed, ratio):
    hidden = drawn(seed, mask_ratio=ratio).hidden
    assert hidden.shape == (2, 15) and hidden.dtype == bool
    # The nearest whole number, but something to fill in and something to go by.
    wanted = min(max(round(15 * ratio), 1), 14) if ratio else 0
    assert (hidden.sum(axis=1) == wanted).all()


@given(seed=seeds)
def test_hidden_blocks(seed):
    hidden = drawn(seed, mask_block=2, mask_ratio=0.3).hidden.reshape(2, 3, 5)
    # Blocks of 2 x 2 on 3 x 5 patches: two rows of three blocks, of which round(0.3 * 6) = 2.
    for picture in hidden:
        blocks = [picture[y : y + 2, x : x + 2] for y in (0, 2) for x in (0, 2, 4)]
        assert sum(block.all() for block in blocks) == 2
        assert sum(block.any() for block in blocks) == 2


@given(seed=seeds, radius=st.sampled_from([1.0, 1.5, 2.0, 5.0]))
def test_partners_are_others_within_the_radius(seed, radius):
    draws = drawn(seed, contrast=1.0, contrast_radius=(radius, 1.0, 9.0), anchors=7)
    assert draws.anchors.shape == draws.partners.shape == draws.chances.shape == (3, 2, 7)
    rows, cols = np.divmod(draws.anchors, 5)
    their_rows, their_cols = np.divmod(draws.partners, 5)
    distance = np.hypot(rows - their_rows, cols - their_cols)
    assert (distance > 0).all()
    assert (distance[0] <= radius).all() and (distance[1] <= 1).all()
    assert (draws.chances >= 0).all() and (draws.chances < 1).all()


def test_all_partners_within_the_radius_are_as_likely():
    # The corner of the grid has two neighbors at radius 1.
    draws = drawn(anchors=4000, contrast=1.0, contrast_radius=1.0)
    partners = draws.partners[draws.anchors == 0]
    places, counts = np.unique(partners, return_counts=True)
    assert places.tolist() == [1, 5]
    assert abs(counts[0] / counts.sum() - 0.5) < 0.05


def test_nothing_is_asked_of_a_radius_that_is_not_used():
    draws = drawn(contrast=(0, 1, 1), positives=("radius", "view", "attention"), contrast_radius=0)
    assert (draws.partners == draws.anchors).all()


def test_same_places_in_every_picture():
    anchors = drawn(same_places=True, b=3).anchors
    assert (anchors == anchors[:, :1]).all()
    assert (drawn(b=3).anchors[:, 0] != drawn(b=3).anchors[:, 1]).any()


def test_two_views_are_hidden_apart():
    draws = drawn(contrast=(0, 0, 1), positives=("radius", "radius", "view"))
    assert draws.hidden.shape == (4, 15)
    assert (draws.hidden[:2] != draws.hidden[2:]).any(axis=1).all()
    assert drawn(contrast=(1, 1, 0), positives=("radius", "radius", "view")).hidden.shape == (2, 15)


def test_noise_has_the_deviation_asked_for():
    assert drawn(noise=0.0).noise is None
    noise = drawn(noise=0.3, b=200).noise
    assert noise.shape == (200, 3, 6, 10) and abs(noise.std() - 0.3) < 0.01


def test_heads_that_are_asked_for():
    def shapes(**choices):
        heads = init_heads(CONFIG, Recipe(**choices), np.random.default_rng(0))
        return {name: value.shape for name, value in flatten(heads).items()}

    decoder = {"decoder.layer0.weight": (3, 12, 5), "decoder.layer0.bias": (3, 12)}
    assert shapes() == shapes(projection=4) == decoder
    assert shapes(reconstruction=(0, 0, 0), agreement=1.0) == {}
    assert shapes(reconstruction=0.0, contrast=1.0, projection=4) == {
        "projector.layer0.weight": (3, 5, 5),
        "projector.layer0.bias": (3, 5),
        "projector.layer1.weight": (3, 4, 5),
        "projector.layer1.bias": (3, 4),
    }


# --- the objective ---------------------------------------------------------------------------


def setting(**choices):
    rng = np.random.default_rng(0)
    recipe = Recipe(**choices)
    params = {"glom": init_params(CONFIG, rng), "heads": init_heads(CONFIG, recipe, rng)}
    return params, CONFIG, recipe, rng.random((2, 3, 6, 10)), draw(CONFIG, recipe, 2, rng)


def test_reads_are_the_mean_over_the_last_states():
    params, config, recipe, images, draws = setting(
        iters=5, reads=3, agreement=0.3, contrast=0.2, positives="attention"
    )
    loss, terms = objective(params, config, recipe, images, draws)
    one = recipe.replace(reads=1)
    single = [
        objective(params, config, one, images, replace(draws, steps=steps))[1]
        for steps in (3, 4, 5)
    ]
    for name, term in terms.items():
        compare(np.mean([at[name] for at in single]), float(term), where=name)
    compare(sum(float(term) for term in terms.values()), float(loss))


def test_to_carry_on_is_to_settle_longer():
    params, config, recipe, images, draws = setting(iters=4, reads=2, mask_ratio=0.3)
    late = objective(params, config, recipe, images, replace(draws, steps=7))[0]
    carried = objective(params, config, recipe, images, replace(draws, steps=3, before=4))[0]
    compare(late, carried)


def test_what_is_hidden_is_not_seen():
    # Only the reconstruction knows what was there; agreement and contrast see the painted picture.
    choices = dict(reconstruction=0.0, agreement=0.3, contrast=0.2)
    params, config, recipe, images, draws = setting(**choices)
    _, backward = objective_vjp(params, config, recipe, images, draws)
    seen = np.abs(backward()[1]).sum(axis=1)  # (b, H, W)
    hidden = draws.hidden.reshape(2, 3, 5).repeat(2, axis=1).repeat(2, axis=2)
    assert (seen[hidden] == 0).all() and (seen[~hidden] > 0).all()


def test_a_perfect_decoder_has_no_loss():
    # The decoder says the picture's one color everywhere: weights 0, bias 0.7.
    params, config, recipe, images, draws = setting()
    layer = params["heads"]["decoder"]["layer0"]
    layer["weight"][:], layer["bias"][:] = 0.0, 0.7
    loss, _ = objective(params, config, recipe, np.full_like(images, 0.7), draws)
    assert abs(loss) < 1e-30  # 0.7 - 0.7, but for the last bit
    # And off by 0.1 at every pixel of every level: 0.01 for each of three levels.
    loss, _ = objective(params, config, recipe, np.full_like(images, 0.8), draws)
    compare(0.03, float(loss))


@pytest.mark.parametrize("hidden_only", [True, False])
def test_reconstruction_is_scored_on_hidden_patches_only_if_asked(hidden_only):
    # The same decoder, and a picture that is off by 0.1 in the patches that are not hidden.
    params, config, recipe, images, draws = setting(hidden_only=hidden_only)
    layer = params["heads"]["decoder"]["layer0"]
    layer["weight"][:], layer["bias"][:] = 0.0, 0.7
    hidden = draws.hidden.reshape(2, 1, 3, 5).repeat(2, axis=2).repeat(2, axis=3)
    loss, _ = objective(params, config, recipe, np.where(hidden, 0.7, images * 0 + 0.8), draws)
    compare(0.0 if hidden_only else 0.03 * (~draws.hidden).mean(), float(loss))


def test_partners_in_another_view_are_the_same_places():
    # Nothing is hidden, but the noise differs between the two views of each picture.
    choices = dict(reconstruction=0.0, contrast=1.0, mask_ratio=0.0, anchors=3, noise=0.4)
    params, config, recipe, images, draws = setting(positives="view", **choices)
    loss, _ = objective(params, config, recipe, images, draws)
    seen = np.concatenate([images, images]) + draws.noise
    mask = who_listens(config, draws)
    states, _ = settle(params["glom"], config, seen, iters=draws.steps, mask=mask)
    one_view, other_view = states[-1][:2], states[-1][2:]
    group, wanted = np.array([0, 0, 0, 1, 1, 1]), 0.0
    for level in range(3):
        places = draws.anchors[level]
        ours, theirs = (
            gather(one_view[:, :, level], places),
            gather(other_view[:, :, level], places),
        )
        wanted += info_nce(ours, theirs, group, recipe.temperature)
    compare(float(wanted), float(loss))
