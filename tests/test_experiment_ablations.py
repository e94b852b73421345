"""Ablations: every change is one, can be trained, and is scored in the same way."""

import json

import numpy as np
import pytest

from glom_numpy.config import GlomConfig
from glom_numpy.recipe import Recipe, init_heads
from glom_numpy.weights import init_params
from tutorials.experiments import ablations
from tutorials.experiments.runs import Asked, Experiment, carry_out

SMALL = {"tested": 2, "tuned": 2, "hidden": 0.3}


@pytest.mark.parametrize("variant", ablations.IN_TRAINING)
def test_every_change_in_training_is_one_that_a_model_can_have(variant):
    plain, changed = (ablations.choices(name) for name in ("nothing", variant))
    changes = ablations.IN_TRAINING[variant]
    for section in ("glom", "recipe", "train"):
        differ = {k for k in changed[section] if changed[section][k] != plain[section].get(k)}
        assert differ == set(changes.get(section, {})), section
    config, recipe = GlomConfig.from_dict(changed["glom"]), Recipe.from_dict(changed["recipe"])
    init_heads(config, recipe, np.random.default_rng(0))


def test_every_change_at_test_is_one_that_trained_weights_allow():
    config = GlomConfig.from_dict(ablations.choices("nothing")["glom"])
    shapes = init_params(config, np.random.default_rng(0))
    for changes in ablations.AT_TEST.values():
        other = init_params(config.replace(**changes), np.random.default_rng(0))
        assert set(other) == set(shapes)


def test_a_tiny_run_from_training_to_both_tables(tmp_path, monkeypatch, as_users_run_it):
    monkeypatch.setattr(ablations, "SCORING", SMALL)
    (experiment,) = Experiment.of(ablations)
    asked = Asked(seeds=1, out=tmp_path, quick=True)
    few = {"nothing": {}, "no consensus": ablations.IN_TRAINING["no consensus"]}
    monkeypatch.setattr(ablations, "IN_TRAINING", few)
    monkeypatch.setattr(ablations, "AT_TEST", {"nothing": {}, "beta 0": {"beta": 0.0}})
    few = Experiment(**{**vars(experiment), "variants": ("at test", "nothing", "no consensus")})
    results = json.loads(json.dumps(carry_out(few, asked)))
    at_test, one, other = results["runs"]
    muted = [f"{voice} muted" for voice in ("previous", "bottom-up", "top-down", "consensus")]
    assert [row["row"] for row in at_test["rows"]] == ["nothing", "beta 0", *muted]
    assert one["trained"][0]["row"] == "nothing" and one["rows"] == []
    assert {"objects hidden", "objects rank", "parts islands FG-ARI"} <= set(other["trained"][0])


def test_missing_weights_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(ablations, "SHIPPED", tmp_path / "gone.safetensors")
    with pytest.raises(ValueError, match="gone.safetensors: wanted the shipped weights"):
        ablations.run("at test", 0, tmp_path, print, quick=True)
