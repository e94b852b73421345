"""The ladder: which sentence each wrong answer gets, and what is drawn."""

import numpy as np
import pytest

from exercises_in_process import check_answers, check_function, wanted
from exercises_kit import NAME
from tutorials.exercises import catalog, wire
from tutorials.exercises.differences import apart, how_they_differ
from tutorials.exercises.drawing import draw
from tutorials.exercises.facts import SIZES, Exercise, normal
from tutorials.exercises.judging import Wanted, judge
from tutorials.exercises.leaves import Leaf, leaves, pair_up, shape_in_words
from tutorials.exercises.runner import Run

RNG = np.random.default_rng(7)
STATE = Leaf("", normal(RNG, "b n l d"), tuple("bnld"))


def right(*args, **kwargs):
    return catalog.reference(NAME)(*args, **kwargs)


def changed(change):
    return check_answers(NAME, [change(one.answer) for one in wanted(NAME)])


def spoiled(value, at):
    def change(answer):
        answer = answer.copy()
        answer[at] = value
        return answer

    return change


@pytest.mark.parametrize(
    "change, rung, said",
    [
        (lambda x: None, "type", "got None"),
        (lambda x: x.swapaxes(1, 2), "shape", "axes n and l look swapped"),
        (lambda x: x.sum(axis=2), "shape", "axis l is gone"),
        (lambda x: x[:, :, :, :, None], "shape", "an axis of size 1 too many"),
        (lambda x: x[:, :, :1], "shape", "axis l has shrunk to 1"),
        (lambda x: x[:, :, 1:], "shape", "axis l should have 4"),
        (lambda x: np.stack([x] * 7), "shape", "an axis of size 7 (another d?) has not been"),
        (spoiled(np.nan, (0, 3, 1, 2)), "finite", "nan at b = 0, n = 3, l = 1, d = 2"),
        (spoiled(50.0, (0, 3, 1, 2)), "invariant", "is an average of what is said; yours is not"),
        (lambda x: x + 1e-3 * x.mean(), "numbers", "off by the same"),
        (lambda x: 0.9 * x, "numbers", "0.9 times what is wanted"),
        (lambda x: x + 1e-6 * x**2, "numbers", "They are close"),
        (spoiled(0.0, (slice(None), slice(None), 1)), "numbers", "All that differs is at l = 1"),
    ],
)
def test_each_rung_in_its_turn(change, rung, said):
    verdict = changed(change)
    assert verdict.status == "wrong" and verdict.rung == rung, verdict.said
    assert said in verdict.said


def test_the_first_failure_only():
    """Transposed, not finite and written to its input at once: the shape is said, and no more."""

    def all_at_once(levels, *, beta):
        answer = right(levels, beta=beta).swapaxes(1, 2) * np.nan
        levels[:] = 0
        return answer

    verdict = check_function(NAME, all_at_once)
    assert verdict.rung == "shape" and "finite" not in verdict.said


def test_a_misconception_that_changes_the_shape_is_named_all_the_same():
    wrong = catalog.misconceptions(NAME)[0]
    one = wanted(NAME)[0]
    other = Wanted(
        one.args, one.kwargs, one.answer, {wrong.name: wire.Came(RNG.random(3), "array", "float64")}
    )
    run = Run(wire.Came(other.wrong[wrong.name].array, "array", "float64"), None)
    verdict = judge(catalog.exercise(NAME), "numpy", [other], [run])
    assert verdict.misconception == wrong.name and verdict.rung == "misconception"


def test_a_misconception_must_hold_on_every_seed():
    first = catalog.misconceptions(NAME)[0]
    answers = [first.function(*one.args, **one.kwargs) for one in wanted(NAME)]
    assert check_answers(NAME, answers).misconception == first.name
    answers[-1] = answers[-1] + 1e-3
    assert check_answers(NAME, answers).misconception == ""


# ---- how numbers differ ----


@pytest.mark.parametrize(
    "change, said",
    [
        (lambda x: -x, "The sign"),
        (lambda x: 2 * x, "2 times"),
        (lambda x: x - 0.25, "off by the same -0.25"),
        (lambda x: x.astype(np.float32).astype(float), "They are close"),
        (lambda x: spoiled(9.0, (0, 0, 0, 0))(x), "1 of 840 numbers differ"),
    ],
)
def test_the_pattern_is_said(change, said):
    assert said in how_they_differ(STATE, change(STATE.array))


def test_square_axes_that_are_swapped_are_seen():
    square = Leaf("scores", RNG.random((2, 5, 5)), ("l", "i", "j"))
    said = how_they_differ(square, square.array.swapaxes(1, 2))
    assert said.startswith("scores: First difference") and "Axes i and j are swapped" in said


def test_numbers_that_look_alike_are_written_out():
    one = Leaf("", np.array(1.0))
    said = how_they_differ(one, np.array(1.00000001))
    assert "wanted 1, got 1.00000001" in said


