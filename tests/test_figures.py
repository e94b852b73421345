"""Figures: right pixels, right borders, right words; nothing global, nothing by color alone."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib")

from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from glom_numpy import figures

GRID = (3, 5)
# Two islands side by side, at every level and from step 1 on; at step 0 all are one.
LEFT_RIGHT = np.array([[0, 0, 1, 1, 1]] * 3)


@pytest.fixture
def history():
    """(t 4, n 15, l 2, d 7): equal at t = 0; then two directions, a little clearer each step."""
    a, b = np.random.default_rng(0).normal(size=(2, 2, 7))
    sides = np.where(LEFT_RIGHT.reshape(15, 1, 1) == 0, a, b)
    return np.stack([np.broadcast_to(a + b, sides.shape), 0.5 * sides, sides, 2 * sides])


@pytest.fixture
def picture():
    return np.random.default_rng(1).integers(0, 256, size=(6, 10, 3), dtype=np.uint8)


def borders(ax):
    """The border lines of a panel, as a set of pairs of ends."""
    found = [c for c in ax.collections if isinstance(c, LineCollection)]
    return {tuple(map(tuple, line)) for line in found[-1].get_segments()}


def test_islands_over_time_draws_the_borders_that_are_there(picture, history):
    fig = figures.islands_over_time(picture, history, GRID, 0.9, steps=[0, 3])
    assert isinstance(fig, Figure) and len(fig.axes) == 3 * 2
    wanted = {((1.5, row - 0.5), (1.5, row + 0.5)) for row in range(3)}
    for row in range(3):  # level 1, level 0, picture
        assert borders(fig.axes[2 * row]) == set()
        assert borders(fig.axes[2 * row + 1]) == wanted
    assert [ax.get_ylabel() for ax in fig.axes[::2]] == ["level 1", "level 0", "picture"]
    assert [ax.get_xlabel() for ax in fig.axes[:2]] == ["1 island", "2 islands"]
    assert [ax.get_title() for ax in fig.axes[:2]] == ["t = 0", "t = 3"]
    shown = np.asarray(fig.axes[4].images[0].get_array())
    np.testing.assert_allclose(shown, picture / 255, atol=1e-6)
    said = figures.alt_text(fig)
    assert "steps 0, 3" in said and "at least 0.9: level 0: 1, 2; level 1: 1, 2." in said


def test_islands_over_time_takes_a_mean_and_a_tau_per_level(picture, history):
    """A part shared by all hides the islands; the mean takes it off again."""
    shared = np.full((2, 7), 50.0)
    fig = figures.islands_over_time(picture, history + shared, GRID, 0.9)
    assert "level 0: 1, 1, 1, 1;" in figures.alt_text(fig)
    fig = figures.islands_over_time(picture, history + shared, GRID, (-1.0, 0.9), mean=shared)
    assert "level 0: 1, 1, 1, 1; level 1: 1, 2, 2, 2." in figures.alt_text(fig)


def test_pca_rgb_has_one_basis_a_level(history):
    colors = figures.pca_rgb(history)
    assert colors.shape == (4, 15, 2, 3) and colors.min() >= 0 and colors.max() <= 1
    # Same direction, same color, whatever the length and the step; other direction, other color.
    np.testing.assert_allclose(colors[1], colors[3])
    left, right = colors[3, 0], colors[3, 4]
    assert (np.abs(left - right).max(axis=-1) > 0.5).all()
    # The initial state, which has seen nothing, is shown but decides nothing.
    elsewhere = np.concatenate([history[:1] + 99.0, history[1:]])
    np.testing.assert_array_equal(figures.pca_rgb(elsewhere)[1:], colors[1:])
    order = np.random.default_rng(2).permutation(15)
    np.testing.assert_allclose(figures.pca_rgb(history[:, order]), colors[:, order], atol=1e-9)


def test_pca_rgb_of_collapsed_levels_and_of_few_dimensions_is_gray():
    agreed = np.ones((3, 15, 2, 7)) * np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1, 1)
    assert (figures.pca_rgb(agreed) == 0.5).all()
    assert (figures.pca_rgb(np.zeros((1, 2, 1, 3))) == 0.5).all()
    one_differs = np.ones((1, 99, 1, 4))
    one_differs[0, 7, 0, 1] = -3.0
    colors = figures.pca_rgb(one_differs)[0, :, 0]
    assert np.ptp(np.delete(colors, 7, axis=0)) < 1e-6 and np.abs(colors[7] - colors[0]).max() > 0.4
    flat = figures.pca_rgb(np.random.default_rng(0).normal(size=(2, 15, 1, 2)))
    assert (flat[..., 2] == 0.5).all() and np.ptp(flat[..., 0]) > 0.9


def test_weak_components_are_not_blown_up_to_full_color():
    rng = np.random.default_rng(0)
    strong = rng.choice([-1.0, 1.0], size=(1, 99, 1, 1)) * [1.0, 0, 0, 0]
    colors = figures.pca_rgb(strong + [0, 0, 0, 3.0] + 0.001 * rng.normal(size=(1, 99, 1, 4)))
    assert np.ptp(colors[..., 0]) == 1 and np.ptp(colors[..., 1:]) < 0.05


def test_curve_shows_the_numbers():
    values = np.array([4.0, 2.0, 3.0, 1.0])
    fig = figures.curve(values, every=10, title="Training")
    (line,) = fig.axes[0].lines
    np.testing.assert_array_equal(line.get_xydata(), np.column_stack([[10, 20, 30, 40], values]))
    assert figures.alt_text(fig) == "Training: loss goes from 4 to 1 (lowest 1) in 40 steps."


def test_curves_by_name_differ_in_dashes_too():
    fig = figures.curve({"a": np.ones(9), "b": np.full(9, 2.0)}, smooth=3, log=True)
    faint_a, a, faint_b, b = fig.axes[0].lines
    assert a.get_linestyle() != b.get_linestyle() and a.get_color() != b.get_color()
    assert len(a.get_xdata()) == 7 and len(faint_a.get_xdata()) == 9 and faint_b.get_alpha() < 1
    assert [text.get_text() for text in fig.axes[0].get_legend().get_texts()] == ["a", "b"]


def test_label_map_has_borders_numbers_and_names():
    labels = np.array([[0, 1, 1], [0, 9, 9]])
    fig = figures.label_map(labels, names=["nothing", "ear"] + ["?"] * 7 + ["nose"])
    ax = fig.axes[0]
    assert {text.get_text() for text in ax.texts} == {"1", "9"}
    assert borders(ax) == {
        ((0.5, -0.5), (0.5, 0.5)),
        ((0.5, 0.5), (0.5, 1.5)),
        ((0.5, 0.5), (1.5, 0.5)),
        ((1.5, 0.5), (2.5, 0.5)),
    }
    for part in ("2 by 3", "0 nothing on 2", "1 ear on 2", "9 nose on 2"):
        assert part in figures.alt_text(fig)
    colors = np.asarray(ax.images[0].get_array())
    assert len(np.unique(colors.reshape(-1, 3), axis=0)) == 3
    with pytest.raises(ValueError, match="labels: wanted 0 to 1"):
        figures.label_map(labels, names=["a", "b"])


def test_the_png_carries_the_words_and_is_the_same_every_time(tmp_path, picture, history):
    def make():
        return figures.islands_over_time(picture, history, GRID, 0.9)

    figures.save_png(make(), tmp_path / "a.png")
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
    image = Image.open(tmp_path / "a.png")
    assert image.text == {"Description": figures.alt_text(make())}
    assert (tmp_path / "a.png").read_bytes() == figures.png(make())
    small = Image.open(io.BytesIO(figures.png(make(), dpi=50)))
    assert small.size[0] < image.size[0] and np.ptp(np.asarray(small)) == 255
    with pytest.raises(ValueError, match="ends in .png, got 'a.jpg'"):
        figures.save_png(make(), "a.jpg")
    with pytest.raises(ValueError, match="description"):
        figures.png(Figure())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (dict(grid=(5, 5)), r"grid: wanted h \* w = 15 locations, got \(5, 5\)"),
        (dict(steps=[0, 4]), "steps: wanted steps from 0 to 3, got 4"),
        (dict(tau=(0.5, 0.5, 0.5)), "tau: wanted one number or 2"),
        (dict(tau=2.0), "tau: wanted"),
        (dict(picture=np.full((6, 10, 3), 7.0)), "picture: wanted 0 to 1, got 7.0"),
        (dict(picture=np.zeros((6, 10, 4))), r"picture: wanted \(H, W, 1 or 3\)"),
        (dict(picture=np.full((6, 10, 1), np.nan)), "picture: wanted 0 to 1, got nan"),
    ],
)
def test_what_does_not_fit_is_named(picture, history, change, said):
    arguments = dict(picture=picture, history=history, grid=GRID, tau=0.9) | change
    with pytest.raises(ValueError, match=said):
        figures.islands_over_time(**arguments)


@pytest.mark.parametrize(
    ("values", "log"), [(np.zeros(0), False), (np.array([1, np.nan]), False), (np.zeros(3), True)]
)
def test_curves_that_cannot_be_drawn(values, log):
    with pytest.raises(ValueError, match="losses: 'x' wanted"):
        figures.curve({"x": values}, log=log)


def test_no_global_state():
    """pyplot keeps every figure alive and picks a window system: it is not even imported."""
    program = (
        "import sys; import glom_numpy.islands; assert 'matplotlib' not in sys.modules;"
        "from glom_numpy import figures; figures.png(figures.curve([1.0, 0.5]));"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
