"""`python -m tutorials.scores`: how good are the islands of the shipped model, beside controls?

Scores the test avatars and writes tutorials/weights/avatars.scores.json, from which the README's
table is made (between its two markers). Every row is clustered in the same way: k-means on the
foreground with the true number of segments, compared with the truth by adjusted Rand index.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from glom_numpy.checkpoint import load, write_atomic
from glom_numpy.glom import Glom
from glom_numpy.islands import center, level_mean
from glom_numpy.positions import grid_coordinates
from glom_numpy.scores import contrast, fg_ari
from glom_numpy.worlds import Scenes, avatars, to_model

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights" / "avatars.safetensors"
SCORES = WEIGHTS.with_suffix(".scores.json")
README = HERE.parent / "README.md"
MARKS = "<!-- scores: made by python -m tutorials.scores -->", "<!-- end of scores -->"
BATCH = 20


def score(vectors: np.ndarray, scenes: Scenes, seed: int) -> dict[str, float]:
    """Mean FG-ARI and contrast of one vector per location (N, n, d), for parts and for groups."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, labels in (("parts", scenes.parts), ("groups", scenes.groups)):
        flat = labels.reshape(len(labels), -1)
        pairs = list(zip(vectors, flat, strict=True))
        aris = [fg_ari(v, truth, method="kmeans", rng=rng) for v, truth in pairs]
        contrasts = [contrast(v, truth) for v, truth in pairs]
        found[f"{name} FG-ARI"] = _mean(aris)
        found[f"{name} contrast"] = _mean(contrasts)
    return found


def _mean(values: list[float | None]) -> float:
    return round(float(np.mean([value for value in values if value is not None])), 3)


def states_at(model: Glom, scenes: Scenes, steps: list[int]) -> dict[int, np.ndarray]:
    """The states (N, n, l, d) at some t, centered per level over these pictures and unit length."""
    kept: dict[int, list[np.ndarray]] = {t: [] for t in steps}
    starts = range(0, len(scenes), BATCH)
    for start in tqdm(starts, desc="settling", leave=False, disable=None):
        img = to_model(scenes.images[start : start + BATCH])
        levels, before = None, 0
        for t in sorted(steps):
            levels = model(img, iters=t - before, levels=levels, start=before)
            kept[t].append(levels)
            before = t
    states = {t: np.concatenate(parts) for t, parts in kept.items()}
    return {t: center(x, level_mean(x)) for t, x in states.items()}


def controls(scenes: Scenes) -> dict[str, np.ndarray]:
    """What needs no GLOM at all: color, place, and both, one vector per pixel."""
    color = scenes.images.reshape(len(scenes), -1, scenes.images.shape[-1]) / 255
    size = scenes.images.shape[1:3]
    place = np.broadcast_to(grid_coordinates(size, size), (*color.shape[:2], 2))
    both = np.concatenate([color, place], axis=-1)
    return {"color alone": color, "location alone": place, "color and location": both}


def measure(count: int, seed: int, report: Callable[[str], None] = print) -> dict:
    """All rows of the table, as a dict that JSON can hold."""
    began = time.perf_counter()
    saved = load(WEIGHTS)
    scenes = avatars("test")[:count]
    model = Glom(saved.config, params=saved.params["glom"])
    top, trained = model.config.levels - 1, saved.recipe.iters
    steps = [0, 1, trained, 4 * trained]
    rows: list[dict] = []

    def add(name: str, level: int | None, t: int | None, vectors: np.ndarray) -> None:
        rows.append({"row": name, "level": level, "t": t} | score(vectors, scenes, seed))
        report(json.dumps(rows[-1]))

    for t, states in states_at(model, scenes, steps).items():
        for level in range(1, top + 1):
            # Until t = level + 1 a level has heard of its place, but not of the picture.
            name = "GLOM" if t > level else "GLOM before it has seen the picture"
            add(name, level, t, states[:, :, level])
    shuffled = np.random.default_rng(seed).permuted(np.arange(states.shape[1]))
    for name, other in (
        ("no attention", model.with_config(voice_weights=(1.0, 1.0, 1.0, 0.0))),
        ("untrained", Glom(model.config, rng=np.random.default_rng(seed))),
    ):
        last = states_at(other, scenes, [4 * trained])[4 * trained]
        for level in range(1, top + 1):
            add(name, level, 4 * trained, last[:, :, level])
    for level in range(1, top + 1):
        add("shuffled columns", level, 4 * trained, states[:, shuffled, level])
    for name, vectors in controls(scenes).items():
        add(name, None, None, vectors)
    seconds = round(time.perf_counter() - began, 1)
    about = {"pictures": count, "split": "test", "seed": seed, "seconds": seconds}
    return about | {"trained t": trained, "rows": rows}


def table(scores: dict) -> str:
    """The README's table of these scores."""
    lines = [
        f"FG-ARI of k-means with the true k on {scores['pictures']} test avatars "
        f"(seed {scores['seed']}); 1 is the truth, 0 is chance. The model was taught with the "
        f"labels of the training pictures, settling for at most {scores['trained t']} steps.",
        "",
        "| vectors | level | t | parts (eyes, hair, ...) | wholes (head, torso) |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in scores["rows"]:
        level = "" if row["level"] is None else row["level"]
        t = "" if row["t"] is None else row["t"]
        # Adding 0.0 turns a rounded -0.0 into 0.0.
        parts, groups = (round(row[f"{name} FG-ARI"], 2) + 0.0 for name in ("parts", "groups"))
        lines.append(f"| {row['row']} | {level} | {t} | {parts:.2f} | {groups:.2f} |")
    return "\n".join(lines)


def into_readme(text: str, readme: str) -> str:
    """The README with the table between its markers replaced."""
    before, mark, rest = readme.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not mark or not end:
        raise ValueError(f"README.md: wanted the markers {MARKS[0]} and {MARKS[1]}")
    return f"{before}{mark}\n{text}\n{end}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tutorials.scores", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="test pictures (default 100)")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    scores = measure(asked.count, asked.seed)
    write_atomic(SCORES, (json.dumps(scores, indent=1) + "\n").encode())
    readme = into_readme(table(scores), README.read_text(encoding="utf-8"))
    write_atomic(README, readme.encode())


if __name__ == "__main__":
    main()
