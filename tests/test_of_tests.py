"""Can the tests fail? Errors are planted, one at a time, and each must be caught.

Nothing in the source is changed: a wrong copy of a function takes its place for one test.
"""

import inspect
import types

import jaxtyping
import numpy as np
import pytest
import torch
import torch.nn.functional as F

import glom_numpy.attention
import glom_torch.attention
import test_mirror
from cases import CASES
from compare import compare
from planted import cases, caught
from twins import check_parity, find, run

# --- the comparer ----------------------------------------------------------------------------

RIGHT = np.arange(1.0, 7.0).reshape(2, 3)
NOT_THE_SAME = {
    "2.001 for 2.0": RIGHT + np.array([0, 0.001, 0]),
    "a difference in the tenth digit": RIGHT * (1 + 1e-9),
    "swapped axes": RIGHT.T,
    "one axis more": RIGHT[None],
    "broadcast": RIGHT[:1],
    "nan": np.where(RIGHT == 3, np.nan, RIGHT),
    "infinite": np.where(RIGHT == 6, np.inf, RIGHT),
    "float32": RIGHT.astype(np.float32),
    "whole numbers": RIGHT.astype(int),
    "a list": RIGHT.tolist(),
    "none": None,
    "a tuple of it": (RIGHT,),
    "a tensor of float32": torch.tensor(RIGHT, dtype=torch.float32),
    "a tensor that differs": torch.tensor(RIGHT) + 1e-8,
}


@pytest.mark.parametrize("other", NOT_THE_SAME.values(), ids=NOT_THE_SAME)
def test_the_comparer_raises(other):
    compare(RIGHT, RIGHT.copy())
    compare(RIGHT, torch.tensor(RIGHT))
    with pytest.raises(AssertionError):
        compare(RIGHT, other)
    with pytest.raises(AssertionError):
        compare({"a": RIGHT, "b": (RIGHT, 1.0)}, {"a": RIGHT, "b": (other, 1.0)})


def test_the_comparer_looks_at_structure():
    for other in ({}, {"a": RIGHT, "b": RIGHT}, {"b": RIGHT}, RIGHT, None):
        with pytest.raises(AssertionError):
            compare({"a": RIGHT}, other)
    for other in ((RIGHT,), (RIGHT, RIGHT, RIGHT)):
        with pytest.raises(AssertionError):
            compare((RIGHT, RIGHT), other)
    with pytest.raises(AssertionError, match="not finite"):
        compare(np.array([np.nan]), np.array([np.nan]))
    with pytest.raises(AssertionError):
        compare(np.array([1, 2, 3]), np.array([1, 2, 4]))
    with pytest.raises(AssertionError):
        compare(np.zeros(3), np.full(3, 1e-300))  # where 0 is wanted nothing else will do


# --- parity: the wrong twin ------------------------------------------------------------------


def tanh_gelu(x):
    return F.gelu(x, approximate="tanh")


def no_self_mask(levels, **how):
    return glom_torch.attention.consensus(levels, **how | dict(mask=None, self_logit=None))


def softmax_over_askers(levels, *, similarity="cosine", beta=1.0, mask=None, **_):
    scores = beta * glom_torch.attention.SIMILARITIES[similarity](levels)
    scores = scores if mask is None else scores.masked_fill(~mask, -1e9)
    return scores.softmax(dim=-2)


def norm_over_columns(levels):
    return F.layer_norm(levels.transpose(1, 3), levels.shape[1:2]).transpose(1, 3)


def cosine_of_queries_only(levels):
    return torch.einsum("b i l d, b j l d -> b l i j", F.normalize(levels, dim=-1), levels)


def swapped_axes(coordinates, bands):
    return find("glom_torch", "positions.fourier_code")(coordinates.flip(-1), bands)


def channels_first(img, patch):
    b, c, height, width = img.shape
    cut = img.reshape(b, c, height // patch[0], patch[0], width // patch[1], patch[1])
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * patch[0] * patch[1])


def convolution_turned_around(img, weight, bias):
    return F.conv2d(img, weight.flip(-1, -2), bias, padding=1)


def three_voices_everywhere(params, config):
    weights = find("glom_torch", "step.voice_weights")(params, config)
    return weights * 4 / 3


WRONG_TWINS = {
    "nets.ACTIVATIONS.gelu": tanh_gelu,
    "attention.consensus": no_self_mask,
    "attention.attention_weights": softmax_over_askers,
    "attention.unit_keys": cosine_of_queries_only,
    "attention.top_informed": lambda scores, lam: scores + lam * scores.roll(-1, dims=1),
    "step.STATE_NORMS.layer": norm_over_columns,
    "step.voice_weights": three_voices_everywhere,
    "positions.fourier_code": swapped_axes,
    "patches.image_to_patches": channels_first,
    "patches.convolve": convolution_turned_around,
    "losses.info_nce": lambda a, p, group, t: F.cross_entropy(
        F.normalize(a, dim=-1) @ F.normalize(p, dim=-1).T / t, torch.arange(len(a))
    ),
    "losses.gather": lambda x, places: x[0][places].flatten(0, 1),
}


@pytest.mark.parametrize("name", WRONG_TWINS)
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_wrong_twin_is_caught(name, precision):
    for case in cases(name):
        check_parity(case, precision)  # the right one passes
    wrong = WRONG_TWINS[name]
    assert caught(lambda case: check_parity(case, precision, twin=wrong), *cases(name))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_case_lets_a_thousandth_pass(case):
    # Whatever the function: an answer that is 2.001 where it should be 2.0 is another answer.
    answer = run("glom_numpy", case)
    if isinstance(answer, np.ndarray) and answer.dtype.kind == "f" and answer.any():
        with pytest.raises(AssertionError):
            compare(answer, answer * 1.0005)


# --- the shapes in the signatures ------------------------------------------------------------


def test_annotations_are_checked_here():
    # If this fails, pytest was not given --jaxtyping-packages, or a house came in too early.
    levels = np.zeros((2, 5, 3, 7))
    for wrong in (levels[0], levels.astype(int), levels.tolist(), torch.zeros(2, 5, 3, 7)):
        with pytest.raises(jaxtyping.TypeCheckError):
            glom_numpy.attention.consensus(wrong)
    with pytest.raises(jaxtyping.TypeCheckError):
        glom_numpy.attention.consensus(levels, mask=np.ones((5, 5), dtype=bool))
    with pytest.raises(jaxtyping.TypeCheckError):
        glom_torch.attention.consensus(levels)


def test_every_public_function_is_annotated_throughout():
    for room in test_mirror.SHARED:
        for module in test_mirror.twins(room):
            for name in module.__all__:
                thing = getattr(module, name)
                if isinstance(thing, types.FunctionType) and thing.__module__ == module.__name__:
                    signature = inspect.signature(thing)
                    kinds = [p.annotation for p in signature.parameters.values()]
                    empty = inspect.Signature.empty
                    assert empty not in [*kinds, signature.return_annotation], (room, name)
