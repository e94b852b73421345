"""What can be asked of a training run: by flag, by file, by default. For both houses."""

import json
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .alone import Alone
from .checks import check_number, check_whole, pair
from .choices import Choices
from .config import GlomConfig
from .recipe import Recipe
from .record import SUFFIX
from .worlds import WORLDS

__all__ = ["House", "Training", "asked_for", "parser"]


@dataclass(frozen=True)
class House:
    """What differs between the two: their `fit` and `save`, and how arrays become theirs."""

    name: str
    fit: Callable[..., tuple[dict, dict, dict]]
    save: Callable[..., None]
    carry: Callable[[dict, str, str], dict]  # (tree, dtype, device) -> the tree in this house
    dtypes: tuple[str, ...]  # the first is the default
    crew: Callable[[], Alone] = Alone  # the processes that train together


@dataclass(frozen=True, kw_only=True)
class Training(Choices):
    """The choices of a run besides GlomConfig and Recipe. Together they are all it depends on."""

    world: str = "avatars"
    split: str = "train"
    count: int = 1000  # scenes, of a world that is drawn
    size: int | tuple[int, int] | None = None  # pixels, of a world that has no size of its own
    # Any other choice of a drawn world's generator, such as {"frames": 3, "objects": 3}. Of films
    # the first frame is trained on; the others show what moves together (Recipe.segments).
    world_choices: dict[str, Any] = field(default_factory=dict)
    steps: int = 1000
    batch: int = 32
    lr: float = 1e-3
    warmup: int | None = None  # None: a twentieth of the steps
    clip: float = 1.0
    seed: int = 0
    curve_every: int | None = None  # None: about 200 points
    start_from: str | None = None

    def __post_init__(self) -> None:
        for name in ("world", "split", "start_from"):
            value = getattr(self, name)
            if not isinstance(value, str) and not (name == "start_from" and value is None):
                raise TypeError(f"{name}: wanted a string, got {value!r}")
        for name, least in (("count", 1), ("steps", 1), ("batch", 1), ("seed", 0)):
            check_whole(name, getattr(self, name), least)
        for name, least in (("warmup", 0), ("curve_every", 1)):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), least)
        for name in ("lr", "clip"):  # JSON writes 1.0 as 1
            object.__setattr__(self, name, check_number(name, getattr(self, name), 0.0))
        if self.size is not None:
            pair("size", self.size)
        if not isinstance(self.world_choices, dict):
            raise TypeError(f"world_choices: wanted names and values, got {self.world_choices!r}")

    def loop(self) -> dict[str, Any]:
        """The part that `fit` takes."""
        names = ("steps", "batch", "lr", "warmup", "clip", "seed")
        return {name: getattr(self, name) for name in names}


SECTIONS = {"glom": GlomConfig, "recipe": Recipe, "train": Training}
# A curve's JSON is a config file too: it has the three sections, and these beside them.
BESIDE = ("command", "curve", "dtype", "every", "finished", "pictures", "seconds", "step")
BESIDE += ("autocast", "versions")

EXAMPLES = """
examples:
  python -m {name}.train --world crossing_bars --steps 500 --out runs/bars.safetensors
  python -m {name}.train --out runs/bars.safetensors --resume
  python -m {name}.train --world photos/ --size 64 --set glom.levels=4 recipe.noise=0.1 \\
      recipe.contrast='[0, 0.1, 0.1, 0.1]' --out runs/mine.safetensors
  python -m {name}.train --config runs/bars.curve.json --seed 1 --out runs/again.safetensors

Ctrl-C saves and stops; --resume goes on, and the weights will be the very same as without the stop
(on one machine, with as many threads: set OMP_NUM_THREADS). --out is written every few steps,
atomically; its curve lies beside it as .curve.json, which --config reads too.
"""

SEVERAL = """
several processes, each with its share of every batch (--batch is all of them together):
  torchrun --standalone --nproc-per-node 4 --max-restarts 3 -m {name}.train --device cuda \\
      --world puppets --batch 64 --out runs/puppets.safetensors
All read --world and --out, the first writes. If one dies, all begin again from the last checkpoint.
The gradients are those of one process with the whole batch, to rounding. recipe.contrast is
refused: it tells a picture apart from all others of the batch, and a share has but some of them.
"""


