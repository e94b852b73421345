"""A figure on a page: its words, and controls that draw it again."""

import io

import ipywidgets
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tutorials.frames import bars
from tutorials.needles import at_angle, needles
from tutorials.redraw import redrawn, show


def test_a_figure_is_shown_with_its_words():
    image = show(needles(at_angle([[0, 0, 180]]), tau=0.9))
    assert image.alt == "Needles on 1 by 3 locations: 2 islands." and image.width > 100
    assert Image.open(io.BytesIO(image.data)).text["Description"] == image.alt
    fig = Figure()
    with pytest.raises(ValueError, match="description"):
        show(fig)
    assert show(fig, "Nothing.").alt == "Nothing."


def test_a_bad_value_of_a_control_is_said_and_not_raised():
    calls = []

    def draw(angle, name):
        calls.append(angle)
        if angle > 90:
            raise ValueError(f"angle: wanted at most 90, got {angle}")
        return needles(at_angle([[angle, angle]]), heading=f"<{name}>")

    angle = ipywidgets.IntSlider(0, 0, 180)
    box = redrawn(draw, angle=angle, name=ipywidgets.Text("x"))
    kept = box.picture.value
    angle.value = 91
    assert "Not drawn: angle: wanted at most 90, got 91" in box.said.value
    assert box.picture.value == kept
    angle.value = 0
    assert "&lt;x&gt;. Needles" in box.said.value and 'aria-live="polite"' in box.said.value
    assert calls == [0, 91]  # the first picture was kept, and not drawn again


def test_a_knob_draws_again_and_an_error_is_told():
    drawn = []

    def draw(size, kind):
        if size > 3:
            raise ValueError("size: wanted <3>")
        drawn.append((size, kind))
        return bars({kind: size}, title=kind, xlabel="x")

    knobs = dict(size=ipywidgets.IntSlider(1, min=1, max=9), kind=ipywidgets.Dropdown(options="ab"))
    box = redrawn(draw, **knobs)
    first = box.picture.value
    assert drawn == [(1, "a")] and first[:4] == b"\x89PNG" and "a 100%" in box.said.value
    box.controls["size"].value = 2
    box.controls["kind"].value = "b"
    assert drawn[1:] == [(2, "a"), (2, "b")] and box.picture.value != first
    assert box.controls["size"].description == "size" and not box.controls["size"].continuous_update
    box.controls["size"].value = 4
    assert "Not drawn: size: wanted &lt;3&gt;" in box.said.value
