"""The gradient explorer: what is zero looks zero, the slider redraws, wrong input is named."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from glom_numpy.figures import alt_text
from tutorials.gradients import explore_gradients, gradient_figure

GRID = (3, 5)
GRAY = (0.85, 0.85, 0.85)


@pytest.fixture
def lengths():
    """(t 4, n 15, l 2): at the last step one column at level 1 alone, then more and fainter."""
    found = np.zeros((4, 15, 2))
    found[3, 7, 1] = 2.0
    found[2, 6:9, 1], found[2, 7, 0] = 0.5, 0.3
    found[1, :, 1], found[1, 5:10, 0] = 0.1, 0.02
    found[0] = 1e-9  # fainter than the scale, but not zero
    return found


def shown(fig, place):
    return np.asarray(fig.axes[place].images[0].get_array())


def test_what_is_exactly_zero_is_gray_and_nothing_else(lengths):
    for t in range(4):
        fig = gradient_figure(lengths, GRID, t)
        for place, level in ((0, 1), (1, 0)):  # the top level stands first
            gray = np.isclose(shown(fig, place)[..., :3], GRAY).all(axis=-1)
            np.testing.assert_array_equal(gray.ravel(), lengths[t, :, level] == 0)


def test_one_color_scale_for_all_steps(lengths):
    strong, faint = (shown(gradient_figure(lengths, GRID, t), 0) for t in (3, 2))
    assert strong[1, 2].sum() > faint[1, 2].sum()  # viridis grows lighter
    darkest = shown(gradient_figure(lengths, GRID, 0), 0)
    np.testing.assert_array_equal(darkest, np.broadcast_to(darkest[0, 0], darkest.shape))


def test_it_says_in_words_and_titles_what_it_shows(lengths):
    fig = gradient_figure(lengths, GRID, 2, mark=7)
    said = alt_text(fig)
    assert "t = 2 of 3" in said
    assert "level 1: 3 of 15 columns, length 0.87" in said and "level 0: 1 of 15" in said
    assert [ax.get_title() for ax in fig.axes[:2]] == ["level 1", "level 0"]
    ring = fig.axes[0].lines[-1]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (2, 1)


def test_the_course_leaves_out_what_is_zero(lengths):
    lines = gradient_figure(lengths, GRID, 1).axes[2].lines
    total = np.sqrt((lengths**2).sum(axis=1))
    np.testing.assert_allclose(lines[1].get_ydata(), total[:, 1])
    np.testing.assert_array_equal(np.isnan(lines[0].get_ydata()), total[:, 0] == 0)
    assert list(lines[2].get_xdata()) == [1, 1]  # the cursor


def test_the_slider_redraws_and_leaves_no_figure_open(lengths):
    box = explore_gradients(lengths, GRID, mark=7)
    assert box.slider.value == 3 and "t = 3" in box.words.value
    first = box.image.value
    box.slider.value = 1
    assert "t = 1" in box.words.value and box.image.value != first
    with Image.open(io.BytesIO(box.image.value)) as picture:
        assert picture.format == "PNG" and picture.width > picture.height
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (dict(lengths=np.ones((4, 14, 2))), r"lengths: wanted \(t, n, l\) with n = 3 \* 5"),
        (dict(lengths=np.ones((4, 15))), "lengths: wanted"),
        (dict(lengths=-np.ones((4, 15, 2))), "lengths: wanted finite numbers >= 0"),
        (dict(lengths=np.full((4, 15, 2), np.nan)), "lengths: wanted finite"),
        (dict(lengths=np.zeros((4, 15, 2))), "not all 0"),
        (dict(t=4), "t: wanted a step from 0 to 3, got 4"),
        (dict(mark=15), "mark: wanted a location below 15, got 15"),
    ],
)
def test_what_does_not_fit_is_named(lengths, change, said):
    given = dict(lengths=lengths, grid=GRID, t=1) | change
    with pytest.raises(ValueError, match=said):
        gradient_figure(**given)
