"""Relatives beside GLOM, in the same rows: what they took, and how well they segment."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from glom_numpy.config import GlomConfig
from glom_numpy.flags import Training
from glom_numpy.recipe import Recipe
from glom_numpy.record import curve_path
from glom_numpy.relatives import count_params
from glom_numpy.worlds import Scenes, first_frames

from .files import read_json
from .measure import score, score_labels
from .relatives import Relative, Taught, slots_at, tokens_at, train
from .scorer import NAMES, Row, Scorer, times
from .shown import TRANSFORMERS


def run(asked: Mapping[str, Any], pictures: Scenes, test: Scenes, folder: Path) -> dict[str, Any]:
    """Train a relative on `pictures`, or go on, and score it on `test`.

    `asked` has the three sections of its config file; for slot attention also how many `slots`, for
    a transformer that is taught as GLOM is, what it is `taught`.
    """
    training, recipe = Training.from_dict(asked["train"]), Recipe.from_dict(asked["recipe"])
    images = first_frames(pictures)
    height, width, channels = images.shape[1:]
    sizes = {"image_size": (height, width), "channels": channels}
    config = GlomConfig.from_dict(sizes | asked["glom"])
    taught = Taught(**asked["taught"]) if "taught" in asked else None
    labels = None if taught is None else taught.labels(pictures, config.grid)
    relative = Relative(config, recipe, asked.get("slots"), taught)
    out = folder / "relative.safetensors"
    params = train(relative, training, images, out, labels)
    tuned, grid = pictures[: asked["scoring"]["tuned"]], relative.config.grid
    scorer = Scorer(test=test, tuned=tuned, grid=grid, seed=training.seed)
    if relative.slots is None:
        name = TRANSFORMERS["transformer" if taught is None else "transformer_taught"]
        rows = transformer_rows(scorer, params, relative, name, asked["scoring"]["hidden"])
    else:
        name = f"slot attention, {relative.slots} slots"
        rows = slot_rows(scorer, params, relative, name)
    return {"rows": rows, "cost": [cost(name, params, out)], "trained t": recipe.iters}


def transformer_rows(
    scorer: Scorer, params: dict, relative: Relative, name: str, share: float
) -> list[Row]:
    """k-means and islands at all times: of its tokens, the same for parts and for objects.

    Of one that is taught, of the readout for each; and once more with a share of patches hidden.
    """
    trained, taught = relative.recipe.iters, relative.taught is not None
    levels = {n: k if taught else 0 for k, n in enumerate(NAMES)}
    tuned = tokens_at(params, relative, first_frames(scorer.tuned), [trained])[trained]
    taus = scorer.taus(tuned.by_name(levels))
    rows = []
    for t, look in tokens_at(params, relative, scorer.images, times(trained)).items():
        own = scorer.row(name, t, look.by_name(levels), taus, nested=taught)
        rows.append(own | look.about(levels))
    if not (taught and share):
        return rows
    shown = partial(tokens_at, params, relative), relative.config, name, levels, trained, taus
    return rows + scorer.filled_in(*shown, share)


def slot_rows(scorer: Scorer, params: dict, relative: Relative, name: str) -> list[Row]:
    """Which slot won a location, which one is seen there, and k-means on what it heard."""
    rows = []
    steps = [t for t in times(relative.recipe.iters) if t]
    for t, slots in slots_at(params, relative, scorer.images, steps, scorer.seed).items():
        for how, found in (("who won", slots.won), ("alpha masks", slots.alpha)):
            own = score_labels(found, scorer.labels)
            rows.append({"row": f"{name}: {how}", "t": t} | own)
        own = score(slots.heard, scorer.labels, scorer.rng())
        rows.append({"row": f"{name}: k-means on what is heard", "t": t} | own)
    return sorted(rows, key=lambda row: row["row"])


def cost(name: str, params: Mapping[str, Any], out: Path) -> Row:
    """What a model has and took: parameters, steps, minutes of training, its last loss."""
    curve = read_json(Path(curve_path(str(out))))
    return {
        "row": name,
        "parameters": count_params(params),
        "steps": curve["train"]["steps"],
        "minutes": round(curve["seconds"] / 60, 2),
        "loss": float(f"{curve['curve']['loss'][-1]:.4g}"),
    }
