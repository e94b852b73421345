"""Bad input: an error that names the argument, what was wanted and what came. In both houses."""

import numpy as np
import pytest
import torch

import glom_numpy
import glom_torch
from glom_numpy.config import GlomConfig, flatten
from glom_numpy.recipe import Recipe
from glom_numpy.weights import init_params

# As users run it: under the tests' shape checks, another error would come first.
pytestmark = pytest.mark.usefixtures("as_users_run_it")

SIZES = dict(dim=5, levels=3, image_size=(6, 10), patch_size=2)  # 3 x 5 columns
each_house = pytest.mark.parametrize("house", [glom_numpy, glom_torch])


def glom(house, **choices):
    model = house.Glom(**SIZES | choices)
    return model if house is glom_numpy else model.double()


def array(house, *shape, fill=None):
    """Numbers in [0, 1] of that house."""
    values = np.random.default_rng(0).random(shape)
    if fill is not None:
        values.flat[37] = fill
    return values if house is glom_numpy else torch.tensor(values)


def refused(said, kind=ValueError):
    return pytest.raises(kind, match=said)


@each_house
@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((3, 6, 10), r"img: wanted 4 axes .* got 3 axes \(3, 6, 10\)"),
        ((2, 1, 3, 6, 10), r"img: wanted 4 axes .* got 5 axes \(2, 1, 3, 6, 10\)"),
        ((2, 4, 6, 10), "img: wanted 3 channels on axis 1, got 4"),
        ((2, 6, 10, 3), r"img: wanted 3 channels on axis 1, got 6 of \(2, 6, 10, 3\)"),
        ((2, 3, 7, 10), "img: wanted a height divisible by the patch's height 2, got 7"),
        ((2, 3, 6, 11), "img: wanted a width divisible by the patch's width 2, got 11"),
        ((2, 3, 0, 10), "img: wanted at least one patch .* got 0 x 10 pixels"),
        ((0, 3, 6, 10), "img: wanted at least one picture, got a batch of 0"),
    ],
)
def test_pictures_of_another_shape(house, shape, said):
    with refused(said):
        glom(house)(array(house, *shape))


@each_house
@pytest.mark.parametrize("shape", [(2, 3, 10, 6), (2, 3, 2, 30), (2, 3, 30, 2), (2, 3, 8, 10)])
def test_pictures_beyond_the_learned_places(house, shape):
    # (10, 6) and (2, 30) have the right number of patches, 15, in the wrong places.
    got = f"got {shape[2] // 2} x {shape[3] // 2}"
    with refused(f"img: wanted at most 3 x 5 patches .*{got}"):
        glom(house, location="learned")(array(house, *shape))
    glom(house)(array(house, *shape))  # Fourier codes go on beyond the border


@each_house
@pytest.mark.parametrize(
    ("value", "said"), [(np.nan, "got nan"), (np.inf, "got inf"), (-np.inf, "got -inf")]
)
def test_a_picture_with_a_hole_says_where(house, value, said):
    img = array(house, 2, 3, 6, 10, fill=value)  # number 37 is picture 0, channel 0, row 3, pixel 7
    with refused(rf"img: wanted finite numbers, {said} at \(b, c, y, x\) = \(0, 0, 3, 7\)"):
        glom(house)(img)


@each_house
@pytest.mark.parametrize("img", [[[1.0]], "picture.png", None, 3])
def test_what_is_no_picture(house, img):
    with refused(rf"img: wanted a .* of floats, got {type(img).__name__}", TypeError):
        glom(house)(img)


def test_numbers_of_another_kind():
    whole = np.zeros((2, 3, 6, 10), dtype=np.uint8)
    with refused("img: wanted a NumPy array of floats, got uint8", TypeError):
        glom(glom_numpy)(whole)
    with refused("img: wanted a tensor of floats, got torch.uint8", TypeError):
        glom(glom_torch)(torch.tensor(whole))
    with refused("img: wanted the model's torch.float64, got torch.float32", TypeError):
        glom(glom_torch)(torch.zeros(2, 3, 6, 10))
    with refused("img: wanted a NumPy array of floats, got Tensor", TypeError):
        glom(glom_numpy)(torch.zeros(2, 3, 6, 10))
    with refused("img: wanted a tensor of floats, got ndarray", TypeError):
        glom(glom_torch)(np.zeros((2, 3, 6, 10)))


@each_house
@pytest.mark.parametrize("shape", [(2, 15, 5, 3), (1, 15, 3, 5), (2, 3, 5, 3, 5), (2, 14, 3, 5)])
def test_a_state_of_another_shape(house, shape):
    said = rf"levels: wanted \(b, n, l, d\) = \(2, 15, 3, 5\), got \({', '.join(map(str, shape))}\)"
    with refused(said):
        glom(house)(array(house, 2, 3, 6, 10), levels=array(house, *shape))


