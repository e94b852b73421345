"""Settling early as an experiment: from end to end, tiny; its bookkeeping of films by hand."""

import json
import math

import numpy as np
import torch

from glom_numpy.worlds import Scenes
from tutorials.experiments import early, stopped
from tutorials.experiments.__main__ import main


def test_from_the_weights_to_the_tables(elsewhere, capsys):
    assert main(["early", "--quick", "--seeds", "1", "--out", str(elsewhere)]) == 0
    shown = capsys.readouterr().out
    results = json.loads((elsewhere / "early.quick.json").read_text("utf-8"))
    assert results["variants"] == list(early.VARIANTS)
    for run in results["runs"]:
        world = run["variant"]
        rows = {row["row"]: row for row in run["rows"]}
        asked = [f"{world}{kind}: until {tol}" for kind in ("", ", mixed") for tol in (0.5, 0.1)]
        assert list(rows) == asked
        for row in rows.values():
            assert 1 <= row["steps low"] <= row["steps high"] <= 5
            assert row["same t"] == math.ceil(row["steps"])
            assert row["time"] > 0 and row["same time"] > 0
            assert -1 <= row[stopped.OBJECTS] <= 1
        assert rows[asked[0]]["steps"] < rows[asked[1]]["steps"]  # finer takes longer
        films = {row["row"].split(": ")[1]: row for row in run["films"]}
        assert list(films) == list(stopped.WAYS)
        assert len({row["first"] for row in films.values()}) == 1  # all begin alike
        assert films[stopped.CARRIED]["steps"] < films[stopped.ANEW]["steps"]
        assert [row["t"] for row in run["frames"]] == [1, 2, 3] * len(stopped.WAYS)
        assert set(run["budget"][0]) == {"row", "t", *stopped.WAYS}
        assert f"| {world}: until 0.5 |" in shown
    assert "at most 5 steps" in shown and "carried over" in results["figure"]["alt"]
    assert (elsewhere / "early.quick.png").stat().st_size > 10_000
    # Where nothing is scored, steps and time are still told.
    fits = {stopped.OBJECTS, f"same {stopped.OBJECTS}", *stopped.WAYS}
    for run in results["runs"]:
        for row in (row for key in ("rows", "fixed", "films", "budget") for row in run[key]):
            row |= dict.fromkeys(row.keys() & fits)
    assert "score of" not in stopped.about(results) and "steps" in stopped.about(results)
    assert "4.0 steps" in stopped.figure(results, elsewhere / "none.png")


def test_what_each_frame_begins_with():
    """Three films of three frames; settling adds the frame's number to the state it is given."""
    initial = torch.tensor([[0.25], [0.5]])  # two levels of one number
    img = torch.arange(9.0).reshape(3, 3, 1, 1, 1)  # film f has the frames 3 f, 3 f + 1, 3 f + 2

    def settle(frame, levels):
        number = frame.reshape(3, 1, 1, 1)
        given = initial.expand(3, 1, 2, 1) if levels is None else levels
        return given + number, torch.full((3,), 7 if levels is None else 2)

    found = early.watched(img, initial, settle)
    states = {way: state[:, 0, :, 0].tolist() for way, (state, _) in found.items()}
    assert states[stopped.ANEW] == [[2.25, 2.5], [5.25, 5.5], [8.25, 8.5]]
    # Sums of the frames: 3, 12, 21. Another film's are those of the film before, up to its second
    # frame (1, 7, 13), and the last frame.
    assert states[stopped.CARRIED] == [[3.25, 3.5], [12.25, 12.5], [21.25, 21.5]]
    assert states[stopped.ANOTHER] == [[15.25, 15.5], [6.25, 6.5], [15.25, 15.5]]
    assert states[stopped.TOP_ANEW] == [[3.25, 2.5], [12.25, 5.5], [21.25, 8.5]]
    for way, (_, steps) in found.items():
        wanted = [7, 7, 7] if way == stopped.ANEW else [7, 2, 2]
        assert [own.tolist() for own in steps] == [[k] * 3 for k in wanted], way
    assert initial.tolist() == [[0.25], [0.5]]


def test_films_run_backward_to_the_labeled_frame(monkeypatch):
    """What is scored last is the frame that the labels are of."""
    shown = early.Shown.of("constellations", 0)
    films = early.opened("constellations", 2, 0, frames=3, speed=1.0)
    still = early.opened("constellations", 2, 0)
    np.testing.assert_array_equal(films.images[:, 0], still.images)
    seen = []

    def settle(self, img, t, levels=None):
        seen.append(img)
        return torch.zeros(2, 144, 2, 48), torch.full((2,), t)

    monkeypatch.setattr(early.Shown, "fixed", settle)

    def until(self, img, tolerance, iters, levels):
        return settle(self, img, iters, levels)

    monkeypatch.setattr(early.Shown, "until", until)
    monkeypatch.setattr(early.Shown, "fit", lambda self, states, scenes: None)
    asked = {"film tolerance": 0.1, "iters": 5, "film fixed": [1]}
    early.in_films(shown, "x", films, asked)
    last = torch.tensor(still.images).permute(0, 3, 1, 2) / 255
    assert torch.allclose(seen[-1].float(), last, atol=1e-6)
    assert not torch.allclose(seen[0].float(), last, atol=1e-2)


def test_fixed_and_until_agree_where_both_do_all_steps():
    shown = early.Shown.of("constellations", 0)
    img = early.to_model(early.opened("constellations", 2, 0).images)
    with torch.no_grad():
        one, all_ = shown.fixed(img, 5)
        other, steps = shown.until(img, 0.0, 5)
    assert all_.tolist() == steps.tolist() == [5, 5]
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_pictures_by_seed_and_split():
    one, again, other = (early.pictures("spirals", 4, seed) for seed in (0, 0, 1))
    assert list(one) == ["", ", mixed"] and [len(s) for s in one.values()] == [4, 4]
    for kind in one:
        np.testing.assert_array_equal(one[kind].images, again[kind].images)
        assert (one[kind].images != other[kind].images).any()
    assert one[", mixed"].objects.max() == 3 and one[""].objects.max() == 2  # ood_objects has three
    assert isinstance(one[", mixed"], Scenes)


def test_the_clock_and_the_spread_by_hand(monkeypatch):
    now = iter([0, 2, 2, 3, 3, 7, 7, 11])  # first 2 and 4 long, then 1 and 4
    monkeypatch.setattr(early.time, "perf_counter", lambda: next(now))
    ways = {"all": lambda x: x, "few": lambda x: x}
    assert early.ratios(ways, [torch.zeros(1), torch.ones(1)], 1) == {"all": 1.0, "few": 0.75}
    found = early.spread(torch.tensor([1, 2, 3, 10]))
    assert found == {"steps": 4.0, "steps low": 1.75, "steps high": 4.75}


def test_missing_weights_are_one_line(monkeypatch, tmp_path, capsys, elsewhere):
    monkeypatch.setattr(early, "WEIGHTS", tmp_path)
    assert main(["early", "--out", str(elsewhere)]) == 2
    said = capsys.readouterr().err
    assert "spirals.safetensors: wanted the shipped weights" in said and said.count("\n") == 1
