"""The command line that both houses share: what can be asked for, and what comes of it.

`python -m glom_numpy.train` and `python -m glom_torch.train` are this, around their own `fit`.
"""

import contextlib
import io
import os
import shlex
import signal
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from .alone import Alone
from .begin import config_of, first_params, labels_of, scenes_of
from .checkpoint import Checkpoint, load
from .flags import House, Training, asked_for, parser
from .recipe import Recipe
from .record import Progress, Record, Signals, check_out, curve_path, fingerprint
from .worlds import first_frames

__all__ = ["House", "Training", "carry_out", "main", "parser", "prepare"]

# What makes a run another run, of its Record.
CHOICES = ("config", "recipe", "training", "dtype", "autocast", "pictures")
Job = tuple[Record, dict[str, Any], dict[str, Any], dict[str, Any] | None]


def main(house: House, argv: list[str] | None = None) -> int:
    """Run the command `argv` (None: the process's own) and return its exit status."""
    with house.crew() as crew:
        nowhere = contextlib.nullcontext() if crew.first else _silence()
        with nowhere:  # what argparse says, once
            args = parser(house).parse_args(argv)
        words = sys.argv[1:] if argv is None else argv
        line = shlex.join([*crew.words, "-m", f"{house.name}.train", *words])
        try:
            job = prepare(house, crew, args, line)
        except (ValueError, TypeError, OSError) as problem:
            return _say(house, crew, f"error: {problem}", 2)
        except KeyboardInterrupt:
            return _say(house, crew, "stopped before the first step", 130)
        return carry_out(house, crew, args, *job)


@contextlib.contextmanager
def _silence() -> Any:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _say(house: House, crew: Alone, text: str, status: int) -> int:
    if crew.first:
        print(f"{house.name}.train: {text}", file=sys.stderr, flush=True)
    return status


def prepare(house: House, crew: Alone, args: Namespace, line: str) -> Job:
    """The record, the pictures and labels, the parameters and the optimizer's state to begin with.

    Whatever is wrong with what was asked for comes out here, as ValueError, TypeError or OSError,
    before the first step; last of all --out is written once, which shows that it can be.
    """
    with crew.together():
        if args.checkpoint_every < 1:
            raise ValueError(f"--checkpoint-every: wanted at least 1, got {args.checkpoint_every}")
        args.machine = crew.heed(args)
        asked = asked_for(args)
        if crew.restarted and not args.resume and _begun(house, crew, args, asked):
            args.resume, args.overwrite = True, False
        check_out(args.out, resume=args.resume, overwrite=args.overwrite)
        job = (_resume if args.resume else _begin)(house, crew, args, asked)
        record, data, params, state = job
        loop = Training.from_dict(record.training).loop() | crew.how(record.autocast)
        loop |= dict(start=record.step, stop=record.step, state=state)  # its checks alone
        house.fit(params, record.config, record.recipe, **data, **loop)
        record.commands.append(line)
    for name in (*CHOICES, "step"):
        crew.same(name, str(getattr(record, name)))
    with crew.together():
        if crew.first and not record.finished:
            try:
                os.makedirs(os.path.dirname(os.path.abspath(args.out)), exist_ok=True)
                record.keep(params, state)
            except OSError as problem:
                raise ValueError(f"--out {args.out}: cannot be written: {problem}") from None
    iters, levels = record.recipe.iters, record.config.levels
    if iters < levels and not args.resume:
        note = f"note: iters={iters} < levels={levels}: the picture climbs one level a step, "
        _say(house, crew, note + "so the top levels never see it", 0)
    return job


