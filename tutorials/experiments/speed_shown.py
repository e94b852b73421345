"""How speed is shown: its tables and its words. Nobody types a number: all come from the JSON."""

from collections.abc import Mapping
from typing import Any

from .speed_figure import figure
from .tables import Line, Table, lines

__all__ = ["TABLES", "about", "figure"]

FASTER = {
    f"{do} faster{edge}": f"{do}: {head}"
    for do in ("forward", "training")
    for edge, head in (("", "times as fast"), (", least", "least"), (", most", "most"))
}
SPACE = {
    "resident share": "memory, in glom-pytorch's",
    "tensor share": "memory without malloc's holes, in glom-pytorch's",
}
MEGABYTES = {
    "resident megabytes": "memory above base, MB",
    "tensor megabytes": "without malloc's holes, MB",
}
SECONDS = {"forward seconds": "forward, s", "training seconds": "forward and backward, s"}
FORMATS = {name: ".3g" for name in (*SECONDS, *MEGABYTES, "GFLOP", "foretold megabytes")}
FORMATS |= {"difference": ".0e", "GFLOP/s": ".0f", "share of the rate": ".0%", "n": ",.0f"}
FORMATS |= {"forward share": ".0%", "training share": ".0%", "without waiting": ".0f"}
TIMES = {
    "forward faster": "forward: times as fast",
    "training faster": "training: times as fast",
    "resident smaller": "memory: times as small",
    "tensor smaller": "without malloc's holes",
}
PLAIN = {f"plain {key}": f"beside the plain twin: {head}" for key, head in TIMES.items()}
FORMATS_OF_TIMES = FORMATS | dict.fromkeys((*TIMES, *PLAIN), ".1f")
RACE = FASTER | SPACE | {"share of the rate": "of the rate of bare products"}
BRIEF = {key: RACE[key] for key in ("forward faster", "training faster", *SPACE)}
TABLES = {
    "": Table(first="contender", columns=RACE, formats=FORMATS),
    "batch": Table(first="contender", columns=RACE, formats=FORMATS, rows="batch"),
    "brief": Table(first="contender", columns=BRIEF, formats=FORMATS),
    "several": Table(first="contender", columns=BRIEF, formats=FORMATS, rows="batch"),
    "seconds": Table(
        first="contender",
        columns=SECONDS | MEGABYTES | {"difference": "outputs apart by, at most"},
        formats=FORMATS,
    ),
    "profile": Table(
        first="kind",
        columns={"forward share": "forward", "training share": "forward and backward"},
        formats=FORMATS,
        rows="kinds",
    ),
    "consensus": Table(
        first="size",
        columns=TIMES | {"difference": "outputs apart by, at most"} | PLAIN,
        formats=FORMATS_OF_TIMES,
        rows="consensus",
    ),
    "growth": Table(
        first="size",
        columns=SECONDS
        | {"GFLOP": "GFLOP, by count"}
        | MEGABYTES
        | {"foretold megabytes": "MB, by count"},
        formats=FORMATS,
        rows="growth",
    ),
    "numpy": Table(
        first="contender",
        columns={
            "training seconds": "training step, s",
            "times float64": "times plain torch in float64",
            "times float64, least": "least",
            "times float64, most": "most",
            "times float32": "times plain torch in float32",
        },
        formats=FORMATS,
        rows="houses",
    ),
    "gpu": Table(
        first="contender",
        columns=FASTER
        | SPACE
        | {"share of the rate": "of the rate of bare products"}
        | {"difference": "outputs apart by, at most", "without waiting": "never waits (1: yes)"},
        formats=FORMATS,
        rows="gpu",
    ),
}


