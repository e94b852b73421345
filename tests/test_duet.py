"""Duet: both houses train step by step, side by side, and change places halfway."""

import numpy as np
import pytest
import torch

from glom_numpy import checkpoint as numpy_files
from glom_numpy import train as numpy_train
from glom_numpy.config import GlomConfig, flatten
from glom_numpy.recipe import Recipe, init_heads
from glom_numpy.weights import init_params
from glom_numpy.worlds import crossing_bars, segment_labels
from glom_torch import checkpoint as torch_files
from glom_torch import train as torch_train
from glom_torch.weights import to_arrays, to_tensors

SIZES = dict(dim=7, levels=3, image_size=(6, 10), patch_size=2, hidden=11)
CLIP = 0.4  # some gradients of each duet are longer
DUETS = {
    "plain": (GlomConfig(**SIZES), Recipe(iters=4)),
    "everything": (
        GlomConfig(
            **SIZES,
            front_end="conv",
            front_channels=5,
            location="learned",
            beta=(1.0, 3.0, 5.0),
            local_consensus_radius=(1.5, 2.0, 0.0),
            samples=(0, 2, 0),
            lam=0.3,
            voice_weights="learned",
            state_norm="layer",
        ),
        Recipe(
            iters=5,
            min_iters=3,
            reads=2,
            mask_ratio=0.4,
            noise=0.1,
            reconstruction=(1.0, 0.5, 0.2),
            agreement=0.3,
            stop_gradient=False,
            contrast=(0.1, 0.2, 0.3),
            positives=("radius", "view", "attention"),
            anchors=3,
            projection=5,
            pairs=(0.0, 0.2, 0.3),
            segments=("", "parts", "objects"),
        ),
    ),
    "no heads": (
        GlomConfig(
            **SIZES,
            depth=2,
            top_down_activation="sine",
            similarity="unit_keys",
            consensus_self=True,
            voice_weights=(1.0, 2.0, 1.0, 0.5),
            state_norm="unit",
        ),
        Recipe(iters=3, reconstruction=0.0, agreement=(0.1, 0.2, 0.3), contrast=0.5, anchors=4),
    ),
}


@pytest.fixture(scope="module")
def scenes():
    rng = np.random.default_rng(5)
    return crossing_bars(13, parts=2, size=(6, 10), radius=1.5, spread=1.0, rng=rng)


def begin(config, recipe):
    rng = np.random.default_rng(3)
    return {"glom": init_params(config, rng), "heads": init_heads(config, recipe, rng)}


def train(house, params, duet, scenes, **part):
    """Some of 50 steps in one of the houses: everything as arrays again."""
    config, recipe = duet
    labels = segment_labels(scenes, recipe.segments, config.grid) if recipe.segments else None
    into = (lambda tree: tree) if house is numpy_train else to_double
    if "state" in part:
        part["state"] = into(part["state"])
    loop = dict(steps=50, batch=4, lr=5e-3, clip=CLIP, seed=11, **part)
    params, state, curve = house.fit(into(params), *duet, scenes.images, labels=labels, **loop)
    out = (lambda tree: tree) if house is numpy_train else to_arrays
    return out(params), out(state), curve


def to_double(tree):
    return to_tensors(tree, dtype=torch.float64)


def assert_same(got, wanted):
    assert got.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-8, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("name", DUETS)
def test_fifty_steps_side_by_side(name, scenes, as_users_run_it):
    params = begin(*DUETS[name])
    weights, state, curve = train(numpy_train, params, DUETS[name], scenes)
    theirs, their_state, their_curve = train(torch_train, params, DUETS[name], scenes)
    assert curve["step"] == list(range(1, 51))
    assert_same(their_curve, curve)
    assert_same(flatten(theirs), flatten(weights))
    assert_same(flatten(their_state), flatten(state))
    assert max(curve["gradient"]) > CLIP, "some gradients must be clipped"
    assert np.mean(curve["loss"][-10:]) < np.mean(curve["loss"][:10])


@pytest.mark.parametrize("houses", [(numpy_train, torch_train), (torch_train, numpy_train)])
def test_changing_houses_halfway_changes_nothing(houses, scenes, tmp_path, as_users_run_it):
    duet, path = DUETS["everything"], tmp_path / "half.safetensors"
    params = begin(*duet)
    whole, _, whole_curve = train(houses[0], params, duet, scenes)
    half, state, first = train(houses[0], params, duet, scenes, stop=25)
    files = dict(zip((numpy_train, torch_train), (numpy_files, torch_files), strict=True))
    tree = {**half, "optimizer": state}
    tree = tree if houses[0] is numpy_train else to_double(tree)
    files[houses[0]].save(path, tree, config=duet[0], recipe=duet[1], extra={"step": 25})
    kept = files[houses[1]].load(path)
    tree = kept.params if houses[1] is numpy_train else to_arrays(kept.params)
    state, part = tree.pop("optimizer"), dict(start=kept.extra["step"])
    duet = kept.config, kept.recipe
    done, _, second = train(houses[1], tree, duet, scenes, state=state, **part)
    assert_same({name: first[name] + second[name] for name in first}, whole_curve)
    assert_same(flatten(done), flatten(whole))


def test_float32_in_torch_stays_close(scenes, as_users_run_it):
    duet = DUETS["plain"]
    params = begin(*duet)
    _, _, curve = train(numpy_train, params, duet, scenes, stop=10)
    narrow = to_tensors(params, dtype=torch.float32)
    loop = dict(steps=50, stop=10, batch=4, lr=5e-3, clip=CLIP, seed=11)
    weights, _, theirs = torch_train.fit(narrow, *duet, scenes.images, **loop)
    assert weights["glom"]["initial"].dtype == torch.float32
    np.testing.assert_allclose(theirs["loss"], curve["loss"], rtol=1e-3)
