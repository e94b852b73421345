"""`python -m tutorials.picture` draws the README's picture: islands forming on a test avatar."""

import argparse
import json
from pathlib import Path

import numpy as np

from glom_numpy.checkpoint import load, load_glom
from glom_numpy.figures import alt_text, curve, islands_over_time, save_png
from glom_numpy.islands import level_mean
from glom_numpy.worlds import avatars, to_model

from .scores import WEIGHTS

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tutorials.picture", description=__doc__)
    parser.add_argument("--avatar", type=int, default=3, help="which test picture (default 3)")
    parser.add_argument("--tau", type=float, nargs="+", default=[0.5], help="one, or one a level")
    parser.add_argument("--out", type=Path, help="default: the README's, and the training curve")
    asked = parser.parse_args()

    model, trained = load_glom(WEIGHTS), load(WEIGHTS).recipe.iters
    steps = [1, 2, 4, trained, 4 * trained]
    scenes = avatars("test")
    # The mean is taken over other pictures too: one picture alone would hide what it is made of.
    others = model(to_model(avatars("train").images[:20]), iters=trained, return_all=True)
    history = model(to_model(scenes.images[[asked.avatar]]), iters=steps[-1], return_all=True)[:, 0]
    figure = islands_over_time(
        scenes.images[asked.avatar],
        history,
        model.config.grid,
        asked.tau if len(asked.tau) > 1 else asked.tau[0],
        steps=steps,
        mean=level_mean(others[-1]),
    )
    out = asked.out or HERE / "islands_forming.png"
    try:
        save_png(figure, out, dpi=110)
    except (ValueError, OSError) as problem:
        parser.error(str(problem))
    print(f"{out}: {alt_text(figure)}")
    if asked.out is not None:
        return

    losses, every = training_curve()
    drawn = curve(losses, title="The shipped model's training", every=every, log=True)
    save_png(drawn, WEIGHTS.with_suffix(".curve.png"), dpi=110)


def training_curve() -> tuple[dict[str, np.ndarray], int]:
    """The two runs that made the weights as one curve, and the steps between its points."""
    runs = [
        json.loads(WEIGHTS.with_suffix(suffix).read_text(encoding="utf-8"))
        for suffix in (".first.curve.json", ".curve.json")
    ]
    every = runs[0]["every"]
    losses = {}
    for name in ("reconstruction", "pairs"):
        points = [np.array(run["curve"][name]) for run in runs]
        finer = every // runs[1]["every"]  # the shorter run was noted more often
        points[1] = points[1][: len(points[1]) // finer * finer].reshape(-1, finer).mean(axis=1)
        losses[name] = np.concatenate(points)
    return losses, every


if __name__ == "__main__":
    main()
