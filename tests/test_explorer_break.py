"""Breaking the picture on the way: what is run, what is sent, what is refused."""

import numpy as np
import pytest
import torch
import traitlets

import glom_torch
from glom_numpy.ops import unit
from payloads import H, L, T, W, decoded, small_image, small_model
from test_explorer_js import node
from tutorials.breaks import KINDS, MOST_STEPS, checked_breaks, steps_needed
from tutorials.explorer import explore
from tutorials.knobs import explore_knobs
from tutorials.trajectory import Run

AT = 3
LONG = AT + 2 * L  # so many steps, to see what comes of it


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def image():
    return small_image()


def states(payload):
    return decoded(payload)["states"].astype(float)


def one(kind="cover", t=AT, patches=(1, 7)):
    return {"t": t, "patches": list(patches), "kind": kind}


def test_a_covered_patch_is_gray_from_that_step_on(model, image):
    run = Run(model, image, iters=T)
    payload = run.payload([one()])
    whole, broken = states(run.payload())[0], states(payload)[0]
    assert payload["frame"]["steps"] == len(broken) == LONG + 1
    np.testing.assert_array_equal(broken[: AT + 1], whole[: AT + 1])
    assert payload["frame"]["picture"]["since"] == [0, AT]
    pictures = np.frombuffer(payload["picture"], np.uint8).reshape(2, 6, 15, 3)
    np.testing.assert_array_equal(pictures[0], image)
    gray = image.copy()
    gray[0:2, 3:6] = gray[2:4, 6:9] = 128  # patches 1 and 7 of 3 x 5, each 2 x 3 pixels
    np.testing.assert_array_equal(pictures[1], gray)
    covered = image.transpose(2, 0, 1)[None] / 255
    covered[..., 0:2, 3:6] = covered[..., 2:4, 6:9] = 0.5
    start = model(image.transpose(2, 0, 1)[None] / 255, AT)
    after = model(covered, LONG - AT, start, return_all=True, start=AT)[:, 0]
    np.testing.assert_allclose(broken[AT:], after, rtol=2e-3, atol=1e-5)


def test_noise_lies_on_the_patches_only_and_is_the_same_again(model, image):
    run = Run(model, image, iters=T)
    payload = run.payload([one("noise")])
    assert payload == run.payload([one("noise")])
    before, after = np.frombuffer(payload["picture"], np.uint8).reshape(2, 6, 15, 3)
    changed = (before != after).any(axis=-1)
    assert changed[0:2, 3:6].all() and changed[2:4, 6:9].all() and changed.sum() == 12


def test_noise_in_the_state_hits_those_columns_only_and_not_the_picture(model, image):
    run = Run(model, image, iters=T)
    payload = run.payload([one("state")])
    whole, broken = states(run.payload())[0], states(payload)[0]
    np.testing.assert_array_equal(broken[:AT], whole[:AT])
    hit = np.abs(broken[AT] - whole[AT]).max(axis=(1, 2)) > 0
    assert np.flatnonzero(hit).tolist() == [1, 7]
    assert (np.abs(broken[AT + 1] - whole[AT + 1]).max(axis=(1, 2)) > 0).all()  # they were heard
    assert payload["frame"]["picture"]["since"] == [0] and payload["picture"] == image.tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_both_houses_break_alike(model, image, kind):
    breaks = [one(kind), one("cover", t=AT + 1, patches=[3])]
    want = Run(model, image, iters=T, compare="untrained").payload(breaks)
    twin = glom_torch.Glom.from_numpy(model, dtype=torch.float64)
    got = Run(twin, image, iters=T, compare="untrained").payload(breaks)
    for name, array in decoded(want).items():
        np.testing.assert_allclose(decoded(got)[name], array, rtol=1e-2, atol=1e-4)
    healed = [np.array(p["frame"].pop("healing"), float) for p in (want, got)]
    np.testing.assert_allclose(*healed, atol=1e-6)
    assert got["frame"] == want["frame"] and got["picture"] == want["picture"]


def test_healing_is_the_cosine_to_the_unbroken_run(model, image):
    crowd = np.random.default_rng(3).integers(0, 256, (2, 6, 15, 3), dtype=np.uint8)
    run = Run(model, image, iters=LONG, center_on=crowd)
    payload = run.payload([one("state")])
    told = np.array(payload["frame"]["healing"][0], dtype=float)
    assert told.shape == (LONG + 1, L) and np.isnan(told[:AT]).all()
    center = decoded(payload)["centers"][0]
    pair = [states(p)[0][AT:, [1, 7]] - center for p in (payload, run.payload())]
    want = (unit(pair[0]) * unit(pair[1])).sum(-1).mean(axis=1)
    np.testing.assert_allclose(told[AT:], want, atol=2e-3)
    assert (told[-1] > told[AT]).all()  # this one heals