def about(results: Mapping[str, Any]) -> str:
    """What was measured and how, and what came of it."""
    size, rounds = results["choices"]["settle"]["sizes"], results["choices"]["settle"]["rounds"]
    said = [
        f"How fast is the torch house? At glom-pytorch's own weights, dim {size['dim']}, "
        f"{size['levels']} levels, pictures of {size['image_size']} in patches of "
        f"{size['patch_size']}, {size['iters']} iterations, a batch of {size['b']}, float32. All "
        "contenders have a process each and are asked in turn; a ratio is taken within a round, "
        f"and told is the median of {rounds} rounds, beside the least and the most. Memory: the "
        "peak of the first training step above what was there before it, as it comes and without "
        "the holes that malloc keeps between tensors. *Bare products*: the nets' matrix products "
        "alone, by `torch.bmm`."
    ]
    many = _beside(results, "batch", "batch rate")
    if many:
        many.insert(0, f"With {results['choices']['batch']['sizes']['b']} pictures at once:")
    said += [*_beside(results), *many, *_among_few(results), *_houses(results)]
    return " ".join([*filter(None, said), _card(results), _machine(results)])


def _found(results: Mapping[str, Any], rows: str) -> dict[str, Line]:
    return {line.row: line for line in lines(results, rows)}


def _value(line: Line | None, key: str) -> float | None:
    spread = None if line is None else line.spread(key)
    return None if spread is None else spread[0]


def _beside(results: Mapping[str, Any], rows: str = "rows", rates: str = "rate") -> list[str]:
    own, rate = _found(results, rows), _found(results, rates).get("matrix products")
    said = []
    for name in ("fast", "fast, recomputing"):
        line = own.get(name)
        forward, training = (_value(line, f"{do} faster") for do in ("forward", "training"))
        memory, tensors = (_value(line, f"{kind} share") for kind in ("resident", "tensor"))
        kept = ""
        if memory is not None and tensors is not None:
            kept = (
                f", and training takes {memory:.2f} times its memory ({tensors:.2f} without holes)"
            )
        if forward is not None and training is not None:
            said.append(
                f"*{name}* is {forward:.2f} times as fast as glom-pytorch forward and "
                f"{training:.2f} times in training{kept}."
            )
    reached, speed = _value(own.get("fast"), "share of the rate"), _value(rate, "GFLOP/s")
    longer = _value(rate, "recomputing takes")
    if reached is not None and speed is not None:
        said.append(
            f"By count its forward pass has {_value(rate, 'GFLOP of the forward pass'):.0f} GFLOP, "
            f"and it does them at {reached:.0%} of the {speed:.0f} GFLOP/s of bare products."
        )
    if longer is not None:
        said.append(
            "*Recomputing* does every step again for the backward pass instead of keeping it: "
            f"{longer:.2f} times as long as *fast* in training."
        )
    return said


def _among_few(results: Mapping[str, Any]) -> list[str]:
    """The largest grid at the growth radius; and how time grew from the grid before."""
    grown = [row for run in results["runs"] for row in run.get("consensus growth", ())]
    sizes = sorted({row["n"] for row in grown})
    said = []
    if len(sizes) > 1:
        few, many = sizes[-2:]
        each = []
        for kind, name in (("near", "lists of who is heard"), ("dense", "the mask of all pairs")):
            at = {row["n"]: row for row in grown if row["kind"] == kind}
            times = at[many]["training seconds"] / at[few]["training seconds"]
            each.append(f"{times:.1f} times as long with {name}")
        radius = results["choices"]["consensus"]["growth radius"]
        said.append(
            f"Consensus within a radius of {radius}: with {many / few:.2f} times the columns "
            f"({many:,} for {few:,}) a training step takes {' and '.join(each)}."
        )
    return said


def _houses(results: Mapping[str, Any]) -> list[str]:
    line = _found(results, "houses").get("NumPy, float64")
    double, single = (_value(line, f"times {kind}") for kind in ("float64", "float32"))
    if double is None or single is None:
        return []
    return [
        "A training step of a chapter's model in the NumPy house takes "
        f"{double:.2f} times as long as the plain torch twin in float64, {single:.2f} times as "
        "long as that in float32."
    ]


def _card(results: Mapping[str, Any]) -> str:
    cards = [run["device"] for run in results["runs"] if run.get("device")]
    return f"On a GPU: {cards[0]}." if cards else "Not run on a GPU."


def _machine(results: Mapping[str, Any]) -> str:
    own = results["runs"][0]["machine"]
    named = f" ({own['processor']}, {own['instructions']})" if own.get("processor") else ""
    return (
        f"torch {own['torch']} on {own['threads']} threads of {own['platform']}{named}, products "
        f"by {own['products by']}."
    )
