"""What chapters 10 to 12 draw: layouts, figures that say what they show, knobs that draw again."""

import numpy as np
import pytest

from glom_numpy.figures import alt_text, png
from glom_numpy.poses import compose, disagreement, invert, pose, votes
from tutorials.frames import (
    WHOLES,
    bars,
    draw_frames,
    layout,
    lines,
    maps,
    parts_and_votes,
    wanderers,
)

RNG = np.random.default_rng(71)


@pytest.mark.parametrize("name", WHOLES)
def test_layouts_are_poses_inside_their_whole(name):
    names, relations = layout(name)
    assert len(names) == len(relations) and (relations[:, 2] == [0, 0, 1]).all()
    assert np.isfinite(invert(relations)).all()
    assert (np.linalg.norm(relations[:, :2, 2], axis=1) < 1).all()


def test_an_unknown_layout_lists_the_known():
    with pytest.raises(ValueError, match="wanted one of face, house; got 'cat'"):
        layout("cat")


def test_parts_and_votes_says_who_disagrees():
    names, relations = layout("face")
    whole = pose(np.array(0.4), np.array(0.9), np.array([0.3, -0.2]))
    parts = compose(whole, relations)
    fig = parts_and_votes(parts, relations, names)
    assert "middle at (0.30, -0.20)" in alt_text(fig) and "nose 0.00" in alt_text(fig)
    parts[2, 0, 2] += 0.5
    apart = disagreement(votes(parts[None], relations))[0]
    said = alt_text(parts_and_votes(parts, relations, names))
    for name, value in zip(names, apart, strict=True):
        assert f"{name} {value:.2f}" in said
    assert png(fig)[:4] == b"\x89PNG"
    with pytest.raises(ValueError, match="names: wanted 4, one a part, got 1"):
        parts_and_votes(parts, relations, ["nose"])


def test_outlines_go_where_the_poses_say():
    names, relations = layout("face")
    ax = parts_and_votes(relations, relations, names).axes[0]
    for line, middle in zip(ax.lines, relations[:, :2, 2], strict=False):
        np.testing.assert_allclose(line.get_xydata()[:-1].mean(axis=0), middle, atol=1e-12)
    assert draw_frames(ax, relations).get_ylim() == (2.0, -2.0)  # y points down


def test_wanderers_keep_their_axes_and_count_places():
    dots, around = RNG.standard_normal((6, 2)), np.array([[-3, -3], [3, 3]])
    groups = np.array([1, 1, 1, 2, 2, 2])
    here = {"a": dots, "b": 0 * dots}
    fig = wanderers(here, groups, around=around, marks={"b": dots[:1]})
    assert [ax.get_xlim() for ax in fig.axes] == [fig.axes[0].get_xlim()] * 2
    assert "a: 6 different places; b: 1 different place." in alt_text(fig)


def test_lines_bars_and_maps_say_what_they_show():
    fig = lines(np.arange(3), {"up": np.array([1.0, 2, 4])}, title="T", xlabel="t", ylabel="y")
    assert alt_text(fig) == "T. t from 0 to 2: up from 1 to 4."
    fig = bars({"one": 1.0, "three": 3.0}, title="T", xlabel="products")
    assert alt_text(fig) == "T. one 25%, three 75% of 4 products."
    fig = maps({"row": np.zeros((2, 3, 4), dtype=int)}, ["a", "b"], title="T")
    assert alt_text(fig) == "T. Rows: row. Columns: a, b."
