"""Tables of experiments: means and spreads by hand, and what README shows is what was measured."""

import pytest

import tutorials.experiments as experiments
from fake_experiment import installed, kept, run
from glom_numpy.config import GlomConfig
from glom_numpy.recipe import Recipe
from tutorials.experiments import figures, files, tables
from tutorials.experiments.__main__ import DOCUMENTS, main


@pytest.fixture
def fake(monkeypatch, tmp_path):
    return installed(monkeypatch, tmp_path)


RESULTS = {
    "command": "python -m x",
    "quick": False,
    "seeds": [0, 1, 2],
    "variants": ["b", "a"],
    "runs": [
        {"variant": "a", "seed": 0, "rows": [{"row": "one", "t": 3, "x": 0.1, "y": None}]},
        {"variant": "a", "seed": 1, "rows": [{"row": "one", "t": 3, "x": 0.2, "y": None}]},
        {"variant": "a", "seed": 2, "rows": [{"row": "one", "t": 3, "x": 0.6, "y": 4}]},
        {"variant": "b", "seed": 0, "rows": [{"row": "two", "x": -0.004, "y": 1e6, "z": None}]},
    ],
}


def test_mean_and_spread_by_hand():
    two, one = tables.lines(RESULTS)  # in the order of the variants
    assert (one.row, one.level, one.t) == ("one", None, 3)
    # mean 0.9 / 3 = 0.3; deviations -0.2, -0.1, 0.3: sqrt(0.14 / 2) = 0.2646
    middle, deviation, n = one.spread("x")
    assert (middle, deviation, n) == (pytest.approx(0.3), pytest.approx(0.264575, abs=1e-6), 3)
    assert one.spread("y") == (4, None, 1) and one.spread("z") is None
    shown = tables.Table(columns={"x": "X", "y": "Y", "z": "Z"}, formats={"y": ",.0f"})
    assert tables.markdown(RESULTS, shown) == (
        "| vectors | t | X | Y |\n| --- | --- | --- | --- |\n"
        "| two |  | 0.00 (n = 1) | 1,000,000 (n = 1) |\n"
        "| one | 3 | 0.30 ± 0.26 | 4 (n = 1) |"
    )
    some = tables.Table(columns={"x": "X"}, keep=lambda row, results: row["variant"] == "a")
    assert tables.markdown(RESULTS, some).count("\n") == 2
    # What is not defined has neither column nor row, and a table of it is none.
    undefined = tables.Table(columns={"x": "X", "z": "Z"}, keep=some.keep)
    assert tables.markdown(RESULTS, undefined) == tables.markdown(RESULTS, some)
    assert (
        tables.markdown(
            RESULTS, tables.Table(columns={"z": "Z"}, keep=lambda row, _: row["row"] == "two")
        )
        == ""
    )
    runs = [{**RESULTS["runs"][0], "rows": [*RESULTS["runs"][0]["rows"], {"row": "no", "x": None}]}]
    shown = tables.markdown({**RESULTS, "runs": runs}, tables.Table(columns={"x": "X"}))
    assert "no" not in shown and shown.count("\n") == 2
    # A row that has no such score says something by its name.
    runs = [{**RESULTS["runs"][0], "rows": [{"row": "not run here"}]}]
    shown = tables.markdown({**RESULTS, "runs": runs}, tables.Table(columns={"x": "X"}))
    assert shown == "| vectors |\n| --- |\n| not run here |"
    fewer = "over 3 seeds, or over n where a cell says so; `python -m x` repeats"
    assert fewer in tables.caption(RESULTS)
    complete = {**RESULTS, "runs": [*RESULTS["runs"], *RESULTS["runs"][:2]]}
    assert "over 3 seeds; `python -m x` repeats" in tables.caption(complete)


def test_what_is_drawn_over_t_is_what_the_table_says():
    runs = [
        {"variant": "a", "seed": s, "rows": [{"row": "x", "t": t, "y": t + s} for t in (4, 0)]}
        for s in (0, 2)
    ]
    own = tables.lines({"runs": runs, "variants": ["a"]})
    t, middle, spread = figures.series(own, "y")
    assert t.tolist() == [0, 4] and middle.tolist() == [1, 5]
    assert spread == pytest.approx([2**0.5, 2**0.5])
    assert [len(values) for values in figures.series(own, "z")] == [0, 0, 0]


