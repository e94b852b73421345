"""Nested crops: a small window within a larger one, all outside hidden, partners in both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare import compare
from glom_numpy.config import GlomConfig
from glom_numpy.glom import settle
from glom_numpy.hide import hide_outside, nested_windows, places_in
from glom_numpy.look import counted
from glom_numpy.losses import gather, info_nce
from glom_numpy.objective import objective, objective_vjp
from glom_numpy.recipe import Recipe, draw, init_heads, who_listens
from glom_numpy.weights import init_params

SIZES = dict(dim=5, levels=3, patch_size=2)
CONFIG = GlomConfig(**SIZES, image_size=(12, 14))  # 6 x 7 columns: crops of 4 x 5 and 2 x 2
CROPS = dict(contrast=1.0, positives="crop", anchors=9)
seeds = st.integers(0, 2**32 - 1)


def drawn(seed=0, b=3, config=CONFIG, **choices):
    return draw(config, Recipe(**CROPS | choices), b, np.random.default_rng(seed))


def box(window):
    """(top, left, bottom, right) of what is True in a grid, which must be all between these."""
    rows, cols = (np.flatnonzero(window.any(axis=axis)) for axis in (1, 0))
    found = rows[0], cols[0], rows[-1] + 1, cols[-1] + 1
    assert window.sum() == (found[2] - found[0]) * (found[3] - found[1])
    return found


@given(seed=seeds)
def test_the_second_view_shows_a_window_within_that_of_the_first(seed):
    draws = drawn(seed, mask_ratio=0.0)
    assert draws.hidden.shape == (6, 42) and draws.anchors.shape == (3, 3, 9)
    seen = ~draws.hidden.reshape(2, 3, 6, 7)
    for outer, inner, anchors in zip(*seen, draws.anchors.swapaxes(0, 1), strict=True):
        top, left, bottom, right = box(outer)
        assert (bottom - top, right - left) == (4, 5)
        top, left, bottom, right = box(inner)
        assert (bottom - top, right - left) == (2, 2)
        assert outer[inner].all()
        assert inner.reshape(-1)[anchors].all()


def test_crops_are_everywhere_and_anchors_everywhere_in_them():
    windows = nested_windows((6, 7), (0.75, 0.5), 4000, np.random.default_rng(0))
    outer, inner = (np.argmax(view, axis=1) for view in windows)  # their first locations
    places, counts = np.unique(outer, return_counts=True)
    assert places.tolist() == [0, 1, 2, 7, 8, 9, 14, 15, 16]
    assert abs(counts / 4000 - 1 / 9).max() < 0.02
    places, counts = np.unique(inner - outer, return_counts=True)
    assert places.tolist() == [0, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 17]
    assert abs(counts / 4000 - 1 / 12).max() < 0.02
    anchors = places_in(windows[1, :3], 4000, np.random.default_rng(1))
    for mine, window in zip(anchors, windows[1], strict=False):
        places, counts = np.unique(mine, return_counts=True)
        assert places.tolist() == np.flatnonzero(window).tolist()
        assert abs(counts / 4000 - 1 / 4).max() < 0.03


@given(seed=seeds, ratio=st.floats(0, 1), block=st.integers(1, 3))
def test_patches_inside_are_hidden_as_without_crops_but_one_is_seen(seed, ratio, block):
    choices = dict(mask_ratio=ratio, mask_block=block)
    before = drawn(seed, positives="view", **choices).hidden
    hidden = drawn(seed, **choices).hidden
    assert before.shape == hidden.shape and (~hidden).any(axis=1).all()
    for one, other in zip(before, hidden, strict=True):
        # What was hidden still is. Only if the window was all hidden, a single patch is shown.
        assert other[one].all() or (~other).sum() == 1


def test_one_patch_of_each_window_is_seen():
    rng = np.random.default_rng(0)
    windows = rng.random((4000, 6)) < 0.5
    windows[:, 2] = True
    before = rng.random((4000, 6)) < 0.5
    hidden = hide_outside(before, windows, rng)
    blind = (before | ~windows).all(axis=1)
    assert (hidden == (before | ~windows))[~blind].all() and 400 < blind.sum() < 1600
    assert ((~hidden).sum(axis=1) == 1)[blind].all() and (~hidden & ~windows).sum() == 0
    two = blind & (windows.sum(axis=1) == 2) & windows[:, 4]
    assert 0.3 < hidden[two, 4].mean() < 0.7, "any of them, as likely"


def test_same_places_are_in_the_same_crops():
    draws = drawn(mask_ratio=0.0, same_places=True, b=4)
    hidden = draws.hidden.reshape(2, 4, 42)
    assert (hidden == hidden[:, :1]).all()
    assert (draws.anchors == draws.anchors[:, :1]).all()
    assert not hidden[1, 0, draws.anchors].any()
    hidden = drawn(mask_ratio=0.0, b=4).hidden.reshape(2, 4, 42)
    assert (hidden != hidden[:, :1]).any(axis=(1, 2)).all()


@given(seed=seeds)
def test_all_else_is_drawn_as_for_two_views(seed):
    choices = dict(contrast=(1, 0.1, 0), anchors=4, noise=0.1, carried=0.5, longest=9)
    choices |= dict(config=CONFIG.replace(samples=2))
    views = drawn(seed, positives=("view", "radius", "view"), **choices)
    crops = drawn(seed, positives=("crop", "radius", "crop"), **choices)
    for name in ("steps", "noise", "chances", "far", "before"):
        assert np.array_equal(getattr(views, name), getattr(crops, name)), name
    for name in ("anchors", "partners"):  # the last level is not contrasted
        assert (getattr(views, name)[1:] == getattr(crops, name)[1:]).all()
    assert (crops.anchors[0] == crops.partners[0]).all()


def test_without_crops_all_is_drawn_as_before_there_were_any():
    # Numbers that were drawn by the code before crops. Committed weights come from such draws.
    config = GlomConfig(**SIZES, image_size=(4, 6), samples=1)
    positives = "radius", "view", "attention"
    more = dict(min_iters=2, noise=0.1, carried=0.5, longest=9)
    recipe = Recipe(contrast=0.1, positives=positives, anchors=2, **more)
    rng = np.random.default_rng(7)
    draws = draw(config, recipe, 2, rng)
    assert (draws.steps, draws.before, draws.far) == (2, 7, 2274257849053844063)
    hidden = [np.flatnonzero(picture).tolist() for picture in draws.hidden]
    assert hidden == [[0, 3, 5], [2, 3, 4], [0, 2, 3], [1, 3, 4]]
    anchors = [[[0, 2], [2, 2]], [[2, 0], [2, 5]], [[2, 3], [0, 2]]]
    assert draws.anchors.tolist() == anchors
    assert draws.partners.tolist() == [[[4, 5], [5, 4]], *anchors[1:]]
    chances = [[[76, 6], [47, 3]], [[31, 31], [71, 45]], [[5, 99], [88, 91]]]
    assert (100 * draws.chances).astype(int).tolist() == chances
    assert rng.integers(10**6) == 227179, "what the next step begins with"


@pytest.mark.parametrize("choices", [dict(contrast=0.0), dict(contrast=(0, 1, 0))])
def test_nothing_is_cropped_unless_a_level_contrasts_crops(choices):
    positives = ("crop", "view", "crop")
    draws = drawn(mask_ratio=0.0, positives=positives, crop=(1.0, 1.0), **choices)
    assert not draws.hidden.any()


@pytest.mark.parametrize(
    ("grid", "crop", "sides"),
    [
        ((1, 2), (0.75, 0.5), (1, 2, 1, 1)),
        ((2, 1), (0.75, 0.5), (2, 1, 1, 1)),
        ((2, 3), (0.75, 0.5), (2, 2, 1, 1)),
        ((3, 5), (1.0, 0.6), (3, 5, 2, 3)),
        ((3, 5), (0.6, 0.0), (2, 3, 1, 1)),
    ],
)
def test_small_grids(grid, crop, sides):
    config = GlomConfig(**SIZES, image_size=(2 * grid[0], 2 * grid[1]))
    for seed in range(9):
        seen = ~drawn(seed, config=config, crop=crop, mask_ratio=0.0, b=2).hidden
        boxes = [box(window.reshape(grid)) for window in seen]
        found = [(bottom - top, right - left) for top, left, bottom, right in boxes]
        assert found == [sides[:2]] * 2 + [sides[2:]] * 2
        hidden = drawn(seed, config=config, crop=crop, mask_ratio=1.0, b=2).hidden
        assert (~hidden).any(axis=1).all()


def test_a_grid_too_small_for_two_windows_is_refused():
    config = GlomConfig(**SIZES, image_size=2, consensus_self=True)
    with pytest.raises(ValueError, match="crop: wanted an inner crop .* in 1 x 1, got"):
        drawn(config=config, mask_ratio=0.0)


# --- the objective ---------------------------------------------------------------------------


def setting(**choices):
    rng = np.random.default_rng(0)
    recipe = Recipe(**CROPS | choices)
    params = {"glom": init_params(CONFIG, rng), "heads": init_heads(CONFIG, recipe, rng)}
    return params, CONFIG, recipe, rng.random((2, 3, 12, 14)), draw(CONFIG, recipe, 2, rng)


def test_partners_are_the_same_places_in_the_crop_and_in_the_crop_that_contains_it():
    choices = dict(reconstruction=0.0, mask_ratio=0.0, mask_value=0.3, anchors=3)
    params, config, recipe, images, draws = setting(**choices)
    loss, _ = objective(params, config, recipe, images, draws)
    hidden = draws.hidden.reshape(2, 2, 1, 6, 7).repeat(2, axis=3).repeat(2, axis=4)
    how = dict(iters=draws.steps, mask=who_listens(config, draws))
    (large, _), (small, _) = (
        settle(params["glom"], config, np.where(outside, 0.3, images), **how) for outside in hidden
    )
    group, wanted = np.array([0, 0, 0, 1, 1, 1]), 0.0
    for level, places in enumerate(draws.anchors):
        in_large, in_small = (gather(view[-1][:, :, level], places) for view in (large, small))
        wanted += info_nce(in_large, in_small, group, recipe.temperature)
    compare(float(wanted), float(loss))


def test_what_lies_outside_of_the_crops_is_not_seen():
    params, config, recipe, images, draws = setting(reconstruction=0.0, mask_ratio=0.0)
    _, backward = objective_vjp(params, config, recipe, images, draws)
    seen = np.abs(backward()[1]).sum(axis=1)  # (b, H, W)
    outside = draws.hidden[:2].reshape(2, 6, 7).repeat(2, axis=1).repeat(2, axis=2)
    assert (seen[outside] == 0).all() and (seen[~outside] > 0).all()


@pytest.mark.parametrize("hidden_only", [True, False])
@pytest.mark.parametrize("ratio", [0.0, 0.5])
def test_what_lies_outside_is_filled_in_as_all_that_is_hidden(hidden_only, ratio):
    *_, recipe, _, draws = setting(hidden_only=hidden_only, mask_ratio=ratio)
    wanted = draws.hidden if hidden_only else np.ones_like(draws.hidden)
    assert (counted(recipe, draws) == wanted).all()
