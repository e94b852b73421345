"""Ellipses: every model from training to its table, tiny; a stopped training goes on."""

import json
import signal

import numpy as np
import pytest

from glom_numpy.record import Progress
from tutorials.experiments import ellipses, table
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