def test_documents_are_refreshed_between_their_marks():
    text = "a\n<!-- experiment bars -->\nold\n<!-- end of experiment -->\nb\n"
    text += "<!-- experiment bars levels -->\n<!-- end of experiment -->\nc"
    new = tables.refreshed(text, lambda name, which: f"{name}/{which}")
    assert new == (
        "a\n<!-- experiment bars -->\nbars/\n<!-- end of experiment -->\nb\n"
        "<!-- experiment bars levels -->\nbars/levels\n<!-- end of experiment -->\nc"
    )
    for broken in (text.replace(tables.END, "", 1), text.replace(tables.END, "")):
        with pytest.raises(ValueError, match="wanted <!-- end of experiment --> after"):
            tables.refreshed(broken, lambda *_: "")


def test_a_table_by_name(fake, tmp_path):
    with pytest.raises(FileNotFoundError, match="tutorials.experiments fake --seeds 5 makes them"):
        experiments.table("fake")
    run(tmp_path, "--seeds", "2")
    text = experiments.table("fake")
    assert text.startswith("What a fake experiment says. Every number is mean ± standard dev")
    assert text.endswith("| a | 0.50 ± 0.71 |\n| b | 1.50 ± 0.71 |")
    with pytest.raises(ValueError, match="NAME: wanted one of"):
        experiments.table("no")
    with pytest.raises(ValueError, match="which: wanted a table of fake"):
        experiments.table("fake", "no")


def as_kept(asked, kept):
    """What is asked now, less choices that are newer than the results and have their defaults."""
    if not isinstance(asked, dict) or not isinstance(kept, dict):
        return asked
    known = files.plain(GlomConfig().to_dict() | Recipe().to_dict())
    newer = {k for k in asked.keys() - kept.keys() if k in known and known[k] == asked[k]}
    return {k: as_kept(v, kept.get(k)) for k, v in asked.items() if k not in newer}


def test_what_is_committed_is_what_would_be_made_now():
    for path in files.HERE.glob("results/*.json"):
        results, found = files.read_json(path), experiments.experiment(path.stem)
        assert not results["quick"] and results["data"] is None
        now = [variant for variant in found.variants if found.choices(variant) is not None]
        assert results["variants"] == now, path.name
        for variant in results["variants"]:
            asked = files.plain(found.choices(variant))
            kept = results["choices"][variant]
            assert kept == as_kept(asked, kept), (path.name, variant)
        for which in found.tables:
            if any(run.get(found.tables[which].rows) for run in results["runs"]):
                assert "|" in experiments.table(path.stem, which)
        if "figure" in results:
            assert (path.parent / results["figure"]["file"]).exists() and results["figure"]["alt"]
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert tables.refreshed(text, experiments.table) == text, document.name


def test_tables_and_figures_are_made_anew(fake, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(experiments, "EXPERIMENTS", {"fake": "fake"})
    monkeypatch.setattr("tutorials.experiments.__main__.EXPERIMENTS", {"fake": "fake"})
    assert main(["tables"]) == 0 and "no results yet" in capsys.readouterr().out
    run(tmp_path, "--seeds", "1")
    capsys.readouterr()
    assert main(["tables"]) == 0 and "| b | 1.00 |" in capsys.readouterr().out
    document = tmp_path / "README.md"
    document.write_text("<!-- experiment fake -->\n<!-- end of experiment -->\n", "utf-8")
    monkeypatch.setattr("tutorials.experiments.__main__.DOCUMENTS", (document,))
    assert main(["tables", "--write"]) == 0 and "| b | 1.00 |" in document.read_text("utf-8")
    assert main(["tables", "--write"]) == 0 and "as it was" in capsys.readouterr().out
    document.write_text("<!-- experiment no -->\n<!-- end of experiment -->\n", "utf-8")
    assert main(["tables", "--write"]) == 2 and "README.md: NAME" in capsys.readouterr().err
    fake.figure = lambda results, path: path.write_text("") or "in words"
    assert main(["figures"]) == 0
    assert kept(tmp_path)["figure"] == {"file": "fake.png", "alt": "in words"}
