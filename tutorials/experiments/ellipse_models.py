"""Three models that say of every ellipse what whole it belongs to, and one way of training them.

A GLOM, a transformer and deep sets see the same columns in the same batches, settle for the same
random numbers of steps (deep sets have none), are read at their last two states by the same heads,
and pay for the same three things: class and pose of the whole, and `pairs` of its true objects (at
each level of a GLOM that has a weight).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from glom_numpy.config import GlomConfig
from glom_numpy.flags import Training
from glom_numpy.record import fingerprint
from glom_numpy.wholes import init_wholes
from glom_torch.attention import listening_mask
from glom_torch.glom import settle
from glom_torch.losses import pairs
from glom_torch.recipe import Recipe
from glom_torch.relatives import (
    deep_sets_model,
    features,
    init_deep_sets,
    init_transformer,
    settle_tokens,
)
from glom_torch.weights import init_params, to_tensors
from glom_torch.wholes import tell, wholes_objective

from .ellipse_scenes import CLASSES, Columns, picture
from .training import train_at

HEADS = 4
# GLOM's fresh nets whisper beside its initial state, which is the same in every column: after the
# layer norm all columns are nearly equal, and who listens to everybody learns slowly. So it begins
# with a quieter initial state, louder nets, and most weight on what comes from below. The lowest
# level hears the others least: ellipses that look alike need not belong together.
QUIET, LOUD, TOKENS = 0.1, 8**0.5, 2.0
NEVER = -1e9  # a logit with no share, and no gradient
VOICES = {"bottom_up": (2.0, 2.0, 2.0), "consensus": (-3.0, 1.0, 0.0)}  # logits, by level


@dataclass(frozen=True)
class Model:
    """What is trained, of which sizes, on which losses; how long it settles is the recipe's."""

    kind: str  # "glom", "transformer" or "deep_sets"
    config: GlomConfig
    recipe: Recipe
    heads: int  # hidden units between a vector and what it says of its whole
    carried: float = 0.0  # share of batches that go on from a state of up to `longest` steps
    longest: int = 0
    alone: bool = False  # a GLOM whose consensus is muted from the beginning

    def fresh(self, seed: int) -> dict[str, Any]:
        """Parameters before training."""
        rng = np.random.default_rng(seed)
        drawn = FRESH[self.kind](self.config, rng)
        if self.alone:
            drawn["voices"]["logits"][3] = NEVER
        wholes = init_wholes(self.config.dim, CLASSES, rng, hidden=self.heads)
        return to_tensors({self.key: drawn, "wholes": wholes}, dtype=torch.float32)

    @property
    def key(self) -> str:
        """The name of its own parameters, beside the heads in "wholes"."""
        return "glom" if self.kind == "glom" else "model"

    def states(
        self,
        params: dict,
        img: Float[Tensor, "b c 1 n"],
        steps: int,
        start: Tensor | None = None,
        t: int = 0,
    ) -> Float[Tensor, "t b n l d"]:
        """All states over some steps, from the beginning or a state at t; a relative has l = 1.

        Deep sets have no steps: they look once, and states are that one look.
        """
        own, config = params[self.key], self.config.replace(image_size=(1, img.shape[-1]))
        if self.kind == "glom":
            mask = listening_mask(config, config.grid)
            return settle(own, config, img, start, iters=steps, start=t, mask=mask)[0]
        if self.kind == "deep_sets":
            return deep_sets_model(own, config, img)[None, :, :, None]
        tokens = features(own, config, img) if start is None else start[:, :, 0]
        return settle_tokens(own, tokens, iters=steps)[:, :, :, None]

    def loss(self, scenes: Columns, batch: int) -> Callable[[dict, np.random.Generator], tuple]:
        """The loss of one step, as `descend` takes it."""
        numbers, recipe = scenes.numbers, self.recipe

        def loss(params: dict, rng: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
            chosen = rng.choice(len(scenes), batch, replace=False)
            img, own = picture(numbers[chosen]), scenes[chosen]
            steps = int(rng.integers(recipe.min_iters, recipe.iters + 1))
            start, t = None, 0
            # What settles must stay settled: some batches go on from a state that is older than
            # any that gradients could be followed through.
            if rng.random() < self.carried:
                t = int(rng.integers(recipe.min_iters, self.longest + 1))
                with torch.no_grad():
                    start = self.states(params, img, t)[-1]
                steps = recipe.reads + 1
            read = self.states(params, img, steps, start, t)[-recipe.reads :]
            terms = [self.read(params, levels, own) for levels in read]
            terms = {name: sum(t[name] for t in terms) / len(terms) for name in terms[0]}
            return sum(terms.values()), terms

        return loss

    def read(
        self, params: dict, levels: Float[Tensor, "b n l d"], own: Columns
    ) -> dict[str, Tensor]:
        """What one state costs: what its top level tells, and `pairs` at every level."""
        logits, poses = tell(params["wholes"], levels[:, :, -1])
        true = torch.tensor(own.poses, dtype=torch.float32)
        terms = wholes_objective(logits, poses, torch.tensor(own.classes), true)[1]
        # A relative has one level, the top.
        weights = self.recipe.weights("pairs", self.config.levels)[-levels.shape[2] :]
        objects = torch.tensor(own.objects)
        apart = [w * pairs(levels[:, :, l], objects) for l, w in enumerate(weights) if w]
        return terms | {"pairs": sum(apart)}


def _fresh_glom(config: GlomConfig, rng: np.random.Generator) -> dict[str, Any]:
    params = init_params(config, rng)
    params["initial"] *= QUIET
    params["patches"]["weight"] *= TOKENS
    for net in ("bottom_up", "top_down"):
        for layer in params[net].values():
            layer["weight"] *= LOUD
    if "voices" in params:
        params["voices"]["logits"][1] = VOICES["bottom_up"]
        params["voices"]["logits"][3] = VOICES["consensus"]
    return params


def _fresh_transformer(config: GlomConfig, rng: np.random.Generator) -> dict[str, Any]:
    drawn = init_transformer(config, rng, heads=HEADS)
    return {name: part for name, part in drawn.items() if name not in ("decoder", "norm_out")}


FRESH = {"glom": _fresh_glom, "transformer": _fresh_transformer, "deep_sets": init_deep_sets}


def train(model: Model, training: Mapping[str, Any], scenes: Columns, out: Path) -> dict[str, Any]:
    """Train at `out`, or go on there, as `train_at` says; returns the parameters, heads too."""
    training = Training.from_dict(training)
    return train_at(
        out,
        model.config,
        model.recipe,
        training,
        fingerprint(scenes.symbols, scenes.objects),
        lambda: model.fresh(training.seed),
        model.loss(scenes, training.batch),
    )
