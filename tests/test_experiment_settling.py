"""Past the trained t: the experiment from end to end, tiny, and its arithmetic by hand."""

import json
import os
import signal

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from glom_numpy.config import GlomConfig, flatten
from glom_numpy.flags import Training
from glom_numpy.recipe import Recipe
from glom_numpy.record import Progress
from glom_numpy.relatives import count_params
from glom_torch.checkpoint import load, save
from glom_torch.glom import Glom
from glom_torch.recipe import init_heads
from glom_torch.weights import init_params, to_tensors
from glom_torch.worlds import to_model
from tutorials.experiments import denoiser, files, measure, settled, settling
from tutorials.experiments.__main__ import main
from tutorials.experiments.scorer import Scorer
from tutorials.experiments.variants import CONFIGS

POSIX = pytest.mark.skipif(os.name != "posix", reason="sends itself a signal")
GLOM = GlomConfig(dim=8, levels=2, image_size=48, patch_size=4, hidden=8)
RECIPE = Recipe(iters=3, min_iters=2, mask_ratio=0.5, hidden_only=False, reconstruction=(1.0, 0.0))
PEER = GlomConfig.glom_pytorch(dim=6, levels=3, image_size=12, patch_size=4)


def rng(seed=0):
    return np.random.default_rng(seed)


def params_of(recipe=RECIPE):
    drawn = {"glom": init_params(GLOM, rng()), "heads": init_heads(GLOM, recipe, rng(1))}
    return {part: to_tensors(tree, dtype=torch.float32) for part, tree in drawn.items()}


@pytest.fixture
def weights(monkeypatch, tmp_path, as_users_run_it):
    """A GLOM that nobody trained in place of the committed one, and results of the test's own."""
    path = tmp_path / "constellations.safetensors"
    about = {"training": Training(world="constellations").to_dict()}
    save(path, params_of(), config=GLOM, recipe=RECIPE, extra=about)
    monkeypatch.setattr(settling, "WEIGHTS", path)
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    return path


def test_from_training_to_the_table(weights, tmp_path, capsys):
    words = ["settling", "--quick", "--seeds", "1", "--out", str(tmp_path / "out")]
    assert main(words) == 0
    shown = capsys.readouterr().out
    results = json.loads((tmp_path / "out" / "settling.quick.json").read_text("utf-8"))
    assert results["variants"] == list(settling.VARIANTS)
    for run, trained in zip(results["runs"], (3, 7, 11), strict=True):
        rows = run["rows"]
        assert run["trained t"] == trained
        assert [row["t"] for row in rows] == list(range(4 * trained + 1))
        assert rows[trained]["relative error"] == 1
        assert rows[0]["update"] is None and rows[1]["update"] > 0
        told = [row["t"] for row in rows if "objects islands FG-ARI" in row]
        assert told == list(settled.scored(trained))
    assert "glom-pytorch, trained at t = 7: 3 steps past that the error is" in shown
    assert "GLOM, trained at a random t from 2 to 3" in shown and "with 50% of the patches" in shown
    read = results["runs"][1]["levels of"]
    assert f"seed by seed, parts at {read['parts']} and objects at {read['objects']}; " in shown
    assert "| glom-pytorch, random t | 44 | " in shown and "| glom-pytorch | 9 |" not in shown
    alt = results["figure"]["alt"]
    assert alt.startswith("Past the t they were trained for, on test pictures, one seed. error,")
    assert "glom-pytorch 1.00 at the trained t = 7" in alt
    assert (tmp_path / "out" / "settling.quick.png").stat().st_size > 10_000


