"""Every backward pass by hand, against finite differences and against torch's autograd."""

import importlib

import numpy as np
import pytest

from cases import CASES
from compare import compare
from glom_numpy import attention, glom, gradcheck, nets, step
from table import DIFFERENTIABLE
from twins import find, is_at_home, rooms, run
from vjps import (
    against_autograd,
    against_finite_differences,
    by_hand,
    differentiable,
)

WITH_BACKWARD = [case for case in CASES if case.name in DIFFERENTIABLE]


@pytest.mark.parametrize("case", WITH_BACKWARD, ids=str)
def test_against_finite_differences(case):
    against_finite_differences(case)


@pytest.mark.parametrize("case", WITH_BACKWARD, ids=str)
def test_against_autograd(case):
    against_autograd(case)


@pytest.mark.parametrize("case", WITH_BACKWARD, ids=str)
def test_vjp_runs_forward_exactly_as_the_function_itself(case):
    # The forward is written twice, in f and in f_vjp: equal to the last bit, not just close.
    parts, _ = by_hand(case)
    for one, other in zip(differentiable(run("glom_numpy", case), case.name), parts, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("name", ["gelu", "sine", "softmax", "unit", "layer_norm"])
def test_element_by_element(name):
    # The plainest check of all: nudge one number, watch the answer.
    rng = np.random.default_rng(0)
    x, g = rng.standard_normal((3, 7)), rng.standard_normal((3, 7))
    wanted = gradcheck.numerical_gradient(find("glom_numpy", f"ops.{name}"), x, g)
    _, backward = find("glom_numpy", f"ops.{name}_vjp")(x)
    compare(wanted, backward(g), tolerance="finite differences")


def test_voices_that_nobody_looked_at_may_be_left_out():
    case = next(case for case in WITH_BACKWARD if case.name == "glom.settle")
    (states, voices), backward = glom.settle_vjp(*case.args, **case.kwargs)
    g = np.random.default_rng(0).standard_normal(states.shape)
    for one, other in zip(backward(g), backward(g, np.zeros_like(voices)), strict=True):
        compare(one, other)


def test_every_public_vjp_is_in_the_table_and_has_a_case():
    public = set()
    for room in rooms("glom_numpy"):
        # gradcheck's check_vjp is the examiner; figures and __main__ compute nothing.
        if room.split(".")[0] not in ("gradcheck", "figures", "__main__"):
            module = importlib.import_module(f"glom_numpy.{room}")
            for name in getattr(module, "__all__", ()):
                if name.endswith("_vjp") and is_at_home(getattr(module, name), room):
                    public.add(f"{room}.{name}")
    assert {name.removesuffix("_vjp") for name in public} == set(DIFFERENTIABLE)
    assert {case.name for case in WITH_BACKWARD} == set(DIFFERENTIABLE)


def test_no_public_vjp_is_without_its_forward():
    for name in DIFFERENTIABLE:
        assert callable(find("glom_numpy", name))


@pytest.mark.parametrize(
    ("table", "backward"),
    [
        (attention.SIMILARITIES, attention.SIMILARITY_VJPS),
        (nets.ACTIVATIONS, nets.ACTIVATION_VJPS),
        (step.STATE_NORMS, step.STATE_NORM_VJPS),
    ],
)
def test_tables_of_choices_have_a_backward_for_each(table, backward):
    assert list(table) == list(backward)
    x = np.random.default_rng(0).standard_normal((2, 5, 3, 7))
    for name in table:
        compare(table[name](x), backward[name](x)[0])
        gradcheck.check_vjp(backward[name], (x,), np.random.default_rng(1))


def test_gradient_at_short_and_zero_vectors():
    # |x| below 1e-12 is divided by 1e-12: a plain scaling there, and no NaN.
    from glom_numpy.ops import unit_vjp

    out, backward = unit_vjp(np.array([[0.0, 0.0], [3e-13, 4e-13], [3.0, 4.0]]))
    np.testing.assert_allclose(out, [[0, 0], [0.3, 0.4], [0.6, 0.8]])
    np.testing.assert_allclose(backward(np.ones((3, 2)))[:2], 1e12)
    # Across (3, 4), in the direction (4, -3) / 5, a unit vector turns by 1 / 5 of the push.
    np.testing.assert_allclose(backward(np.ones((3, 2)))[2], np.array([4, -3]) / 5 * (1 / 5) / 5)


def test_a_listener_that_hears_one_alone_passes_no_gradient_through_its_weights():
    rng = np.random.default_rng(0)
    mask = np.eye(5, dtype=bool)[None].repeat(3, axis=0)
    levels = rng.standard_normal((2, 5, 3, 7))
    weights, backward = attention.attention_weights_vjp(levels, mask=mask)
    assert (weights == np.eye(5)).all()
    assert (backward(rng.standard_normal(weights.shape)) == 0).all()
