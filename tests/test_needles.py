"""Needles: the right direction, color, length and border, in words too; and they can be stepped."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver

from glom_numpy.figures import alt_text
from tutorials.needles import angle_colors, at_angle, needles, player

H, W = 3, 5
LEFT_RIGHT = np.array([[20.0, 20, 200, 200, 200]] * H)  # degrees: two islands


@pytest.fixture
def two_islands():
    return at_angle(LEFT_RIGHT)


def quivers(fig):
    return [c for ax in fig.axes for c in ax.collections if isinstance(c, Quiver)]


def border(ax):
    found = [c for c in ax.collections if isinstance(c, LineCollection)]
    return {tuple(map(tuple, line)) for line in found[-1].get_segments()}


def test_an_angle_is_what_it_says():
    right_up_left_down = at_angle([0, 90, 180, 270])
    np.testing.assert_allclose(right_up_left_down, [[1, 0], [0, 1], [-1, 0], [0, -1]], atol=1e-12)
    assert at_angle(45).shape == (2,) and at_angle(LEFT_RIGHT).shape == (H, W, 2)


def test_colors_go_round_and_do_not_depend_on_length():
    colors = angle_colors(at_angle(np.arange(0.0, 361, 1)))
    assert colors.shape == (361, 3) and colors.min() >= 0 and colors.max() <= 1
    assert np.abs(np.diff(colors, axis=0)).max() < 0.05  # 359 and 0 degrees are neighbors, too
    np.testing.assert_allclose(colors[0], colors[-1], atol=0.02)
    assert np.abs(colors[0] - colors[180]).max() > 0.5
    np.testing.assert_array_equal(angle_colors(9 * at_angle([33])), angle_colors(at_angle([33])))
    np.testing.assert_array_equal(angle_colors(np.zeros((1, 2))), [[0.5, 0.5, 0.5]])


def test_a_needle_points_where_its_vector_does(two_islands):
    two_islands[1, 2] = 3 * at_angle(90)
    fig = needles(two_islands)
    (drawn,) = quivers(fig)
    assert isinstance(fig, Figure) and drawn.angles == "uv"  # up on the page, not down the rows
    got = np.stack([drawn.U, drawn.V], axis=-1).reshape(H, W, 2)
    np.testing.assert_allclose(got / got[1, 2, 1], two_islands / 3, atol=1e-12)
    np.testing.assert_array_equal(drawn.X, np.tile(np.arange(W), H))
    shown = np.asarray(fig.axes[0].images[0].get_array())
    np.testing.assert_array_equal(shown, angle_colors(two_islands))


def test_length_is_on_one_scale(two_islands):
    long, short = quivers(needles(np.stack([two_islands, two_islands / 2])))
    np.testing.assert_allclose(long.U, 2 * short.U)
    (alone,) = quivers(needles(two_islands / 2))
    np.testing.assert_allclose(alone.U, long.U)
    (half,) = quivers(needles(two_islands / 2, longest=1.0))
    np.testing.assert_allclose(half.U, short.U)
    assert quivers(needles(0 * two_islands))  # nothing to scale by, and nothing to divide by


def test_borders_lie_between_islands_and_are_counted_in_words(two_islands):
    wanted = {((1.5, row - 0.5), (1.5, row + 0.5)) for row in range(H)}
    fig = needles(np.stack([two_islands, at_angle(0 * LEFT_RIGHT)]), tau=0.9, titles=["a", "b"])
    assert border(fig.axes[0]) == wanted and border(fig.axes[1]) == set()
    assert [ax.get_xlabel() for ax in fig.axes] == ["2 islands", "1 island"]
    assert alt_text(fig) == "Needles on 3 by 5 locations: a: 2 islands; b: 1 island."
    given = np.array([[0, 0, 1, 1, 1]] * H)
    fig = needles(np.stack([two_islands] * 2), labels=given, heading="Both")
    assert border(fig.axes[0]) == border(fig.axes[1]) == wanted
    assert alt_text(fig).startswith("Both. Needles on 3 by 5 locations: 2 islands; 2 islands")
    assert alt_text(needles(two_islands)) == "Needles on 3 by 5 locations."


def test_panels_go_on_in_the_next_row_and_a_location_can_be_marked(two_islands):
    fig = needles(np.stack([two_islands] * 4), columns=3, mark=7, titles=list("abcd"))
    assert len(fig.axes) == 6 and [ax.axison for ax in fig.axes] == [True] * 4 + [False] * 2
    (ring, _) = fig.axes[3].patches
    assert tuple(ring.center) == (2, 1)  # location 7 of 3 x 5


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (dict(vectors=np.zeros((H, W, 3))), "vectors: wanted 2 numbers"),
        (dict(vectors=np.zeros((W, 2))), r"vectors: wanted \(h, w, 2\)"),
        (dict(vectors=np.full((H, W, 2), np.nan)), "vectors: wanted finite"),
        (dict(tau=1.5), "tau: wanted"),
        (dict(labels=np.zeros((W, H), int)), "labels: wanted shape"),
        (dict(labels=np.zeros((H, W), int), tau=0.5), "labels: wanted labels or tau"),
        (dict(titles=["one", "two"]), "titles: wanted 1"),
        (dict(mark=H * W), "mark: wanted a location from 0 to 14, got 15"),
        (dict(longest=-1.0), "longest: wanted"),
        (dict(columns=0), "columns: wanted"),
    ],
)
def test_what_does_not_fit_is_named(two_islands, options, says):
    with pytest.raises(ValueError, match=says):
        needles(**{"vectors": two_islands, **options})


def test_a_player_steps_through_time(two_islands):
    history = np.stack([at_angle(0 * LEFT_RIGHT), two_islands])
    box = player({"one": history, "other": history[::-1]}, tau=0.9)
    first = box.picture.value
    assert (
        "t = 0. Needles" in box.said.value and "one: 1 island; other: 2 islands" in box.said.value
    )
    box.controls["t"].value = 1
    assert box.picture.value != first and "one: 2 islands; other: 1 island" in box.said.value
    box.controls["t"].value = 0
    assert box.picture.value == first
    assert player(history, t=1).controls["t"].value == 1
    for wrong, says in (
        ({}, "runs"),
        ({"a": history, "b": history[:1]}, "'b'"),
        (history[0], "t,"),
    ):
        with pytest.raises(ValueError, match=says):
            player(wrong)
    with pytest.raises(ValueError, match="t: wanted a step from 0 to 1"):
        player(history, t=2)
