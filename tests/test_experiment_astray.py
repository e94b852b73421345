"""Parts astray as an experiment: from end to end, tiny; its rows by hand."""

import json

import numpy as np
import pytest

from glom_numpy.worlds import Scenes
from tutorials.experiments import astray, early
from tutorials.experiments.__main__ import main
from tutorials.experiments.measure import labels_of
from tutorials.strays import Contact

# One part of each kind, and a small one; pictures 0 and 1 have two each, picture 2 one.
SEEN = {
    (0, 1): Contact(30, 5, 0),
    (0, 2): Contact(30, 5, 4),
    (1, 1): Contact(30, 5, 5),
    (1, 2): Contact(9, 1, 5),
    (2, 1): Contact(30, 0, 5),
}


def test_from_the_weights_to_the_tables(elsewhere, capsys):
    assert main(["astray", "--quick", "--seeds", "1", "--out", str(elsewhere)]) == 0
    shown = capsys.readouterr().out
    results = json.loads((elsewhere / "astray.quick.json").read_text("utf-8"))
    (run,) = results["runs"]
    rows = {row["row"]: row for row in run["rows"]}
    assert list(rows) == [astray.ALL, *astray.KINDS, "have fewer than 20 pixels"]
    assert sum(rows[kind]["parts"] for kind in astray.KINDS) == rows[astray.ALL]["parts"] > 50
    assert [(row["row"], row["t"]) for row in run["over_t"]] == [
        (model, t) for model in astray.MODELS for t in (1, 6)
    ]
    for row in run["over_t"]:
        if row["t"] == 6:  # what the first table is about
            assert row["parts"] == rows[astray.ALL][f"{row['row']}: astray"]
    assert [row["row"] for row in run["shared"]] == list(astray.MODELS)
    assert "at t = 6" in shown and "| touch another figure alone |" in shown
    assert "touch another as much as their own, or more" in results["figure"]["alt"]
    assert (elsewhere / "astray.quick.png").stat().st_size > 10_000


def test_each_part_is_of_one_kind():
    kinds = [astray.kind_of(contact) for contact in SEEN.values()]
    first, second, third, fourth = astray.KINDS
    assert kinds == [first, second, third, third, fourth]
    for contact in (*SEEN.values(), Contact(5, 0, 0)):  # alone on the background
        assert sum(holds(contact) for holds in astray.KINDS.values()) == 1


def test_shares_by_hand():
    lost = {"one": {(1, 1), (1, 2)}, "none": set()}
    rows = {row.pop("row"): row for row in astray.by_kind(lost, SEEN, 20)}
    kinds = list(astray.KINDS)
    assert rows[astray.ALL] == {
        "parts": 5,
        "one: astray": 0.4,
        "one: share": 1.0,
        "none: astray": 0.0,
        "none: share": None,
    }
    assert [rows[kind]["parts"] for kind in kinds] == [1, 1, 2, 1]
    assert [rows[kind]["one: astray"] for kind in kinds] == [0, 0, 1, 0]
    small = rows["have fewer than 20 pixels"]
    assert (small["parts"], small["one: astray"], small["one: share"]) == (1, 1.0, 0.5)


def test_pictures_by_hand():
    found = astray.over_pictures({(1, 1), (1, 2), (2, 1)}, SEEN)
    assert found == {"parts": 0.6} | {key: pytest.approx(1 / 3) for key in "012"}


def test_what_is_shared_by_hand():
    # The other loses (1, 1) of the third kind, large, and (2, 1) of the fourth. Who loses (1, 1)
    # and (1, 2) shares one of two; blindly two of five; alike: 1 of 1 and 0 of 1.
    found = astray.shared({(1, 1), (1, 2)}, {(1, 1), (2, 1)}, SEEN, 20)
    assert found == {"shared": 0.5, "chance": 0.4, "alike": 0.5}
    found = astray.shared({(0, 1), (2, 1)}, {(1, 1), (1, 2)}, SEEN, 10)
    assert found == {"shared": 0.0, "chance": 0.4, "alike": 0.0}
    assert set(astray.shared(set(), {(1, 1)}, SEEN, 20).values()) == {None}


def test_a_part_that_fills_no_patch_cannot_go_astray():
    """Of each patch of 2 x 2 three pixels are background or part 1: part 2 has no column."""
    parts = np.array([[[1, 1, 0, 0], [1, 2, 2, 0]]])
    scenes = Scenes(np.zeros((1, 2, 4, 3)), parts=parts, objects=(parts > 0).astype(int))
    columns = labels_of(scenes, ("parts",), (1, 2))["parts"]
    assert columns.tolist() == [[1, 0]]
    assert astray.in_columns(scenes, columns) == {(0, 1): Contact(3, 2, 0)}


def test_models_that_differ_in_more_than_the_teacher_are_refused(monkeypatch):
    monkeypatch.setitem(astray.MODELS, astray.LABELS, "bars")
    with pytest.raises(ValueError, match="puppets.safetensors and bars.safetensors: wanted models"):
        astray.choices("puppets")


def test_missing_weights_are_one_line(monkeypatch, tmp_path, capsys, elsewhere):
    monkeypatch.setattr(early, "WEIGHTS", tmp_path)
    assert main(["astray", "--out", str(elsewhere)]) == 2
    said = capsys.readouterr().err
    assert "puppets.safetensors: wanted the shipped weights" in said and said.count("\n") == 1
