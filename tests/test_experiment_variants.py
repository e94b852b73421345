"""Who takes part in segmentation, with what choices; a transformer taught what GLOM is taught."""

import json

import numpy as np
import pytest
import torch

from glom_numpy.config import GlomConfig, flatten
from glom_numpy.flags import Training
from glom_numpy.recipe import LABELS, Recipe, draw
from glom_numpy.relatives import count_params
from glom_numpy.weights import init_params
from glom_numpy.worlds import WORLDS, crossing_bars, segment_labels
from glom_torch.relatives import transformer_objective
from glom_torch.worlds import to_model
from tutorials.experiments import relatives
from tutorials.experiments.shown import WORDS
from tutorials.experiments.variants import ALSO, CONFIGS, SCORING, TAKE_PART, choices


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("world", WORDS)
def test_peers_see_the_same_pictures_and_are_about_as_large(world):
    sizes, pictures = {}, []
    for variant in TAKE_PART:
        asked = choices(world, variant)
        if asked is None:
            continue
        training, recipe = (
            kind.from_dict(asked[section])
            for kind, section in ((Training, "train"), (Recipe, "recipe"))
        )
        config = GlomConfig.from_dict(asked["glom"])
        assert training.world in WORLDS and recipe.iters >= config.levels
        if variant.startswith("glom"):
            made = init_params(config, rng())
        else:
            taught = relatives.Taught(**asked["taught"]) if "taught" in asked else None
            made = relatives.Relative(config, recipe, asked.get("slots"), taught).fresh(0)
        sizes[variant] = count_params(made)
        # Motion is drawn last: with it or without, the (first) pictures are the same.
        motion = ("frames", "speed", "turn", "swing")
        still = {k: v for k, v in training.world_choices.items() if k not in motion}
        pictures.append((training.world, training.count, training.size, still))
    assert all(other == pictures[0] for other in pictures)
    for size in sizes.values():
        assert 0.75 < size / sizes["glom"] < 1.33, sizes


def whole_and(world, variant):
    """The choices of a variant and those of GLOM, less the pictures that GLOM alone is shown."""
    ours, theirs = choices(world, variant), choices(world, "glom")
    assert theirs["scoring"].pop("also", None) == ALSO.get(world)
    return ours, theirs


@pytest.mark.parametrize("world", TAKE_PART["glom_labels"])
def test_true_labels_are_all_that_changes(world):
    ours, theirs = whole_and(world, "glom_labels")
    assert ours["recipe"].pop("segments") == ["parts", "objects"]
    assert not set(theirs["recipe"].pop("segments")) & set(LABELS)
    assert ours == theirs
    assert choices("spirals", "glom_labels") is None


@pytest.mark.parametrize("world", WORDS)
def test_words_say_how_far_a_column_sees(world):
    reach = GlomConfig.from_dict(choices(world, "glom")["glom"]).front_reach
    said = {0: "", 2: "two pixels around", 4: "four pixels around"}[reach]
    assert said in WORDS[world] and ("around their patch" in WORDS[world]) == bool(said)


@pytest.mark.parametrize("world", TAKE_PART["glom_near"])
def test_one_convolution_in_place_of_several_is_all_that_changes(world):
    ours, theirs = whole_and(world, "glom_near")
    near, far = (GlomConfig.from_dict(one.pop("glom")) for one in (ours, theirs))
    assert near.front_layers == 1 < far.front_layers and near.front_reach < far.front_reach
    sizes = {key: getattr(far, key) for key in ("front_layers", "front_kernel")}
    assert near.replace(**sizes) == far
    assert ours["train"].pop("steps") >= theirs["train"].pop("steps")  # never given less
    assert ours == theirs
    assert choices("spirals", "glom_near") is None


@pytest.mark.parametrize("world", TAKE_PART["glom_local"])
def test_what_a_column_sees_is_all_that_changes(world):
    ours, theirs = whole_and(world, "glom_local")
    assert theirs["glom"].pop("front_end") == "conv"
    for key in ("front_kernel", "front_channels", "front_layers"):
        theirs["glom"].pop(key)
    assert theirs["train"].pop("steps") >= ours["train"].pop("steps") > 0
    assert ours == theirs
    assert choices("spirals", "glom_local") is None


@pytest.mark.parametrize("world", TAKE_PART["glom_unchanged"])
def test_the_recipe_of_spirals_is_unchanged_but_for_sizes(world):
    ours, theirs = choices(world, "glom_unchanged"), choices("spirals", "glom")
    here = choices(world, "glom")
    for key in ("image_size", "patch_size", "dim", "hidden"):
        assert ours["glom"].pop(key) == here["glom"][key] and theirs["glom"].pop(key)
    for key in ("world", "world_choices", "count"):
        assert ours["train"].pop(key) == here["train"][key] and theirs["train"].pop(key)
    for key in ("glom", "recipe", "train"):
        assert ours[key] == theirs[key] != here[key]
    assert choices("spirals", "glom_unchanged") is None


@pytest.mark.parametrize("world", TAKE_PART["transformer_taught"])
def test_the_transformer_is_taught_what_glom_is_taught(world):
    glom = choices(world, "glom")
    plain = json.loads((CONFIGS / f"{world}.transformer.json").read_text("utf-8"))
    plain["scoring"] = SCORING
    ours = choices(world, "transformer_taught")
    taught = ours.pop("taught")
    for key in ("segments", "pairs", "background"):
        assert taught[key] == glom["recipe"][key], key
    assert taught["reconstruction"] == glom["recipe"]["reconstruction"][0]
    assert ours["train"].pop("world_choices") == glom["train"]["world_choices"]
    plain["train"].pop("world_choices", None)
    plain["recipe"]["hidden_only"] = glom["recipe"]["hidden_only"]
    assert ours == plain
    sizes = [GlomConfig.from_dict(asked["glom"]).grid for asked in (plain, glom)]
    assert sizes[0] == sizes[1]


