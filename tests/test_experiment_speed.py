"""The experiment `speed`: ratios by hand, memory that was really taken, words made of numbers."""

import json
import mmap
import sys
import time

import numpy as np
import pytest
import torch

from tutorials.experiments import (
    experiment,
    files,
    speed,
    speed_memory,
    speed_parts,
    speed_process,
    speed_rows,
    speed_shown,
    tables,
)
from tutorials.experiments import speed_contenders as contenders
from tutorials.experiments.__main__ import main
from tutorials.experiments.speed_process import Measured

MB = 1_000_000
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

# ---------------------------------------------------------------- what is measured


def test_a_ratio_is_of_one_round():
    # 2 / 1, 9 / 3, 4 / 4; the medians of both alone would give 4 / 3
    assert speed_rows.ratio("x", [2.0, 9.0, 4.0], [1.0, 3.0, 4.0]) == {
        "x": 2.0,
        "x, least": 1.0,
        "x, most": 3.0,
    }


def test_a_row_by_hand():
    base = Measured({"forward": [6.0, 2.0]}, 10 * MB, 8 * MB, output=np.zeros(3))
    own = Measured({"forward": [3.0, 2.0]}, 4 * MB, MB, output=np.array([0, 5e-5, -2e-5]))
    row = speed_rows.row_of("a", own, base)
    assert row["forward seconds"] == 2.5 and row["forward faster"] == 1.5
    assert (row["forward faster, least"], row["forward faster, most"]) == (1.0, 2.0)
    assert row["resident megabytes"] == 4.0 and row["tensor megabytes"] == 1.0
    assert row["resident share"] == 0.4 and row["tensor smaller"] == 8.0
    assert row["difference"] == 5e-5
    own.output[0] = 2e-4
    with pytest.raises(RuntimeError, match="a: wanted outputs within 0.0001 of"):
        speed_rows.row_of("a", own, base)
    own.output[0] = np.nan
    with pytest.raises(RuntimeError, match="got nan"):
        speed_rows.row_of("a", own, base)


@LINUX
@pytest.mark.parametrize("allowed", (True, False))
def test_the_peak_is_what_was_taken(allowed, monkeypatch, tmp_path):
    if not allowed:  # looked at from a thread
        link = tmp_path / "status"
        link.symlink_to("/proc/self/status")
        (tmp_path / "clear_refs").mkdir()
        monkeypatch.setattr(speed_memory, "PROC", tmp_path)

    def take(size):
        held = mmap.mmap(-1, size * MB)  # new memory: malloc might have some at hand
        np.frombuffer(held, np.uint8)[:] = 1
        time.sleep(0.03 if allowed else 0.3)  # a thread has to find time to look

    for size in (60, 20):  # the second must not be hidden by the first
        assert size * MB * 0.9 < speed_memory.peak(lambda size=size: take(size)) < size * MB + 6e6


def test_where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(speed_memory, "PROC", tmp_path / "none")
    called = []
    assert speed_memory.peak(lambda: called.append(1)) is None and called == [1]
    row = speed_rows.row_of("a", Measured(), Measured())
    assert row == {"row": "a", "resident megabytes": None, "tensor megabytes": None}


def test_what_is_quick_is_averaged(monkeypatch):
    clock = iter([0.0, 0.2, 0.4, 0.7])
    monkeypatch.setattr(speed_process.time, "perf_counter", lambda: next(clock))
    seconds, said = speed_process.timed(lambda: "said", 0.5)
    assert seconds == pytest.approx(0.7 / 3) and said == "said"


GROWTH = dict(part="growth", side=4, dim=8, levels=2, b=1, iters=2, seed=0)


def test_a_race_of_processes(tmp_path):
    names = ("one", "other")
    specs = [GROWTH | {"contender": name} for name in names]
    found = speed_process.race(specs, ("forward", "training", "unknown"), 2, tmp_path, warm=True)
    for name in names:
        each = found[name].seconds
        assert {do: len(seconds) for do, seconds in each.items()} == {"forward": 2, "training": 2}
        assert all(s > 0 for seconds in each.values() for s in seconds)
        if sys.platform == "linux":  # and not what torch takes when it is loaded
            assert 0 <= found[name].bytes < 20 * MB
    assert not list(tmp_path.iterdir())


@LINUX
def test_memory_without_holes():
    spec = GROWTH | {"contender": "x", "side": 24, "dim": 64}
    taken = speed_process._in_own_pages([spec], "training")["x"]
    # Two of states, hidden and gradients are there at least: 576 columns of 64 and of 256.
    assert 4 * 576 * (64 + 256) * 2 < taken < 20 * MB


