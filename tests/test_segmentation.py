"""Bars and puppets from training to the table, tiny; and the same recipe on anybody's data."""

import json
import os
import signal

import numpy as np
import pytest
import torch

from glom_numpy.config import GlomConfig, flatten
from glom_numpy.flags import Training
from glom_numpy.recipe import Recipe
from glom_numpy.record import Progress
from glom_numpy.worlds import crossing_bars
from tutorials.experiments import files, own_data, relatives, segmentation, variants
from tutorials.experiments.__main__ import main
from tutorials.experiments.scorer import times


def rng(seed=0):
    return np.random.default_rng(seed)


WORLD = {"size": 24, "world_choices": {"parts": 2, "radius": 3.0, "spread": 1.0}}
TRAIN = {"world": "crossing_bars", "steps": 4, "batch": 3, "count": 6, **WORLD}
SIZES = {"dim": 8, "hidden": 8, "patch_size": 6, "bands": 2}
LOSSES = {"pairs": [0, 1, 1], "background": False, "mask_ratio": 0.3}
TAUGHT = {"bars": ["", "moving_regions", "common_fate"], "spirals_still": ["", "regions", ""]}
TINY = {
    "bars.slot_attention": {"recipe": {"iters": 2, "mask_ratio": 0}, "glom": SIZES},
    "bars.transformer": {"recipe": {"iters": 3}, "glom": SIZES},
}
TAUGHT_ROWS = (
    "transformer, taught as GLOM is | 3",
    "transformer, taught as GLOM is, 30% of patches hidden | 3",
    "GLOM, taught with true labels | 12",
    "GLOM, taught with true labels: untrained | 3",
)
for kind, segments in TAUGHT.items():
    recipe = {"iters": 3, "segments": segments, "reconstruction": [1, 0, 0], **LOSSES}
    TINY[kind] = {"recipe": recipe, "glom": {**SIZES, "levels": 3}}


@pytest.fixture
def tiny(monkeypatch, tmp_path, as_users_run_it):
    folder = tmp_path / "configs"
    folder.mkdir()
    for name, sections in TINY.items():
        train = TRAIN
        if name == "bars":
            train = {**TRAIN, "world_choices": {**WORLD["world_choices"], "frames": 2}}
        (folder / f"{name}.json").write_text(json.dumps({**sections, "train": train}))
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(variants, "CONFIGS", folder)
    scoring = {"tested": 2, "tuned": 2, "drawn": 1, "hidden": 0.3}
    monkeypatch.setattr(variants, "SCORING", scoring)
    monkeypatch.setattr(variants, "QUICK", {})
    monkeypatch.setattr(variants, "PROBED", {"bars": 6})
    return tmp_path / "out"


def test_from_training_to_the_table(tiny, capsys, monkeypatch):
    words = ["bars", "--quick", "--seeds", "1", "--out", str(tiny)]
    assert main(words) == 0
    shown = capsys.readouterr().out
    results = json.loads((tiny / "bars.quick.json").read_text("utf-8"))
    assert results["variants"] == [v for v, where in variants.TAKE_PART.items() if "bars" in where]
    assert results["quick"]
    by_variant = {run["variant"]: run for run in results["runs"]}
    rows = {(row["row"], row.get("t")): row for row in by_variant["glom"]["rows"]}
    assert {t for name, t in rows if name == "GLOM"} == set(times(3))
    for name in ("untrained", "shuffled columns", "another picture's state"):
        assert -1 <= rows[f"GLOM: {name}", 3]["objects FG-ARI"] <= 1
    taught = rows["what it is taught with (moving_regions, common_fate)", None]
    assert set(taught) == {"row", "parts FG-ARI", "objects FG-ARI"}
    for where in ("column", "pixel"):
        for what in ("color alone", "location alone", "regions of one color"):
            assert f"| {what}, by {where} |" in shown
    for middle in ("picture", "figure"):  # the tricks that this world has
        assert f"| direction from the {middle}'s middle, by column |" in shown
    assert by_variant["glom"]["levels of"] == {"parts": 1, "objects": 2}
    assert {row["level"] for row in by_variant["glom"]["levels"]} == {0, 1, 2}
    known = by_variant["glom"]["known"]
    named = [(row["row"], row.get("level")) for row in known]
    levels = [(name, level) for name in ("GLOM", "GLOM: untrained") for level in range(3)]
    assert named == [*levels, ("its place alone", None), ("its own patch and its place", None)]
    assert all(row["part's middle R2"] is not None for row in known)
    assert len(by_variant["glom_labels"]["beyond"]) == 2
    assert len(by_variant["glom"]["beyond"]) == 2 * (1 + 4)  # and what learned nothing
    masks = [r for r in by_variant["slot_attention"]["rows"] if r["row"].endswith("who won")]
    assert [r["t"] for r in masks] == [t for t in times(2) if t]
    for line in ("slot attention, 3 slots: alpha masks | 2", "transformer | 12", *TAUGHT_ROWS):
        assert f"\n| {line} |" in shown
    assert {run["cost"][0]["steps"] for run in results["runs"]} == {4}
    alt = results["figure"]["alt"]
    assert alt.startswith(
        "bars: a GLOM settling on test pictures, one seed. FG-ARI: parts: k-means"
    )
    assert (tiny / "bars.quick.png").stat().st_size > 10_000
    # Scored anew from the weights that are there, to the same numbers.
    monkeypatch.setattr(segmentation, "train_glom", None)
    monkeypatch.setattr("tutorials.experiments.training.descend", None)
    for variant in ("glom", "transformer", "transformer_taught"):
        (folder,) = (tiny / "bars").glob(f"{variant}-*")
        again = segmentation.run("bars", variant, 0, folder, print, quick=True)
        assert again["rows"] == by_variant[variant]["rows"]


