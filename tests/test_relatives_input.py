"""Bad input to the relatives: an error that names the argument, what was wanted and what came."""

import numpy as np
import pytest
import torch

import glom_numpy.relatives
import glom_torch.relatives
from glom_numpy.config import flatten, unflatten
from glom_numpy.relatives import init_slots, init_transformer
from glom_torch.weights import to_tensors
from relatives import MODELS, RELATIVES, each_house, each_relative, objective, setting

# As users run it: under the tests' shape checks, another error would come first.
pytestmark = pytest.mark.usefixtures("as_users_run_it")


def refused(said, kind=ValueError):
    return pytest.raises(kind, match=said)


def numbers(house, values):
    return values if house is glom_numpy.relatives else torch.tensor(values)


def tree(house, params):
    return params if house is glom_numpy.relatives else to_tensors(params)


@pytest.fixture
def looks():
    """Calls one house's model with some arguments of a good call changed."""

    def look(house, relative, **changes):
        params, config, _, images, _, *noise = setting(relative)
        given = dict(params=tree(house, params), config=config, img=numbers(house, images), iters=2)
        if relative == "slot":
            given["noise"] = numbers(house, noise[0])
        return getattr(house, f"{relative}_model")(**given | changes)

    return look


@each_house
@each_relative
def test_bad_pictures(looks, house, relative):
    for shape, said in {
        (3, 4, 10): r"img: wanted 4 axes .* got 3 axes \(3, 4, 10\)",
        (3, 1, 4, 10): "img: wanted 3 channels on axis 1, got 1",
        (3, 3, 5, 10): "img: wanted a height divisible by the patch's height 2, got 5",
        (0, 3, 4, 10): "img: wanted at least one picture",
    }.items():
        with refused(said):
            looks(house, relative, img=numbers(house, np.ones(shape)))
    for bad in (np.nan, np.inf):
        img = np.ones((3, 3, 4, 10))
        img[1, 2, 3, 4] = bad
        with refused(rf"img: .* got {bad} at \(b, c, y, x\) = \(1, 2, 3, 4\)"):
            looks(house, relative, img=numbers(house, img))
    with refused("img: wanted an array or tensor of floats, got .*int64", TypeError):
        looks(house, relative, img=numbers(house, np.ones((3, 3, 4, 10), dtype=np.int64)))
    with refused("img: wanted an array or tensor of floats, got list", TypeError):
        looks(house, relative, img=[[0.5]])


@each_house
@each_relative
def test_bad_numbers_of_steps_and_bad_weights(looks, house, relative):
    for iters, said, kind in (
        (-1, "iters: wanted a whole number >= ., got -1", ValueError),
        (2.0, "iters: wanted a whole number", TypeError),
    ):
        with refused(said, kind):
            looks(house, relative, iters=iters)
    params = setting(relative)[0]
    flat = flatten(params)
    less = unflatten({k: v for k, v in flat.items() if k != "mlp.norm.scale"})
    with refused(r"params: missing key 'mlp.norm.scale', wanted shape \(6,\)"):
        looks(house, relative, params=tree(house, less))
    with refused(r"params: unknown key 'more' of shape \(2,\)"):
        looks(house, relative, params=tree(house, params | {"more": np.ones(2)}))
    for key in ("decoder.layer0.bias", "attention.query.weight", "query.weight"):
        if key in flat:
            with refused(f"params: '{key}' wanted shape"):
                looks(house, relative, params=tree(house, unflatten(flat | {key: np.ones(5)})))


@each_house
def test_bad_slots(looks, house):
    with refused("iters: wanted a whole number >= 1, got 0"):
        looks(house, "slot", iters=0)
    for shape in ((3, 2, 5), (2, 2, 6), (3, 0, 6), (3, 6)):
        with refused(r"noise: wanted \(b, k, d\) = \(3, k >= 1, 6\), got "):
            looks(house, "slot", noise=numbers(house, np.ones(shape)))


def test_another_dtype_than_the_parameters(looks):
    for relative in RELATIVES:
        with refused("img: wanted the parameters' torch.float64, got torch.float32", TypeError):
            looks(glom_torch.relatives, relative, img=torch.ones(3, 3, 4, 10))


def test_bad_choices():
    config, rng = MODELS["filling_in"][0], np.random.default_rng(0)
    with refused("heads: wanted a divisor of dim=6, got 4"):
        init_transformer(config, rng, heads=4)
    with refused("location: wanted 'fourier' or 'learned', got 'none'"):
        init_slots(config.replace(location="none"), rng)


@each_house
@each_relative
def test_bad_training(house, relative):
    params, config, recipe, images, draws, *noise = setting(relative)
    noise = [numbers(house, x) for x in noise]

    def train(recipe=recipe, images=images, config=config):
        images = numbers(house, images)
        return objective(house, relative)(
            tree(house, params), config, recipe, images, draws, *noise
        )

    for loss in ("agreement", "contrast", "pairs"):
        segments = {"segments": ("parts", "objects")} if loss == "pairs" else {}
        with refused(f"recipe: wanted {loss}=0, since a relative only fills in; got 0.1"):
            train(recipe=recipe.replace(**{loss: 0.1}, **segments))
    with refused(r"images: wanted \(b, c, H, W\) = \(3, 3, 4, 10\), .* got \(3, 3, 6, 10\)"):
        train(images=np.ones((3, 3, 6, 10)))
    with refused("draws: wanted n = 20 locations, got 10"):
        train(config=config.replace(image_size=(8, 10)))
