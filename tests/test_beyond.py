"""Pictures out of distribution: drawn as asked, and what they give to whoever learned nothing."""

import numpy as np
import pytest

from glom_numpy.config import GlomConfig
from glom_torch.glom import Glom
from tutorials.experiments import controls, segmentation, variants
from tutorials.experiments.measure import score
from tutorials.experiments.scorer import Scorer

WORLD = {"world": "crossing_bars", "count": 3, "world_choices": {"frames": 2, "radius": 4.0}}
ALSO = {"thin": {"radius": 2.0}}
CONFIG = GlomConfig(image_size=48, patch_size=6, dim=8, hidden=8, bands=2, levels=2)


@pytest.fixture(scope="module")
def scenes():
    scoring = {"tested": 4, "also": ALSO}
    return segmentation._scenes({"train": WORLD, "scoring": scoring}, 0)


def covered(scenes):
    return np.mean(scenes.objects > 0)


def test_every_split_is_drawn_as_it_says(scenes):
    assert list(scenes) == ["train", "test", "ood_objects", "ood_scale", "thin"]
    assert [len(own) for own in scenes.values()] == [3, 4, 4, 4, 4]
    assert scenes["ood_objects"].objects.max() == 3 and scenes["thin"].objects.max() == 2
    assert covered(scenes["thin"]) < covered(scenes["test"]) < covered(scenes["ood_scale"])
    assert (scenes["thin"].images[:, 0].shape) == (scenes["test"].images[:, 0].shape)
    without = segmentation._scenes({"train": WORLD, "scoring": {"tested": 4}}, 0)
    assert "thin" not in without
    assert (without["test"].images == scenes["test"].images).all()


@pytest.mark.parametrize("split", ["ood_scale", "thin"])
def test_what_learned_nothing_is_scored_on_the_same_pictures(split, scenes):
    model = Glom(CONFIG, rng=np.random.default_rng(1))
    scorer = Scorer(test=scenes[split], tuned=scenes["train"], grid=CONFIG.grid, seed=0)
    levels = {"parts": 0, "objects": 1}
    rows = {row["row"]: row for row in scorer.beneath(model, split, levels, 2)}
    known = {row["row"]: row for row in scorer.baselines()}
    by_column = ("color alone", "location alone", "color and location")
    names = [f"{name}, by column" for name in by_column]
    assert list(rows) == [f"{name}: {split}" for name in (*names, "untrained")]
    for name in names:
        assert rows[f"{name}: {split}"] == known[name] | {"row": f"{name}: {split}"}
    fresh = scorer.at(controls.untrained(model, 0), scorer.images, levels, 2)
    wanted = score(fresh, scorer.labels, scorer.rng())
    assert rows[f"untrained: {split}"] == wanted | {"row": f"untrained: {split}"}


def test_only_glom_is_shown_more_than_the_worlds_own_splits():
    for variant in variants.TAKE_PART:
        asked = variants.choices("puppets", variant)
        shown = asked and asked["scoring"].get("also")
        assert shown == (variants.ALSO["puppets"] if variant == "glom" else None), variant
