"""What locations tell of their wholes, drawn: right colors, right places, in words too."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Ellipse

from glom_numpy.figures import alt_text, png
from glom_numpy.worlds import ELLIPSE_CLASSES, open_world
from tutorials.experiments.ellipse_scenes import LINEAR, columns
from tutorials.told import COLORS, told_wholes

SCENES = columns("test", 3, np.random.default_rng(0))
FRAMES = SCENES.symbols.reshape(3, 10, 2, 3)
POSES = SCENES.poses.reshape(3, 10, 2, 3) / [LINEAR, LINEAR, 1.0]
LOGITS = np.eye(5)[SCENES.classes - 1]
ONE = next(k for k in range(3) if len(set(SCENES.classes[k])) == 2)


def ellipses(ax, *, fill):
    """The ellipses that are filled, or those that are not."""
    return [patch for patch in ax.patches if isinstance(patch, Ellipse) and patch.fill == fill]


def test_the_truth_lies_on_what_is_there():
    fig = told_wholes(FRAMES[ONE], LOGITS[ONE], POSES[ONE], heading="the truth")
    seen, told = fig.axes
    there, outlines = ellipses(seen, fill=True), ellipses(told, fill=False)
    assert (len(there), len(outlines)) == (10, 50)
    assert len(ellipses(told, fill=True)) == 10  # the scene, in gray
    for patch, k in zip(there, SCENES.classes[ONE], strict=True):
        assert patch.get_facecolor()[:3] == to_rgb(COLORS[ELLIPSE_CLASSES[k]])
        x = patch.center
        near = [o for o in outlines if np.allclose(o.center, x, atol=1e-6)]
        assert len(near) == 5  # each ellipse is told by the five of its whole
        for other in near:
            assert np.allclose([other.width, other.height], [patch.width, patch.height], atol=1e-6)
            assert abs(np.sin(np.radians(other.angle - patch.angle))) < 1e-5
            assert other.get_edgecolor()[:3] == patch.get_facecolor()[:3]
    one, other = (ELLIPSE_CLASSES[k] for k in np.unique(SCENES.classes[ONE]))
    assert alt_text(fig) == f"the truth. Of 10 locations 5 say {one}, 5 say {other}."
    assert png(fig).startswith(b"\x89PNG")


def test_an_ellipse_is_drawn_where_the_world_draws_it():
    scenes = open_world("ellipses", split="test", count=1, size=64, rng=np.random.default_rng(0))
    frames = scenes.ellipses[0].reshape(-1, 2, 3)
    fig = told_wholes(frames, np.zeros((10, 5)), np.zeros((10, 2, 3)))
    x, y = np.meshgrid(*[(np.arange(64) + 0.5) / 32 - 1] * 2)
    inside = np.zeros((64, 64), bool)
    for patch in ellipses(fig.axes[0], fill=True):
        turn = np.exp(-1j * np.radians(patch.angle))
        at = ((x - patch.center[0]) + 1j * (y - patch.center[1])) * turn
        inside |= (at.real / patch.width) ** 2 + (at.imag / patch.height) ** 2 <= 0.25
    drawn = scenes.objects[0] > 0
    assert (inside & drawn).sum() / (inside | drawn).sum() > 0.95


def test_a_wrong_class_has_another_color_and_another_layout():
    outlines = [
        ellipses(told_wholes(FRAMES[ONE], logits, POSES[ONE]).axes[1], fill=False)
        for logits in (LOGITS[ONE], np.roll(LOGITS[ONE], 1, axis=1))
    ]
    for one, other in zip(*outlines, strict=True):
        assert one.get_edgecolor() != other.get_edgecolor()
    right, wrong = (np.array([o.center for o in own]) for own in outlines)
    assert np.abs(right - wrong).max() > 0.1


@pytest.mark.parametrize(
    "name, change, wanted",
    (
        ("frames", lambda x: x.reshape(10, 6), "wanted axes"),
        ("frames", lambda x: x[:, :, :2], r"wanted \(10, 2, 3\), got \(10, 2, 2\)"),
        ("logits", lambda x: x[:, :4], r"wanted \(10, 5\), got \(10, 4\)"),
        ("logits", lambda x: x[:9], r"wanted \(10, 5\), got \(9, 5\)"),
        ("poses", lambda x: x[:9], r"wanted \(10, 2, 3\), got \(9, 2, 3\)"),
        ("poses", lambda x: x * np.nan, "wanted finite"),
    ),
)
def test_what_does_not_fit_is_refused(name, change, wanted):
    given = {"frames": FRAMES[0], "logits": LOGITS[0], "poses": POSES[0]}
    with pytest.raises(ValueError, match=f"{name}: {wanted}"):
        told_wholes(**given | {name: change(given[name])})
