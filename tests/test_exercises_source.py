"""What a notebook hands over: a function, and all of the notebook that it uses."""

import linecache
import threading

import numpy as np
import pytest

from exercises_kit import NAME
from tutorials.exercises import check, progress
from tutorials.exercises.source import Unreadable, from_function


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOM_EXERCISES", str(tmp_path / "my_glom"))
    return tmp_path / "my_glom"


def cell(source, name, number=3, **space):
    """A function as a notebook defines it: in __main__, its source known to linecache."""
    file = f"<ipython-input-{number}-{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    space = {"__name__": "__main__", **space}
    exec(compile(source, file, "exec"), space)
    return space[name]


MINE = """import numpy as np

SHARP = 1.0


def directions(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def mine(levels, *, beta=1.0):
    near = np.einsum("bild,bjld->blij", directions(levels), directions(levels))
    weights = np.exp(SHARP * beta * near)
    weights /= weights.sum(axis=-1, keepdims=True)
    return np.einsum("blij,bjld->bild", weights, levels)
"""


def test_a_function_brings_what_it_uses():
    answer = check(NAME, cell(MINE, "mine"))
    assert answer.status == "right", answer
    assert answer.text.startswith("your notebook, line 10, mine (")
    assert progress.standings()[NAME].numpy == "passed"


def test_wrong_in_a_notebook_is_words_and_a_picture():
    wrong = MINE.replace(
        "axis=-1, keepdims=True)\n    return", "axis=-2, keepdims=True)\n    return"
    )
    answer = check(NAME, cell(wrong, "mine"))
    assert answer.misconception == "over_the_listeners"
    page = answer._repr_html_()
    assert 'src="data:image/png;base64,' in page and 'alt="Three panels over n and d' in page
    assert 'data-glom-check="wrong"' in page and answer.verdict.said in page
    assert answer.png.startswith(b"\x89PNG") and str(answer) == answer.text


def test_what_it_prints_cannot_become_a_page():
    answer = check(
        NAME, cell(MINE.replace("    near", "    print('<script>x</script>')\n    near"), "mine")
    )
    assert "<script>" in answer.text and "<script>" not in answer._repr_html_()


def test_the_hash_is_of_the_function_alone():
    one, same = from_function(cell(MINE, "mine")), from_function(cell("\n\n" + MINE, "mine", 4))
    other = from_function(cell(MINE.replace("SHARP *", ""), "mine", 5))
    assert one.hash == same.hash != other.hash and one.line + 2 == same.line


def test_arrays_and_numbers_of_the_notebook_come_along():
    source = "def mine(levels, *, beta=1.0):\n    return scale * levels[:, order] * (inf > 1)\n"
    order, scale = np.arange(15)[::-1].copy(), np.array([[0.5, np.nan], [-np.inf, 1e-300]])
    learner = from_function(cell(source, "mine", order=order, scale=scale, inf=3))
    space = {}
    for piece in learner.pieces:
        exec(piece["source"], space)
    assert np.array_equal(space["order"], order) and space["inf"] == 3
    assert np.array_equal(space["scale"], scale, equal_nan=True)


def test_what_cannot_come_along_is_named():
    source = "def mine(levels, *, beta=1.0):\n    return frame.values\n"
    answer = check(NAME, cell(source, "mine", frame=threading.Lock()))
    assert answer.status == "wrong" and "uses `frame` of the notebook" in answer.text
    for thing, said in ((len, "builtin"), (lambda levels: levels, "a lambda"), (3, "int")):
        with pytest.raises(Unreadable, match=said):
            from_function(thing)
    unseen = {"__name__": "__main__"}
    exec("def mine(levels):\n    return levels\n", unseen)
    with pytest.raises(Unreadable, match="source of `mine` cannot be found"):
        from_function(unseen["mine"])


def test_a_function_inside_a_function_brings_its_variables():
    inner = "    def mine(levels, *, beta=1.0):\n        return k * levels\n"
    source = f"def outer(k):\n{inner}    return mine\n"
    made = cell(source, "outer")(2.0)
    assert any(piece["source"] == "k = 2.0\n" for piece in from_function(made).pieces)


def test_a_stub_in_a_notebook_is_not_tried_yet():
    for body in ('"""Equation."""', "...", "pass", "raise NotImplementedError"):
        source = f"def mine(levels, *, beta=1.0):\n    {body}\n"
        assert check(NAME, cell(source, "mine")).status == "not tried"


def test_several_functions_give_the_first_that_is_not_right(folder):
    numpy_one = cell(MINE, "mine")
    torch_one = cell("def mine_torch(levels, *, beta=1.0):\n    return levels\n", "mine_torch", 4)
    answer = check(NAME, numpy_one, torch_one)
    assert answer.library == "torch" and answer.status == "wrong"
    assert check(NAME, torch_one, library="numpy").library == "NumPy"
    with pytest.raises(ValueError, match="library: wanted 'numpy' or 'torch', got 'jax'"):
        check(NAME, numpy_one, library="jax")
    with pytest.raises(ValueError, match="wanted one of"):
        check("nothing_like_it", numpy_one)
