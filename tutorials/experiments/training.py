"""Train any loss at a file, or go on there, as `python -m glom_torch.train` does for GLOM's own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from glom_numpy.config import GlomConfig
from glom_numpy.flags import Training
from glom_numpy.record import Progress, Record, Signals
from glom_torch.checkpoint import load, save
from glom_torch.descend import descend
from glom_torch.recipe import Recipe

KEPT_EVERY = 100  # steps


def train_at(
    out: Path,
    config: GlomConfig,
    recipe: Recipe,
    training: Training,
    pictures: str,
    fresh: Callable[[], dict[str, Any]],
    loss: Callable[[dict, np.random.Generator], tuple],
) -> dict[str, Any]:
    """Train at `out` (.safetensors), or go on there: to the bit as without the stop.

    Returns the parameters, which begin as fresh(); loss as `descend` takes it; `pictures` is the
    fingerprint of what is trained on. KeyboardInterrupt after Ctrl-C, once the last step is kept;
    RuntimeError if the loss runs away; ValueError if `out` holds another run.
    """
    if out.exists():
        held = load(out)
        record = Record.resumed(held, out=str(out), save=save)
        theirs = Training.from_dict(record.training).to_dict()
        held_run = record.config, record.recipe, theirs, record.pictures
        if (config, recipe, training.to_dict(), pictures) != held_run:
            raise ValueError(f"{out}: holds a run of other choices")
        params = {name: tree for name, tree in held.params.items() if name != "optimizer"}
        state = held.params.get("optimizer")
    else:
        about = dict(config=config, recipe=recipe, dtype="float32", pictures=pictures)
        every = training.curve_every or max(training.steps // 200, 1)
        about |= dict(training=training.to_dict(), every=every)
        record = Record(out=str(out), save=save, **about)
        params, state = fresh(), None
    if not record.finished:
        params = _descend(loss, training, record, params, state)
    return params


def _descend(
    loss: Callable, training: Training, record: Record, params: dict, state: Any
) -> dict[str, Any]:
    loop = training.loop()
    del loop["batch"]  # the loss has it
    with Signals() as signals, Progress(record.step, training.steps) as progress:

        def each(params: dict, state: dict, row: dict) -> None:
            record.note(row)
            progress.show(record.step, row["loss"])
            if signals.came is not None or record.step % KEPT_EVERY == 0:
                record.keep(params, state)
            if signals.came is not None:
                raise KeyboardInterrupt

        try:
            params, *_ = descend(params, loss, **loop, start=record.step, state=state, each=each)
        except FloatingPointError as problem:
            raise RuntimeError(f"{record.out}: {problem}") from None
        record.finish(params)
    return params
