"""Training: it learns, in parts as in one go; what a run leaves behind, and what it shows."""

import io
import re
import sys
from importlib import import_module

import numpy as np
import pytest

from glom_numpy import checkpoint
from glom_numpy.config import GlomConfig, flatten, unflatten
from glom_numpy.descend import learning_rate
from glom_numpy.recipe import Recipe, init_heads
from glom_numpy.weights import init_params
from glom_numpy.worlds import avatars
from runs import HOUSES, curve, same_file, tiny_flags


@pytest.fixture(params=HOUSES)
def house(request):
    return import_module(f"{request.param}.train")


@pytest.fixture
def tiny(tmp_path):
    return tiny_flags(tmp_path)


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / "runs" / "tiny.safetensors")


def test_the_whole_of_a_run(house, tiny, out, capsys):
    assert house.main([*tiny, "--out", out]) == 0
    said = capsys.readouterr()
    assert said.out == f"{out}: 40 steps, curve in {out[:-12]}.curve.json\n"
    assert len(said.err.splitlines()) == 11, "step 1 and every tenth"
    pattern = r"step 40 of 40  loss [\d.]+  [\d.]+ steps/s  00:00 left"
    assert re.fullmatch(pattern, said.err.splitlines()[-1])
    kept = checkpoint.load(out)
    assert sorted(kept.params) == ["glom", "heads"], "light: no optimizer"
    assert checkpoint.load_glom(out).config.image_size == (4, 6), "taken from the pictures"
    report = curve(out)
    assert report["curve"]["step"] == [9, 18, 27, 36, 40]
    terms = {"reconstruction", "agreement", "contrast"}
    assert set(report["curve"]) == {"step", "loss", "gradient", "rate"} | terms
    total = sum(np.array(report["curve"][term]) for term in terms)
    np.testing.assert_allclose(total, report["curve"]["loss"], rtol=1e-6)
    assert (report["finished"], report["step"], report["train"]["seed"]) == (True, 40, 7)
    assert report["recipe"]["min_iters"] == 2 and report["glom"]["voice_weights"] == "learned"
    assert report["seconds"] > 0 and "--seed 7" in report["command"][0]
    # The curve's file says all it takes to get the very same weights again.
    again = out.replace("tiny", "again")
    config = out.replace(".safetensors", ".curve.json")
    assert house.main(["--config", config, "--out", again]) == 0
    assert same_file(out, again)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_running_away_is_told(house, tiny, out, capsys, as_users_run_it):
    assert house.main([*tiny, "--lr", "1e30", "--clip", "0", "--out", out]) == 1
    said = capsys.readouterr().err
    assert re.search(r"error: step \d+: .*(nan|inf).*holds step 0", said, re.DOTALL), said


def test_a_bar_on_a_terminal(house, tiny, out, monkeypatch, as_users_run_it):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert house.main([*tiny, "--out", out]) == 0
    last = terminal.getvalue().split("\r")[-1]
    assert re.search(r"100%.*40/40 \[\d\d:\d\d<00:00, +[\d.]+step/s, loss=[\d.]+\]", last), last
    assert "steps/s" not in terminal.getvalue()


def test_a_new_run_can_begin_with_old_weights(house, tiny, out, as_users_run_it):
    assert house.main([*tiny, "--out", out]) == 0
    new = out.replace("tiny", "new")
    more = ["--lr", "0", "--steps", "3", "--start-from", out, "--out", new]
    assert house.main([*tiny, *more, "--set", "recipe.projection=4"]) == 0
    old, new = (checkpoint.load(path) for path in (out, new))
    kept = flatten({"glom": old.params["glom"], "decoder": old.params["heads"]["decoder"]})
    for key, value in kept.items():
        where = "heads." + key if key.startswith("decoder") else key
        np.testing.assert_array_equal(flatten(new.params)[where], value)
    assert "projector" in new.params["heads"] and "projector" not in old.params["heads"]


def start(house, config, recipe, seed=0):
    rng = np.random.default_rng(seed)
    tree = {"glom": init_params(config, rng), "heads": init_heads(config, recipe, rng)}
    return house.HOUSE.carry(tree, house.HOUSE.dtypes[0], "cpu")


def copies(**trees):
    """Arrays of their own, whatever the house, under dotted keys."""
    return {key: np.array(value.tolist()) for key, value in flatten(trees).items()}


def test_fit_in_parts_is_fit_in_one_go(house):
    config = GlomConfig(dim=5, levels=2, image_size=(4, 6), patch_size=2)
    recipe, rng = Recipe(iters=3, noise=0.1), np.random.default_rng(1)
    images = rng.random((6, 4, 6, 3))
    params = start(house, config, recipe)
    before = copies(params=params)
    loop, rows = dict(steps=9, batch=2, seed=2), []
    whole, _, wanted = house.fit(params, config, recipe, images, **loop)
    half, state, first = house.fit(params, config, recipe, images, **loop, stop=4)
    middle = copies(half=half, state=state)
    # A file keeps no order.
    half, state = (unflatten(dict(sorted(flatten(t).items())[::-1])) for t in (half, state))
    done, _, second = house.fit(
        half, config, recipe, images, **loop, start=4, state=state, each=lambda *a: rows.append(a)
    )
    assert {name: first[name] + second[name] for name in first} == wanted
    assert [row["loss"] for _, _, row in rows] == second["loss"]
    for got, kept in ((copies(params=params), before), (copies(half=half, state=state), middle)):
        for key, value in kept.items():
            np.testing.assert_array_equal(got[key], value, err_msg=f"{key} was changed")
    for key, value in copies(whole=done).items():
        np.testing.assert_array_equal(copies(whole=whole)[key], value, err_msg=key)
    assert house.fit(params, config, recipe, images, **loop, stop=0)[2] == {}


def test_the_learning_rate_rises_and_falls():
    rates = [learning_rate(step, 100, 0.5, 10) for step in range(1, 101)]
    assert rates[0] == pytest.approx(0.05) and rates[9] == rates[10] == 0.5
    assert rates[55] == pytest.approx(0.25) and 0 < rates[99] < 0.0005
    assert all(a > b for a, b in zip(rates[10:], rates[11:], strict=False))
    assert learning_rate(1, 1, 0.5) == 0.5 and learning_rate(3, 3, 0.5, 3) == 0.5


def test_it_learns_to_fill_in_avatars(house, as_users_run_it):
    config = GlomConfig(dim=12, levels=2, image_size=16, patch_size=2, hidden=24)
    recipe = Recipe(iters=4)
    loop = dict(steps=40, batch=8, lr=5e-3)
    params = start(house, config, recipe)
    _, _, curve = house.fit(params, config, recipe, avatars().images[:500], **loop)
    first, last = np.mean(curve["loss"][:5]), np.mean(curve["loss"][-5:])
    assert last < 0.5 * first
