"""Which parts of puppets go astray, and do the same in a model that is taught with true labels?

The shipped model of puppets, and one taught with true labels, from other first weights and on other
films, sort the same test pictures. Where both fail at parts of the same kind, and at the very same
parts, a better teacher alone would not help much. (Whether pictures do not say, or such a model
cannot read it, is another question.)
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from glom_numpy.worlds import Scenes, first_frames, open_world
from glom_torch.checkpoint import load_glom
from glom_torch.glom import Glom

from .. import WEIGHTS
from ..strays import Contact, contacts, strays
from .early import weights
from .measure import labels_of, looks_at
from .scorer import Row
from .tables import Table, lines

Array = np.ndarray
Say = Callable[[str], None]
Part = tuple[int, int]  # the picture's number, the part's label
Parts = AbstractSet[Part]
NAME = "astray"
VARIANTS = ("puppets",)
# Who sorts the pictures, and the name of the shipped weights.
GLOM, LABELS = "GLOM", "taught with true labels"
MODELS = {GLOM: "puppets", LABELS: "puppets_labels"}
SCORING = {"tested": 200, "t": [1, 2, 3, 6, 24], "few": 20}  # few: pixels
QUICK = {"tested": 8, "t": [1]}
TOP = 1  # the level of objects
ALL = "all"
# What a picture shows of a part: each is of one kind.
KINDS: dict[str, Callable[[Contact], bool]] = {
    "touch no other figure": lambda seen: seen.others == 0,
    "touch another, their own more": lambda seen: 0 < seen.others < seen.own,
    "touch another as much as their own, or more": lambda seen: 0 < seen.own <= seen.others,
    "touch another figure alone": lambda seen: seen.own == 0 < seen.others,
}
ASTRAY = {f"{model}: astray": f"astray, {model}" for model in MODELS}
TABLES = {
    "": Table(
        columns={"parts": "how many"}
        | ASTRAY
        | {f"{model}: share": f"of all astray, {model}" for model in MODELS},
        formats={"parts": ",.0f"} | dict.fromkeys(ASTRAY, ".3f"),
        first="parts that",
    ),
    "shared": Table(
        columns={"shared": "in the other model, too"}
        | {"chance": "by chance", "alike": "by chance, of the same kind and size"},
        rows="shared",
        first="parts astray in",
    ),
    "over_t": Table(
        columns={"parts": "parts astray"} | {str(k): f"pictures with {k}" for k in range(3)},
        formats={"parts": ".3f"},
        rows="over_t",
        first="model",
    ),
}


def choices(variant: str, *, quick: bool = False) -> dict[str, Any]:
    """Which weights, and on which pictures they are asked. FileNotFoundError without them.

    ValueError if the models differ in more than teacher and seed: that would be another question.
    """
    held = {model: weights(name) for model, name in MODELS.items()}
    sizes = [(one.config, one.extra["training"] | {"seed": None}) for one in held.values()]
    if sizes[0] != sizes[1]:
        both = " and ".join(f"{name}.safetensors" for name in MODELS.values())
        raise ValueError(f"{both}: wanted models of one config, trained alike but for the seed")
    drawn = {key: held[GLOM].extra["training"][key] for key in ("world", "world_choices")}
    found: dict[str, Any] = {"drawn": drawn}
    for model, name in MODELS.items():
        digest = hashlib.sha256((WEIGHTS / f"{name}.safetensors").read_bytes()).hexdigest()[:16]
        found[model] = {"recipe": held[model].recipe.to_dict(), "weights": digest}
    return found | {"scoring": SCORING | (QUICK if quick else {})}


def run(variant: str, seed: int, folder: Path, say: Say, *, quick: bool = False) -> dict[str, Any]:
    """Sort the parts of pictures drawn by this seed; the contract is in `runs`."""
    asked = choices(variant, quick=quick)
    scoring, drawn = asked["scoring"], asked["drawn"]
    how = dict(split="test", count=scoring["tested"], rng=np.random.default_rng(seed))
    scenes = open_world(drawn["world"], **how, **drawn["world_choices"])
    glom = {name: load_glom(WEIGHTS / f"{MODELS[name]}.safetensors") for name in MODELS}
    truth = labels_of(scenes, ("parts", "objects"), glom[GLOM].config.grid)
    seen = in_columns(scenes, truth["parts"])
    t, few = asked[GLOM]["recipe"]["iters"], scoring["few"]
    steps = sorted({*scoring["t"], t})
    lost = {name: astray(model, scenes, truth, steps, seed) for name, model in glom.items()}
    now = {model: by_t[t] for model, by_t in lost.items()}
    return {
        "rows": by_kind(now, seen, few),
        "shared": [
            {"row": model} | shared(now[model], now[other], seen, few)
            for model, other in ((GLOM, LABELS), (LABELS, GLOM))
        ],
        "over_t": [
            {"row": model, "t": t} | over_pictures(own, seen)
            for model, by_t in lost.items()
            for t, own in by_t.items()
        ],
    }


def in_columns(scenes: Scenes, parts: Int[Array, "N n"]) -> dict[Part, Contact]:
    """The contacts of all parts that have a column: a sliver may fill no patch by half.

    parts: the label of each column. Who has none cannot go astray.
    """
    labels = zip(scenes.parts, scenes.objects, strict=True)
    return {
        (k, part): contact
        for k, one in enumerate(labels)
        for part, contact in contacts(*one).items()
        if part in parts[k]
    }


def astray(
    model: Glom, scenes: Scenes, truth: Mapping[str, Array], steps: Sequence[int], seed: int
) -> dict[int, Parts]:
    """The parts that a model sorts wrongly, by t; truth: `labels_of` the scenes."""
    found = {}
    for t, look in looks_at(model, first_frames(scenes), steps).items():
        rng = np.random.default_rng([seed, 3])
        each = zip(look.level(TOP), truth["parts"], truth["objects"], strict=True)
        found[t] = {(k, part) for k, one in enumerate(each) for part in strays(*one, rng)}
    return found


# ---------------------------------------------------------------------------------------- rows


def kind_of(contact: Contact) -> str:
    """The one of KINDS that a part is of."""
    return next(kind for kind, holds in KINDS.items() if holds(contact))


def by_kind(lost: Mapping[str, Parts], seen: Mapping[Part, Contact], few: int) -> list[Row]:
    """Parts of each kind, and small ones: how many, and which share of them each model loses."""
    groups = {ALL: set(seen)}
    groups |= {kind: {part for part in seen if kind_of(seen[part]) == kind} for kind in KINDS}
    groups[f"have fewer than {few} pixels"] = {p for p in seen if seen[p].pixels < few}
    rows = []
    for group, parts in groups.items():
        row: Row = {"row": group, "parts": len(parts)}
        for model, gone in lost.items():
            row[f"{model}: astray"] = ratio(parts & gone, parts)
            row[f"{model}: share"] = ratio(parts & gone, gone)
        rows.append(row)
    return rows


def shared(lost: Parts, others: Parts, seen: Mapping[Part, Contact], few: int) -> Row:
    """Of the parts that one model loses, the share that the other loses too, beside two controls.

    chance: as if the other lost as many parts as it does, whichever; alike: as many of each kind
    and size. None where nothing is lost.
    """
    like = {part: (kind_of(contact), contact.pixels < few) for part, contact in seen.items()}
    of, gone = Counter(like.values()), Counter(like[part] for part in others)
    alike = [gone[like[part]] / of[like[part]] for part in lost]
    found: Row = {"shared": ratio(lost & others, lost)}
    found["chance"] = len(others) / len(seen) if lost else None
    return found | {"alike": sum(alike) / len(alike) if alike else None}


def over_pictures(lost: Parts, seen: Mapping[Part, Contact]) -> Row:
    """The share of parts astray, and of pictures with none, one and two of them."""
    pictures, count = {k for k, _ in seen}, Counter(k for k, _ in lost)
    shares = {str(n): sum(count[k] == n for k in pictures) / len(pictures) for n in range(3)}
    return {"parts": len(lost) / len(seen)} | shares


def ratio(some: Parts, whole: Parts) -> float | None:
    """Which share; None of nothing."""
    return len(some) / len(whole) if whole else None


# --------------------------------------------------------------------------------------- shown


def about(results: Mapping[str, Any]) -> str:
    """What was asked."""
    asked = results["choices"]["puppets"]
    return (
        "Which parts of puppets go astray? k-means on the objects' level, at t = "
        f"{asked[GLOM]['recipe']['iters']}, is told that there are two figures; a part is *astray* "
        "if fewer than half of its locations are sorted with its own. *Touch*: border on, counted "
        f"in pixels of the picture. {asked['scoring']['tested']} test pictures a seed. The model "
        "beside the shipped one was taught with true labels, from other first weights and on other "
        "films. One model of each, and nothing is trained here: the spread is over pictures alone. "
        "Parts that fill no patch by half are left out."
    )


def figure(results: Mapping[str, Any], path: Path) -> str:
    """The share astray of parts of each kind, and what two models share, beside chance."""
    from matplotlib.figure import Figure  # the tables need none

    from .figures import beside_controls, finish

    fig = Figure(figsize=(8.5, 5), layout="constrained")
    above, below = fig.subplots(2, 1, height_ratios=(5, 3))
    said = [beside_controls(above, lines(results), ASTRAY)]
    said.append(beside_controls(below, lines(results, "shared"), TABLES["shared"].columns))
    names = ("share of those parts that is astray", "share of the parts astray in a model")
    for ax, name in zip((above, below), names, strict=True):
        ax.legend(frameon=False, fontsize=7, loc="best")
        ax.set_xlabel(name, fontsize=8)
        ax.tick_params(labelsize=7)
    below.set_xlim(0, 1.15)  # room for its legend
    return finish(fig, "Parts of puppets that go astray", said, path)
