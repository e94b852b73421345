"""`python -m tutorials.experiments`: runs that are kept, gone on with, put together, and shown."""

import json
import os
import platform
import shutil
import signal

import pytest

import tutorials.experiments as experiments
from fake_experiment import installed, kept, run
from tutorials.experiments import files
from tutorials.experiments.__main__ import main
from tutorials.experiments.runs import Asked, Experiment, carry_out, keep, runs_of

POSIX = pytest.mark.skipif(os.name != "posix", reason="sends itself a signal")


@pytest.fixture
def fake(monkeypatch, tmp_path):
    return installed(monkeypatch, tmp_path)


# ---------------------------------------------------------------- the command line


def test_list(capsys):
    assert main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert main([]) == 0 and capsys.readouterr().out == listed
    for name in experiments.EXPERIMENTS:
        assert f"{name} " in listed and ", ".join(experiments.experiment(name).variants) in listed


@pytest.mark.parametrize(
    "words, message",
    [
        (["bras"], "error: NAME: wanted one of spirals, spirals_still, constellations"),
        (["fake", "--data", "my.npz"], "error: --data: fake has no such run"),
        (["bars", "--data", "none.npz"], "error: --data: wanted an npz file, found none at none"),
    ],
)
def test_a_mistake_is_one_line(words, message, fake, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("tutorials.experiments: ") and message in said and said.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["--seeds", "0"], ["--seeds", "x"], ["--part", "3/2"], ["--part", "2"], ["--what"]]
)
def test_a_mistake_in_a_flag(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["bars", *words])
    assert stopped.value.code == 2 and words[0].strip("-") in capsys.readouterr().err


# ---------------------------------------------------------------- runs


def test_all_runs_are_put_together(fake, tmp_path, capsys):
    assert run(tmp_path, "--seeds", "3") == 0
    assert fake.calls == [(v, s) for s in range(3) for v in "ab"]
    results = kept(tmp_path)
    assert results["seeds"] == [0, 1, 2] and results["variants"] == ["a", "b"]
    assert results["command"] == "python -m tutorials.experiments fake --seeds 3"
    assert results["choices"] == dict.fromkeys("ab", {"steps": 3, "quick": False})
    first = results["runs"][1]
    assert first["variant"] == "b" and first["rows"] == [{"row": "b", "x": 1.0, "t": None}]
    assert first["seconds"] >= 0 and set(first["machine"]) >= {"cpus", "platform", "python"}
    out = capsys.readouterr().out
    assert "| b | 2.00 ± 1.00 |" in out and "What a fake experiment says." in out
    for name in (str(tmp_path), platform.node() or str(tmp_path)):
        assert name not in json.dumps(results)


def test_finished_runs_are_skipped_and_more_seeds_added(fake, tmp_path):
    assert run(tmp_path, "--seeds", "1") == run(tmp_path, "--seeds", "1") == 0
    assert len(fake.calls) == 2
    assert run(tmp_path, "--seeds", "2") == 0
    assert fake.calls[2:] == [("a", 1), ("b", 1)]
    assert run(tmp_path, "--seeds", "2", "--again") == 0
    assert len(fake.calls) == 8


def test_of_some_variants_fewer_seeds_are_wanted(fake, tmp_path, capsys):
    fake.AT_MOST = {"b": 2}
    assert run(tmp_path, "--seeds", "3") == 0
    assert fake.calls == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2)]
    results = kept(tmp_path)
    assert results["seeds"] == [0, 1, 2] and len(results["runs"]) == 5
    shown = capsys.readouterr().out
    assert "over 3 seeds, or over n where a cell says so; `python" in shown
    assert "| a | 1.00 ± 1.00 |" in shown and "| b | 1.50 ± 0.71 (n = 2) |" in shown
    assert run(tmp_path, "--seeds", "4", "--add") == 0
    assert fake.calls[5:] == [("a", 3)]  # all else is there


@pytest.mark.parametrize(
    "at_most, said", [({"c": 2}, "at_most: wanted one of a, b; got 'c'"), ({"b": 0}, ">= 1, got 0")]
)
def test_fewer_seeds_of_nobody_and_none_are_refused(at_most, said, fake):
    fake.AT_MOST = at_most
    with pytest.raises(ValueError, match=said):
        experiments.experiment("fake")


def test_what_results_have_need_not_be_made_again(fake, tmp_path, capsys):
    run(tmp_path, "--seeds", "1")
    before, elsewhere = kept(tmp_path)["runs"], tmp_path / "elsewhere"
    shutil.rmtree(tmp_path / "out")
    assert run(tmp_path, "--seeds", "2", "--add") == 0
    assert fake.calls[2:] == [("a", 1), ("b", 1)]
    assert kept(tmp_path)["runs"][:2] == before
    assert "as they were scored then: 2 runs" in capsys.readouterr().err
    assert run(tmp_path, "--seeds", "2", "--again") == 2 and len(fake.calls) == 4
    assert "--again: runs that --add took over have no weights" in capsys.readouterr().err
    assert run(tmp_path, "--seeds", "2", "--again", "--part", "3/4") == 0  # ("a", 1) has its own
    assert fake.calls[4:] == [("a", 1)]
    fake.calls.pop()
    assert run(elsewhere, "--seeds", "2") == 0  # without --add all are made
    assert len(fake.calls) == 8
    fake.asked = {"steps": 4}
    assert run(elsewhere, "--seeds", "1", "--add") == 0
    assert len(fake.calls) == 10 and kept(tmp_path)["choices"]["a"]["steps"] == 3