def test_a_state_of_another_kind():
    state = np.zeros((2, 15, 3, 5))
    with refused("levels: wanted a NumPy array of floats, got int64", TypeError):
        glom(glom_numpy)(array(glom_numpy, 2, 3, 6, 10), levels=state.astype(int))
    img = array(glom_torch, 2, 3, 6, 10)
    with refused("levels: wanted a tensor of floats, got torch.int64", TypeError):
        glom(glom_torch)(img, levels=torch.tensor(state.astype(int)))
    with refused("levels: wanted the model's torch.float64, got torch.float32", TypeError):
        glom(glom_torch)(img, levels=torch.tensor(state).float())
    with refused("levels: wanted the model's device cpu, got meta"):
        glom(glom_torch)(img, levels=torch.tensor(state, device="meta"))
    with refused("img: wanted the model's device cpu, got meta"):
        glom(glom_torch)(img.to("meta"))


@each_house
def test_a_state_with_a_hole_says_where(house):
    levels = array(house, 2, 15, 3, 5, fill=np.nan)  # number 37: column 2, level 1, third number
    with refused(r"levels: wanted finite numbers, got nan at \(b, n, l, d\) = \(0, 2, 1, 2\)"):
        glom(house)(array(house, 2, 3, 6, 10), levels=levels)


@each_house
@pytest.mark.parametrize(
    ("name", "value", "kind", "got"),
    [
        ("iters", -1, ValueError, "-1"),
        ("iters", 2.0, TypeError, "2.0"),
        ("iters", 2.5, TypeError, "2.5"),
        ("iters", True, TypeError, "True"),
        ("iters", "4", TypeError, "'4'"),
        ("start", -1, ValueError, "-1"),
        ("start", None, TypeError, "None"),
    ],
)
def test_numbers_of_steps(house, name, value, kind, got):
    with refused(f"{name}: wanted a whole number >= 0, got {got}", kind):
        glom(house)(array(house, 2, 3, 6, 10), **{name: value})


@each_house
def test_sampling_wants_a_generator(house):
    for rng in (None, 0, np.random):
        with refused("rng: wanted an np.random.Generator, since `samples` draws, got", TypeError):
            glom(house, samples=2)(array(house, 2, 3, 6, 10), rng=rng)
    with refused("rng: wanted an np.random.Generator, got 0", TypeError):
        house.Glom(**SIZES, rng=0)


@each_house
def test_one_level_works(house):
    states = glom(house, levels=1)(array(house, 2, 3, 6, 10), iters=3, return_all=True)
    assert states.shape == (4, 2, 15, 1, 5)


@each_house
def test_a_column_without_anybody_to_hear(house):
    with refused("local_consensus_radius: wanted >= 1 patch, or consensus_self=True; at 0.5"):
        house.Glom(**SIZES, local_consensus_radius=0.5)
    with refused("img: wanted at least two patches, or consensus_self=True"):
        glom(house)(array(house, 1, 3, 2, 2))  # a picture of one patch
    assert glom(house, consensus_self=True)(array(house, 1, 3, 2, 2)).shape == (1, 1, 3, 5)


@each_house
def test_weights_that_do_not_fit(house):
    # The first key that differs, and both shapes.
    config = GlomConfig(**SIZES)
    params = init_params(config, np.random.default_rng(0))
    if house is glom_torch:
        params = glom_torch.weights.to_tensors(params)
    with refused(r"params: 'initial' wanted shape \(3, 7\), got \(3, 5\)"):
        house.Glom(config.replace(dim=7), params=params)
    with refused(r"params: 'bottom_up.layer0.weight' wanted shape \(3, 9, 21\), got \(3, 20, 21\)"):
        house.Glom(config.replace(hidden=9), params=params)
    with refused(r"params: missing key 'front.weight', wanted shape \(16, 3, 3, 3\)"):
        house.Glom(config.replace(front_end="conv"), params=params)
    with refused("params: missing key 'positions.table'"):
        house.Glom(config.replace(location="learned", location_reaches=()), params=params)
    with refused(r"params: unknown key 'extra' of shape \(5,\)"):
        house.Glom(config, params=params | {"extra": params["initial"][0]})


@each_house
def test_changes_that_want_other_weights(house):
    with refused("params: missing key 'voices.logits'"):
        glom(house).with_config(voice_weights="learned")
    with refused("state_nrom: unknown choice; known are dim, levels,"):
        glom(house).with_config(state_nrom="unit")


@each_house
def test_with_config_shares_the_parameters(house):
    model = glom(house)
    ours, theirs = (flatten(m.params) for m in (model, model.with_config(beta=2.0)))
    assert all(ours[key] is theirs[key] for key in ours)


def test_a_numpy_model_is_wanted():
    with refused("model: wanted a glom_numpy.Glom, got glom_torch.glom.Glom", TypeError):
        glom_torch.Glom.from_numpy(glom(glom_torch))


@each_house
def test_what_is_no_config_and_what_are_no_parameters(house):
    for config in (512, dict(dim=5), Recipe()):
        with refused("config: wanted a GlomConfig, or choices by name as in", TypeError):
            house.Glom(config)
    other = glom_torch if house is glom_numpy else glom_numpy
    kinds = ("ndarray", "Parameter") if house is glom_numpy else ("Tensor", "ndarray")
    with refused("params: 'initial' wanted {}, got {}".format(*kinds), TypeError):
        house.Glom(**SIZES, params=glom(other).params)
    with refused("params: wanted a nested dict, got int", TypeError):
        house.Glom(**SIZES, params=5)
    with refused("state_dict: wanted a dict, got NoneType", TypeError):
        house.Glom.from_glom_pytorch(None)
