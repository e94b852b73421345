"""A notebook's kernel outlives whatever is checked in it, and shows the answer with its picture."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

from browser_helpers import REPO

HELPER = """import numpy as np
SHARP = 1.0
def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)"""
MINE = '''from tutorials.exercises import check, hint, overview

def my_consensus(levels, *, beta=1.0):
    e = unit(levels)
    weights = np.exp(SHARP * beta * np.einsum("bild,bjld->blij", e, e))
    weights = weights / weights.sum(axis={axis}, keepdims=True)
    return np.einsum("blij,bjld->bild", weights, levels)

check("consensus", my_consensus)'''  # fmt: skip
CELLS = {
    "helper": HELPER,
    "wrong": MINE.format(axis=-2),
    "ends": 'def end(levels, *, beta=1.0):\n    import os; os._exit(3)\ncheck("consensus", end)',
    "breaks": 'def odd(levels, *, beta):\n    return levels[1000]\nprint(check("consensus", odd))',
    "hint": 'hint("consensus")',
    "right": MINE.format(axis=-1),
    "list": "overview()",
    "alive": "SHARP",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each cell showed: (type, its data or text)."""
    folder = tmp_path_factory.mktemp("learner")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS.values()])
    mine = {"PYTHONPATH": str(REPO), "GLOM_EXERCISES": str(folder / "my_glom")}
    NotebookClient(book, timeout=120, kernel_name="python3").execute(env={**os.environ, **mine})
    shown = {}
    for name, cell in zip(CELLS, book.cells, strict=True):
        assert len(cell.outputs) <= 1, f"{name}: {cell.outputs}"
        shown[name] = cell.outputs[0] if cell.outputs else None
    return shown


def test_a_wrong_answer_has_the_sentence_and_the_picture(outputs):
    data = outputs["wrong"].data
    assert data["text/plain"].startswith("In [2], line 3, my_consensus (")
    assert "You normalized over the listeners" in data["text/plain"]
    assert 'hint("consensus")' in data["text/plain"]
    assert 'alt="Three panels over n and d' in data["text/html"]
    assert data["text/html"].count("<img") == 1


def test_the_kernel_outlives_it(outputs):
    assert "Python ended before your function answered" in outputs["ends"].data["text/plain"]
    assert outputs["alive"].data["text/plain"] == "1.0"


def test_an_error_shows_the_learners_line(outputs):
    lines = outputs["breaks"].text.splitlines()
    assert lines[0].startswith("In [4], line 1, odd (")
    assert "IndexError" in lines[1]
    assert lines[2].strip() == "In [4], line 2, in odd"
    assert lines[3].strip() == "return levels[1000]"


def test_a_right_answer_says_what_to_look_at(outputs):
    data = outputs["right"].data
    assert "consensus, NumPy: right" in data["text/plain"] and "Look: " in data["text/plain"]
    assert "<img" not in data["text/html"]
    assert outputs["hint"].data["text/plain"].startswith("Hint 1 of 3: ")
    line = next(x for x in outputs["list"].data["text/plain"].splitlines() if " consensus " in x)
    assert line.split()[-2:] == ["x", "."]