@pytest.mark.parametrize(
    "spec, message",
    [({"part": "no"}, "x: KeyError: 'no'"), ({"part": "settle", "b": 0}, "x: TypeError")],
)
def test_a_process_says_what_went_wrong(spec, message, tmp_path):
    with pytest.raises(RuntimeError, match=message):
        speed_process.race([spec | {"contender": "x"}], ("forward",), 1, tmp_path)


def test_a_process_that_is_gone():
    process = speed_process.Process({"part": "no", "contender": "x"})
    process.child.kill()
    with pytest.raises(RuntimeError, match="x: the process ended with -9"):
        process.hear()
    process.end()


# ---------------------------------------------------------------- rows, tables, words, figure


def race_here(specs, actions, rounds, folder, *, memory="training", warm=False):
    """A race in this process, for its rows; memory is made up."""
    found = {}
    for spec in specs:
        part = {k: v for k, v in spec.items() if k not in ("part", "contender")}
        made = contenders.PARTS[spec["part"]](spec["contender"], **part)
        own = found[spec["contender"]] = Measured()
        own.said = {do: made[do]() for do in actions if do in made}
        own.seconds = {
            do: [speed_process.timed(made[do], 0)[0] for _ in range(rounds)]
            for do in (own.said if rounds else ())
        }
        own.bytes = own.tensors = MB * len(found) if memory in made else None
        own.output = made["output"]() if "output" in made else None
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What the quick command writes, and the folder."""
    out, patch = tmp_path_factory.mktemp("speed"), pytest.MonkeyPatch()
    with patch.context() as m:
        m.setattr(speed_parts, "race", race_here)
        m.setattr(torch.cuda, "is_available", lambda: False)
        assert main(["speed", "--quick", "--seeds", "1", "--out", str(out)]) == 0
    return json.loads((out / "speed.quick.json").read_text("utf-8")), out


def test_the_whole_command(results):
    found, out = results
    assert found["variants"] == list(speed.VARIANTS) and found["quick"]
    assert (out / found["figure"]["file"]).stat().st_size > 10_000
    assert "Consensus within a radius of 2" in found["figure"]["alt"]
    settled = [row["row"] for row in found["runs"][0]["rows"]]
    assert settled == list(speed_parts.SETTLED)
    assert found["runs"][0]["machine"]["products by"]
    own = experiment("speed")
    for name, table in own.tables.items():
        shown = tables.markdown(found, table)
        assert shown.count("\n") > 1 and "nan" not in shown, name
        known = {key for run in found["runs"] for row in run.get(table.rows, ()) for key in row}
        missing = set(table.columns) - known
        assert not missing or name == "gpu", (name, missing)
    assert "| not run on a GPU |" in tables.markdown(found, own.tables["gpu"])


def test_words_are_made_of_numbers(results):
    found = json.loads(json.dumps(results[0]))
    rows = {row["row"]: row for row in found["runs"][0]["rows"]}
    rows["fast"] |= {"forward faster": 1.626, "training faster": 1.5, "resident share": 0.25}
    rows["fast"] |= {"share of the rate": 0.93, "tensor share": 0.18}
    found["runs"][0]["rate"][0] |= {"GFLOP/s": 146.2, "recomputing takes": 1.33}
    said = speed_shown.about(found)
    assert "*fast* is 1.63 times as fast as glom-pytorch forward and 1.50 times in training" in said
    assert (
        "takes 0.25 times its memory (0.18 without holes)" in said
        and "at 93% of the 146 GFLOP/s" in said
    )
    assert "1.33 times as long as *fast*" in said and "Not run on a GPU." in said


def test_words_about_growth():
    rows = [
        {"row": f"{kind}{n}", "kind": kind, "n": n, "training seconds": s}
        for kind, n, s in (("near", 4, 1.0), ("near", 9, 2.3), ("dense", 4, 1.0), ("dense", 9, 5.1))
    ]
    found = {"runs": [{"consensus growth": rows}], "choices": {"consensus": {"growth radius": 3}}}
    (said,) = speed_shown._among_few(found)
    assert "2.25 times the columns (9 for 4)" in said
    assert "2.3 times as long with lists" in said and "5.1 times as long with the mask" in said


def test_choices_are_the_same_in_small():
    for variant in speed.VARIANTS:
        full, quick = speed.choices(variant), speed.choices(variant, quick=True)
        assert set(full) == set(quick) and set(full["sizes"]) == set(quick["sizes"])
        assert full == files.plain(full)
    grown = speed.CHOICES["growth"]
    for sizes in (grown, speed.QUICK["growth"]):  # every axis goes through the base
        assert all(sizes["sizes"][axis] in values for axis, values in sizes["axes"].items())
