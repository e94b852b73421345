"""Whole models: the loss after T steps, with respect to every parameter and to the picture.

Backward by hand in NumPy, against finite differences and against torch's autograd.
"""

from dataclasses import fields

import numpy as np
import pytest
import torch

from compare import TOLERANCES, compare
from glom_numpy.attention import SIMILARITIES
from glom_numpy.config import GlomConfig, flatten, unflatten
from glom_numpy.gradcheck import directional
from glom_numpy.nets import ACTIVATIONS
from glom_numpy.objective import objective, objective_vjp
from glom_numpy.recipe import POSITIVES, Recipe, draw, init_heads
from glom_numpy.step import STATE_NORMS
from glom_numpy.weights import init_params
from glom_torch.objective import objective as torch_objective
from glom_torch.weights import to_tensors
from models import MODELS
from twins import DEVICES
from unchecked import unchecked
from vjps import frozen


def setting(name):
    """Parameters, config, recipe, pictures, draws and labels of one model in the table."""
    config, recipe = MODELS[name]
    rng = np.random.default_rng(list(MODELS).index(name))
    params = {"glom": init_params(config, rng), "heads": init_heads(config, recipe, rng)}
    if config.voice_weights == "learned":
        logits = params["glom"]["voices"]["logits"]
        params["glom"]["voices"]["logits"] = rng.standard_normal(logits.shape)
    height, width = config.grid[0] * config.patch[0], config.grid[1] * config.patch[1]
    images = rng.random((2, config.channels, height, width))
    draws = draw(config, recipe, 2, rng)
    least = 0 if recipe.background else -1
    labels = rng.integers(least, 3, size=(2, config.columns, config.levels))
    labels = labels if recipe.segments else None
    return params, config, recipe, images, draws, labels


def torch_gradients(params, config, recipe, images, draws, labels, dtype, device):
    """(loss, terms, gradients of the parameters, of the pictures) by autograd, as tensors."""
    where = dict(dtype=dtype, device=device)
    flat = {k: v.requires_grad_() for k, v in flatten(to_tensors(params, **where)).items()}
    seen = torch.tensor(images, requires_grad=True, **where)
    tree = {"glom": {}, "heads": {}} | unflatten(flat)
    labels = None if labels is None else torch.tensor(labels, device=device)
    loss, terms = torch_objective(tree, config, recipe, seen, draws, labels)
    found = torch.autograd.grad(loss, [*flat.values(), seen], allow_unused=True)
    leaves = [*flat.values(), seen]
    found = [
        torch.zeros_like(leaf) if g is None else g for g, leaf in zip(found, leaves, strict=True)
    ]
    return loss, terms, dict(zip(flat, found, strict=False)), found[-1]


@pytest.mark.parametrize("name", MODELS)
def test_backward_against_finite_differences(name):
    params, config, recipe, images, *rest = setting(name)
    (_, backward), flat = objective_vjp(params, config, recipe, images, *rest), flatten(params)
    grads, grad_images = backward()
    rng = np.random.default_rng(0)

    def loss_with(key, value):
        if key == "images":
            return objective_vjp(params, config, recipe, value, *rest)[0][0]
        moved = {"glom": {}, "heads": {}} | unflatten(flat | {key: value})
        return objective_vjp(moved, config, recipe, images, *rest)[0][0]

    gradients = flatten(grads) | {"images": grad_images}
    with unchecked(), frozen(lambda: objective_vjp(params, config, recipe, images, *rest)):
        for key, x in (flat | {"images": images}).items():
            v = rng.standard_normal(x.shape)
            wanted = directional(lambda moved, key=key: loss_with(key, moved), x, v)
            came = (gradients[key] * v).sum()
            size = max(abs(wanted), np.linalg.norm(gradients[key]))
            # The loss is known to 1e-16 or so, and is divided by a step of 1e-4.
            allowed = TOLERANCES["finite differences"] * max(size, 1e-3)
            assert abs(wanted - came) <= allowed, (name, key, wanted, came)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", MODELS)