@pytest.mark.skipif(os.name != "posix", reason="sends itself a signal")
@pytest.mark.parametrize("variant", ["glom", "slot_attention", "transformer", "transformer_taught"])
def test_a_stopped_training_goes_on_to_the_same_rows(variant, tiny, monkeypatch):
    def once(folder):
        folder.mkdir(exist_ok=True, parents=True)
        return segmentation.run("bars", variant, 3, folder, print, quick=True)

    whole = once(tiny / "whole")
    show = Progress.show

    def strike(self, step, loss):
        show(self, step, loss)
        if step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Progress, "show", strike)
        once(tiny / "parts")
    again = once(tiny / "parts")
    for key in ("rows", "levels", "beyond", "taus"):
        assert again.get(key) == whole.get(key), key


def test_relatives_hold_their_own_run(tmp_path, as_users_run_it):
    sections = TINY["bars.transformer"]
    config = GlomConfig.from_dict({**sections["glom"], "image_size": 12})
    relative = relatives.Relative(config, Recipe.from_dict(sections["recipe"]))
    training = Training(steps=2, batch=2)
    images, out = rng().random((4, 12, 12, 3)), tmp_path / "x.safetensors"
    first = relatives.train(relative, training, images, out)
    again = relatives.train(relative, training, images, out)
    for name, value in flatten(first).items():
        assert torch.equal(value, flatten(again)[name])
    with pytest.raises(ValueError, match="holds a run of other choices"):
        relatives.train(relative, Training(steps=3, batch=2), images, out)
    mad = Training(steps=2, batch=2, lr=1e30, clip=0.0, warmup=0)
    with pytest.raises(RuntimeError, match="step 2: the "):
        relatives.train(relative, mad, images, tmp_path / "y.safetensors")


# ---------------------------------------------------------------- anybody's pictures


def own(tmp_path, **changes):
    films = crossing_bars(10, size=24, radius=3.0, parts=2, spread=1.0, frames=2, rng=rng())
    arrays = {"frames": films.images, "parts": films.parts, "objects": films.objects} | changes
    path = tmp_path / "own.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path, films


