"""Ellipses: from training to the tables, tiny; what a model pays for; going on after a stop."""

import json
import signal

import numpy as np
import pytest
import torch

from glom_numpy.config import GlomConfig
from glom_numpy.record import Progress
from glom_torch.losses import pairs
from glom_torch.recipe import Recipe
from tutorials.experiments import ellipses, table
from tutorials.experiments.ellipse_models import Model
from tutorials.experiments.ellipse_scenes import columns
from tutorials.experiments.runs import Asked, Experiment, carry_out


def test_every_model_from_training_to_the_tables(tmp_path, as_users_run_it):
    (experiment,) = Experiment.of(ellipses)
    results = carry_out(experiment, Asked(seeds=1, out=tmp_path, quick=True))
    results = json.loads(json.dumps(results))
    assert results["variants"] == list(ellipses.VARIANTS)
    for run in results["runs"]:
        scores = [row for row in run["rows"] if row["row"] == ellipses.ROWS[run["variant"]]]
        assert scores
        for row in scores:
            assert -1 <= row["objects FG-ARI"] <= 1 and 0 <= row["class accuracy"] <= 1
        assert run["beyond"] and run["noise"] and run["cost"][0]["parameters"] > 1000
    sizes = [run["cost"][0]["parameters"] for run in results["runs"]]
    assert max(sizes) < 1.33 * min(sizes), sizes
    for which in ellipses.TABLES:
        assert "| GLOM" in table("ellipses", which, results)


def test_columns_are_the_ellipses_and_nothing_else():
    scenes = columns("train", 6, np.random.default_rng(0))
    assert len(scenes) == 6
    again = columns("train", 6, np.random.default_rng(0))
    other = columns("test", 6, np.random.default_rng(0))
    np.testing.assert_array_equal(scenes.symbols, again.symbols)
    assert not np.array_equal(scenes.symbols, other.symbols)


@pytest.mark.parametrize("variant", ("glom", "deep_sets"))
def test_a_stopped_training_goes_on_to_the_same_rows(
    variant, tmp_path, monkeypatch, as_users_run_it
):
    def once(name):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return ellipses.run(variant, 1, folder, print, quick=True)

    whole = once("whole")
    show = Progress.show

    def strike(self, step, loss):
        show(self, step, loss)
        if step == 7:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Progress, "show", strike)
        once("parts")
    assert once("parts")["rows"] == whole["rows"]


def _model(kind, **recipe):
    asked = ellipses.choices(kind, quick=True)
    config = GlomConfig.from_dict(asked["glom"] | {"dim": 8, "hidden": 8})
    recipe = Recipe.from_dict(asked["recipe"] | recipe)
    return Model(config=config, recipe=recipe, **asked["model"])


@pytest.mark.parametrize("kind", ("glom", "transformer"))
def test_pairs_are_asked_of_every_level_that_has_a_weight(kind):
    model = _model(kind, pairs=(0.0, 0.3, 0.7))
    params, own = model.fresh(0), columns("train", 3, np.random.default_rng(0))
    objects = torch.tensor(own.objects)
    levels = torch.randn(3, own.objects.shape[1], 3 if kind == "glom" else 1, 8)
    asked = {-2: 0.3, -1: 0.7} if kind == "glom" else {-1: 0.7}
    wanted = sum(w * pairs(levels[:, :, l], objects) for l, w in asked.items())
    np.testing.assert_allclose(model.read(params, levels, own)["pairs"], wanted, rtol=1e-6)
    assert model.read(params, levels, own[[1, 2, 0]])["pairs"] != wanted
