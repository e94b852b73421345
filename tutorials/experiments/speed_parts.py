"""The parts of the experiment `speed`: who races whom, and the rows that come of it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from glom_numpy.config import GlomConfig
from glom_numpy.listening import near_locations
from glom_torch.cost import flops, memory

from .scorer import Row
from .speed_contenders import consensus_config, growth_config
from .speed_process import Measured, race
from .speed_rows import CLOSE, MB, apart, digits, ratio, rounds_of, row_of

Asked = Mapping[str, Any]
BOTH = ("forward", "training")
PEER, RATE = "glom-pytorch", "matrix products"
SETTLED = (PEER, "plain twin", "fast", "fast, recomputing")
HOUSES = (
    *("NumPy, float64", "plain torch, float64", "plain torch, float32"),
    *("fast torch, float64", "fast torch, float32"),
)


def specs(part: str, names: tuple[str, ...], sizes: Mapping[str, Any], seed: int) -> list[dict]:
    """What each contender is built from."""
    return [{"part": part, "contender": name, "seed": seed, **sizes} for name in names]


def settle(asked: Asked, seed: int, folder: Path) -> dict[str, Any]:
    """Beside glom-pytorch at its own weights; and the share of the rate of bare products."""
    sizes = asked["sizes"]
    found = race(specs("settle", (RATE, *SETTLED), sizes, seed), BOTH, asked["rounds"], folder)
    rows = [row_of(name, found[name], found[PEER]) for name in SETTLED]
    config = GlomConfig.glom_pytorch(
        **{name: sizes[name] for name in ("dim", "levels", "image_size", "patch_size")}
    )
    bare, count = found[RATE], flops(config, config.columns, sizes["b"], sizes["iters"])
    rate = [bare.said["forward"] / seconds for seconds in bare.seconds["forward"]]
    for row in rows[2:]:  # the twin does more than is counted here
        own = found[row["row"]].seconds["forward"]
        row |= ratio("share of the rate", [count / seconds for seconds in own], rate)
    again, fast = (found[name].seconds["training"] for name in ("fast, recomputing", "fast"))
    about = {"GFLOP/s": digits(median(rate) / 1e9), "GFLOP of the forward pass": count / 1e9}
    about |= ratio("recomputing takes", again, fast)
    return {"rows": rows, "rate": [{"row": RATE, **about}], "seconds by round": rounds_of(found)}


def batch(asked: Asked, seed: int, folder: Path) -> dict[str, Any]:
    """The same with several pictures at once."""
    found = settle(asked, seed, folder)
    return found | {"rows": [], "rate": [], "batch": found["rows"], "batch rate": found["rate"]}


def profile(asked: Asked, seed: int, folder: Path) -> dict[str, Any]:
    """What the time of the fast settling goes to."""
    do = [f"{action}, by kind" for action in BOTH]
    found = race(specs("settle", ("fast",), asked["sizes"], seed), do, 0, folder, memory=None)
    forward, training = (found["fast"].said[action] for action in do)
    kinds = [
        {"row": kind, "forward share": digits(forward[kind]), "training share": digits(share)}
        for kind, share in training.items()
    ]
    return {"rows": [], "kinds": kinds}


def consensus(asked: Asked, seed: int, folder: Path) -> dict[str, Any]:
    """Lists of those who are heard, beside the mask of all pairs: by radius, and as n grows."""
    rows, grown, each = [], [], {}
    for side, radius, samples in asked["cases"]:
        sizes = dict(side=side, radius=radius, samples=samples, **asked["sizes"])
        n, far = side * side, f" and {samples} sampled" if samples else ""
        name = f"{n:,} columns, radius {radius:g}{far}"
        kinds = ("dense", "near", *(("plain twin",) if n <= asked["plain up to"] else ()))
        found = race(specs("consensus", kinds, sizes, seed), BOTH, asked["rounds"], folder)
        each[name] = rounds_of(found)
        rows.append(row_of(name, found["near"], found["dense"]) | {"n": n})
        if "plain twin" in found:
            beside = row_of(name, found["near"], found["plain twin"])
            rows[-1] |= {f"plain {key}": value for key, value in beside.items() if key != "row"}
        config = consensus_config(side, radius, samples, asked["sizes"]["dim"])
        heard = int((near_locations(config.grid, radius) >= 0).sum(axis=1).max()) - 1 + samples
        if radius == asked["growth radius"] and not samples:
            for kind, k in (("dense", None), ("near", heard)):
                cost = foretold(config, n, 1, asked["sizes"]["iters"], k, fresh=False)
                grown.append(row_of(f"{kind}, {n:,} columns", found[kind]) | cost)
                grown[-1] |= {"kind": kind, "n": n}
    grown.sort(key=lambda row: (row["kind"], row["n"]))
    return {"rows": [], "consensus": rows, "consensus growth": grown, "seconds by round": each}


def foretold(
    config: GlomConfig, n: int, b: int, iters: int, heard: int | None = None, fresh: bool = True
) -> dict[str, float]:
    """What `glom_torch.cost` says of a training step: GFLOP, and megabytes above the parameters."""
    how = dict(training=True, heard=heard, fresh=fresh)
    held, count = memory(config, n, b, iters, **how), flops(config, n, b, iters, **how)
    above = sum(held.values()) - held["parameters"]
    return {"GFLOP": digits(count / 1e9), "foretold megabytes": digits(above / MB)}


def houses(asked: Asked, seed: int, folder: Path) -> dict[str, Any]:
    """A training step of the NumPy house beside torch's."""
    found = race(
        specs("numpy", HOUSES, asked["sizes"], seed), BOTH[1:], asked["rounds"], folder, memory=None
    )
    rows = []
    for name in HOUSES:
        own = found[name]
        row: Row = {"row": name, "training seconds": digits(median(own.seconds["training"]))}
        for kind in ("float64", "float32"):
            base = found[f"plain torch, {kind}"].seconds["training"]
            row |= ratio(f"times {kind}", own.seconds["training"], base)
        loss, other = own.said["training"], found[HOUSES[0]].said["training"]
        if not abs(loss - other) <= CLOSE * abs(other):
            raise RuntimeError(
                f"{name}: wanted the loss {other:g} of the NumPy house, got {loss:g}"
            )
        rows.append(row)
    return {"rows": [], "houses": rows, "seconds by round": rounds_of(found)}


