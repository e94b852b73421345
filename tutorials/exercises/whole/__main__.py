"""`python -m tutorials.exercises.whole`: train the GLOM of your own parts, draw it beside ours.

Your functions take part where a check found them right in torch; the library's stand in for the
rest. Both start from the same numbers and see the same pictures. At most a minute.
"""

import argparse
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from glom_numpy.figures import save_png
from tutorials.exercises import progress

from . import parts as given
from . import showing, training

TESTED = 40  # pictures that no training saw


def main(argv: list[str] | None = None) -> int:
    """The command line; the exit status is 0, or 2 for a wrong command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tutorials.exercises.whole", description=__doc__.split("\n\n")[1]
    )
    parser.add_argument("--steps", type=int, default=training.STEPS, help="default: %(default)s")
    parser.add_argument("--out", type=Path, help="the picture (default: whole.png, in my_glom)")
    asked = parser.parse_args(argv)
    if asked.steps < 1:
        parser.error(f"--steps: wanted 1 or more, got {asked.steps}")
    out = asked.out or progress.folder() / "whole.png"
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(run(asked.steps, out))
    return 0


def run(steps: int, out: Path) -> str:
    """Train both, draw both; what is to be said of it."""
    mine, theirs = given.own()
    print(_whose(theirs), flush=True)
    seen, shown = training.pictures("train"), training.pictures("test", TESTED)
    fresh = training.train(mine, seen, steps=0)
    yours = _trained("yours", mine, seen, steps)
    ours = _trained("library", given.house(), seen, len(yours.losses))
    columns = {
        "true": shown.labels[:, :, showing.WHOLES].numpy(),
        "untrained": showing.islands_of(mine, fresh.params, shown),
        "yours": showing.islands_of(mine, yours.params, shown),
        "library's": showing.islands_of(given.house(), ours.params, shown),
        "one map for all": showing.one_map_for_all(seen, shown),
    }
    scores = {name: showing.score(mine, found, shown) for name, found in columns.items()}
    figure = showing.draw(shown, columns, scores, {"yours": yours, "library's": ours})
    out.parent.mkdir(parents=True, exist_ok=True)
    save_png(figure, out, dpi=110)
    return _told(scores, yours, ours, out, str(figure.get_label()))


def _trained(name: str, parts: object, seen: training.Pictures, steps: int) -> training.Trained:
    with tqdm(total=steps, desc=f"training {name}", unit="step", disable=None) as bar:
        return training.train(parts, seen, steps=steps, each=lambda step, loss: bar.update())


def _whose(theirs: list[str]) -> str:
    rest = [name for name in given.NEEDED if name not in theirs]
    return "\n".join(
        [
            f"Yours, found right in torch: {', '.join(theirs) or 'none yet'}.",
            f"The exercises' solutions stand in for: {', '.join(rest) or 'nothing'}.",
        ]
    )


def _told(
    scores: dict[str, float], yours: training.Trained, ours: training.Trained, out: Path, alt: str
) -> str:
    both = zip(yours.losses, ours.losses, strict=False)
    apart = max(abs(a - b) / b for a, b in both)
    lines = [
        f"{len(yours.losses)} steps: yours took {yours.seconds:.0f} s, the library's "
        f"{ours.seconds:.0f} s; their losses differ by {apart:.0e} at most.",
        "How well the top level's islands are head, torso and background (ARI, test avatars):",
        *(f"    {name:16}{value:6.2f}" for name, value in scores.items() if name != "true"),
        "'one map for all' looks at no picture: it draws what is most usual at each place.",
        f"Picture: {out}",
        alt,
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
