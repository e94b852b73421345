"""The kit of the chapters: both houses side by side, and the answer to a learner's own function."""

import numpy as np
import pytest

from glom_numpy.attention import cosine
from tutorials.chapter import difference, side_by_side, your_turn

RNG = np.random.default_rng(0)
LEVELS = RNG.standard_normal((2, 5, 3, 4))


def test_both_sources_and_both_answers():
    shown = side_by_side("attention.cosine", LEVELS)
    assert shown.difference < 1e-12 and shown.numpy.shape == tuple(shown.torch.shape)
    for text in (repr(shown), shown._repr_html_()):
        assert "glom_numpy/attention.py" in text and "glom_torch/attention.py" in text
        assert "Largest difference" in text
    assert "def cosine" in repr(shown)


def test_a_planted_difference_is_told():
    assert difference({"a": [LEVELS, LEVELS]}, {"a": [LEVELS, LEVELS + 0.5]}) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="shapes"):
        difference(LEVELS, LEVELS[0])


def test_what_only_numpy_has_is_said():
    shown = side_by_side("attention.cosine_vjp", LEVELS)
    assert "autograd" in repr(shown) and shown.difference is None
    assert "Largest" not in repr(side_by_side("attention.cosine"))
    with pytest.raises(ValueError, match="name: wanted"):
        side_by_side("attention.nobody")
    with pytest.raises(ValueError, match="name: wanted"):
        side_by_side("cosine")


def raises(levels):
    raise KeyError("b")


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (lambda levels: None, "not tried yet"),
        (lambda levels: ..., "not tried yet"),
        (raises, "raised KeyError"),
        (lambda levels: cosine(levels)[:, 0], "wanted shape"),
        (lambda levels: 1.001 * cosine(levels), "first difference"),
        (lambda levels: np.nan * cosine(levels), "finite"),
        (lambda levels: "a word", "wanted shape"),
        (cosine, "equal to glom_numpy.attention.cosine"),
    ],
)
def test_the_answer_to_ones_own(own, told):
    assert told in your_turn(own, "attention.cosine", LEVELS)


def test_ones_own_backward_is_compared_by_its_value():
    assert "equal" in your_turn(cosine, "attention.cosine_vjp", LEVELS)
