"""Between the houses and around the model: the same seed, keys and numbers; voices and warnings."""

import importlib
import json
import warnings

import numpy as np
import pytest
import torch

import glom_numpy
import glom_torch
from compare import compare
from glom_numpy.config import GlomConfig, flatten, unflatten
from glom_numpy.nets import mlp
from glom_numpy.ops import einsum
from glom_numpy.recipe import Recipe, draw
from glom_numpy.step import mix, voice_weights
from glom_torch.recipe import to_tensors as draws_to_tensors
from glom_torch.weights import to_arrays, to_tensors
from models import MODELS
from planted import cases

CONFIGS = {name: config for name, (config, _) in MODELS.items()}
SMALL = dict(dim=5, levels=3, image_size=(6, 10), patch_size=2)
each_house = pytest.mark.parametrize("house", [glom_numpy, glom_torch])


@pytest.mark.parametrize("name", CONFIGS)
def test_same_seed_same_network_same_keys(name):
    config = CONFIGS[name]
    ours = glom_numpy.Glom(config, rng=np.random.default_rng(3))
    theirs = glom_torch.Glom(config, rng=np.random.default_rng(3), dtype=torch.float64)
    state = theirs.state_dict()
    assert set(state) == set(flatten(ours.params))  # no transposes, no other names
    for key, value in flatten(ours.params).items():
        assert tuple(state[key].shape) == value.shape
        assert (state[key].numpy() == value).all()
    assert len(list(theirs.parameters())) == len(state)
    assert all(p.requires_grad for p in theirs.parameters())


def test_fresh_weights_are_spread_as_torchs_own():
    # Linear and Conv2d of torch draw evenly within 1 / sqrt(inputs of a unit).
    config = GlomConfig(dim=40, levels=2, image_size=8, patch_size=4, front_end="conv", hidden=300)
    flat = flatten(glom_numpy.Glom(config).params)
    inputs = {"front": 3 * 3 * 3, "patches": 4 * 4 * 16, "bottom_up.layer0": 40 + 16}
    inputs |= {"bottom_up.layer1": 300, "top_down.layer0": 40 + 16, "top_down.layer1": 300}
    for net, count in inputs.items():
        for kind in ("weight", "bias"):
            largest = np.abs(flat[f"{net}.{kind}"]).max() * np.sqrt(count)
            assert 0.75 < largest <= 1, (net, kind)
            assert abs(flat[f"{net}.{kind}"].mean()) * np.sqrt(count) < 0.4, (net, kind)
    assert abs(glom_numpy.Glom(config.replace(dim=900)).params["initial"].std() - 1) < 0.05


@pytest.mark.parametrize("name", CONFIGS)
def test_there_and_back(name):
    ours = glom_numpy.Glom(CONFIGS[name], rng=np.random.default_rng(3))
    back = glom_torch.Glom.from_numpy(ours, dtype=torch.float64).to_numpy()
    assert back.config == ours.config
    compare(ours.params, back.params)
    for key, value in flatten(back.params).items():
        assert (value == flatten(ours.params)[key]).all()
        assert not np.shares_memory(value, flatten(ours.params)[key])
    single = glom_torch.Glom.from_numpy(ours)
    assert all(p.dtype == torch.float32 for p in single.parameters())


def test_trees_across():
    tree = {"a": {"b": np.arange(6.0).reshape(2, 3), "c": {}}, "d": np.array(2.0)}
    tensors = to_tensors(tree, dtype=torch.float32)
    assert tensors["a"]["b"].dtype == torch.float32 and tensors["a"]["c"] == {}
    compare(tree, to_arrays(tensors))
    tensors["d"] += 1
    assert tree["d"] == 2.0
    flat = {"x.y.z": 1, "x.w": 2, "v": 3}
    assert flatten(unflatten(flat)) == flat


def test_draws_across():
    config = GlomConfig(**SMALL, samples=2)
    draws = draw(config, Recipe(noise=0.1, contrast=1.0), 2, np.random.default_rng(0))
    tensors = draws_to_tensors(draws, dtype=torch.float32)
    assert tensors.steps == draws.steps and tensors.far == draws.far is not None
    kinds = {"hidden": torch.bool, "noise": torch.float32, "anchors": torch.int64}
    kinds |= {"partners": torch.int64, "chances": torch.float32}
    for name, dtype in kinds.items():
        assert getattr(tensors, name).dtype == dtype
    assert (tensors.anchors.numpy() == draws.anchors).all()
    again = draws_to_tensors(tensors, dtype=torch.float32)
    assert again.noise is tensors.noise  # already there


@each_house
@pytest.mark.parametrize("choices", [{}, dict(voice_weights="learned", state_norm="layer")])
def test_voices_are_what_the_next_state_is_made_of(house, choices):
    model = glom_numpy.Glom(**SMALL, **choices)
    img = np.random.default_rng(0).random((2, 3, 6, 10))
    weights = voice_weights(model.params, model.config)
    if house is glom_torch:
        model, img = glom_torch.Glom.from_numpy(model, dtype=torch.float64), torch.tensor(img)
    states, voices = model(img, iters=4, return_all=True, return_voices=True)
    states, voices = (np.asarray(x.detach() if torch.is_tensor(x) else x) for x in (states, voices))
    assert voices.shape == (4, 4, 2, 15, 3, 5)
    for t in range(4):
        assert (voices[t][0] == states[t]).all()  # previous
        assert (voices[t][2][:, :, -1] == 0).all()  # nobody is above the top
        compare(states[t + 1], mix(voices[t], weights, model.config.state_norm))
    last, _ = model(img, iters=4, return_voices=True)
    compare(states[-1], last)