def test_only_what_was_made_by_other_choices_is_made_again(fake, tmp_path):
    run(tmp_path, "--seeds", "1")
    shutil.rmtree(tmp_path / "out")
    fake.choices = lambda variant: {"steps": 3 if variant == "a" else 4, "quick": False}
    assert run(tmp_path, "--seeds", "1", "--add") == 0
    assert fake.calls[2:] == [("b", 0)]


@pytest.mark.parametrize("text", [None, "{}", '{"runs": [{"variant": "a", "seed": 0}]}', "[half"])
def test_results_that_say_too_little_are_made_again(text, fake, tmp_path):
    (tmp_path / "results").mkdir()
    if text is not None:
        (tmp_path / "results" / "fake.json").write_text(text, "utf-8")
    assert run(tmp_path, "--seeds", "1", "--add") == 0 and len(fake.calls) == 2


@pytest.mark.parametrize("flag", ["--quick", "--again"])
def test_add_is_refused_where_results_have_nothing(flag, fake, tmp_path, capsys):
    assert run(tmp_path, "--add", flag) == 2 and not fake.calls
    assert "--add: " in capsys.readouterr().err


def test_runs_of_other_choices_are_not_reused(fake, tmp_path):
    run(tmp_path, "--seeds", "1")
    fake.asked = {"steps": 4}
    run(tmp_path, "--seeds", "1")
    assert len(fake.calls) == 4
    assert kept(tmp_path)["choices"]["a"]["steps"] == 4
    fake.asked = {"steps": 3}  # the old ones are still there
    run(tmp_path, "--seeds", "1")
    assert len(fake.calls) == 4
    asked = Asked(seeds=1, out=tmp_path / "out")
    runs_of(Experiment.of(fake)[0], asked)[0].file.write_text("{")  # half a file is no finished run
    run(tmp_path, "--seeds", "1")
    assert fake.calls[4:] == [("a", 0)]


def test_how_it_is_scored_does_not_move_the_weights(fake, tmp_path):
    module, asked = Experiment.of(fake)[0], Asked(seeds=1, out=tmp_path)
    fake.asked = {"steps": 3, "scoring": {"tested": 5}}
    before = runs_of(module, asked)[0]
    fake.asked = {"steps": 3, "scoring": {"tested": 6}}
    after = runs_of(module, asked)[0]
    assert before.folder == after.folder and before.fingerprint != after.fingerprint


def test_ctrl_c_keeps_what_is_finished(fake, tmp_path, capsys):
    fake.strike = ("b", 0)
    assert run(tmp_path, "--seeds", "2") == 130
    said = capsys.readouterr().err.splitlines()[-1]
    out = tmp_path / "out"
    assert f"go on with: python -m tutorials.experiments fake --out {out} --seeds 2" in said
    assert fake.calls == [("a", 0)] and kept(tmp_path) is None
    fake.strike = None
    assert run(tmp_path, "--seeds", "2") == 0
    assert fake.calls == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_runs_are_shared_and_put_together_by_the_last(fake, tmp_path, capsys):
    assert run(tmp_path, "--seeds", "2", "--part", "1/2") == 0
    assert fake.calls == [("a", 0), ("a", 1)] and kept(tmp_path) is None
    assert "2 of 4 runs are finished" in capsys.readouterr().err
    assert run(tmp_path, "--seeds", "2", "--minutes", "0") == 0
    assert len(fake.calls) == 2 and kept(tmp_path) is None
    assert run(tmp_path, "--seeds", "2", "--part", "2/2") == 0
    assert len(kept(tmp_path)["runs"]) == 4


def test_fewer_seeds_and_quick_runs_replace_no_results(fake, tmp_path, capsys):
    run(tmp_path, "--seeds", "2")
    before = kept(tmp_path)
    run(tmp_path, "--seeds", "1")
    run(tmp_path, "--seeds", "3", "--quick")
    assert kept(tmp_path) == before
    assert len(files.read_json(tmp_path / "out" / "fake.json")["seeds"]) == 1
    quick = files.read_json(tmp_path / "out" / "fake.quick.json")
    assert quick["quick"] and "A tiny run" in capsys.readouterr().out
    assert quick["command"].endswith("fake --seeds 3 --quick")


@pytest.mark.parametrize(
    "problem, status", [(RuntimeError("ran\naway"), 1), (ValueError("no"), 2), (OSError("no"), 2)]
)
def test_what_goes_wrong_is_one_line(problem, status, fake, tmp_path, monkeypatch, capsys):
    def fails(variant, seed, folder, say):
        raise problem

    monkeypatch.setattr(fake, "run", fails, raising=False)
    assert run(tmp_path) == status
    assert capsys.readouterr().err.splitlines()[-1].startswith("tutorials.experiments: error: ")


def test_nan_is_refused(fake, tmp_path, monkeypatch, capsys):
    rows = {"rows": [{"row": "a", "x": float("nan")}]}
    monkeypatch.setattr(fake, "run", lambda *_: rows, raising=False)
    assert run(tmp_path, "--seeds", "1") == 2 and kept(tmp_path) is None


def test_variants_that_take_no_part(fake, tmp_path):
    fake.choices = lambda variant: None if variant == "b" else {}
    module, asked = Experiment.of(fake)[0], Asked(seeds=2, out=tmp_path)
    results = carry_out(module, asked)
    assert results["variants"] == ["a"] and fake.calls == [("a", 0), ("a", 1)]
    assert keep(module, asked, results) == tmp_path / "results" / "fake.json"


@POSIX
def test_a_signal_within_a_run(fake, tmp_path, monkeypatch):
    monkeypatch.setattr(fake, "run", lambda *_: os.kill(os.getpid(), signal.SIGINT), raising=False)
    assert run(tmp_path) == 130