def test_whole_numbers_and_infinities_are_compared_as_they_are():
    assert apart(np.array([1, 2]), np.array([1, 3])).tolist() == [False, True]
    low = np.array([-np.inf, 1.0, np.nan])
    assert not apart(low, low).any()
    assert apart(low, np.array([0.0, 1.0, np.nan])).tolist() == [True, False, False]


def test_small_answers_have_a_small_tolerance():
    assert apart(np.array([1e-5]), np.array([1.0001e-5])).all()


# ---- answers of several parts ----


def test_parts_are_named():
    answer = {"layer0": {"weight": np.zeros((2, 3)), "bias": np.zeros(2)}}
    found = leaves((answer, np.array(1.0)), {"gradient of params": {"layer0": ""}, "loss": ""})
    assert [leaf.called for leaf in found] == [
        "gradient of params, layer0, weight",
        "gradient of params, layer0, bias",
        "loss",
    ]
    assert [leaf.axes for leaf in found] == [("axis 0", "axis 1"), ("axis 0",), ()]


@pytest.mark.parametrize(
    "came, said",
    [
        ((np.zeros(3),), "wanted 2 answers (grad, loss), got 1"),
        (np.zeros(3), "wanted 2 answers (grad, loss), got a NumPy array of shape (3,)"),
        (
            ({"w": np.zeros(3)}, 1.0),
            "grad: wanted a NumPy array of shape (d) = (3), got a dict with 'w'",
        ),
        ((np.zeros(3, int), 1.0), "grad: wanted fractions (float64), got whole numbers (int64)"),
        ((np.zeros(3), np.zeros(2)), ""),
    ],
)
def test_answers_of_the_wrong_kind(came, said):
    axes = {"grad": "d", "loss": ""}
    came = wire.unpack(*wire.pack(came))
    try:
        pairs = pair_up((np.ones(3), 2.0), came, axes, "numpy")
    except ValueError as error:
        assert str(error).replace("(3,)", "(3)") == said.replace("(3,)", "(3)")
        return
    assert said == "" and "(2,)" in shape_in_words(pairs[1][0], pairs[1][1].array)


def test_dicts_say_which_key():
    came = wire.unpack(*wire.pack({"weight": np.zeros(2), "bais": np.zeros(2)}))
    with pytest.raises(ValueError, match="'bias' is missing"):
        pair_up({"weight": np.zeros(2), "bias": np.zeros(2)}, came, "", "numpy")
    more = wire.unpack(*wire.pack({"weight": np.zeros(2), "extra": 1.0}))
    with pytest.raises(ValueError, match="'extra' is too much"):
        pair_up({"weight": np.zeros(2)}, more, "", "numpy")


def test_a_canonical_form_is_what_is_compared():
    """Islands numbered in another order are the same islands."""

    labels = Exercise(
        name=NAME, title="", chapter=1, minutes=1, difficulty=1, room="", functions=("", ""),
        cases=lambda rng: ((), {}), axes="n", hints=("", "", ""), look="",
        canonical=lambda answer: np.asarray(answer) == np.asarray(answer)[0],
    )  # fmt: skip
    one = Wanted((), {}, np.array([0, 0, 1]), dict.fromkeys(_names(), wire.Foreign("nothing")))
    same = Run(wire.Came(np.array([5, 5, 2]), "array", "int64"), None)
    other = Run(wire.Came(np.array([5, 2, 2]), "array", "int64"), None)
    assert judge(labels, "numpy", [one], [same]).status == "right"
    assert judge(labels, "numpy", [one], [other]).status == "wrong"


def _names():
    return [wrong.name for wrong in catalog.misconceptions(NAME)]


# ---- pictures ----


@pytest.mark.parametrize("axes", ["b n l d", "n", "l f", "t b n l d"])
def test_the_picture_names_its_axes(axes):
    letters = tuple(axes.split())
    leaf = Leaf("", RNG.random([SIZES[a] for a in letters]), letters)
    picture, words = draw(leaf, leaf.array + 1)
    assert picture.startswith(b"\x89PNG")
    longest = sorted(letters, key=SIZES.get)[-2:]
    assert all(letter in words for letter in longest)


def test_pictures_of_what_is_hard_to_draw():
    leaf = Leaf("", RNG.random((3, 4)), ("l", "d"))
    for yours in (np.full((3, 4), np.nan), np.full((3, 4), np.inf), np.zeros((0, 4)), np.zeros(4)):
        made = draw(leaf, yours)
        assert made is None if yours.size == 0 else made[0].startswith(b"\x89PNG")
    assert draw(Leaf("", np.array(2.0)), np.array(3.0)) is None
    flags = Leaf("", RNG.random((3, 4)) < 0.5, ("i", "j"))
    assert draw(flags, ~flags.array)[0].startswith(b"\x89PNG")