def test_missing_weights_are_one_line(weights, tmp_path, capsys):
    weights.unlink()
    assert main(["settling", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "constellations.safetensors: wanted the trained GLOM; python -m glom_torch" in said
    assert said.count("\n") == 1
    save(weights, params_of(), config=GLOM)
    with pytest.raises(ValueError, match="with its recipe and its training, got one without"):
        settling.choices("glom")


def test_without_the_package_it_says_what_to_install(weights, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(denoiser, "find_spec", lambda name: None)
    assert main(["settling", "--out", str(tmp_path / "out")]) == 2
    assert "pip install glom-pytorch==0.0.14" in capsys.readouterr().err
    assert settling.choices("glom")


# ---------------------------------------------------------------- the peer


def peer(**changes):
    chosen = {"iters": 2, "reads": 1, "mask_ratio": 0.0, "noise": 1.0} | changes
    return denoiser.Denoiser(PEER, Recipe(**chosen))


def pictures(count=5, seed=0):
    return rng(seed).integers(0, 256, (count, 12, 12, 3), dtype=np.uint8)


def test_pictures_are_scaled_by_those_of_training():
    dark, light = np.zeros((1, 2, 2, 3), np.uint8), np.full((1, 2, 2, 3), 255, np.uint8)
    scale = denoiser.Scale.of(np.concatenate([dark, light]))
    assert scale == denoiser.Scale(0.5, 0.5)
    assert (scale(light) == 1).all() and (scale(dark) == -1).all()
    assert scale(dark).shape == (1, 3, 2, 2)
    assert denoiser.Scale.of(np.array([0.0, 1.0])) == scale  # floats count as they are


def test_noise_is_as_large_as_asked():
    img = torch.zeros(50, 3, 12, 12)
    assert (peer(noise=0.0).noisy(img, rng()) == 0).all()
    assert peer(noise=0.5).noisy(img, rng()).std().item() == pytest.approx(0.5, rel=0.02)


def test_the_loss_is_that_of_the_readme():
    ours, images = peer(), pictures()
    params = ours.fresh(0)
    value, terms = ours.loss(images, 2)({"model": params}, rng(3))
    again = rng(3)
    img = denoiser.Scale.of(images)(images[again.choice(5, 2, replace=False)])
    noise = torch.tensor(again.standard_normal((2, 3, 12, 12)), dtype=torch.float32)
    net = ours.trained(params)
    states = net.glom(img + noise, iters=6, return_all=True)
    wanted = F.mse_loss(net.patches_to_images(states[2, :, :, -1]), img)
    assert value.item() == pytest.approx(wanted.item(), rel=1e-6)
    assert terms["reconstruction"] is value


def test_a_random_t_is_drawn_anew_each_step():
    ours, seen = peer(iters=4, min_iters=2), []
    call = denoiser.functional_call

    def spied(net, params, given):
        seen.append(given[1])
        return call(net, params, given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(denoiser, "functional_call", spied)
        loss, params = ours.loss(pictures(), 1), {"model": ours.fresh(0)}
        for step in range(20):
            loss(params, rng([0, step]))
    assert set(seen) == {2, 3, 4}


def test_weights_are_drawn_by_the_seed_and_by_nothing_else():
    before = torch.get_rng_state()
    first, again, other = (flatten(peer().fresh(seed)) for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    key = "glom.bottom_up.net.1.weight"
    assert torch.equal(first[key], again[key]) and not torch.equal(first[key], other[key])


def test_the_peer_is_looked_at_as_a_glom_is():
    """The package's own states and updates, and those of its weights in our house."""
    net, images = peer().trained(peer().fresh(0)), pictures(25)  # more than a batch
    ours = measure.looks_at(Glom.from_glom_pytorch(net.glom.state_dict()), images, [0, 1, 5])
    theirs = denoiser.looks_at(net, to_model(images), [0, 1, 5])
    assert list(theirs) == [0, 1, 5] and theirs[0].update is None
    for t, look in theirs.items():
        np.testing.assert_allclose(look.levels, ours[t].levels, rtol=1e-4, atol=1e-6)
        if t:
            np.testing.assert_allclose(look.update, ours[t].update, rtol=1e-4)


def test_errors_of_the_peer_by_hand():
    net, clean = peer().trained(peer().fresh(0)), torch.zeros(25, 3, 12, 12)
    clean[:5] = 3.0
    net.patches_to_images[0].weight.zero_()
    net.patches_to_images[0].bias.fill_(1.0)  # paints 1 everywhere: off by 2 in 5, by 1 in 20
    errors = denoiser.errors_at(net, clean, clean, 3)
    np.testing.assert_allclose(errors, [(5 * 4 + 20 * 1) / 25] * 4, rtol=1e-6)


@POSIX
def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path, monkeypatch, as_users_run_it):
    training = Training(steps=4, batch=2)

    def once(name):
        return settling.train_relative(peer(min_iters=1), training, pictures(), tmp_path / name)

    whole, show = flatten(once("whole.safetensors")), Progress.show

    def strike(self, step, loss):
        show(self, step, loss)
        if step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Progress, "show", strike)
        once("parts.safetensors")
    assert load(tmp_path / "parts.safetensors").extra["step"] == 2
    for key, value in flatten(once("parts.safetensors")).items():
        assert torch.equal(value, whole[key]), key


# ---------------------------------------------------------------- the GLOM, and the rows


def test_errors_of_the_glom_by_hand(weights):
    images = rng().random((3, 48, 48, 3))
    held = load(weights)
    decoder = held.params["heads"]["decoder"]["layer0"]
    decoder["weight"].zero_()
    decoder["bias"].fill_(0.5)  # paints gray whatever it is shown
    wanted = np.square(images - 0.5).mean() / images.var()
    errors = settling.own_errors(Glom(GLOM, params=held.params["glom"]), held, images, rng())
    np.testing.assert_allclose(errors, [wanted] * 13, rtol=1e-5)
    decoder["bias"][1] += 9.0  # the level that is not asked to paint does not count
    errors = settling.own_errors(Glom(GLOM, params=held.params["glom"]), held, images, rng())
    np.testing.assert_allclose(errors, [wanted] * 13, rtol=1e-5)
    blind = Recipe(iters=3, pairs=1.0, reconstruction=0.0, segments=("parts", "parts"))
    save(weights, params_of(blind), config=GLOM, recipe=blind)
    errors = settling.own_errors(Glom(GLOM, params=held.params["glom"]), load(weights), images, 0)
    assert np.isnan(errors).all()


def scorer():
    training = Training(world="constellations")
    test, tuned = (settling.scenes(training, "test", count, 0) for count in (2, 3))
    return Scorer(test=test, tuned=tuned, grid=(12, 12), seed=0)


def test_the_level_that_fits_best_is_read():
    ours = scorer()
    labels = measure.labels_of(ours.tuned, ("parts", "objects"), (12, 12))
    levels = rng().normal(size=(3, 144, 4, 12))
    for level, name in ((1, "objects"), (2, "parts")):
        levels[:, :, level] = np.eye(12)[labels[name]]
    assert settling.best_levels(measure.Look(levels), ours) == {"parts": 2, "objects": 1}


def test_what_left_the_numbers_is_not_scored():
    wild = np.full((2, 144, 1, 4), np.inf)
    looks = {t: measure.Look(wild, np.array([np.nan])) for t in (0, 1)}
    levels, errors = {"parts": 0, "objects": 0}, np.array([2.0, 8.0, 4.0, np.inf])
    first, second = settling.rows(ours := scorer(), "x", 2, looks, errors, levels, {})
    assert first == {"row": "x", "t": 0, "error": 2, "relative error": 0.5, "update": None}
    assert second["relative error"] == 2
    looks = {3: measure.Look(wild, np.array([0.5]))}
    (last,) = settling.rows(ours, "x", 2, looks, errors, levels, {})
    assert last == {"row": "x", "t": 3, "error": None, "relative error": None, "update": 0.5}


def test_when_islands_are_scored():
    assert settled.scored(7) == (0, 1, 2, 3, 4, 6, 7, 8, 10, 14, 21, 28)


def test_the_peer_is_as_large_and_sees_the_same_pictures(as_users_run_it):
    glom = json.loads((CONFIGS / "constellations.json").read_text("utf-8"))
    size = count_params(init_params(GlomConfig.from_dict(glom["glom"]), rng()))
    still = {k: v for k, v in glom["train"]["world_choices"].items() if k != "frames"}
    for variant in settling.CONFIGS:
        choices = settling.choices(variant)
        train = Training.from_dict(choices["train"])
        assert (train.world, train.count) == (glom["train"]["world"], glom["train"]["count"])
        assert train.world_choices == still
        config = GlomConfig.glom_pytorch(**choices["glom"])
        net = denoiser.Denoiser(config, Recipe.from_dict(choices["recipe"])).net()
        theirs = sum(value.numel() for value in net.glom.parameters())
        assert 0.75 < theirs / size < 1.33
        assert Recipe.from_dict(choices["recipe"]).noise == 1  # as in its README
