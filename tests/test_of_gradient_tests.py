"""Can the gradient tests fail? Wrong backward passes take the place of right ones."""

import numpy as np
import pytest

import glom_numpy.attention
import glom_numpy.ops
from glom_numpy.gradcheck import check_vjp
from glom_numpy.ops import softmax, softmax_vjp
from planted import cases, caught
from twins import find
from vjps import against_autograd, against_finite_differences


def softmax_without_its_average(logits):
    weights = softmax(logits)
    return weights, lambda g: weights * g


def layer_norm_without_stretch(x):
    out, right = glom_numpy.ops.layer_norm_vjp(x)
    scale = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    return out, lambda g: (g - g.mean(axis=-1, keepdims=True)) / scale


def einsum_with_swapped_gradients(spec, x, y):
    out, right = find("glom_numpy", "ops.einsum_vjp")(spec, x, y)
    return out, lambda g: tuple(2.001 / 2.0 * part for part in right(g))


def gelu_without_the_density(x):
    return glom_numpy.ops.gelu(x), lambda g: g * (glom_numpy.ops.gelu(x) / x)


def gather_that_forgets_repeats(embeddings, places):
    out, _ = find("glom_numpy", "losses.gather_vjp")(embeddings, places)

    def backward(g):
        grad = np.zeros_like(embeddings)
        grad[np.arange(len(places))[:, None], places] = g.reshape(*places.shape, -1)
        return grad

    return out, backward


def consensus_through_values_only(levels, **how):
    out = glom_numpy.attention.consensus(levels, **how)
    weights = glom_numpy.attention.attention_weights(levels, **how)
    return out, lambda g: np.einsum("blij,bild->bjld", weights, g)


def convolve_not_turned(img, weight, bias):
    out, right = find("glom_numpy", "patches.convolve_vjp")(img, weight, bias)
    turned = weight[:, :, ::-1, ::-1]
    _, wrong = find("glom_numpy", "patches.convolve_vjp")(img, turned, bias)
    return out, lambda g: (wrong(g)[0], *right(g)[1:])


WRONG_BACKWARDS = {
    "ops.softmax": softmax_without_its_average,
    "ops.layer_norm": layer_norm_without_stretch,
    "ops.einsum": einsum_with_swapped_gradients,
    "ops.gelu": gelu_without_the_density,
    "losses.gather": gather_that_forgets_repeats,
    "attention.consensus": consensus_through_values_only,
    "patches.convolve": convolve_not_turned,
}


@pytest.mark.parametrize("name", WRONG_BACKWARDS)
@pytest.mark.parametrize("check", [against_finite_differences, against_autograd])
def test_a_wrong_backward_is_caught(name, check):
    assert caught(lambda case: check(case, vjp=WRONG_BACKWARDS[name]), *cases(name))


def test_a_missing_term_deep_inside_is_caught(monkeypatch):
    monkeypatch.setattr(glom_numpy.attention, "softmax_vjp", softmax_without_its_average)
    for name in ("attention.consensus", "step.step", "glom.settle", "objective.objective"):
        assert caught(against_finite_differences, *cases(name)[:1]), name
        assert caught(against_autograd, *cases(name)[:1]), name


def test_through_a_sum_the_wrong_softmax_would_pass():
    # Why cotangents are random. The weights of a softmax sum to 1 whatever the logits, so the true
    # gradient of their sum is 0: a backward that always says 0 is right there and wrong elsewhere.
    def lazy(logits):
        return softmax(logits), lambda g: np.zeros_like(g)

    logits = np.random.default_rng(0).standard_normal((5, 7))
    _, true = softmax_vjp(logits)
    np.testing.assert_allclose(true(np.ones((5, 7))), 0, atol=1e-15)
    with pytest.raises(AssertionError, match="input 0: finite differences say"):
        check_vjp(lazy, (logits,), np.random.default_rng(0))
    assert caught(lambda case: against_autograd(case, vjp=lazy), *cases("ops.softmax"))


def test_gradcheck_refuses_nan():
    def broken(x):
        return x, lambda g: g * np.nan

    with pytest.raises(AssertionError):
        check_vjp(broken, (np.ones(3),), np.random.default_rng(0))
