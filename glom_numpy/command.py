"""The command line that both houses share: what can be asked for, and what comes of it.

`python -m glom_numpy.train` and `python -m glom_torch.train` are this, around their own `fit`.
"""

import os
import shlex
import signal
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

import numpy as np

from .checkpoint import Checkpoint, load
from .config import GlomConfig
from .flags import House, Training, asked_for, parser
from .recipe import Recipe, init_heads
from .record import Progress, Record, Signals, check_out, curve_path, fingerprint
from .weights import check_params, init_params
from .worlds import Scenes, first_frames, open_world, segment_labels

__all__ = ["House", "Training", "carry_out", "main", "parser", "prepare"]

# Sizes for a first run; GlomConfig's own (512 numbers, 6 levels) take a day on a laptop.
FIRST = {"dim": 32, "levels": 3}
PATCH_SIZES = {"avatars": 2, "puppets": 2, "tetrominoes": 3}  # 8 x 8, 16 x 16, 12 x 12 columns
PATCH_SIZE = 4


def main(house: House, argv: list[str] | None = None) -> int:
    """Run the command `argv` (None: the process's own) and return its exit status."""
    args = parser(house).parse_args(argv)
    words = sys.argv[1:] if argv is None else argv
    line = shlex.join(["python", "-m", f"{house.name}.train", *words])
    try:
        job = prepare(house, args, line)
    except (ValueError, TypeError, OSError) as problem:
        return _say(house, f"error: {problem}", 2)
    except KeyboardInterrupt:
        return _say(house, "stopped before the first step", 130)
    return carry_out(house, args, *job)


def _say(house: House, text: str, status: int) -> int:
    print(f"{house.name}.train: {text}", file=sys.stderr, flush=True)
    return status


def prepare(
    house: House, args: Namespace, line: str
) -> tuple[Record, dict[str, Any], dict[str, Any], dict[str, Any] | None]:
    """The record, the pictures and labels, the parameters and the optimizer's state to begin with.

    Whatever is wrong with what was asked for comes out here, as ValueError, TypeError or OSError,
    before the first step; last of all --out is written once, which shows that it can be.
    """
    if args.checkpoint_every < 1:
        raise ValueError(f"--checkpoint-every: wanted at least 1, got {args.checkpoint_every}")
    check_out(args.out, resume=args.resume, overwrite=args.overwrite)
    asked = asked_for(args)
    record, data, params, state = (_resume if args.resume else _begin)(house, args, asked)
    record.commands.append(line)
    if not record.finished:
        try:
            os.makedirs(os.path.dirname(os.path.abspath(args.out)), exist_ok=True)
            record.keep(params, state)
        except OSError as problem:
            raise ValueError(f"--out {args.out}: cannot be written: {problem}") from None
    return record, data, params, state