@each_house
def test_warnings_for_runs_too_short_to_reach_the_top(house):
    model, img = house.Glom(**SMALL), np.random.default_rng(0).random((1, 3, 6, 10))
    img = torch.tensor(img, dtype=torch.float32) if house is glom_torch else img
    for iters in (1, 2):
        with pytest.warns(UserWarning, match=f"iters={iters} < levels=3: .* top {3 - iters} level"):
            state = model(img, iters=iters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model(img, iters=3)
        model(img, iters=0)  # asks for the initial state, not for an answer
        model(img, iters=1, levels=state)  # goes on; it may have come far already


@each_house
def test_a_fresh_state_is_the_same_in_all_columns(house):
    model = house.Glom(**SMALL)
    img = np.random.default_rng(0).random((2, 3, 6, 10))
    img = torch.tensor(img, dtype=torch.float32) if house is glom_torch else img
    state = model(img, iters=0)
    assert (state == model.params["initial"]).all()


def test_unknown_choices_list_the_known_deep_inside_too():
    attention, step, nets = glom_numpy.attention, glom_numpy.step, glom_numpy.nets
    levels = np.zeros((1, 2, 3, 5))
    known = "similarity: wanted one of cosine, dot, unit_keys; got 'l2'"
    for function in (attention.consensus, attention.consensus_vjp):
        with pytest.raises(ValueError, match=known):
            function(levels, similarity="l2")
    with pytest.raises(ValueError, match=known):
        glom_torch.attention.consensus(torch.tensor(levels), similarity="l2")
    voices, weights = np.zeros((4, 1, 2, 3, 5)), np.zeros((4, 3))
    known = "state_norm: wanted one of layer, none, unit; got 'batch'"
    with pytest.raises(
        ValueError, match="state_norm: wanted one of layer, none, unit; got 'batch'"
    ):
        step.mix(voices, weights, "batch")
    with pytest.raises(
        ValueError, match="state_norm: wanted one of layer, none, unit; got 'batch'"
    ):
        glom_torch.step.mix(torch.tensor(voices), torch.tensor(weights), "batch")
    net = next(case for case in cases("nets.mlp") if "exercise" not in case.label).args[0]
    with pytest.raises(ValueError, match="activation: wanted one of gelu, sine; got 'relu'"):
        nets.mlp(net, np.zeros((1, 2, 4, 7)), "relu")
    with pytest.raises(ValueError, match="activation: wanted one of gelu, sine; got 'relu'"):
        glom_torch.nets.mlp(to_tensors(net), torch.zeros(1, 2, 4, 7).double(), "relu")


def test_einsum_says_what_does_not_fit():
    x, y = np.zeros((2, 3)), np.zeros((3, 5))
    for spec, said in {
        "i j k, j k -> i k": "wanted axes .* got shape",
        "i j, k i -> j k": "axis i is 2 in the first array and 5 in the second",
        "i j, j k -> i": "cannot place the letters",
        "i j, j k -> i k z": "cannot place the letters",
    }.items():
        with pytest.raises(ValueError, match=said):
            einsum(spec, x, y)
    compare(x @ y, einsum("i j, j k -> i k", x, y))


def test_configs_from_numpys_own_numbers(as_users_run_it):
    config = GlomConfig(**SMALL | dict(dim=np.int64(5)), beta=np.float32(2.5), lam=np.float64(0))
    assert config == GlomConfig(**SMALL, beta=2.5) and type(config.dim) is int
    assert json.loads(json.dumps(config.to_dict()))["dim"] == 5
    assert GlomConfig(**SMALL | dict(image_size=[6, 10])) == GlomConfig(**SMALL)


def test_mlp_of_no_hidden_layers_is_linear():
    # The decoder of the losses is one: no activation after the last layer.
    net = {"layer0": {"weight": np.ones((3, 2, 5)), "bias": np.zeros((3, 2))}}
    x = -np.random.default_rng(0).random((2, 7, 3, 5))
    compare(x.sum(axis=-1, keepdims=True).repeat(2, axis=-1), mlp(net, x))


@pytest.mark.parametrize("house", [glom_numpy, glom_torch])
def test_a_learned_voice_can_be_muted(house):
    model = house.Glom(dim=5, levels=3, image_size=6, patch_size=2, voice_weights="learned")
    muted = model.with_config(voice_weights=(1.0, 1.0, 1.0, 0.0))
    assert "voices" in model.params and "voices" not in muted.params
    img = np.ones((1, 3, 6, 6)) if house is glom_numpy else torch.ones(1, 3, 6, 6)
    assert muted(img).shape == (1, 9, 3, 5)


@each_house
def test_a_model_that_stops_once_a_step_hardly_moves_it(house):
    theirs = house is glom_torch
    model = house.Glom(**SMALL, state_norm="layer", **(dict(dtype=torch.float64) if theirs else {}))
    pictures = np.random.default_rng(6).random((2, 3, 6, 10))
    img = torch.tensor(pictures) if theirs else pictures
    c, run = model.config, dict(tolerance=0.02, iters=40)
    mask = importlib.import_module(f"{house.__name__}.attention").listening_mask(c, c.grid)
    early = importlib.import_module(f"{house.__name__}.early")
    wanted, steps, _ = early.settle_until(model.params, c, img, **run, mask=mask)
    assert 0 < int(steps.max()) < 40
    compare(np.asarray(wanted), np.asarray(model(img, **run)))
    with pytest.raises(ValueError, match="tolerance: wanted None with return_all"):
        model(img, tolerance=0.1, return_all=True)
    with pytest.raises(ValueError, match="tolerance: wanted"):
        model(img, tolerance=-1.0)