def _begun(
    house: House, crew: Alone, args: Namespace, asked: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Whether --out holds the very run that is asked for: the one that somebody failed in."""
    if not os.path.exists(args.out):
        return False
    ours, *_ = _begin(house, crew, args, asked)
    try:
        theirs = _record(house, args, load(args.out))
    except ValueError:  # no run at all
        return False
    # As a file writes them: JSON knows no tuples.
    theirs.training = Training.from_dict(theirs.training).to_dict()
    return all(getattr(ours, name) == getattr(theirs, name) for name in CHOICES)


def _begin(
    house: House, crew: Alone, args: Namespace, asked: Mapping[str, Mapping[str, Any]]
) -> Job:
    """A new run, all its choices checked."""
    training = Training.from_dict(asked["train"])
    recipe = Recipe.from_dict(asked["recipe"])
    scenes = scenes_of(training)
    images = first_frames(scenes)
    config = config_of(asked["glom"], training, images)
    labels = labels_of(scenes, config, recipe)
    params = first_params(config, recipe, training)
    dtype = getattr(args, "dtype", house.dtypes[0])
    record = Record(
        out=args.out,
        save=house.save,
        config=config,
        recipe=recipe,
        training=training.to_dict(),
        dtype=dtype,
        autocast=getattr(args, "autocast", None),
        pictures=fingerprint(images, labels),
        every=training.curve_every or max(training.steps // 200, 1),
    )
    carried = house.carry(params, dtype, crew.device)
    return record, dict(images=images, labels=labels), carried, None


def _resume(
    house: House, crew: Alone, args: Namespace, asked: Mapping[str, Mapping[str, Any]]
) -> Job:
    """The run at --out as it was left; ValueError names every choice that differs from it."""
    checkpoint = load(args.out)
    record = _record(house, args, checkpoint)
    training = Training.from_dict(record.training)
    differ = []
    for name, ours in (("glom", record.config), ("recipe", record.recipe), ("train", training)):
        theirs = ours.replace(**asked[name])
        for choice in asked[name]:
            was, wanted = getattr(ours, choice), getattr(theirs, choice)
            if was != wanted:
                differ.append(f"{name}.{choice} is {was!r}, asked for {wanted!r}")
    for choice in ("dtype", "autocast"):
        was, wanted = getattr(record, choice), getattr(args, choice, getattr(record, choice))
        if was != wanted:
            differ.append(f"{choice} is {was}, asked for {wanted}")
    if differ:
        raise ValueError(
            f"--resume: a run goes on as it began; of {args.out}, {'; '.join(differ)}. A new run "
            f"can begin with its weights: --start-from {args.out} --out (another name)"
        )
    if record.dtype not in house.dtypes:
        known = ", ".join(house.dtypes)
        raise ValueError(
            f"--resume: {args.out} is {record.dtype}; {house.name} computes in {known}"
        )
    scenes = scenes_of(training)
    labels = labels_of(scenes, record.config, record.recipe)
    images = first_frames(scenes)
    if fingerprint(images, labels) != record.pictures:
        raise ValueError(f"--resume: {training.world} no longer has the pictures it began with")
    tree = house.carry(checkpoint.params, record.dtype, crew.device)
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
    crew: Alone,
    args: Namespace,
    record: Record,
    data: dict[str, Any],
    params: dict[str, Any],
    state: dict[str, Any] | None,
) -> int:
    """Train, keeping the run as it goes; returns the exit status."""
    steps = record.training["steps"]
    if record.finished:
        done = f"{record.out} is finished: all its {steps} steps are done"
        return _say(house, crew, done, 0)
    on = [*crew.words, "-m", f"{house.name}.train", "--resume", "--out", record.out]
    on = shlex.join(on + args.machine)
    loop = Training.from_dict(record.training).loop() | dict(start=record.step, state=state)
    loop |= crew.how(record.autocast)
    with Signals() as signals, Progress(record.step, steps, shown=crew.first) as progress:

        def each(params: dict, state: dict, row: dict) -> None:
            record.note(row)
            progress.show(record.step, row["loss"])
            came = crew.largest(signals.came or 0)  # whoever it came to, all stop here
            if came or record.step % args.checkpoint_every == 0:
                with crew.together():
                    if crew.first:
                        record.keep(params, state)
            if came:
                signals.came = came
                raise KeyboardInterrupt

        try:
            params, *_ = house.fit(params, record.config, record.recipe, **data, **loop, each=each)
            with crew.together():
                if crew.first:
                    record.finish(params)
        except (KeyboardInterrupt, FloatingPointError, OSError) as problem:
            progress.close()
            kept = f"{record.out} holds step {record.kept} of {steps}"
            if isinstance(problem, FloatingPointError):
                return _say(house, crew, f"error: {problem}; {kept}", 1)
            if isinstance(problem, OSError):
                why = f"error: {record.out}: cannot be written: {problem}"
                return _say(house, crew, f"{why}; {kept}; go on with: {on}", 1)
            number = signal.SIGINT if signals.came is None else signals.came
            return _say(house, crew, f"stopped; {kept}; go on with: {on}", 128 + number)
    if crew.first:
        print(f"{record.out}: {steps} steps, curve in {curve_path(record.out)}")
    return 0
