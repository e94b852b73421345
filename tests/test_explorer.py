"""The explorer without a browser: what is sent, and what can be set."""

import json

import numpy as np
import pytest
import torch
import traitlets

import glom_torch
from glom_numpy import Glom, islands
from payloads import D, H, L, T, W, decoded, small_image, small_model
from tutorials.explorer import explore
from tutorials.knobs import explore_knobs
from tutorials.trajectory import trajectory_payload, untrained


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def image():
    return small_image()


def test_the_states_that_are_sent_are_the_model_s(model, image):
    payload = trajectory_payload(model, image, iters=T, compare="untrained")
    states = model(image.transpose(2, 0, 1)[None] / 255, T, return_all=True)[:, 0]
    fresh = untrained(model)(image.transpose(2, 0, 1)[None] / 255, T, return_all=True)[:, 0]
    sent = decoded(payload)["states"].astype(float)
    np.testing.assert_allclose(sent, np.stack([states, fresh]), rtol=1e-3, atol=1e-6)
    assert payload["frame"] == {
        **{"steps": T + 1, "n": H * W, "levels": L, "d": D, "h": H, "w": W},
        "models": ["this model", "untrained, same sizes"],
        "picture": {"height": 6, "width": 15, "channels": 3},
    }
    assert payload["picture"] == image.tobytes()


def test_floats_and_bytes_and_both_houses_send_the_same(model, image):
    want = trajectory_payload(model, image, iters=T)
    twin = glom_torch.Glom.from_numpy(model, dtype=torch.float64)
    for other, picture in (
        (model, image.transpose(2, 0, 1) / 255),
        (twin, image),
        (twin, torch.as_tensor(image.transpose(2, 0, 1) / 255)),
    ):
        got = trajectory_payload(other, picture, iters=T)
        assert got["frame"] == want["frame"] and got["picture"] == want["picture"]
        for name, array in decoded(want).items():
            np.testing.assert_allclose(decoded(got)[name], array, rtol=1e-2, atol=1e-4)


def test_a_half_precision_torch_model_can_be_shown(model, image):
    half = glom_torch.Glom.from_numpy(model, dtype=torch.bfloat16)
    payload = trajectory_payload(half, image, iters=T, compare="untrained")
    assert np.isfinite(decoded(payload)["states"].astype(float)).all()


def test_one_basis_a_level_gives_the_main_directions(model, image):
    sent = decoded(trajectory_payload(model, image, iters=T))
    states, bases = sent["states"][0].astype(float), sent["bases"][0].astype(float)
    for level in range(L):
        vectors = states[:, :, level]
        apart = (vectors - vectors.mean(axis=1, keepdims=True)).reshape(-1, D)
        _, _, directions = np.linalg.svd(apart, full_matrices=False)
        weights = bases[level, :, :D]
        cosine = (weights * directions[:3]).sum(-1) / np.linalg.norm(weights, axis=-1)
        np.testing.assert_allclose(np.abs(cosine), 1, atol=1e-4)
        colors = vectors.reshape(-1, D) @ weights.T + bases[level, :, D]
        inside = ((colors > -1e-3) & (colors < 1 + 1e-3)).mean(axis=0)
        assert (inside > 0.9).all(), inside


def test_a_direction_that_does_not_exist_is_grey(image):
    narrow = Glom(dim=2, levels=2, image_size=(6, 15), patch_size=(2, 3))
    bases = decoded(trajectory_payload(narrow, image, iters=4))["bases"][0]
    np.testing.assert_array_equal(bases[:, 2], [[0, 0, 0.5]] * 2)
    none = decoded(trajectory_payload(narrow, image, iters=0))["bases"][0]
    np.testing.assert_array_equal(none[..., :2], 0)


@pytest.mark.parametrize("choice", ["learned", (1.0, 2.0, 0.0, 0.5)])
def test_the_shares_of_the_voices_sum_to_one(image, choice):
    model = Glom(
        dim=D,
        levels=L,
        image_size=(6, 15),
        patch_size=(2, 3),
        voice_weights=choice,
        state_norm="unit",
    )
    shares = decoded(trajectory_payload(model, image, iters=T))["voices"]
    np.testing.assert_allclose(shares.sum(axis=2), 1, atol=1e-5)
    np.testing.assert_array_equal(shares[:, :, 2, :, -1], 0)  # no top-down voice at the top


def test_centers_are_the_mean_over_other_pictures(model, image):
    crowd = np.random.default_rng(3).integers(0, 256, (4, 6, 15, 3), dtype=np.uint8)
    payload = trajectory_payload(model, image, iters=T, compare="untrained", center_on=crowd)
    states = model(crowd.transpose(0, 3, 1, 2) / 255, T)
    centers = decoded(payload)["centers"]
    assert centers.shape == (2, L, D)
    np.testing.assert_allclose(centers[0], islands.level_mean(states), rtol=1e-5, atol=1e-6)


def test_states_beyond_half_precision_are_scaled_by_a_power_of_two(model, image):
    class Loud(Glom):
        def __call__(self, *args, **options):
            states, voices = super().__call__(*args, **options)
            return states * np.array([1, 1e9, 1e-9])[:, None], voices

    loud = Loud(model.config, params=model.params)
    quiet = decoded(trajectory_payload(model, image, iters=T))["states"][0].astype(float)
    sent = decoded(trajectory_payload(loud, image, iters=T))["states"][0].astype(float)
    assert np.isfinite(sent).all()
    for level in range(L):
        a, b = quiet[:, :, level].ravel(), sent[:, :, level].ravel()
        assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) == pytest.approx(1, abs=1e-5)