def test_loss_and_backward_against_autograd(name, device):
    everything = setting(name)
    (loss, terms), backward = objective_vjp(*everything)
    grads, grad_images = backward()
    wanted = flatten(grads)
    theirs = torch_gradients(*everything, torch.float64, device)
    compare(loss, theirs[0])
    compare(terms, theirs[1])
    compare(wanted, theirs[2], tolerance="float64 gradient", where=name)
    compare(grad_images, theirs[3], tolerance="float64 gradient", where="images")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", MODELS)
def test_loss_and_gradients_in_float32(name, device):
    everything = setting(name)
    (loss, terms), backward = objective_vjp(*everything)
    grads, grad_images = backward()
    theirs = torch_gradients(*everything, torch.float32, device)
    compare(loss, theirs[0], dtype="float32")
    compare(terms, theirs[1], dtype="float32")
    # Small leaves are judged by the size of all: their rounding comes from sums over large ones.
    joined = np.concatenate([np.ravel(g) for g in flatten(grads).values()])
    other = torch.cat([theirs[2][key].flatten() for key in flatten(grads)])
    compare(joined, other, dtype="float32", tolerance="float32 gradient", where=name)
    compare(grad_images, theirs[3], dtype="float32", tolerance="float32 gradient", where="images")


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_a_tree_like_the_parameters(name):
    params, *rest = setting(name)
    (loss, terms), backward = objective_vjp(params, *rest)
    grads, _ = backward(2.0)
    shapes = {key: value.shape for key, value in flatten(params).items()}
    assert {key: value.shape for key, value in flatten(grads).items()} == shapes
    again, terms_again = objective(params, *rest)
    assert loss == again and terms == terms_again  # to the last bit
    assert loss == pytest.approx(sum(terms.values()), rel=1e-14)
    # `backward` takes the gradient that arrives at the loss: twice of it, twice the answer.
    compare(flatten(grads), {k: 2 * g for k, g in flatten(backward()[0]).items()})


# --- the table itself ------------------------------------------------------------------------

CHOICES = {
    "front_end": {"linear", "conv"},
    "location": {"fourier", "learned", "none"},
    "location_reaches": {(), ("bottom_up",), ("top_down",), ("bottom_up", "top_down")},
    "learned_crop": {"grid", "first"},
    "top_down_activation": set(ACTIVATIONS),
    "similarity": set(SIMILARITIES),
    "state_norm": set(STATE_NORMS),
    "consensus_self": {True, False},
    "channels": {1, 3, 4},
    "levels": {1, 2, 3, 4},
    "hidden_only": {True, False},
    "stop_gradient": {True, False},
}


def values(name):
    """Every value that a choice takes in the table; per-level choices count one by one too."""
    found = set()
    for pair in MODELS.values():
        for chosen in pair:
            if hasattr(chosen, name):
                value = getattr(chosen, name)
                found |= {value} | set(value if isinstance(value, tuple) else ())
    return found


def test_every_choice_occurs():
    assert len(MODELS) >= 12
    for name, wanted in CHOICES.items():
        assert wanted <= values(name), f"{name}: {wanted - values(name)} in no model"
    assert set(POSITIVES) <= values("positives")
    for several in ("beta", "local_consensus_radius", "samples", "voice_weights", "positives"):
        assert any(isinstance(value, tuple) for value in values(several)), several
    assert "learned" in values("voice_weights")


@pytest.mark.parametrize("kind", [GlomConfig, Recipe])
def test_every_field_leaves_its_default_somewhere(kind):
    for field in fields(kind):
        assert values(field.name) - {field.default}, f"{field.name} is its default in every model"


@pytest.mark.parametrize(
    ("name", "known"), [("front_end", 2), ("location", 3), ("learned_crop", 2), ("state_norm", 3)]
)
def test_the_known_choices_here_are_those_of_the_config(name, known):
    with pytest.raises(ValueError, match=name) as refused:
        GlomConfig(**{name: "?"})
    listed = str(refused.value).split("wanted one of ")[1].split(";")[0].split(", ")
    assert set(listed) == CHOICES[name] and len(listed) == known
