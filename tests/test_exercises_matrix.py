"""Every exercise: its stub, its solution, its misconceptions and a row of planted errors.

A checker can only teach if it never says "right" to what is wrong, and never the wrong sentence.
"""

import itertools
import re

import numpy as np
import pytest
import torch

from exercises_in_process import (
    arrays_of,
    check_answers,
    check_function,
    check_text,
    each_array,
    module_of,
    wanted,
)
from exercises_kit import BEGIN
from tutorials.exercises import ORDER, catalog, child, wire

NAMES = catalog.known()
LIBRARIES = ("numpy", "torch")
ANOTHER = "# --- another way to write it ---"
each = pytest.mark.parametrize("name", NAMES)
in_both = pytest.mark.parametrize("library", LIBRARIES)


@each
@in_both
def test_the_stub_is_not_tried_yet(name, library, tmp_path):
    verdict, _ = check_text(name, library, tmp_path / f"{name}.py", catalog.stub(name))
    assert verdict.status == "not tried"


@each
@in_both
def test_the_solution_passes(name, library, tmp_path):
    verdict, outcome = check_text(name, library, tmp_path / f"{name}.py", catalog.solution(name))
    assert verdict.status == "right", verdict.said
    about = catalog.exercise(name)
    if library == "torch" and about.same_as_numpy:
        assert outcome.from_numpy is not None and outcome.from_numpy < 1e-9


@each
def test_another_way_is_right_too(name, tmp_path):
    text = catalog.solution(name)
    first, *more = text.split(ANOTHER)
    found = re.findall(r"^def (another_way\w*_(numpy|torch))\(", "".join(more), re.M)
    numpy_name, torch_name = catalog.exercise(name).functions
    for own, library in found:
        renamed = {"numpy": numpy_name, "torch": torch_name}[library]
        changed = re.sub(rf"^def {renamed}\(", "def _first_way(", text, flags=re.M)
        changed = re.sub(rf"^def {own}\(", f"def {renamed}(", changed, flags=re.M)
        verdict, _ = check_text(name, library, tmp_path / f"{own}.py", changed)
        assert verdict.status == "right", f"{own}: {verdict.said}"


@each
def test_every_misconception_gets_its_own_sentence(name):
    found = catalog.misconceptions(name)
    assert 3 <= len(found) <= 12
    for wrong in found:
        verdict = check_function(name, wrong.function)
        assert verdict.status == "wrong" and verdict.misconception == wrong.name, (
            f"{wrong.name}: {verdict.rung}, {verdict.misconception}: {verdict.said}"
        )
        assert verdict.said == wrong.sentence


@each
def test_the_sentences_teach(name):
    sentences = [wrong.sentence for wrong in catalog.misconceptions(name)]
    assert len(set(sentences)) == len(sentences)
    for sentence in sentences:
        assert 40 <= len(sentence) <= 320 and sentence[-1] in ".?)", sentence


CHANGES = {
    "negated": lambda x: ~x if x.dtype == bool else -x,
    "twice": lambda x: x * 2,
    "plus a thousandth": lambda x: x + 1e-3,
    "plus 1e-7 in one place": lambda x: nudged(x),
    "zeros": np.zeros_like,
    "constant": np.ones_like,
    "its mean": lambda x: np.full_like(x, x.mean()),
    "reversed": lambda x: x[::-1] if x.ndim else x,
    "float32": lambda x: x.astype(np.float32),
    "without its first": lambda x: x[1:] if x.ndim else x,
}


def nudged(x):
    x = np.array(x, dtype=float)
    x.flat[x.size // 2] += 1e-7 * max(np.abs(x).max(), 1e-3)
    return x


def swapped(one, other):
    return lambda x: np.swapaxes(x, one, other) if x.ndim > other else x


def mutants(name):
    """Generic errors: (what, its answers to every seed)."""
    right = [one.answer for one in wanted(name)]
    most = max((array.ndim for array in arrays_of(right[0])), default=0)
    axes = itertools.combinations(range(most), 2)
    for what, change in [*CHANGES.items(), *((f"axes {p} swapped", swapped(*p)) for p in axes)]:
        yield what, [each_array(answer, change) for answer in right]
    for index in range(len(wanted(name)[0].args)):
        yield f"its input {index}", [one.args[index] for one in wanted(name)]
    yield "nothing", [None] * len(right)
    if isinstance(right[0], tuple):
        yield "its parts in another order", [answer[::-1] for answer in right]


def same(name, answer, right):
    """Whether a mutant changes nothing (zeros where all is zero, islands numbered anew)."""
    form = catalog.exercise(name).canonical or (lambda answer: answer)
    try:
        ours, theirs = arrays_of(form(answer)), arrays_of(form(right))
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        return False
    return len(ours) == len(theirs) and all(
        a.shape == b.shape and np.allclose(a, b, 0, 1e-12)
        for a, b in zip(ours, theirs, strict=True)
    )


@each
def test_planted_errors_fail(name):
    planted = 0
    for what, answers in mutants(name):
        if what == "nothing" or not all(
            same(name, a, w.answer) for a, w in zip(answers, wanted(name), strict=True)
        ):
            planted += 1
            assert check_answers(name, answers).status == "wrong", what
    assert planted >= 8


@each
@in_both
def test_canary(name, library, tmp_path):
    """An error in the learner's file shows: it is their code that runs, not the reference."""
    about = catalog.exercise(name)
    function = about.functions[library == "torch"]
    text = catalog.solution(name)
    at = text.index(BEGIN, text.index(f"def {function}("))
    text = text[:at] + 'raise ZeroDivisionError("canary")\n    ' + text[at:]
    verdict, _ = check_text(name, library, tmp_path / f"{name}.py", text)
    assert verdict.status == "wrong" and "ZeroDivisionError: canary" in verdict.said


@each
def test_autograd_agrees(name):
    """Backward by hand, where the exercise is one: the reference equals torch's autograd."""
    about = catalog.exercise(name)
    if about.autograd is None:
        assert "backward" not in name
        return
    change = about.to_tensors or (lambda a, k: (wire.to_tensors(a), wire.to_tensors(k)))
    for one in wanted(name):
        args, kwargs = change(one.args, one.kwargs)
        assert child._apart(one.answer, about.autograd(*args, **kwargs)) < 1e-9


@each
def test_the_torch_solution_keeps_the_gradient(name):
    """A torch answer is made of torch operations: what comes in with a gradient keeps it."""
    about = catalog.exercise(name)
    if about.to_tensors or any(a.dtype.kind != "f" for a in arrays_of(wanted(name)[0].answer)):
        return
    if "backward" in name or not about.same_as_numpy or name in ("through_time", "ari", "adam"):
        return
    made = module_of(catalog.solution(name), name)
    one = wanted(name)[0]
    args = wire.to_tensors(one.args)
    for arg in args:
        if isinstance(arg, torch.Tensor) and arg.is_floating_point():
            arg.requires_grad_()
    answer = getattr(made, about.functions[1])(*args, **wire.to_tensors(one.kwargs))
    first = answer[0] if isinstance(answer, tuple) else answer
    if any(isinstance(arg, torch.Tensor) and arg.requires_grad for arg in args):
        assert first.requires_grad


def test_all_are_there():
    assert NAMES == ORDER
    assert sum(len(catalog.misconceptions(name)) for name in NAMES) >= 100


def test_no_two_misconceptions_have_the_same_sentence():
    said = [wrong.sentence for name in NAMES for wrong in catalog.misconceptions(name)]
    assert len(set(said)) == len(said)