# ---------------------------------------------------------------- what teaches the readouts

CONFIG = GlomConfig(image_size=24, patch_size=6, dim=8, hidden=8, bands=2, levels=1)
RECIPE = Recipe(iters=3, mask_ratio=0.3, reads=2)
NAMES = ("regions", "common_fate")
FILMS = crossing_bars(4, size=24, radius=3.0, parts=2, spread=1.0, frames=2, rng=rng())


def taught(pairs=(0.5, 1.0), weight=0.3):
    return relatives.Taught(NAMES, pairs, background=False, reconstruction=weight)


def told(labels, *, seed=0, **kind):
    """Loss, terms and gradients of a fresh transformer, taught with these segments."""
    how = taught(**kind)
    params = relatives.Relative(CONFIG, RECIPE, None, how).fresh(1)
    for leaf in flatten(params).values():
        leaf.requires_grad_()
    seen, draws = to_model(FILMS.images[:, 0]), draw(CONFIG, RECIPE, len(FILMS), rng(seed))
    given = params, CONFIG, RECIPE, how, seen, draws, torch.from_numpy(labels)
    loss, terms = relatives.taught_objective(*given)
    loss.backward()
    model = {name: tree for name, tree in params.items() if name != "readouts"}
    filled_in, _ = transformer_objective(model, CONFIG, RECIPE, seen, draws)
    return params, loss, terms, filled_in


def test_segments_teach_the_readouts_and_the_tokens():
    labels = taught().labels(FILMS, CONFIG.grid)
    wanted = segment_labels(FILMS, NAMES, CONFIG.grid, background=False)
    assert (labels == wanted).all() and (labels < 0).any()
    params, loss, terms, filled_in = told(labels)
    torch.testing.assert_close(sum(terms.values()), loss)
    torch.testing.assert_close(terms["reconstruction"], 0.3 * filled_in)
    read = params["readouts"]["layer0"]["weight"].grad
    assert (read.flatten(1).norm(dim=1) > 0).all()  # that of parts, and that of objects
    alone = told(labels, pairs=(0.0, 0.0), weight=1.0)
    torch.testing.assert_close(alone[1], filled_in)
    assert not alone[0]["readouts"]["layer0"]["weight"].grad.any()
    ours, theirs = (tree["attention"]["query"]["weight"].grad for tree in (params, alone[0]))
    assert not torch.allclose(ours, 0.3 * theirs)  # the tokens, too, are taught


def test_each_readout_has_its_own_segments():
    labels = taught().labels(FILMS, CONFIG.grid)
    before = told(labels)
    for level in (0, 1):
        other = labels.copy()
        other[:, :, level] = 0  # all alike
        after = told(other)
        assert after[2]["pairs"] != before[2]["pairs"]
        moved = (
            (
                after[0]["readouts"]["layer0"]["weight"].grad
                - before[0]["readouts"]["layer0"]["weight"].grad
            )
            .flatten(1)
            .norm(dim=1)
        )
        assert moved[level] > 1e-4 and moved[1 - level] < 1e-7


def test_a_few_steps_part_what_the_segments_part(tmp_path, as_users_run_it):
    relative = relatives.Relative(CONFIG, RECIPE, None, taught())
    training = Training(steps=40, batch=4, lr=0.01)
    out = tmp_path / "x.safetensors"
    images, labels = FILMS.images[:, 0], taught().labels(FILMS, CONFIG.grid)
    params = relatives.train(relative, training, images, out, labels)
    fresh = relative.fresh(training.seed)
    draws = draw(CONFIG, RECIPE, len(FILMS), rng())
    told = torch.from_numpy(labels)
    given = CONFIG, RECIPE, relative.taught, to_model(images), draws, told
    with torch.no_grad():
        before, after = (relatives.taught_objective(p, *given)[1] for p in (fresh, params))
    assert after["pairs"] < 0.7 * before["pairs"]
    looks = relatives.tokens_at(params, relative, images, [0, 3])
    assert looks[3].levels.shape == (4, 16, 2, 8) and looks[0].update is None
    assert (looks[3].update > 0).all() and looks[3].update[0] != looks[3].update[1]
    with pytest.raises(ValueError, match="holds a run of other choices"):  # other segments
        relatives.train(relative, training, images, out, labels + 1)


def test_who_cannot_be_taught_says_so():
    with pytest.raises(ValueError, match="taught: wanted a transformer, got one of 3 slots"):
        relatives.Relative(CONFIG, RECIPE, 3, taught())
    images, labels = FILMS.images[:, 0], taught().labels(FILMS, CONFIG.grid)
    with pytest.raises(ValueError, match=r"labels: wanted the segments \(N, n, l\) .* NoneType"):
        relatives.Relative(CONFIG, RECIPE, None, taught()).loss(images, 2)
    with pytest.raises(ValueError, match="labels: wanted none, got ndarray"):
        relatives.Relative(CONFIG, RECIPE).loss(images, 2, labels)
    with pytest.raises(ValueError, match="variant: wanted one of glom, .* got 'tranformer'"):
        choices("spirals", "tranformer")
