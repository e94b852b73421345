"""What happens to a state past the t it was trained for? GLOM beside glom-pytorch.

Three models on the same pictures, of about as many parameters and minutes: the committed GLOM,
trained after a random number of steps each time; the package glom-pytorch, trained as its README
says, always at the same t; and the same package trained after a random number of steps too, which
says whether it is the model or the training that makes a state settle. Each is asked at every t, up
to four times the trained one, for what it was trained to do, and for its islands.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from glom_numpy.config import GlomConfig
from glom_numpy.flags import Training
from glom_numpy.recipe import Recipe, draw
from glom_numpy.record import curve_path
from glom_numpy.worlds import Scenes, first_frames, open_world
from glom_torch.checkpoint import Checkpoint, load, load_glom
from glom_torch.glom import Glom
from glom_torch.look import counted
from glom_torch.losses import corrupt, reconstruction
from glom_torch.nets import mlp
from glom_torch.patches import image_to_patches, patches_to_image
from glom_torch.worlds import to_model

from . import denoiser, peers
from .files import HERE
from .measure import BATCH, Look, labels_of, looks_at, score
from .relatives import train as train_relative
from .scorer import NAMES, Row, Scorer
from .settled import TABLES, about, figure, scored
from .variants import levels_of

__all__ = ["NAME", "TABLES", "VARIANTS", "about", "choices", "figure", "run"]

Array = np.ndarray
Say = Callable[[str], None]
NAME = "settling"
VARIANTS = ("glom", "glom_pytorch", "glom_pytorch_random_t")
WEIGHTS = HERE.parent / "weights" / "constellations.safetensors"
CONFIGS = {
    "glom_pytorch": HERE / "configs" / "settling.json",
    "glom_pytorch_random_t": HERE / "configs" / "settling.random_t.json",
}
ROWS = dict(zip(VARIANTS, ("GLOM", "glom-pytorch", "glom-pytorch, random t"), strict=True))
# Pictures that are scored, and training pictures on which tau and the peer's levels are chosen.
SCORING = {"tested": 100, "tuned": 50}
QUICK = {
    "glom": {"dim": 8},
    "train": {"steps": 3, "count": 12, "batch": 4},
    "scoring": {"tested": 2, "tuned": 1},
}


def choices(variant: str, *, quick: bool = False) -> dict[str, Any]:
    """What was trained, and how it is scored; of the GLOM also which weights.

    FileNotFoundError without these, ValueError without glom-pytorch.
    """
    if variant == "glom":
        held = weights()
        found = {"glom": held.config.to_dict(), "recipe": held.recipe.to_dict()}
        found |= {"train": held.extra["training"]}
        found |= {"weights": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]}
        changed = {"scoring": QUICK["scoring"]}
    else:
        denoiser.check_installed()
        found = json.loads(CONFIGS[variant].read_text(encoding="utf-8"))
        changed = QUICK
    found |= {"scoring": SCORING}
    if quick:
        found |= {section: found[section] | changes for section, changes in changed.items()}
    return found


def weights() -> Checkpoint:
    """The committed GLOM; FileNotFoundError says what makes it, ValueError what it lacks."""
    if not WEIGHTS.exists():
        command = "python -m glom_torch.train --config tutorials/experiments/configs/"
        command += f"constellations.json --steps 2500 --out tutorials/weights/{WEIGHTS.name}"
        raise FileNotFoundError(f"{WEIGHTS.name}: wanted the trained GLOM; {command} makes it")
    held = load(WEIGHTS)
    if held.recipe is None or "training" not in held.extra:
        wanted = "a checkpoint of glom_torch.train, with its recipe and its training"
        raise ValueError(f"{WEIGHTS.name}: wanted {wanted}, got one without")
    return held


def run(variant: str, seed: int, folder: Path, say: Say, *, quick: bool = False) -> dict[str, Any]:
    """Train a peer, or go on, or take the committed GLOM, and ask it at every t."""
    asked = choices(variant, quick=quick)
    training, recipe = Training.from_dict(asked["train"]), Recipe.from_dict(asked["recipe"])
    scoring = asked["scoring"]
    test = scenes(training, "test", scoring["tested"], seed)
    if variant == "glom":
        tuned = scenes(training, "train", scoring["tuned"], seed)
        return _glom(Scorer(test=test, tuned=tuned, grid=weights().config.grid, seed=seed))
    pictures = scenes(training, "train", training.count, seed)
    asked["train"]["seed"] = seed
    config = GlomConfig.glom_pytorch(**asked["glom"])
    scorer = Scorer(test=test, tuned=pictures[: scoring["tuned"]], grid=config.grid, seed=seed)
    peer = denoiser.Denoiser(config, recipe)
    return _peer(peer, ROWS[variant], Training.from_dict(asked["train"]), pictures, scorer, folder)


def scenes(training: Training, split: str, count: int, seed: int) -> Scenes:
    """Still pictures of the world that was trained on."""
    own = {k: v for k, v in training.world_choices.items() if k != "frames"}
    given = dict(split=split, count=count, size=training.size, rng=np.random.default_rng(seed))
    return open_world(training.world, **given, **own)


def _glom(scorer: Scorer) -> dict[str, Any]:
    held, model = weights(), load_glom(WEIGHTS)
    config, t, curve = held.config, held.recipe.iters, Path(curve_path(str(WEIGHTS))).exists()
    levels = levels_of(held.recipe, config)
    taus = scorer.taus_of(model, levels, t)
    looks = looks_at(model, scorer.images, range(4 * t + 1))
    errors = own_errors(model, held, scorer.images, np.random.default_rng([scorer.seed, 5]))
    return {
        "rows": rows(scorer, ROWS["glom"], t, looks, errors, levels, taus),
        "cost": [peers.cost(ROWS["glom"], held.params["glom"], WEIGHTS)] if curve else [],
        "trained t": t,
        "levels of": levels,
        "taus": taus,
    }


def _peer(
    peer: denoiser.Denoiser,
    name: str,
    training: Training,
    pictures: Scenes,
    scorer: Scorer,
    folder: Path,
) -> dict[str, Any]:
    out, t = folder / "peer.safetensors", peer.recipe.iters
    params = train_relative(peer, training, first_frames(pictures), out)
    net, scale = peer.trained(params), denoiser.Scale.of(first_frames(pictures))
    tuned = denoiser.looks_at(net, scale(first_frames(scorer.tuned)), [t])[t]
    levels = best_levels(tuned, scorer)
    taus = scorer.taus(tuned.by_name(levels))
    img = scale(scorer.images)
    looks = denoiser.looks_at(net, img, range(4 * t + 1))
    noisy = peer.noisy(img, np.random.default_rng([scorer.seed, 5]))
    errors = denoiser.errors_at(net, img, noisy, 4 * t) / float(img.var(correction=0))
    return {
        "rows": rows(scorer, name, t, looks, errors, levels, taus),
        "cost": [peers.cost(name, params["glom"], out)],
        "trained t": t,
        "levels of": levels,
        "taus": taus,
    }


def best_levels(tuned: Look, scorer: Scorer) -> dict[str, int]:
    """For parts and for objects the level that fits best, by k-means on training pictures.

    Nothing tells the peer's levels what to hold, so the one that serves it best is taken.
    """
    labels = labels_of(scorer.tuned, NAMES, scorer.grid)
    fits = [
        score(tuned.level(level), labels, scorer.rng()) for level in range(tuned.levels.shape[2])
    ]
    return {n: int(np.argmax([fit[f"{n} FG-ARI"] or 0.0 for fit in fits])) for n in NAMES}


def own_errors(model: Glom, held: Checkpoint, images: Array, rng: np.random.Generator) -> Array:
    """How wrong the GLOM's own pictures are at t = 0 .. 4 times the trained t (iters + 1,).

    Pictures are corrupted and scored as its recipe does it in training; mean squared error in
    variances of the clean pictures. NaN where no level was taught to paint.
    """
    config, recipe, iters = held.config, held.recipe, 4 * held.recipe.iters
    asked = np.array(recipe.weights("reconstruction", config.levels))
    if not asked.any():
        return np.full(iters + 1, np.nan)
    share, total = torch.tensor(asked / asked.sum(), dtype=torch.float32), np.zeros(iters + 1)
    clean = to_model(images)
    for start in range(0, len(images), BATCH):
        img = clean[start : start + BATCH]
        draws = draw(config, recipe, len(img), rng)
        hidden = torch.tensor(draws.hidden[: len(img)])  # of two views the first
        patches = image_to_patches(img, config.patch)
        seen = corrupt(patches, hidden, recipe.mask_value)
        seen = patches_to_image(seen, config.patch, config.grid)
        if draws.noise is not None:
            seen = seen + torch.tensor(draws.noise[: len(img)], dtype=seen.dtype)
        where = counted(recipe, draws)[: len(img)]
        with torch.no_grad():
            for t, state in enumerate(model(seen, iters=iters, return_all=True)):
                painted = mlp(held.params["heads"]["decoder"], state)
                error = reconstruction(painted, patches, share, where)
                total[t] += float(error) * len(img)
    return total / len(images) / float(clean.var(correction=0))


def rows(
    scorer: Scorer,
    name: str,
    trained: int,
    looks: Mapping[int, Look],
    errors: Array,
    levels: Mapping[str, int],
    taus: Mapping[str, float],
) -> list[Row]:
    """A row for each t: the error and the update at all, how well islands fit at some."""
    found = []
    for t, look in looks.items():
        row: Row = {"row": name, "t": t}
        if t in scored(trained) and np.isfinite(look.levels).all():
            own = scorer.row(name, t, look.by_name(levels), taus, nested=False)
            row |= own | look.about(levels)
        row |= {"error": number(errors[t])}
        row |= {"relative error": number(errors[t] / errors[trained])}
        row |= {"update": None if look.update is None else number(look.update[-1])}
        found.append(row)
    return found


def number(value: float) -> float | None:
    """To four digits; None for what is not defined, or has left the numbers."""
    return float(f"{value:.4g}") if np.isfinite(value) else None
