"""SGD, Adam and clipping: one step by hand, fifty against torch, and trees that do not match."""

import numpy as np
import pytest

from glom_numpy import checkpoint, optim
from glom_numpy.config import GlomConfig, flatten

SHAPES = {"glom.net.weight": (3, 5, 2), "glom.net.bias": (5,), "heads.scale": ()}


def draw(seed):
    """A tree of random numbers with a matrix, a vector, a single number and an empty branch."""
    rng = np.random.default_rng(seed)
    w, b, s = (np.asarray(rng.normal(size=shape)) for shape in SHAPES.values())
    return {"glom": {"net": {"weight": w, "bias": b}}, "heads": {"scale": s, "none": {}}}


def test_adam_by_hand():
    params, grads = {"w": np.array([1.0, -2.0])}, {"w": np.array([0.5, -3.0])}
    state = optim.adam_init(params)
    new, state = optim.adam_step(params, grads, state, lr=0.1)
    # After one step m / (1 - beta1) = g and v / (1 - beta2) = g^2: a step of lr against its sign.
    np.testing.assert_allclose(new["w"], [0.9, -1.9], atol=1e-8)
    np.testing.assert_allclose(state["exp_avg"]["w"], [0.05, -0.3])
    np.testing.assert_allclose(state["exp_avg_sq"]["w"], [0.00025, 0.009])
    assert state["step"] == 1 and params["w"].tolist() == [1.0, -2.0]


def test_sgd_by_hand():
    params, grads = {"w": np.array(1.0)}, {"w": np.array(2.0)}
    state = optim.sgd_init(params)
    for wanted in (1 - 0.1 * 2, 0.8 - 0.1 * (0.5 * 2 + 2)):
        params, state = optim.sgd_step(params, grads, state, lr=0.1, momentum=0.5)
        assert params["w"] == pytest.approx(wanted)
    params, _ = optim.sgd_step({"w": np.array(1.0)}, grads, state, lr=0.1, weight_decay=3.0)
    assert params["w"] == pytest.approx(1 - 0.1 * (2 + 3))


def run_torch(optimizer, clip=None, steps=50):
    """Fifty steps of a torch optimizer on the same random gradients, in float64."""
    import torch

    leaves = [torch.tensor(x, requires_grad=True) for x in flatten(draw(0)).values()]
    made = optimizer(leaves)
    for t in range(steps):
        for leaf, grad in zip(leaves, flatten(draw(t + 1)).values(), strict=True):
            leaf.grad = torch.tensor(grad)
        if clip:
            torch.nn.utils.clip_grad_norm_(leaves, clip)
        made.step()
    return [leaf.detach().numpy() for leaf in leaves]


def run_numpy(init, step, clip=None, steps=50):
    params = draw(0)
    state = init(params)
    for t in range(steps):
        grads = draw(t + 1)
        if clip:
            grads, _ = optim.clip_grad_norm(grads, clip)
        params, state = step(params, grads, state)
    assert params["heads"]["none"] == {}, "branches without leaves stay"
    return list(flatten(params).values())


ADAM = dict(lr=0.03, beta1=0.8, beta2=0.95, eps=1e-6)
CASES = {
    "adam": ("Adam", {}, dict(lr=1e-3)),
    "adam, all choices": ("Adam", dict(weight_decay=0.1), ADAM),
    "adamw": ("AdamW", dict(weight_decay=0.1), ADAM),
    "sgd": ("SGD", {}, dict(lr=0.02)),
    "sgd, momentum": ("SGD", dict(momentum=0.9, weight_decay=0.01), dict(lr=0.02)),
}


@pytest.mark.parametrize("clip", [None, 2.0, 100.0])
@pytest.mark.parametrize("case", CASES)
def test_fifty_steps_equal_torch(case, clip):
    torch = pytest.importorskip("torch")
    name, shared, choices = CASES[case]
    if name == "SGD":
        init, step, theirs, ours = optim.sgd_init, optim.sgd_step, choices, choices
    else:
        init, step = optim.adam_init, optim.adam_step
        theirs = {k: v for k, v in choices.items() if not k.startswith("beta")}
        theirs["betas"] = (choices.get("beta1", 0.9), choices.get("beta2", 0.999))
        ours = {**choices, "decoupled": name == "AdamW"}
    wanted = run_torch(lambda x: getattr(torch.optim, name)(x, **theirs, **shared), clip)
    got = run_numpy(init, lambda p, g, s: step(p, g, s, **ours, **shared), clip)
    for x, y in zip(got, wanted, strict=True):
        assert x.shape == y.shape and x.dtype == np.float64
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("max_norm", [0.3, 1e9])
def test_clip_grad_norm_equals_torch(max_norm):
    torch = pytest.importorskip("torch")
    grads = draw(5)
    leaves = [torch.zeros(shape, dtype=torch.float64) for shape in SHAPES.values()]
    for leaf, grad in zip(leaves, flatten(grads).values(), strict=True):
        leaf.grad = torch.tensor(grad)
    wanted = float(torch.nn.utils.clip_grad_norm_(leaves, max_norm))
    clipped, norm = optim.clip_grad_norm(grads, max_norm)
    assert norm == pytest.approx(wanted, rel=1e-13)
    for leaf, got in zip(leaves, flatten(clipped).values(), strict=True):
        np.testing.assert_allclose(got, leaf.grad.numpy(), rtol=1e-13)
    whole = np.concatenate([np.ravel(x) for x in flatten(clipped).values()])
    assert np.linalg.norm(whole) <= max_norm