def growth(asked: Asked, seed: int, folder: Path) -> dict[str, Any]:
    """One size at a time from a base, beside what `glom_torch.cost` says."""
    base, rows, each = asked["sizes"], [], {}
    for axis, values in asked["axes"].items():
        points = {_point(axis, value): base | {axis: value} for value in values}
        own = [spec for name, at in points.items() for spec in specs("growth", (name,), at, seed)]
        found = race(own, BOTH, asked["rounds"], folder)
        each |= rounds_of(found)
        start = found[_point(axis, base[axis])]
        for name, at in points.items():
            config = growth_config(at["side"], at["dim"], at["levels"])
            cost = foretold(config, config.columns, at["b"], at["iters"])
            row = row_of(name, found[name])
            for do in BOTH:
                row |= ratio(f"{do} times", found[name].seconds[do], start.seconds[do])
            rows.append(row | cost | {"axis": axis, "value": _axis(axis, at[axis])})
    return {"rows": [], "growth": rows, "seconds by round": each}


def _axis(axis: str, value: int) -> int:
    """`side` is told as n, the number of columns."""
    return value * value if axis == "side" else value


def _point(axis: str, value: int) -> str:
    letter = {"side": "n", "levels": "l", "dim": "d"}.get(axis, axis)
    return f"{letter} = {_axis(axis, value):,}"


def gpu(asked: Asked, seed: int, folder: Path) -> dict[str, Any]:
    """The same contenders on a GPU, in its modes; one row that says so where there is none."""
    import torch

    from .speed_gpu import MODES, RATES

    if not torch.cuda.is_available():
        return {"rows": [], "gpu": [{"row": "not run on a GPU"}], "device": None}
    sizes, failed, found = asked["sizes"], {}, {}
    do = (*BOTH, "without waiting")
    names = (*RATES, *MODES)
    for name in names[:]:  # a mode that this machine lacks (no compiler) must not end all others
        try:
            race(specs("gpu", (name,), sizes, seed), do, 0, folder, memory=None)
        except RuntimeError as problem:
            failed[name] = str(problem)
    if PEER in failed or set(RATES) & set(failed):
        raise RuntimeError(f"gpu: wanted glom-pytorch and bare products to run; {failed}")
    able = tuple(name for name in names if name not in failed)
    found = race(specs("gpu", able, sizes, seed), do, asked["rounds"], folder, warm=True)
    rows = []
    config = GlomConfig.glom_pytorch(
        **{name: sizes[name] for name in ("dim", "levels", "image_size", "patch_size")}
    )
    count = flops(config, config.columns, sizes["b"], sizes["iters"])
    for name, (_, precision, launch) in MODES.items():
        if name in failed:
            rows.append({"row": f"{name}: failed"})
            continue
        own = found[name]
        close = CLOSE if precision == "float32" else np.inf
        row = row_of(name, Measured(own.seconds, own.bytes), found[PEER])
        row["difference"] = digits(apart(name, own, found[PEER], close))
        if "graphs" in launch:  # a graph has its memory before it runs
            row = {key: value for key, value in row.items() if not key.startswith("resident")}
        bare = found[f"{RATE}, {precision}"]
        rate = [bare.said["forward"] / seconds for seconds in bare.seconds["forward"]]
        own_rate = [count / seconds for seconds in own.seconds["forward"]]
        row |= ratio("share of the rate", own_rate, rate)
        row["without waiting"] = own.said.get("without waiting")
        rows.append(row)
    device = torch.cuda.get_device_name()
    return {"rows": [], "gpu": rows, "device": device, "failed": failed}


PARTS: dict[str, Callable[[Asked, int, Path], dict[str, Any]]] = {
    "settle": settle,
    "batch": batch,
    "profile": profile,
    "consensus": consensus,
    "growth": growth,
    "numpy": houses,
    "gpu": gpu,
}
