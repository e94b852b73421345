"""How fast is the torch house, and how lean? Beside glom-pytorch, its own plain twin, and NumPy.

Contenders race: each in a process of its own, asked in turn, round by round, so that every ratio is
of one round on one machine. Parts: `settle` beside glom-pytorch at its own weights and its README's
size; `batch`, the same of several pictures; `profile`, what the time goes to; `consensus` among
few, beside the mask of all pairs; `growth`, one size at a time; `numpy`, a chapter's training step
in both houses; `gpu`, where there is one. A seed draws weights and pictures: one says it all.
Threads are torch's own choice (a thread a core, or OMP_NUM_THREADS); the machine should have
nothing else to do.
"""

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import denoiser
from .files import machine
from .speed_shown import TABLES, about, figure

__all__ = ["NAME", "TABLES", "VARIANTS", "about", "choices", "figure", "run"]

Say = Callable[[str], None]
NAME = "speed"
VARIANTS = ("settle", "batch", "profile", "consensus", "growth", "numpy", "gpu")
README_SIZE = {"dim": 512, "levels": 6, "image_size": 224, "patch_size": 14, "iters": 12}
CHOICES: dict[str, dict[str, Any]] = {
    "settle": {"sizes": README_SIZE | {"b": 1}, "rounds": 5},
    "batch": {"sizes": README_SIZE | {"b": 4}, "rounds": 3},
    "profile": {"sizes": README_SIZE | {"b": 1}},
    "consensus": {
        # side of the grid, radius, far locations that are sampled besides
        "cases": [
            *[[64, radius, 0] for radius in (1, 2, 3, 4)],
            *[[64, 3, 16], [16, 3, 0], [32, 3, 0], [96, 3, 0]],
        ],
        "growth radius": 3,
        "plain up to": 4096,  # columns
        "sizes": {"dim": 64, "iters": 2},
        "rounds": 3,
    },
    "growth": {
        "sizes": {"side": 12, "levels": 4, "dim": 128, "iters": 6, "b": 4},
        "axes": {
            "side": [6, 12, 24, 36],
            "levels": [2, 4, 8],
            "dim": [32, 64, 128, 256],
            "iters": [3, 6, 12, 24],
            "b": [1, 4, 16],
        },
        "rounds": 3,
    },
    "numpy": {"sizes": {"side": 12, "levels": 3, "dim": 32, "iters": 6, "b": 16}, "rounds": 7},
    "gpu": {"sizes": README_SIZE | {"b": 16}, "rounds": 5},
}
TINY = {"dim": 8, "levels": 3, "image_size": 16, "patch_size": 4, "iters": 6}
QUICK: dict[str, dict[str, Any]] = {
    "settle": {"sizes": TINY | {"b": 2}, "rounds": 1},
    "batch": {"sizes": TINY | {"b": 3}, "rounds": 1},
    "profile": {"sizes": TINY | {"b": 2}},
    "consensus": {"cases": [[16, 2, 0]], "growth radius": 2, "plain up to": 256, "rounds": 1},
    "growth": {
        "sizes": {"side": 3, "levels": 2, "dim": 8, "iters": 2, "b": 1},
        "axes": {"b": [1, 2]},
        "rounds": 1,
    },
    "numpy": {"sizes": {"side": 3, "levels": 2, "dim": 8, "iters": 2, "b": 2}, "rounds": 1},
    "gpu": {"sizes": TINY | {"b": 2}, "rounds": 1},
}


def choices(variant: str, *, quick: bool = False) -> dict[str, Any]:
    """The sizes of a part, and over how many rounds. ValueError without glom-pytorch."""
    denoiser.check_installed()
    return CHOICES[variant] | (QUICK[variant] if quick else {})


def run(variant: str, seed: int, folder: Path, say: Say, *, quick: bool = False) -> dict[str, Any]:
    """Let the contenders of one part race."""
    from .speed_parts import PARTS

    found = PARTS[variant](choices(variant, quick=quick), seed, folder)
    for row in (row for rows in found.values() if isinstance(rows, list) for row in rows):
        say(", ".join(f"{name} {value}" for name, value in row.items() if "least" not in name))
    return {"machine": computer(), **found}


def computer() -> dict[str, Any]:
    """The machine as in every experiment, and what multiplies its matrices."""
    import torch

    blas = "MKL" if torch.backends.mkl.is_available() else "no MKL"
    blas += " and oneDNN" if torch.backends.mkldnn.is_available() else ""
    capability = torch.backends.cpu.get_cpu_capability()
    more = {"processor": processor(), "instructions": capability, "products by": blas}
    return machine() | more


def processor() -> str | None:
    """What the processor calls itself; None where the system does not tell."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return platform.processor() or None
    lines = path.read_text(encoding="utf-8").splitlines()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else None
