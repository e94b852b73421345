"""Ellipses: from training to the tables, tiny; what a model pays for; going on after a stop."""

import json
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from glom_numpy.config import GlomConfig
from glom_numpy.record import Progress
from glom_numpy.worlds import WORLDS
from glom_torch.losses import pairs
from glom_torch.recipe import Recipe
from tutorials.experiments import ellipses, table
from tutorials.experiments.ellipse_models import Model
from tutorials.experiments.ellipse_rows import NAMES, Scorer
from tutorials.experiments.ellipse_scenes import columns, picture
from tutorials.experiments.measure import score
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


def test_what_learned_nothing_is_scored_on_the_same_scenes():
    model = _model("glom")
    scorer = Scorer(model, model.fresh(0), 4, 0)
    rows = {(row["row"], row.get("t")): row for row in scorer.beneath()}
    assert set(NAMES) == {"test", *WORLDS["ellipses"].beyond}
    for split, scenes in NAMES.items():
        own = scorer.scenes(split)
        known = {"location alone": own.symbols[..., [2, 5]], "what a column sees": own.numbers}
        for name, vectors in known.items():
            wanted = score({"objects": vectors}, own.labels, scorer.rng())["objects FG-ARI"]
            assert rows[f"{name}: {scenes}", None]["objects FG-ARI"] == wanted
        look = scorer.looks(own, [7], scorer.blank())[7]
        name = f"untrained: {scenes}"
        assert rows[name, 7] == scorer.row(name, 7, look, own)


def test_before_a_location_has_heard_others_it_tells_what_it_tells_alone():
    model = _model("glom")
    scorer = Scorer(model, model.fresh(0), 2, 0)
    own = scorer.scenes("test")
    one = own.numbers.copy()
    one[:, 1:] = one[:, 1:] + 1.0  # all others see something else
    early, late = model.config.levels, 7
    tops = []
    for numbers in (own.numbers, one):
        states = model.states(scorer.params, picture(numbers), late)
        tops.append(states[:, :, 0, -1].detach().numpy())
    np.testing.assert_allclose(tops[0][early], tops[1][early], rtol=1e-5, atol=1e-6)
    assert not np.allclose(tops[0][early + 1], tops[1][early + 1], rtol=1e-3)
    assert {row["t"] for row in scorer.beyond("GLOM")} == {early, late}
    sets = _model("deep_sets")
    assert {row["t"] for row in Scorer(sets, sets.fresh(0), 2, 0).beyond("sets")} == {None}


def test_an_ellipse_twice_as_large_is_seen_twice_as_large():
    own = columns("test", 3, np.random.default_rng(0))
    frame = own.symbols.reshape(*own.symbols.shape[:2], 2, 3) * [2.0, 2.0, 1.0]
    larger = replace(own, symbols=frame.reshape(own.symbols.shape))
    np.testing.assert_allclose(larger.numbers[..., 2:], 2 * own.numbers[..., 2:])
    np.testing.assert_array_equal(larger.numbers[..., :2], own.numbers[..., :2])


def test_the_ablation_is_trained_on_the_larger_wholes_that_others_never_saw():
    usual, larger = (ellipses.choices(variant) for variant in ("glom", "glom_larger"))
    (low, high) = larger["train"].pop("world_choices")["scale"]
    assert usual == larger
    beyond = WORLDS["ellipses"].beyond[ellipses.LARGE]["scale"]
    assert low < beyond[0] < beyond[1] <= high
    with pytest.raises(ValueError, match="variant"):
        ellipses.choices("glom_smaller")