WRONG = [
    ({"model": "a model"}, TypeError, "model: wanted a glom_numpy.Glom"),
    ({"image": np.zeros((3, 6, 15), int)}, TypeError, "image: wanted uint8, or floats"),
    ({"image": np.zeros((2, 6, 15, 3), np.uint8)}, ValueError, r"pass one: images\[0\]"),
    ({"image": np.zeros((6, 15, 4), np.uint8)}, ValueError, "3 channels, got .*worlds.picture"),
    ({"image": np.zeros((6, 15), np.uint8)}, ValueError, "got shape .6, 15.; .*worlds.picture"),
    (
        {"image": np.zeros((400, 600, 3), np.uint8)},
        ValueError,
        "image: wanted at most 4096 patches, got 400 x 600 pixels, 40000 .*worlds.picture",
    ),
    ({"image": np.zeros((6, 15, 3))}, ValueError, "image: .*channels, height, width"),
    ({"image": np.full((3, 6, 15), 2.0)}, ValueError, r"image: wanted numbers in \[0, 1\]"),
    (
        {"image": np.full((3, 6, 15), np.nan)},
        ValueError,
        r"image: wanted numbers in .* got nan at \(c, y, x\)",
    ),
    ({"iters": -1}, ValueError, "iters"),
    ({"iters": 1.5}, TypeError, "iters"),
    ({"compare": 3}, TypeError, "compare: wanted a glom_numpy.Glom"),
    ({"compare": "untrained", "names": ["one"]}, ValueError, "names: wanted 2"),
    ({"center_on": np.zeros((6, 15, 3), np.uint8)}, ValueError, "center_on: wanted pictures"),
]


@pytest.mark.parametrize("change, error, words", WRONG)
def test_wrong_arguments_are_named(model, image, change, error, words):
    arguments = {"model": model, "image": image, "iters": T, **change}
    with pytest.raises(error, match=words):
        trajectory_payload(**arguments)


def test_compare_must_have_the_same_sizes(model, image):
    other = Glom(model.config.replace(dim=D + 1))
    with pytest.raises(ValueError, match="compare: wanted states"):
        trajectory_payload(model, image, iters=T, compare=other)


# ---- traits, without a kernel ----


def test_binary_traits_stand_at_the_top_and_four_numbers_can_be_set(model, image):
    view = explore(model, image, iters=T)
    sent = view.get_state()
    ours = {
        name for name in sent if not name.startswith("_") and name not in ("layout", "tabbable")
    }
    numbers = {"t", "tau", "selected", "level"}
    binary = {"states", "bases", "centers", "voices", "picture"}
    assert ours - {"tooltip"} == numbers | binary | {"frame", "views", "breaks", "note"}
    assert all(isinstance(sent[name], (bytes, memoryview)) for name in binary)
    json.dumps(sent["frame"])  # no bytes hide in it
    assert (view.t, view.tau, view.level, view.selected) == (0, 0.8, L - 1, 7)


def test_what_lies_outside_the_run_is_refused_in_words(model, image):
    view = explore(model, image, iters=T)
    view.t, view.selected, view.level, view.tau = T, H * W - 1, 0, 1.0
    for name, value in {"t": T + 1, "selected": -1, "level": L, "tau": 1.1}.items():
        with pytest.raises(traitlets.TraitError, match=f"{name}: wanted 0 to"):
            setattr(view, name, value)
    assert view.t == T


def test_another_run_keeps_what_it_can(model, image):
    view = explore(model, image, iters=T, t=T, level=1)
    view.selected = 3
    view.show(trajectory_payload(model, image, iters=T - 1))
    assert (view.t, view.selected, view.level) == (T - 1, 3, 1)
    view.show(trajectory_payload(model, image, iters=T + 3))
    assert view.t == T - 1


# ---- sliders ----


def test_the_sliders_run_the_model_again(model, image):
    box = explore_knobs(model, image, iters=T, compare=None, t=T)
    view = box.explorer
    assert view.t == T
    view.t, view.selected = 2, 4
    before = view.states
    box.knobs["beta"].value = 0.0
    assert view.states != before and (view.t, view.selected) == (2, 4)
    want = trajectory_payload(model.with_config(beta=0.0), image, iters=T)
    assert view.states == want["states"]
    box.knobs["consensus"].value = False
    muted = model.with_config(beta=0.0, voice_weights=(1.0, 1.0, 1.0, 0.0))
    assert view.states == trajectory_payload(muted, image, iters=T)["states"]
    box.knobs["iters"].value = T + 2
    assert view.frame["steps"] == T + 3


def test_a_run_that_cannot_be_says_so_and_leaves_the_picture(model, image):
    box = explore_knobs(model, image, iters=T)
    for voice in ("previous", "bottom_up", "consensus"):
        kept = box.explorer.states
        box.knobs[voice].value = False
    assert "Not run: voice_weights" in box.message.value
    assert box.explorer.states == kept
    box.knobs["previous"].value = True
    assert box.message.value == ""