@pytest.mark.parametrize("kind", ["films", "pictures", "unlabeled"])
def test_the_same_recipe_on_anybodys_data(kind, tiny, tmp_path, capsys):
    path, films = own(tmp_path)
    if kind != "films":
        gray = films.images[:, 0].mean(axis=-1, keepdims=True) / 255
        own(tmp_path, frames=None, images=gray)
    if kind == "unlabeled":
        own(tmp_path, frames=None, images=gray, parts=None, objects=None)
    assert main(["bars", "--data", str(path), "--seeds", "1", "--out", str(tiny)]) == 0
    shown = capsys.readouterr().out
    results = json.loads((tiny / "bars.data.json").read_text("utf-8"))
    assert results["variants"] == ["glom"] and results["data"] == "own.npz"
    choices = results["choices"]["glom"]
    assert choices["recipe"]["segments"] == TAUGHT["bars" if kind == "films" else "spirals_still"]
    assert choices["glom"]["image_size"] == [24, 24]
    assert choices["glom"]["channels"] == (3 if kind == "films" else 1)
    labeled = kind != "unlabeled"
    assert ("parts: k-means" in shown) == ("color alone, by column" in shown) == labeled
    assert ("without labels" in shown) == (not labeled)
    assert ("what it is taught with" in shown) == labeled
    assert "parts: how many islands" in shown and "effective rank" in shown
    assert "| vectors |\n" not in shown  # a table of nothing
    (folder,) = (tiny / "bars").iterdir()
    assert (folder / "islands_0.png").exists()
    with np.load(folder / "train.npz") as trained:
        assert trained.files == ["frames" if kind == "films" else "images"]
        assert len(trained[trained.files[0]]) == 8  # 85 % of 10
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name, own_recipe", (("spirals", False), ("spirals_still", True)))
def test_still_pictures_have_the_recipe_if_it_wants_no_films(name, own_recipe, tmp_path):
    stills = crossing_bars(10, size=24, radius=3.0, parts=2, spread=1.0, rng=rng()).images
    path, _ = own(tmp_path, frames=None, images=stills)
    mine, named = (variants.choices(name, "glom", data=data) for data in (path, None))
    assert (mine["recipe"] == named["recipe"]) == own_recipe
    assert not {"common_fate", "moving_regions", "layers"} & set(mine["recipe"]["segments"])


@pytest.mark.parametrize("what", ["one object", "all background"])
def test_what_is_not_defined_is_said(what, tiny, tmp_path, capsys):
    _, films = own(tmp_path)
    objects, parts = (films.objects > 0).astype(int), films.parts
    if what == "all background":
        objects, parts = np.zeros_like(objects), np.zeros_like(parts)
    path, _ = own(tmp_path, objects=objects, parts=parts)
    assert main(["bars", "--data", str(path), "--seeds", "1", "--out", str(tiny)]) == 0
    shown = capsys.readouterr().out
    assert "nan" not in shown.lower()
    none = "fewer than two segments in every picture" in shown
    one = "Scores of objects are not defined" in shown
    assert (none, one) == ((True, False) if what == "all background" else (False, True))
    assert ("parts: k-means" in shown) == one and "objects: k-means" not in shown


BAD = {
    "frames: wanted (N, t, H, W, c), got (10, 24, 24, 3)": {"frames": np.zeros((10, 24, 24, 3))},
    "objects: wanted (10, 24, 24), a label for every pixel, got (10, 12, 12)": {
        "objects": np.zeros((10, 12, 12), int)
    },
    "parts: wanted integer labels, got float64": {"parts": np.zeros((10, 24, 24))},
    "an array of Python objects": {"frames": np.array([None, 1], dtype=object)},
    "images: wanted a height divisible by the patch's height 6, got 25; its shape is (10, 2, 25": {
        "frames": np.zeros((10, 2, 25, 24, 3)),
        "parts": None,
        "objects": None,
    },
    "image_size: wanted at least two patches": {
        "frames": np.zeros((10, 2, 6, 6, 3)),
        "parts": None,
        "objects": None,
    },
    "images: wanted at least 8 pictures, got (3, 24, 24, 3)": {
        "frames": None,
        "images": np.zeros((3, 24, 24, 3)),
        "parts": None,
        "objects": None,
    },
    "frames: wanted finite numbers, got nan at [0, 0, 0, 0, 0]": {
        "frames": np.full((10, 2, 24, 24, 3), np.nan)
    },
}


@pytest.mark.parametrize("message", BAD)
def test_bad_data_is_refused_before_anything_is_trained(message, tiny, tmp_path, capsys):
    path, _ = own(tmp_path, **BAD[message])
    assert main(["bars", "--data", str(path), "--out", str(tiny)]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not tiny.exists()


def test_truncated_data(tiny, tmp_path, capsys):
    path, _ = own(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    assert main(["bars", "--data", str(path), "--out", str(tiny)]) == 2
    assert "own.npz: wanted an npz of plain arrays, got" in capsys.readouterr().err


def test_a_split_by_seed_is_whole_and_repeats(tmp_path):
    scenes = own_data.read(own(tmp_path)[0])
    train, test = own_data.split(scenes, 0)
    assert (len(train), len(test)) == (8, 2)
    both = np.concatenate([train.images, test.images])
    assert {x.tobytes() for x in both} == {x.tobytes() for x in scenes.images}
    assert (own_data.split(scenes, 0)[1].images == test.images).all()
    assert any((own_data.split(scenes, s)[1].images != test.images).any() for s in (1, 2, 3))
