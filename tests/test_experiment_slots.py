"""Slot attention where it should work: from end to end, tiny; the sizes that it compares."""

import json

from glom_numpy.config import GlomConfig
from tutorials.experiments import slots, variants
from tutorials.experiments.__main__ import main


def test_from_training_to_the_tables(elsewhere, capsys):
    assert main(["slots", "--quick", "--seeds", "2", "--out", str(elsewhere)]) == 0
    shown = capsys.readouterr().out
    results = json.loads((elsewhere / "slots.quick.json").read_text("utf-8"))
    assert results["variants"] == list(slots.VARIANTS)
    ways = ("who won", "alpha masks", "k-means on what is heard")
    for run in results["runs"]:
        (cost,) = run["cost"]
        assert cost["steps"] == 3
        rows = {(row["row"], row.get("t")): row for row in run["rows"]}
        assert {(f"{cost['row']}: {way}", slots.ROUNDS) for way in ways} < set(rows)
        assert all(-1 <= row[slots.OBJECTS] <= 1 for row in rows.values())
    # The controls stand once, before the first model.
    assert [line.split(",")[0] for line in shown.splitlines() if ", by column |" in line] == [
        "| color alone",
        "| location alone",
        "| color and location",
    ]
    assert "| slot attention, larger: who won | 3 |" in shown
    assert "| slot attention, larger, slower | " in shown  # its cost
    assert "slot attention, larger, slower: alpha masks " in results["figure"]["alt"]
    assert (elsewhere / "slots.quick.png").stat().st_size > 10_000


def test_small_is_what_stands_beside_glom():
    ours, theirs = slots.choices("small"), variants.choices("spirals", "slot_attention")
    for section, differ in (("glom", {"image_size", "patch_size"}), ("train", {"world", "steps"})):
        assert {k: v for k, v in ours[section].items() if k not in differ} == {
            k: v for k, v in theirs[section].items() if k not in differ
        }
    assert ours["recipe"] == theirs["recipe"]
    larger, slower = slots.choices("larger"), slots.choices("slower")
    assert slower["train"].pop("lr") < larger["train"].pop("lr")
    assert slower == larger
    assert GlomConfig.from_dict(larger["glom"]).grid == slots.GRID
