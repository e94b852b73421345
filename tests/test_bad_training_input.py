"""Bad input to a training step: draws, heads, pictures and labels that do not fit each other."""

import numpy as np
import pytest
import torch

from glom_numpy.config import GlomConfig
from glom_numpy.objective import objective, objective_vjp
from glom_numpy.recipe import Recipe, draw, init_heads
from glom_numpy.weights import init_params
from glom_torch.objective import objective as torch_objective
from glom_torch.weights import to_tensors

pytestmark = pytest.mark.usefixtures("as_users_run_it")

CONFIG = GlomConfig(dim=5, levels=3, image_size=(6, 10), patch_size=2)  # 3 x 5 columns


def in_torch(params, config, recipe, images, draws, labels=None):
    params, images = to_tensors(params), torch.tensor(images)
    labels = None if labels is None else torch.tensor(labels)
    return torch_objective(params, config, recipe, images, draws, labels)


each_objective = pytest.mark.parametrize("f", [objective, objective_vjp, in_torch])


def setting(recipe):
    rng = np.random.default_rng(0)
    params = {"glom": init_params(CONFIG, rng), "heads": init_heads(CONFIG, recipe, rng)}
    return params, rng.random((2, 3, 6, 10)), draw(CONFIG, recipe, 2, rng)


@each_objective
@pytest.mark.parametrize("shape", [(4, 3, 6, 10), (3, 3, 6, 10), (2, 3, 6, 12), (2, 1, 6, 10)])
def test_pictures_of_another_draw_or_config(f, shape):
    # Four pictures with the draws for two would pass for two views of each.
    params, _, draws = setting(Recipe())
    said = rf"images: wanted \(b, c, H, W\) = \(2, 3, 6, 10\), .*got \({', '.join(map(str, shape))}"
    with pytest.raises(ValueError, match=said):
        f(params, CONFIG, Recipe(), np.zeros(shape), draws)


@each_objective
def test_labels_of_another_shape_or_none(f):
    recipe = Recipe(pairs=1.0, segments=("parts", "groups", "objects"))
    params, images, draws = setting(recipe)
    with pytest.raises(
        ValueError, match=r"labels: wanted \(b, n, l\) = \(2, 15, 3\), got \(2, 3, 15"
    ):
        f(params, CONFIG, recipe, images, draws, np.zeros((2, 3, 15), dtype=int))
    with pytest.raises(ValueError, match=r"labels: wanted \(b, n, l\) segments .* got None"):
        f(params, CONFIG, recipe, images, draws)


@each_objective
@pytest.mark.parametrize("head", ["decoder", "projector"])
def test_heads_that_are_missing(f, head):
    # Without its head a loss would be left out, or compare something else, and nobody would know.
    recipe = Recipe(contrast=0.1, projection=4)
    params, images, draws = setting(recipe)
    del params["heads"][head]
    with pytest.raises(ValueError, match=f"heads: wanted '{head}' for the"):
        f(params, CONFIG, recipe, images, draws)


def test_draws():
    for rng in (None, 0, np.random):
        with pytest.raises(TypeError, match="rng: wanted an np.random.Generator, got"):
            draw(CONFIG, Recipe(), 2, rng)
        with pytest.raises(TypeError, match="rng: wanted an np.random.Generator, got"):
            init_heads(CONFIG, Recipe(), rng)
    for b in (0, -1, 2.0):
        with pytest.raises(
            (ValueError, TypeError), match=f"b: wanted a whole number >= 1, got {b}"
        ):
            draw(CONFIG, Recipe(), b, np.random.default_rng(0))


@each_objective
def test_a_recipe_without_any_loss_is_zero(f):
    recipe = Recipe(reconstruction=0.0)
    params, images, draws = setting(recipe)
    out = f(params, CONFIG, recipe, images, draws)
    loss, terms = out[0] if f is objective_vjp else out
    assert float(loss) == 0.0 and "float64" in str(loss.dtype) and terms == {}
