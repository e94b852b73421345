"""The shipped model on avatars, from end to end, tiny; trees on a sheet by hand."""

import json

import numpy as np
import pytest

from glom_numpy.islands import labels_on_grid
from glom_numpy.parse import parse_tree
from glom_numpy.worlds import Scenes
from glom_torch.checkpoint import load, save
from test_parse import GRID, PARTS, WHOLE, one_hot
from tutorials.experiments import avatars, contact_sheet
from tutorials.experiments.__main__ import main


def test_from_the_weights_to_the_table(elsewhere, capsys):
    assert main(["avatars", "--quick", "--seeds", "1", "--out", str(elsewhere)]) == 0
    shown = capsys.readouterr().out
    results = json.loads((elsewhere / "avatars.quick.json").read_text("utf-8"))
    (run,) = results["runs"]
    rows = {(row["row"], row.get("t")): row for row in run["rows"]}
    t = run["trained t"]
    for score in ("parts FG-ARI", "wholes FG-ARI", "parts islands FG-ARI", "wholes rank"):
        assert np.isfinite(rows["GLOM", t][score]) and np.isfinite(rows["GLOM", 4 * t][score])
    for name in ("untrained", "shuffled columns", "another picture's state"):
        assert -1 <= rows[f"GLOM: {name}", t]["wholes FG-ARI"] < rows["GLOM", t]["wholes FG-ARI"]
    for name in ("color alone", "location alone", "regions of one color"):
        assert f"| {name} |" in shown
    assert rows["GLOM", t]["nesting"] > rows["GLOM", t]["nesting chance"]
    assert {(row["level"], row["t"]) for row in run["levels"]} == {
        (level, at) for level in (0, 1, 2) for at in (t, 4 * t)
    }
    assert run["levels of"] == {"parts": 1, "wholes": 2}
    assert "objects" not in json.dumps(results["runs"])
    assert len(run["drawn"]) == 2 and run["drawn"][0]["row"].startswith("test avatar ")
    alt = results["figure"]["alt"]
    assert alt.startswith("Parse trees of 2 test avatars, chosen by chance. Each avatar with its")
    drawn = [row["parts islands FG-ARI"] for row in run["drawn"]]
    assert f"against parts: {np.mean(drawn):.2f} in the mean" in alt
    assert 10_000 < (elsewhere / "avatars.quick.png").stat().st_size < 1_500_000
    # The figure is of the weights that were scored, or of none.
    results["choices"]["glom"]["weights"] = "others"
    with pytest.raises(ValueError, match="not the weights that were scored; --again"):
        avatars.figure(results, elsewhere / "x.png")


def test_missing_weights_are_one_line(elsewhere, monkeypatch, tmp_path, capsys):
    held = load(avatars.WEIGHTS)
    monkeypatch.setattr(avatars, "WEIGHTS", tmp_path / "avatars.safetensors")
    assert main(["avatars", "--out", str(elsewhere)]) == 2
    said = capsys.readouterr().err
    assert "avatars.safetensors: wanted the shipped model" in said and said.count("\n") == 1
    recipe = held.recipe.replace(segments=("", "parts", "objects"))
    save(avatars.WEIGHTS, held.params, config=held.config, recipe=recipe)
    with pytest.raises(ValueError, match="level that was taught 'groups', got levels .*'objects'"):
        avatars.choices("glom")


def test_a_seed_chooses_the_pictures():
    which, scenes = avatars.chosen("test", 50, 0)
    again, other = (avatars.chosen("test", 50, seed)[0] for seed in (0, 1))
    assert len(set(which)) == 50 and (which == again).all() and (which != other).any()
    whole = avatars.worlds.avatars("test")
    np.testing.assert_array_equal(scenes.images, whole.images[which])
    np.testing.assert_array_equal(scenes.objects, whole.groups[which])  # as the scorer calls them


def test_how_well_one_tree_fits():
    tree = parse_tree(one_hot(PARTS, WHOLE), GRID, 0.5)
    images = np.zeros((1, *GRID, 3))
    truth = dict(parts=tree.islands[:1], groups=tree.islands[1:])
    fits = {k: v + 1 for k, v in truth.items()}  # 0 would be background
    found = avatars.fit_of(tree, Scenes(images, **fits))
    assert found == {"parts islands FG-ARI": 1.0, "wholes islands FG-ARI": 1.0}
    one = fits | {"groups": np.ones((1, *GRID), int)}
    found = avatars.fit_of(tree, Scenes(images, **one))
    assert found["wholes islands FG-ARI"] is None
    assert "wholes not defined\n5 parts, 2 wholes; 2 of" in avatars._caption(7, tree, found)


# ---------------------------------------------------------------- the sheet


def test_a_tree_is_arranged_under_its_wholes():
    tree = parse_tree(one_hot(PARTS, WHOLE), GRID, 0.5)
    families = contact_sheet.arranged(tree)
    drawn = [part for _, parts in families for part in parts]
    assert [whole.number for whole, _ in families] == [0, 1]
    assert sorted(p.number for p in drawn) == [n.number for n in tree.at(0) if n.size >= 2]
    assert all(part.parent == whole.number for whole, parts in families for part in parts)


def test_the_sheet_draws_every_island_that_is_large_enough():
    tree = parse_tree(one_hot(PARTS, WHOLE), GRID, 0.5)
    picture = np.random.default_rng(0).random((8, 10, 3))
    entries = [contact_sheet.Entry(picture, tree, f"the {k}th") for k in range(4)]
    (ax,) = contact_sheet.contact_sheet(entries, "how to read").axes
    assert len(ax.images) == 4 * (3 + 2 + 3)  # picture, two maps, two wholes, three parts
    said = [text.get_text() for text in ax.texts]
    assert said.count("50%") == 4 and "the 3th" in said and said[-1] == "how to read"
    links = ax.lines
    assert len(links) == 4 * 3 and sum(line.is_dashed() for line in links) == 4
    flat = np.asarray(ax.images[2].get_array())
    mask = tree.at(1)[0].mask.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_allclose(flat[mask], np.broadcast_to(picture[mask].mean(0), (mask.sum(), 3)))
    with pytest.raises(ValueError, match=r"tree: wanted two levels, got \(1,\)"):
        one = parse_tree(one_hot(PARTS, WHOLE), GRID, 0.5, lowest=1)
        contact_sheet.contact_sheet([contact_sheet.Entry(picture, one, "")], "")


def test_a_border_by_hand():
    sheet = contact_sheet.Sheet(None, [])
    sheet.outline(np.array([[0, 1], [0, 1]]), 10.0, 20.0, 4.0)  # a square of 4, cut in the middle
    assert sheet.borders == [[(12, 20), (12, 22)], [(12, 22), (12, 24)]]
    sheet.borders.clear()
    sheet.outline(np.array([[0, 0], [1, 1]]), 10.0, 20.0, 4.0)
    assert sheet.borders == [[(10, 22), (12, 22)], [(12, 22), (14, 22)]]


def test_nodes_are_the_islands_that_are_scored():
    """Both eyes are one node: islands that are alike are one, as designers label them."""
    which, test = avatars.chosen("test", 3, 5)
    (tree,) = avatars.trees_of(test, {"parts": 0.65, "objects": 0.05}, 1)
    eyes = labels_on_grid(test.parts[0], (16, 16)) == test.part_names.index("eyes")
    (number,) = np.unique(tree.islands[0][eyes])
    assert tree.levels == (0, 1) and tree.at(0)[number].size == eyes.sum()
