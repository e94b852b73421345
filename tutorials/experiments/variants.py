"""Who takes part in which segmentation, and what each is trained with and scored on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glom_numpy.checks import check_choice
from glom_numpy.config import GlomConfig
from glom_numpy.recipe import MOVING, Recipe

from . import own_data
from .files import HERE
from .shown import ROWS, WORDS

CONFIGS = HERE / "configs"
LOWER = ("parts", "regions", "moving_regions")  # what a level of parts is taught with
# Pictures that are scored, training pictures on which tau is chosen, pictures that are drawn; the
# share of patches that are hidden in the pictures which are scored once more.
SCORING = {"tested": 100, "tuned": 50, "drawn": 4, "hidden": 0.3}
# Where it is asked besides what a location's vector knows: pictures that the probe learns from.
PROBED = {"puppets": 200}
FOUR = ("spirals", "constellations", "bars", "puppets")
# Each variant, and the experiments that it takes part in. The peers of `spirals_still` are those of
# `spirals`, which see still pictures too; of puppets, the transformer that is taught is enough.
TAKE_PART = {
    "glom": tuple(WORDS),
    "glom_alone": FOUR,  # without consensus
    "glom_labels": ("bars", "puppets"),  # taught with true labels
    "glom_near": ("puppets",),  # one convolution in front, where others have several
    "glom_local": ("puppets",),  # a column sees its own patch, where others see a little around it
    "glom_unchanged": ("puppets",),  # the recipe of spirals, with the sizes of puppets
    "slot_attention": FOUR,
    "slot_attention_parts": ("constellations",),  # takes twice as long: once is enough
    "transformer": ("spirals", "constellations", "bars"),
    "transformer_taught": ("spirals", "bars", "puppets"),  # also taught what GLOM is taught
}
# Who is not trained as configs/NAME.json says: what stands between NAME and .json instead.
FILES = {
    "slot_attention": ".slot_attention",
    "slot_attention_parts": ".slot_attention",
    "transformer": ".transformer",
    "transformer_taught": ".transformer",
}
# One for each object, or each part, and one for the ground, as the authors count slots.
SLOTS = {"slot_attention": 3, "slot_attention_parts": 11}
# The voices of columns that were never taught to listen, where they are not fixed for each level.
ALONE = [1.0, 1.0, 1.0, 0.0]
# Steps of training, where they are others than in the file. What sees less is given more: 7,000 is
# what one convolution was tuned with.
STEPS = {"glom_near": 7000, "slot_attention_parts": 2200}
# No more seeds than these, by experiment: of controls, as many as there was time for.
_THRICE = ("glom_alone", "glom_labels", "glom_local", "slot_attention", "transformer_taught")
AT_MOST = {"puppets": dict.fromkeys(_THRICE, 3) | {"glom_near": 4, "glom_unchanged": 2}}
# Whose recipe it is that a variant is taught with unchanged; and what "sizes" are.
UNCHANGED = "spirals"
SIZES = ("image_size", "patch_size", "dim", "hidden")
# Test pictures drawn otherwise than the world's own splits do, by experiment.
ALSO = {"puppets": {"smaller": {"scale": 1.0, "spread": [3.5, 5.0]}}}
# What pictures that do not move are taught with, where NAME.json wants films.
STILL = "spirals_still"
# What --quick changes: nothing is learned in three steps.
QUICK = {
    "glom": {"dim": 8, "hidden": 8},
    "train": {"steps": 3, "count": 12, "batch": 4},
    "scoring": {"tested": 3, "tuned": 2, "drawn": 1, "hidden": 0.3},
}


def choices(
    name: str, variant: str, *, quick: bool = False, data: Path | None = None
) -> dict[str, Any] | None:
    """The sections of the variant's config file, and how it is scored; None: takes no part."""
    if name not in TAKE_PART[check_choice("variant", variant, TAKE_PART)]:
        return None
    file = name + FILES.get(variant, "")
    if data is not None:
        if variant != "glom":
            return None
        if _wants_films(name) and not own_data.is_film(own_data.read(data)):
            file = STILL  # the sizes of your pictures come below
    found = _config(CONFIGS / f"{file}.json") | {"scoring": SCORING}
    if name in PROBED and variant in ROWS and data is None:
        found["scoring"] = SCORING | {"probed": PROBED[name]}
    if name in ALSO and variant == "glom" and data is None:
        found["scoring"] = found["scoring"] | {"also": ALSO[name]}
    if variant == "glom_unchanged":
        found |= _unchanged(found)
    if variant == "glom_alone":
        voices = found["glom"].get("voice_weights", "learned")
        by_level = isinstance(voices[0], list)
        alone = [[*own[:3], 0.0] for own in voices] if by_level else ALONE
        found["glom"] = found["glom"] | {"voice_weights": alone}
    if variant == "glom_labels":
        found["recipe"] = found["recipe"] | {"segments": _true_segments(found)}
    if variant == "glom_near":  # two pixels around: one convolution of 5 x 5
        found["glom"] = found["glom"] | {"front_kernel": 5, "front_layers": 1}
    if variant == "glom_local":
        sizes = found["glom"].items()
        found["glom"] = {key: size for key, size in sizes if not key.startswith("front_")}
    if variant in STEPS:
        found["train"] = found["train"] | {"steps": STEPS[variant]}
    if variant == "transformer_taught":
        theirs = _config(CONFIGS / f"{name}.json")
        films = {key: theirs["train"][key] for key in ("count", "world_choices")}
        scored = {"hidden_only": theirs["recipe"].get("hidden_only", True)}
        found |= {"train": found["train"] | films, "taught": _taught(theirs)}
        found["recipe"] = found["recipe"] | scored
    if variant in SLOTS:
        found["slots"] = SLOTS[variant]
    if quick:
        found |= {section: found[section] | changes for section, changes in QUICK.items()}
    return found if data is None else own_data.fitted(found, data)


