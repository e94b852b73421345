"""`python -m tutorials.scores`: how good are the islands of the shipped model, beside controls?

Scores 100 test avatars (about two minutes) and prints the README's table. With `--write` it also
replaces tutorials/weights/avatars.scores.json and the table in the README, between its markers.
Every row is clustered in the same way: k-means on the foreground with the true number of segments,
compared with the truth by adjusted Rand index.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from glom_numpy.checkpoint import load, write_atomic
from glom_numpy.glom import Glom
from glom_numpy.islands import center, level_mean
from glom_numpy.worlds import Scenes, avatars
from tutorials.experiments import controls, measure

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights" / "avatars.safetensors"
SCORES = WEIGHTS.with_suffix(".scores.json")
README = HERE.parent / "README.md"
MARKS = "<!-- scores: made by python -m tutorials.scores -->", "<!-- end of scores -->"


def score(vectors: np.ndarray, scenes: Scenes, seed: int) -> dict[str, float | None]:
    """Mean FG-ARI and contrast of one vector per location (N, n, d), for parts and for groups."""
    labels = measure.labels_of(scenes, ("parts", "groups"))
    found = measure.score(vectors, labels, np.random.default_rng(seed))
    return {name: value for name, value in found.items() if name.endswith(("FG-ARI", "contrast"))}


def states_at(model: Glom, scenes: Scenes, steps: list[int]) -> dict[int, np.ndarray]:
    """The states (N, n, l, d) at some t, centered per level over these pictures and unit length."""
    looks = measure.looks_at(model, scenes.images, steps)
    return {t: center(look.levels, level_mean(look.levels)) for t, look in looks.items()}


def scores_of(count: int, seed: int) -> dict:
    """All rows of the table, as a dict that JSON can hold."""
    began = time.perf_counter()
    saved = load(WEIGHTS)
    scenes = avatars("test")[:count]
    model = Glom(saved.config, params=saved.params["glom"])
    top, trained = model.config.levels - 1, saved.recipe.iters
    rows: list[dict] = []
    bar = tqdm(desc="scoring", unit="row", disable=None)

    def add(name: str, level: int | None, t: int | None, vectors: np.ndarray) -> None:
        rows.append({"row": name, "level": level, "t": t} | score(vectors, scenes, seed))
        bar.update()

    settled = states_at(model, scenes, [0, 1, trained, 4 * trained])
    for t, states in settled.items():
        for level in range(1, top + 1):
            # Until t = level + 1 a level has heard of its place, but not of the picture.
            name = "GLOM" if t > level else "GLOM before it has seen the picture"
            add(name, level, t, states[:, :, level])
    states = settled[trained]
    order = np.random.default_rng(seed).permutation(states.shape[1])
    others = {
        "another avatar's state": np.roll(states, 1, axis=0),
        "shuffled columns": states[:, order],
    }
    muted = controls.muted(model)
    others["consensus muted, not trained again"] = states_at(muted, scenes, [trained])[trained]
    for fresh in range(3):
        blank = Glom(model.config, rng=np.random.default_rng(fresh))
        others[f"untrained, seed {fresh}"] = states_at(blank, scenes, [trained])[trained]
    for name, states in others.items():
        for level in range(1, top + 1):
            add(name, level, trained, states[:, :, level])
    for name, vectors in controls.by_pixel(scenes.images).items():
        add(name, None, None, vectors)
    bar.close()
    seconds = round(time.perf_counter() - began, 1)
    about = {"pictures": count, "split": "test", "seed": seed, "seconds": seconds}
    return about | {"trained t": trained, "rows": rows}


def table(scores: dict) -> str:
    """The README's table of these scores."""
    lines = [
        f"How well do the vectors of one level, after t steps, part {scores['pictures']} test "
        "avatars as their designers did? FG-ARI: k-means with the true k on the figure's "
        "locations, background left out, compared with the true labels by adjusted Rand index; 1 "
        f"is the truth, 0 is chance (seed {scores['seed']}). The model was taught with the labels "
        "of the training pictures: parts at level 1, wholes at level 2, nothing at level 0; it "
        f"was trained to settle for at most {scores['trained t']} steps.",
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
    parser.add_argument("--write", action="store_true", help="replace the JSON and the README's")
    asked = parser.parse_args()
    scores = scores_of(asked.count, asked.seed)
    print(table(scores))
    if asked.write:
        write_atomic(SCORES, (json.dumps(scores, indent=1) + "\n").encode())
        readme = into_readme(table(scores), README.read_text(encoding="utf-8"))
        write_atomic(README, readme.encode())
        print(f"\nwritten: {SCORES} and {README}")


if __name__ == "__main__":
    main()
