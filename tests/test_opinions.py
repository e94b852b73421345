"""Drawing opinions: what the figures say in words, what they refuse, a picture with a memory."""

import ipywidgets
import numpy as np
import pytest
from matplotlib.figure import Figure

from glom_numpy.experts import log_normalize, turn_parts
from glom_numpy.figures import alt_text, png
from tutorials.opinions import FIGURE, heat_maps, loops, reading, wholes, with_memory

NAMES = ["face", "house"]
CERTAIN = np.full((1, 2, 4), -np.inf)
CERTAIN[0, 1, 3] = 0.0
OPEN = np.full((1, 2, 4), -np.log(8))


def test_heat_maps_say_how_open_an_opinion_is():
    fig = heat_maps(np.concatenate([CERTAIN, OPEN]), NAMES, titles=("a", "b"), heading="two")
    said = alt_text(fig)
    assert "two. a: 1.0 cells left, most likely house at 270°; b: 8.0 cells left" in said
    assert fig.axes[0].images[0].get_cmap().name == "cividis"
    assert png(fig).startswith(b"\x89PNG")


def test_heat_maps_draw_what_was_seen_and_the_truth():
    shown = turn_parts(np.random.default_rng(0).standard_normal((2, 3, 3)), 4)
    fig = heat_maps(OPEN, NAMES, seen=[shown[0, 1]], truth=(1, 2))
    ellipses = [patch for patch in fig.axes[0].patches if type(patch).__name__ == "Ellipse"]
    assert len(ellipses) == 3
    assert [tuple(int(v[0]) for v in line.get_data()) for line in fig.axes[1].lines] == [(2, 1)] * 2


def test_an_ellipse_lies_as_its_doubled_angle_says():
    parts = turn_parts(np.array([[[0.5, 0.0, 0.3]]]), 1)[0, 0]
    fig = heat_maps(OPEN, NAMES, seen=[parts])
    (ellipse,) = (patch for patch in fig.axes[0].patches if type(patch).__name__ == "Ellipse")
    assert ellipse.angle == pytest.approx(np.degrees(0.3)) and ellipse.center == (0.5, 0.0)


@pytest.mark.parametrize(
    ("opinions", "choices", "said"),
    [
        (OPEN[0], {}, r"opinions: wanted log probabilities \(m, k, p\), got \(2, 4\)"),
        (-OPEN, {}, "opinions: wanted log probabilities"),
        (OPEN, dict(names=["one"]), "names: wanted 2, got 1"),
        (OPEN, dict(titles=("a", "b")), "titles: wanted 1, got 2"),
        (OPEN, dict(seen=[0, 1]), "seen: wanted 1, got 2"),
    ],
)
def test_heat_maps_say_what_does_not_fit(opinions, choices, said):
    with pytest.raises(ValueError, match=said):
        heat_maps(opinions, **dict(names=NAMES) | choices)


def test_any_log_probabilities_can_be_drawn():
    drawn = log_normalize(np.random.default_rng(0).standard_normal((3, 2, 4)))
    assert len(heat_maps(drawn, NAMES).axes) == 3


def test_wholes_say_their_parts():
    fig = wholes({"face": np.zeros((4, 3)), "boat": np.zeros((2, 3))}, heading="mine")
    assert alt_text(fig) == "mine: ellipses around a middle: face of 4 parts; boat of 2 parts."


def test_a_reading_names_every_part_both_ways():
    said = alt_text(reading(np.array([1.0, 0.25, 0.5, 0.0, 1.0]), heading="now"))
    assert said.startswith("now. upper beak 100% or one ear 0%, lower beak 25% or other ear 75%")
    for *_, duck, rabbit in FIGURE:
        assert duck in said and rabbit in said
    for wrong in (np.ones(4), np.full(5, 1.5), np.full(5, np.nan)):
        with pytest.raises(ValueError, match="chances: wanted"):
            reading(wrong)


def test_loops_say_the_gap():
    knob = np.arange(3.0)
    sweeps = {"open": (knob, knob, knob + [0, 0.5, 0]), "shut": (knob, knob, knob)}
    said = alt_text(loops(sweeps, xlabel="x", ylabel="y"))
    assert "open: the two ways differ by at most 0.50; shut" in said and "at most 0.00" in said


def test_a_picture_with_a_memory_goes_on_from_where_it_was():
    def draw(state, push):
        fig = Figure(figsize=(1, 1))
        fig.set_label(f"state {state}, push {push}")
        return fig

    push = ipywidgets.IntSlider(0, 0, 9)
    box = with_memory(lambda state, push: state + push, draw, 100, push=push)
    assert box.state() == 100 and "state 100, push 0" in box.said.value
    before = bytes(box.picture.value)
    push.value = 3
    push.value = 5
    assert box.state() == 108 and "state 108, push 5" in box.said.value
    box.again.click()
    assert box.state() == 100 and "state 100, push 5" in box.said.value
    assert before.startswith(b"\x89PNG")
