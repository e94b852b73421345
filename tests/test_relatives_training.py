"""Relatives of GLOM whole: the loss after T steps, its gradient, and training."""

import numpy as np
import pytest
import torch

import glom_numpy.relatives
import glom_torch.relatives
from compare import compare
from glom_numpy.config import flatten, unflatten
from glom_numpy.gradcheck import check_vjp
from glom_numpy.optim import adam_init, adam_step
from glom_numpy.recipe import draw
from glom_numpy.relatives import shown
from glom_torch.weights import to_tensors
from relatives import MODELS, each_relative, objective, setting
from twins import DEVICES
from unchecked import unchecked


def torch_gradients(relative, params, config, recipe, images, draws, *noise, where):
    """(loss, gradients of parameters, of pictures) by autograd."""
    flat = {k: v.requires_grad_() for k, v in flatten(to_tensors(params, **where)).items()}
    seen = torch.tensor(images, requires_grad=True, **where)
    noise = [torch.tensor(x, **where) for x in noise]
    loss, terms = objective(glom_torch.relatives, relative)(
        unflatten(flat), config, recipe, seen, draws, *noise
    )
    assert terms == {"reconstruction": loss}
    found = torch.autograd.grad(loss, [*flat.values(), seen])  # refuses a parameter nobody uses
    return loss, dict(zip(flat, found, strict=False)), found[-1]


@each_relative
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("device", DEVICES)
def test_loss_and_gradients_of_everything(relative, name, precision, device):
    where = dict(dtype=getattr(torch, precision), device=device)
    given = setting(relative, name)
    (loss, _), backward = objective(glom_numpy.relatives, relative, vjp=True)(*given)
    plain, _ = objective(glom_numpy.relatives, relative)(*given)
    assert loss == plain
    theirs, grads, grad_images = torch_gradients(relative, *given, where=where)
    compare(loss, theirs, dtype=precision)
    ours, our_images = backward(1.0)
    tolerance = f"{precision} gradient"
    compare(flatten(ours), grads, dtype=precision, tolerance=tolerance)
    compare(our_images, grad_images, dtype=precision, tolerance=tolerance)


@each_relative
@pytest.mark.parametrize("name", MODELS)
def test_gradients_against_finite_differences(relative, name):
    params, config, recipe, images, *rest = setting(relative, name)

    def loss_vjp(params, images):
        given = params, config, recipe, images, *rest
        (loss, _), backward = objective(glom_numpy.relatives, relative, vjp=True)(*given)
        return loss, backward

    with unchecked():
        for seed in range(3):
            check_vjp(loss_vjp, (params, images), np.random.default_rng(seed))


@each_relative
def test_every_parameter_learns(relative):
    given = setting(relative, "conv_and_learned_places")
    _, backward = objective(glom_numpy.relatives, relative, vjp=True)(*given)
    grads = flatten(backward()[0])
    assert set(grads) == set(flatten(given[0]))
    for name, g in grads.items():
        assert np.abs(g).max() > 1e-9, name


@each_relative
def test_both_houses_train_alike_and_the_loss_falls(relative):
    params, config, recipe, images, *_ = setting(relative, batch=8)
    theirs = {k: v.requires_grad_() for k, v in flatten(to_tensors(params)).items()}
    optimizer = torch.optim.Adam(theirs.values(), lr=0.01)
    state, curves = adam_init(params), ([], [])
    for step in range(40):
        rng = np.random.default_rng(step % 4)  # four corruptions, so that steps can be compared
        draws = draw(config, recipe, 8, rng)
        noise = [rng.standard_normal((8, 3, 6))] if relative == "slot" else []
        if step < 12:  # hand in hand; then torch alone, which is faster
            (loss, _), backward = objective(glom_numpy.relatives, relative, vjp=True)(
                params, config, recipe, images, draws, *noise
            )
            params, state = adam_step(params, backward()[0], state, lr=0.01)
            curves[0].append(float(loss))
        loss, _ = objective(glom_torch.relatives, relative)(
            unflatten(theirs),
            config,
            recipe,
            torch.tensor(images),
            draws,
            *(torch.tensor(x) for x in noise),
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        curves[1].append(loss.item())
    np.testing.assert_allclose(curves[0], curves[1][:12], rtol=1e-8)
    assert np.mean(curves[1][-4:]) < 0.7 * np.mean(curves[1][:4])


@each_relative
def test_what_is_hidden_is_not_seen_and_still_counts(relative):
    params, config, recipe, images, draws, *noise = setting(relative)
    hidden = np.kron(draws.hidden.reshape(3, 1, 2, 5), np.ones((1, 3, 2, 2))) > 0
    other = images + 0.4 * hidden
    seen = [shown(config, recipe, x, draws)[1] for x in (images, other)]
    assert (seen[0] == seen[1]).all()
    given = params, config, recipe, images, draws, *noise
    _, backward = objective(glom_numpy.relatives, relative, vjp=True)(*given)
    assert (backward()[1][hidden] != 0).all()


@each_relative
def test_the_loss_is_the_error_of_the_picture_that_the_model_paints(relative):
    params, config, recipe, images, draws, *noise = setting(relative, "autoencoding")
    loss, _ = objective(glom_numpy.relatives, relative)(
        params, config, recipe, images, draws, *noise
    )
    model = getattr(glom_numpy.relatives, f"{relative}_model")
    picture = model(params, config, images, *noise, iters=draws.steps)[-1]
    np.testing.assert_allclose(loss, ((picture - images) ** 2).mean())