def test_clip_of_zero_and_of_nothing():
    clipped, norm = optim.clip_grad_norm({"a": np.zeros(3)}, 1.0)
    assert norm == 0 and clipped["a"].tolist() == [0, 0, 0]
    assert optim.clip_grad_norm({"a": {}}, 1.0) == ({"a": {}}, 0.0)


def test_clip_names_what_is_not_finite():
    grads = draw(1)
    grads["glom"]["net"]["bias"][2] = np.nan
    with pytest.raises(ValueError, match="'glom.net.bias' wanted finite numbers"):
        optim.clip_grad_norm(grads, 1.0)


def test_nothing_is_changed_in_place():
    params, grads = draw(0), draw(1)
    state = optim.adam_init(params)
    optim.adam_step(params, grads, state, weight_decay=0.5)
    optim.sgd_step(params, grads, optim.sgd_init(params), lr=1.0, weight_decay=0.5, momentum=0.5)
    optim.clip_grad_norm(grads, 0.1)
    for tree, seed in ((params, 0), (grads, 1)):
        for key, value in flatten(draw(seed)).items():
            np.testing.assert_array_equal(flatten(tree)[key], value)
    assert state["step"] == 0 and not flatten(state["exp_avg"])["glom.net.bias"].any()


def test_a_state_through_a_checkpoint_goes_on_to_the_bit(tmp_path):
    params = draw(0)
    state = optim.adam_init(params)
    params, state = optim.adam_step(params, draw(1), state)
    checkpoint.save(tmp_path / "x", {"glom": params, "optimizer": state}, config=GlomConfig())
    back = checkpoint.load(tmp_path / "x").params
    wanted, _ = optim.adam_step(params, draw(2), state)
    got, _ = optim.adam_step(back["glom"], draw(2), back["optimizer"])
    for key, value in flatten(wanted).items():
        np.testing.assert_array_equal(flatten(got)[key], value)


def test_an_empty_branch_may_be_left_out_of_the_gradients():
    params, grads = draw(0), draw(1)
    del grads["heads"]["none"]
    new, _ = optim.adam_step(params, grads, optim.adam_init(params))
    assert new["heads"]["none"] == {}


@pytest.mark.parametrize("step", [optim.adam_step, optim.sgd_step])
def test_trees_that_do_not_match_are_named(step):
    params = draw(0)
    init = optim.adam_init if step is optim.adam_step else optim.sgd_init
    state, grads = init(params), draw(1)
    grads["glom"]["net"]["bias"] = np.ones(4)
    with pytest.raises(ValueError, match=r"grads: 'glom.net.bias' wanted shape \(5,\), got \(4,\)"):
        step(params, grads, state, lr=0.1)
    del grads["glom"]["net"]["bias"]
    with pytest.raises(ValueError, match="grads: missing key 'glom.net.bias'"):
        step(params, grads, state, lr=0.1)
    grads = {**draw(1), "more": np.ones(2)}
    with pytest.raises(ValueError, match="grads: unknown key 'more'"):
        step(params, grads, state, lr=0.1)
    other = init({"glom": {"net": {"weight": np.ones((3, 5))}}})
    with pytest.raises(ValueError, match=r"state\['.*'\]: 'glom.net.weight' wanted shape"):
        step(params, draw(1), other, lr=0.1)
    with pytest.raises(ValueError, match="state: wanted .*, got nothing"):
        step(params, draw(1), {}, lr=0.1)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (dict(lr=-0.1), "lr: wanted"),
        (dict(lr=float("nan")), "lr: wanted a finite number"),
        (dict(beta1=1.0), r"beta1: wanted a number in \[0, 1\), got 1.0"),
        (dict(eps=0.0), "eps: wanted a number > 0"),
        (dict(weight_decay=-1.0), "weight_decay: wanted"),
    ],
)
def test_bad_rates_are_named(choices, said):
    params = draw(0)
    with pytest.raises(ValueError, match=said):
        optim.adam_step(params, draw(1), optim.adam_init(params), **choices)
    with pytest.raises(ValueError, match="max_norm: wanted a number > 0"):
        optim.clip_grad_norm(params, 0.0)