def test_the_colors_do_not_jump_when_something_breaks(model, image):
    run = Run(model, image, iters=T)
    assert run.payload([one("state")])["bases"] == run.payload()["bases"]


def test_a_late_break_gets_steps_to_be_seen_in_but_not_for_ever():
    assert steps_needed([], 5, 3) == 5
    assert steps_needed([one(t=2)], 20, 3) == 20
    assert steps_needed([one(t=20)], 20, 3) == 26
    assert steps_needed([one(t=MOST_STEPS)], 20, 3) == MOST_STEPS + 1


WRONG = [
    ({"t": AT, "patches": [1]}, "breaks: wanted"),
    ([AT, [1], "cover"], "breaks: wanted"),
    (one("paint"), "kind: wanted one of .'cover', 'noise', 'state'.*got 'paint'"),
    (one(t=-1), "t: wanted a step from 0 to 99, got -1"),
    (one(t=2.5), "t: wanted a step"),
    (one(patches=[]), "patches: wanted numbers from 0 to 14, got"),
    (one(patches=[15]), "patches: wanted numbers from 0 to 14"),
    (one(patches=[True]), "patches: wanted numbers"),
]


@pytest.mark.parametrize("wrong, words", WRONG)
def test_what_is_no_break_is_refused_in_words(model, image, wrong, words):
    with pytest.raises(ValueError, match=words):
        checked_breaks([wrong], H * W, 99)
    view = explore(model, image, iters=T)
    with pytest.raises(traitlets.TraitError, match=words.replace("99", str(MOST_STEPS))):
        view.breaks = [wrong]
    assert view.breaks == [] and "breaks" not in view.frame


def test_setting_breaks_runs_it_again_and_mending_restores_it(model, image):
    view = explore(model, image, iters=T, t=T, level=1)
    whole = view.states, view.frame, view.picture
    view.breaks = [one(t=T)]
    assert view.states != whole[0] and view.frame["breaks"] == [one(t=T)]
    assert (view.t, view.level, view.frame["steps"]) == (T, 1, T + 2 * L + 1)
    view.t = T + 3
    view.breaks = []
    assert (view.states, view.frame, view.picture) == whole and view.t == T


def test_a_break_that_cannot_be_run_is_told_and_the_next_one_works(model, image, monkeypatch):
    view = explore(model, image, iters=T)

    def fail(*_):
        raise ValueError("model: its state is not finite")

    with monkeypatch.context() as patched:
        patched.setattr(view._run, "payload", fail)
        view.breaks = [one()]
    assert view.note == "Not run: model: its state is not finite"
    view.breaks = [one("noise")]
    assert view.note == "" and view.frame["breaks"] == [one("noise")]


def test_sliders_keep_what_is_broken(model, image):
    box = explore_knobs(model, image, iters=T, compare=None)
    view = box.explorer
    view.breaks = [one()]
    box.knobs["beta"].value = 0.0
    assert view.breaks == view.frame["breaks"] == [one()]
    want = Run(model.with_config(beta=0.0), image, iters=T).payload([one()])
    assert view.states == want["states"]
    view.breaks = []
    assert view.states == Run(model.with_config(beta=0.0), image, iters=T).payload()["states"]


def test_js_brush_and_list_of_breaks():
    out = node(
        """
        const frame = { h: 3, w: 5 };
        const first = addBreak([], { t: 4, patches: [3, 1], kind: "cover" });
        const more = addBreak(first, { t: 4, patches: [2, 3], kind: "cover" });
        const all = addBreak(more, { t: 1, patches: [9], kind: "noise" });
        const out = { one: brushPatches(7, 1, frame), three: brushPatches(7, 3, frame),
          corner: brushPatches(14, 3, frame), five: brushPatches(0, 5, frame), first, all,
          at: [0, 1, 4].map((t) => [...brokenAt(all, t)]), words: breakWords(all) };
        """
    )
    assert (out["one"], out["three"]) == ([7], [1, 2, 3, 6, 7, 8, 11, 12, 13])
    assert (out["corner"], out["five"]) == ([8, 9, 13, 14], [0, 1, 2, 5, 6, 7, 10, 11, 12])
    assert out["first"] == [{"t": 4, "patches": [1, 3], "kind": "cover"}]
    assert out["all"] == [
        {"t": 1, "patches": [9], "kind": "noise"},
        {"t": 4, "patches": [1, 2, 3], "kind": "cover"},
    ]
    assert checked_breaks(out["all"], H * W, T) == out["all"]
    assert out["at"] == [[], [9], [9, 1, 2, 3]]
    assert out["words"] == [
        "1 patch under noise from step 1 on",
        "3 patches covered from step 4 on",
    ]