def _wants_films(name: str) -> bool:
    """Whether what NAME is taught with shows in films only."""
    segments = _config(CONFIGS / f"{name}.json")["recipe"]["segments"]
    return any(one in MOVING for one in segments)


def _config(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _levels(found: Mapping[str, Any]) -> tuple[Recipe, dict[str, int]]:
    """The recipe of a GLOM's config file, and `levels_of` it."""
    recipe, known = Recipe.from_dict(found["recipe"]), GlomConfig().levels
    # The other sizes may be those of the pictures, which nobody has drawn yet.
    return recipe, levels_of(recipe, GlomConfig(levels=found["glom"].get("levels", known)))


def _unchanged(found: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of the recipe of `UNCHANGED`, on the pictures and with the sizes of these."""
    theirs = _config(CONFIGS / f"{UNCHANGED}.json")
    sizes = {key: found["glom"][key] for key in SIZES}
    pictures = {key: found["train"][key] for key in ("world", "world_choices", "count")}
    return theirs | {"glom": theirs["glom"] | sizes, "train": theirs["train"] | pictures}


def _true_segments(found: Mapping[str, Any]) -> list[str]:
    """The segments that a GLOM's config file names, those of parts and of objects the true ones."""
    recipe, levels = _levels(found)
    true = {level: label for label, level in levels.items()}
    return [true.get(level, name) for level, name in enumerate(recipe.segments)]


def _taught(found: Mapping[str, Any]) -> dict[str, Any]:
    """What a GLOM's config file teaches about parts and objects, as `relatives.Taught` takes it."""
    recipe, levels = _levels(found)
    count, taught = 1 + levels["objects"], levels.values()
    return {
        "segments": [recipe.segments[level] for level in taught],
        "pairs": [recipe.weights("pairs", count)[level] for level in taught],
        "background": recipe.background,
        "reconstruction": recipe.weights("reconstruction", count)[0],
    }


def levels_of(recipe: Recipe, config: GlomConfig) -> dict[str, int]:
    """At which level of a GLOM parts are, and at which objects."""
    return {"parts": lower_level(recipe, config), "objects": config.levels - 1}


def lower_level(recipe: Recipe, config: GlomConfig) -> int:
    """The level of parts: the highest below the top that is taught with them, or just below it."""
    named = [k for k, segments in enumerate(recipe.segments[:-1]) if segments in LOWER]
    return named[-1] if named else max(config.levels - 2, 0)