def _begin(
    house: House, args: Namespace, asked: Mapping[str, Mapping[str, Any]]
) -> tuple[Record, dict[str, Any], dict[str, Any], None]:
    """A new run, all its choices checked."""
    training = Training.from_dict(asked["train"])
    recipe = Recipe.from_dict(asked["recipe"])
    scenes = _scenes(training)
    images = first_frames(scenes)
    config = _config(asked["glom"], training, images)
    labels = _labels(scenes, config, recipe)
    params = _parameters(config, recipe, training)
    dtype = getattr(args, "dtype", house.dtypes[0])
    record = Record(
        out=args.out,
        save=house.save,
        config=config,
        recipe=recipe,
        training=training.to_dict(),
        dtype=dtype,
        pictures=fingerprint(images, labels),
        every=training.curve_every or max(training.steps // 200, 1),
    )
    carried = house.carry(params, dtype, getattr(args, "device", "cpu"))
    data = dict(images=images, labels=labels)
    house.fit(carried, config, recipe, **data, **training.loop(), stop=0)  # its checks alone
    if recipe.iters < config.levels:
        _say(
            house,
            f"note: iters={recipe.iters} < levels={config.levels}: the picture climbs one "
            "level a step, so the top levels never see it",
            0,
        )
    return record, data, carried, None


def _scenes(training: Training) -> Scenes:
    rng = np.random.default_rng(training.seed)
    choices = dict(split=training.split, count=training.count, size=training.size)
    return open_world(training.world, **choices, **training.world_choices, rng=rng)


def _labels(scenes: Scenes, config: GlomConfig, recipe: Recipe) -> np.ndarray | None:
    """The segments that the recipe names; None if it names none and has no loss that wants any."""
    if not any(recipe.segments) and not any(recipe.weights("pairs", config.levels)):
        return None
    if len(recipe.segments) != config.levels:
        raise ValueError(
            f"segments: wanted {config.levels} names for `pairs`, one a level, "
            f"got {recipe.segments}"
        )
    return segment_labels(scenes, recipe.segments, config.grid, background=recipe.background)


def _config(asked: Mapping[str, Any], training: Training, images: np.ndarray) -> GlomConfig:
    """What was asked for, over what follows from the pictures, over the sizes of a first run."""
    height, width, channels = images.shape[1:]
    size = height if height == width else (height, width)
    given = {"image_size": size, "channels": channels}
    given["patch_size"] = PATCH_SIZES.get(training.world, PATCH_SIZE)
    return GlomConfig.from_dict({**FIRST, **given, **asked})


def _parameters(config: GlomConfig, recipe: Recipe, training: Training) -> dict[str, Any]:
    """Fresh weights, or those of another run; a head that does not fit the recipe is drawn anew."""
    rng = np.random.default_rng(training.seed)
    params = {"glom": init_params(config, rng), "heads": init_heads(config, recipe, rng)}
    if training.start_from is None:
        return params
    theirs = load(training.start_from).params
    check_params(config, theirs.get("glom", {}), f"start_from {training.start_from}")
    params["glom"] = theirs["glom"]
    for name, head in params["heads"].items():
        shapes, found = (_shapes(tree) for tree in (head, theirs.get("heads", {}).get(name, {})))
        if shapes == found:
            params["heads"][name] = theirs["heads"][name]
    return params


def _shapes(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _shapes(v) if isinstance(v, Mapping) else v.shape for k, v in tree.items()}


def _resume(
    house: House, args: Namespace, asked: Mapping[str, Mapping[str, Any]]
) -> tuple[Record, dict[str, Any], dict[str, Any], dict[str, Any] | None]:
    """The run at --out as it was left; ValueError names every choice that differs from it."""
    checkpoint = load(args.out)
    record = _record(house, args, checkpoint)
    training = Training.from_dict(record.training)
    dtype = getattr(args, "dtype", record.dtype)
    differ = []
    for name, ours in (("glom", record.config), ("recipe", record.recipe), ("train", training)):
        theirs = ours.replace(**asked[name])
        for choice in asked[name]:
            was, wanted = getattr(ours, choice), getattr(theirs, choice)
            if was != wanted:
                differ.append(f"{name}.{choice} is {was!r}, asked for {wanted!r}")
    if dtype != record.dtype:
        differ.append(f"dtype is {record.dtype}, asked for {dtype}")
    if differ:
        raise ValueError(
            f"--resume: a run goes on as it began; of {args.out}, {'; '.join(differ)}. A new run "
            f"can begin with its weights: --start-from {args.out} --out (another name)"
        )
    if dtype not in house.dtypes:
        known = ", ".join(house.dtypes)
        raise ValueError(f"--resume: {args.out} is {dtype}; {house.name} computes in {known}")
    scenes = _scenes(training)
    labels = _labels(scenes, record.config, record.recipe)
    images = first_frames(scenes)
    if fingerprint(images, labels) != record.pictures:
        raise ValueError(f"--resume: {training.world} no longer has the pictures it began with")
    tree = house.carry(checkpoint.params, dtype, getattr(args, "device", "cpu"))
    state = tree.pop("optimizer", None)
    return record, dict(images=images, labels=labels), tree, state


def _record(house: House, args: Namespace, checkpoint: Checkpoint) -> Record:
    try:
        return Record.resumed(checkpoint, out=args.out, save=house.save)
    except TypeError:
        raise ValueError(
            f"--resume: {args.out} holds weights, but no run of this command"
        ) from None


def carry_out(
    house: House,
    args: Namespace,
    record: Record,
    data: dict[str, Any],
    params: dict[str, Any],
    state: dict[str, Any] | None,
) -> int:
    """Train, keeping the run as it goes; returns the exit status."""
    steps = record.training["steps"]
    if record.finished:
        return _say(house, f"{record.out} is finished: all its {steps} steps are done", 0)
    device = getattr(args, "device", "cpu")
    on = ["python", "-m", f"{house.name}.train", "--resume", "--out", record.out]
    on = shlex.join(on + (["--device", device] if device != "cpu" else []))
    loop = Training.from_dict(record.training).loop() | dict(start=record.step, state=state)
    with Signals() as signals, Progress(record.step, steps) as progress:

        def each(params: dict, state: dict, row: dict) -> None:
            record.note(row)
            progress.show(record.step, row["loss"])
            if signals.came is not None or record.step % args.checkpoint_every == 0:
                record.keep(params, state)
            if signals.came is not None:
                raise KeyboardInterrupt

        try:
            params, *_ = house.fit(params, record.config, record.recipe, **data, **loop, each=each)
            record.finish(params)
        except (KeyboardInterrupt, FloatingPointError, OSError) as problem:
            progress.close()
            kept = f"{record.out} holds step {record.kept} of {steps}"
            if isinstance(problem, FloatingPointError):
                return _say(house, f"error: {problem}; {kept}", 1)
            if isinstance(problem, OSError):
                why = f"error: {record.out}: cannot be written: {problem}"
                return _say(house, f"{why}; {kept}; go on with: {on}", 1)
            number = signal.SIGINT if signals.came is None else signals.came
            return _say(house, f"stopped; {kept}; go on with: {on}", 128 + number)
    print(f"{record.out}: {steps} steps, curve in {curve_path(record.out)}")
    return 0