def parser(house: House) -> ArgumentParser:
    """Every flag, with its default where the flag has the last word on it."""
    out = ArgumentParser(
        prog=f"python -m {house.name}.train",
        description="Train a GLOM on a world of pictures.",
        epilog=(EXAMPLES + SEVERAL * (len(house.dtypes) > 1)).format(name=house.name),
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
        # Only what was typed must show up: the rest comes from --config, or from a resumed run.
        argument_default=SUPPRESS,
    )
    _files(out.add_argument_group("files"))
    _choices(out.add_argument_group("what to train on, and how"))
    model = out.add_argument_group("the model (every choice of GlomConfig and Recipe: --set)")
    for name, text in (
        ("dim", "numbers in an embedding (default 32)"),
        ("levels", "embeddings in a column (default 3)"),
        ("patch_size", "pixels a side of a patch (default 4; avatars, puppets 2; tetrominoes 3)"),
    ):
        model.add_argument(
            f"--{name.replace('_', '-')}", dest=f"glom.{name}", type=int, metavar="N", help=text
        )
    text = f"steps of settling before the losses (default {Recipe.iters})"
    model.add_argument("--iters", dest="recipe.iters", type=int, metavar="N", help=text)
    model.add_argument(
        "--set",
        dest="set",
        nargs="+",
        action="extend",
        metavar="SECTION.NAME=VALUE",
        help="any choice: glom.beta='[1, 3, 10]' recipe.agreement=0.1 glom.voice_weights=learned; "
        "a value is JSON, or else a string; flags of their own win",
    )
    if len(house.dtypes) > 1:
        machine = out.add_argument_group("the machine")
        text = f"precision (default {house.dtypes[0]}; the NumPy house is always float64)"
        machine.add_argument("--dtype", dest="dtype", choices=house.dtypes, help=text)
        text = "where to compute: cpu (default), cuda, cuda:1, mps"
        machine.add_argument("--device", dest="device", default="cpu", help=text)
        text = "cut each process's batch into N parts, one after the other: less memory, same "
        text += "gradients to rounding (no recipe.contrast, which compares all of a batch)"
        machine.add_argument("--accumulate", type=int, default=1, metavar="N", help=text)
        text = "do every step of settling again in the backward pass: much less memory, the same "
        text += "gradients, about a third more time"
        machine.add_argument("--recompute", action="store_true", default=False, help=text)
        text = "matrix products in half precision; parameters stay float32 (float16: cuda only)"
        machine.add_argument("--autocast", choices=("bfloat16", "float16"), help=text)
        text = "only algorithms of torch that give the same bits every time; slower on a GPU"
        machine.add_argument("--deterministic", action="store_true", default=False, help=text)
    return out


def _files(group: Any) -> None:
    text = f"where the weights go, a name ending in {SUFFIX}; missing folders are made"
    group.add_argument("--out", required=True, metavar="FILE", help=text)
    text = "go on with the run at --out; choices need not be repeated, and must not differ"
    group.add_argument("--resume", action="store_true", default=False, help=text)
    text = "replace what is at --out; without it, a run that is there is never lost"
    group.add_argument("--overwrite", action="store_true", default=False, help=text)
    text = 'JSON: {"glom": {...}, "recipe": {...}, "train": {...}}; flags win over it'
    group.add_argument("--config", default=None, metavar="FILE", help=text)
    text = "write --out every N steps, so that a crash loses at most these (default 100)"
    group.add_argument("--checkpoint-every", type=int, default=100, metavar="N", help=text)


def _choices(group: Any) -> None:
    size = "pixels a side, or height and width; a folder of pictures needs it"
    metavars = {str: "NAME", int: "N", float: "X"}
    for name, kind, text in (
        ("world", str, f"{', '.join(WORLDS)} (default avatars), a .npz, or a folder of pictures"),
        ("split", str, "of a world that has splits: train (default), test, all, ood_objects, ..."),
        ("count", int, "scenes to draw, of a world that is drawn (default 1000)"),
        ("size", int, size),
        ("steps", int, "training steps (default 1000)"),
        ("batch", int, "pictures a step (default 32)"),
        ("lr", float, "the highest learning rate (default 0.001)"),
        ("warmup", int, "steps up to it; then a cosine down (default: a twentieth of --steps)"),
        ("clip", float, "longest gradient; longer ones are shrunk to it (default 1; 0: never)"),
        ("seed", int, "of weights, pictures and everything else at random (default 0)"),
        ("curve_every", int, "steps averaged into a point of the curve (default: steps / 200)"),
        ("start_from", str, "weights to begin a new run with, of this or the other house"),
    ):
        several = dict(nargs="+") if name == "size" else {}
        flag = f"--{name.replace('_', '-')}"
        about = dict(type=kind, metavar=metavars[kind], help=text)
        group.add_argument(flag, dest=f"train.{name}", **about, **several)


def asked_for(args: Namespace) -> dict[str, dict[str, Any]]:
    """What was asked for, by section: the file, over it --set, over it the flags."""
    sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    if args.config is not None:
        for name, choices in _read_json(args.config).items():
            sections[name] |= choices
    for text in getattr(args, "set", []):
        name, equals, value = text.partition("=")
        section, dot, choice = name.partition(".")
        if not equals or section not in SECTIONS or not choice:
            known = ", ".join(SECTIONS)
            raise ValueError(f"--set: wanted SECTION.NAME=VALUE, SECTION of {known}; got {text!r}")
        sections[section][choice] = _value(value)
    for name, value in vars(args).items():
        section, dot, choice = name.partition(".")
        if dot:
            one = isinstance(value, list) and len(value) == 1
            sections[section][choice] = value[0] if one else value
    for section, kind in SECTIONS.items():
        _check_known(sections[section], kind.__dataclass_fields__, section)
    return sections


def _value(text: str) -> Any:
    python = {"True": True, "False": False, "None": None}  # what JSON writes in small letters
    try:
        return python[text] if text in python else json.loads(text)
    except json.JSONDecodeError:
        return text


def _read_json(path: str) -> dict[str, dict[str, Any]]:
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as problem:
        raise ValueError(f"--config {path}: cannot be read: {problem.strerror}") from None
    except ValueError as problem:  # not JSON, or not even text
        raise ValueError(f"--config {path}: wanted JSON, got: {problem}") from None
    if not isinstance(content, dict):
        raise ValueError(f"--config {path}: wanted an object {{...}}, got {type(content).__name__}")
    if "curve" in content:
        content = {name: value for name, value in content.items() if name not in BESIDE}
    _check_known(content, SECTIONS, f"--config {path}")
    for name, choices in content.items():
        if not isinstance(choices, dict):
            raise ValueError(f"--config {path}: {name}: wanted an object {{...}}, got {choices!r}")
    return content


def _check_known(names: Any, known: Any, where: str) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{where}: unknown {name!r}; known are {', '.join(known)}")
