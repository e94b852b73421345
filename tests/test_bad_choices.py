"""Bad choices: whatever GlomConfig or Recipe refuses, it names the choice. Nothing slips by."""

import json
from dataclasses import fields

import numpy as np
import pytest

from glom_numpy.config import GlomConfig, unflatten
from glom_numpy.recipe import Recipe, draw, init_heads

pytestmark = pytest.mark.usefixtures("as_users_run_it")

SIZES = dict(dim=5, levels=3, image_size=(6, 10), patch_size=2)
CROPS = dict(contrast=1.0, positives="crop")


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (dict(front_end="cnn"), "front_end: wanted one of conv, linear; got 'cnn'"),
        (dict(front_layers=0), "front_layers: wanted a whole number >= 1, got 0"),
        (dict(location="x"), "location: wanted one of fourier, learned, none; got 'x'"),
        (dict(similarity="l2"), "similarity: wanted one of cosine, dot, unit_keys; got 'l2'"),
        (dict(state_norm="batch"), "state_norm: wanted one of layer, none, unit; got 'batch'"),
        (dict(learned_crop=1), "learned_crop: wanted one of first, grid; got 1"),
        (dict(top_down_activation=None), "top_down_activation: wanted one of gelu, sine; got None"),
        (dict(location_reaches=("top",)), "location_reaches: wanted one of bottom_up, top_down"),
        (dict(init="soft"), "init: wanted one of loud, plain; got 'soft'"),
        (dict(voice_weights="fixed"), "voice_weights: wanted one of learned; got 'fixed'"),
        (dict(voice_weights=(1, 1, 1)), "voice_weights: wanted 4 numbers"),
        (dict(voice_weights=((1, 1, 1, 1),)), "voice_weights: wanted 4 numbers .* each of 3 lev"),
        (dict(voice_weights=((1, 1, 1, 1), 2)), "voice_weights: wanted 4 numbers .* got"),
        (dict(voice_weights=(0, 0, 1, 0)), "voice_weights: wanted a voice besides top_down"),
        (dict(voice_weights=(1, -1, 1, 1)), "voice_weights: wanted a finite number in .* got -1"),
        (dict(image_size=15), "image_size: wanted a height divisible by the patch's height 2"),
        (dict(image_size=(6, 9)), "image_size: wanted a width divisible by .* 2, got 9"),
        (dict(image_size=(6, 10, 3)), "image_size: wanted one number or .* got .6, 10, 3."),
        (dict(dim=0), "dim: wanted a whole number >= 1, got 0"),
        (dict(levels=0), "levels: wanted a whole number >= 1, got 0"),
        (dict(channels=0), "channels: wanted a whole number >= 1, got 0"),
        (dict(front_kernel=4), "front_kernel: wanted an odd number, got 4"),
        (dict(samples=(1, 2)), "samples: wanted one number or 3, one per level; got 2"),
        (dict(samples=1.5), "samples: wanted whole numbers >= 0, got 1.5"),
        (dict(local_consensus_radius=(1, 2)), "local_consensus_radius: wanted one number or 3"),
        (dict(beta=()), "beta: wanted a number or at least one"),
        (dict(beta=float("nan")), "beta: wanted a finite number.* got nan"),
        (dict(lam=-1), "lam: wanted a finite number in .0.0, inf., got -1"),
        (dict(dmi=5), "dmi: unknown choice; known are dim, levels,"),
    ],
)
def test_configs_that_are_refused(choices, said):
    with pytest.raises(ValueError, match=said):
        GlomConfig.from_dict(SIZES | choices)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        (dict(iters=0), "iters: wanted a whole number >= 1, got 0"),
        (dict(min_iters=9), "min_iters: wanted <= iters=6, got 9"),
        (dict(reads=7), "reads: wanted <= 6 .* got 7"),
        (dict(min_iters=2, reads=3), "reads: wanted <= 2 .* got 3"),
        (dict(carried=0.5, longest=5), "longest: wanted >= 6 steps to carry on from, got 5"),
        (dict(carried=1.5), "carried: wanted"),
        (dict(mask_ratio=1.5), "mask_ratio: wanted a finite number in .0.0, 1.0., got 1.5"),
        (dict(temperature=0), "temperature: wanted"),
        (dict(positives="friends"), "positives: wanted one of attention, crop, radius, view"),
        (dict(positives=("view",)), "positives: wanted one or 3 names, got"),
        (dict(contrast=(1, 2)), "contrast: wanted one number or 3, one per level; got 2"),
        (dict(reconstruction=-1), "reconstruction: wanted a finite number in .0.0, inf., got -1"),
        (dict(contrast=1, contrast_radius=0.5), "contrast_radius: wanted >= 1 patch"),
        (dict(crop=(0.5,)), "crop: wanted two shares, of the outer and the inner crop, got .0.5,."),
        (dict(crop=(0.5, 1.5)), "crop: wanted a finite number in .0.0, 1.0., got 1.5"),
        (dict(crop=(float("nan"), 0.5)), "crop: wanted a finite number in .0.0, 1.0., got nan"),
        (
            dict(CROPS, crop=(0.75, 1.0)),
            "crop: wanted an inner .* of 2 x 4 patches in 3 x 5, got",
        ),
        (dict(CROPS, crop=(0.0, 0.5)), "crop: wanted an inner .* of 1 x 1 .* got .0.0, 0.5."),
        (dict(mask_block=5), "mask_block: wanted at least 2 blocks in .3, 5. patches, got 5"),
        (dict(recipe=1), "recipe: unknown choice; known are iters, min_iters"),
    ],
)
def test_recipes_that_are_refused(choices, said):
    with pytest.raises(ValueError, match=said):
        use(GlomConfig(**SIZES), Recipe.from_dict(choices))


def use(config, recipe):
    """All that a recipe is asked before the first step."""
    rng = np.random.default_rng(0)
    return init_heads(config, recipe, rng), draw(config, recipe, 2, rng)


def test_contrast_wants_two_pictures():
    recipe = Recipe(contrast=1.0)
    with pytest.raises(ValueError, match="images: contrast wants at least 2 pictures .* got 1"):
        draw(GlomConfig(**SIZES), recipe, 1, np.random.default_rng(0))


JUNK = [None, "x", "", -1, 0, 2.5, True, float("nan"), float("inf"), (), [], {}, ("x",), (1, "x")]
JUNK += [(1, 2, 3, 4, 5), [1.0, None, 2.0], 1j, b"x", np.array([1.0, 2.0]), object()]


@pytest.mark.parametrize("name", [f.name for f in fields(GlomConfig)])
def test_junk_is_taken_or_refused_by_name(name):
    for value in JUNK:
        try:
            config = GlomConfig(**SIZES | {name: value})
        except (ValueError, TypeError) as error:
            # A bad patch_size may be noticed at the image_size that it does not divide.
            named = {name} | ({"image_size"} if name == "patch_size" else set())
            assert str(error).split(":")[0] in named, error
            assert "wanted" in str(error) and "got" in str(error), error
        else:
            assert GlomConfig.from_dict(config.to_dict()) == config, value
            hash(config)


@pytest.mark.parametrize("name", [f.name for f in fields(Recipe)])
def test_junk_in_a_recipe_is_taken_or_refused_by_name(name):
    for value in JUNK:
        try:
            recipe = Recipe(**{"contrast": 0.1, "agreement": 0.1} | {name: value})
            use(GlomConfig(**SIZES), recipe)
        except (ValueError, TypeError) as error:
            assert str(error).split(":")[0] == name, error
            assert "wanted" in str(error) and "got" in str(error), error
        else:
            assert Recipe.from_dict(recipe.to_dict()) == recipe, value
            hash(recipe)


def test_choices_go_through_json_and_back():
    config = GlomConfig(**SIZES, beta=(1.0, 2.0), samples=(0, 1, 2), location_reaches=())
    recipe = Recipe(positives=("radius", "view", "attention"), contrast=(0.1, 0.2, 0.0))
    for choices in (config, recipe):
        again = type(choices).from_dict(json.loads(json.dumps(choices.to_dict())))
        assert again == choices and hash(again) == hash(choices)
        assert choices.replace() == choices


@pytest.mark.parametrize("name", ["reconstruction", "agreement", "contrast", "pairs"])
def test_a_negative_weight_is_refused_at_once(name):
    with pytest.raises(ValueError, match=f"{name}: wanted a finite number in"):
        Recipe(**{name: (1.0, -1.0)})


def test_a_key_that_is_a_branch_of_another_is_refused():
    for flat in ({"a": 1, "a.b": 2}, {"a.b": 2, "a": 1}):
        with pytest.raises(ValueError, match="wanted a"):
            unflatten(flat)
