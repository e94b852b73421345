"""`python -m tutorials.experiments NAME`: train, score, and write down, as often as it has seeds.

Ctrl-C keeps what is finished (and a training run's last step); the same command goes on.
"""

import argparse
import shlex
import sys
from pathlib import Path

from tutorials import HERE

from . import EXPERIMENTS, experiment, table

EXAMPLES = """
examples:
  python -m tutorials.experiments --list
  python -m tutorials.experiments bars --seeds 5
  python -m tutorials.experiments bars --data my.npz --seeds 1
  python -m tutorials.experiments goals
  python -m tutorials.experiments tables --write

your own data, an npz: `images` (N, h, w, c) or `frames` (N, t, h, w, c), uint8 or float in [0, 1];
`parts` and `objects` (N, h, w), whole numbers with 0 for background, of the picture or the first
frame, if you have them: without, only what needs no labels is measured.

What is finished is kept in --out, and the same command goes on after Ctrl-C. On two cores, two of
these share the work: --part 1/2 in one terminal, --part 2/2 in another. --add makes only the runs
that results/ has not; --part cuts as if all were to be made.
"""
DOCUMENTS = tuple(folder / "README.md" for folder in (HERE.parent, HERE, HERE / "experiments"))


def main(argv: list[str] | None = None) -> int:
    """The exit status: 0, 1 (training ran away), 2 (bad input), 130 (Ctrl-C)."""
    words = sys.argv[1:] if argv is None else argv
    args = _parser().parse_args(argv)
    try:
        if args.list or args.NAME is None:
            return _list()
        if args.NAME == "goals":
            print(table(args.NAME))
            return 0
        if args.NAME in ("tables", "figures"):
            return _tables(args.write) if args.NAME == "tables" else _figures()
        return _run(args)
    except (ValueError, TypeError, OSError) as problem:
        return _say(f"error: {_one_line(problem)}", 2)
    except RuntimeError as problem:
        return _say(f"error: {_one_line(problem)}", 1)
    except KeyboardInterrupt:
        line = shlex.join(["python", "-m", "tutorials.experiments", *words])
        return _say(f"stopped; what is finished is kept; go on with: {line}", 130)


def _run(args: argparse.Namespace) -> int:
    from .earlier import take_over
    from .runs import Asked, carry_out, keep, runs_of, say

    found = experiment(args.NAME)
    for flag in ("quick", "data"):
        if getattr(args, flag) and not found.takes(flag):
            raise ValueError(f"--{flag}: {found.name} has no such run")
        if getattr(args, flag) and args.add:
            raise ValueError(f"--add: nothing of --{flag} is in results/")
    if args.add and args.again:
        raise ValueError("--add: results/ has no weights that --again could score")
    if args.data is not None and not args.data.is_file():
        raise ValueError(f"--data: wanted an npz file, found none at {args.data}")
    names = ("seeds", "out", "quick", "data", "minutes", "part", "again")
    asked = Asked(**{name: getattr(args, name) for name in names})
    if args.add:
        say(f"taken from results/, as they were scored then: {take_over(found, asked)} runs")
    results = carry_out(found, asked)
    if results is None:
        done = [run.finished() is not None for run in runs_of(found, asked)]
        say(f"{sum(done)} of {len(done)} runs are finished, kept in {args.out}")
        return 0
    path = keep(found, asked, results)
    for text in (table(args.NAME, which, results) for which in found.tables):
        if text:
            print(text, end="\n\n")
    say(f"written: {path}")
    return 0


def _list() -> int:
    for name in EXPERIMENTS:
        found = experiment(name)
        print(f"{name:12} {found.first}\n{'':12} {', '.join(found.variants)}")
    print(f"{'goals':12} what was asked of the islands, and what is reached")
    print(f"{'tables':12} all tables, made from results/; --write: into the README's marks")
    print(f"{'figures':12} all figures, drawn anew from results/")
    return 0


def _tables(write: bool) -> int:
    from glom_numpy.checkpoint import write_atomic

    from .files import RESULTS
    from .tables import refreshed

    if not write:
        made = [name for name in EXPERIMENTS if (RESULTS / f"{name}.json").exists()]
        print("\n\n".join(f"{name}\n\n{table(name)}" for name in made) or "no results yet")
    for document in DOCUMENTS if write else ():
        before = document.read_text(encoding="utf-8")
        try:
            after = refreshed(before, table)
        except (ValueError, FileNotFoundError) as problem:
            raise ValueError(f"{document.name}: {problem}") from None
        if after != before:
            write_atomic(document, after.encode())
        print(f"{document.name}: {'written' if after != before else 'as it was'}")
    return 0


def _figures() -> int:
    from .files import RESULTS, load_results, write_json
    from .runs import draw_figure

    for name in EXPERIMENTS:
        path = RESULTS / f"{name}.json"
        if path.exists():
            write_json(path, draw_figure(experiment(name), load_results(name), path))
            print(f"{name}: drawn")
    return 0


def _one_line(problem: BaseException) -> str:
    return " ".join(str(problem).split())


def _say(text: str, status: int) -> int:
    print(f"tutorials.experiments: {text}", file=sys.stderr, flush=True)
    return status


def _parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(
        prog="python -m tutorials.experiments",
        description="Train and score what the README's tables and the notebooks show.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    names = ", ".join(EXPERIMENTS)
    out.add_argument("NAME", nargs="?", help=f"{names}; or goals, tables, figures")
    out.add_argument("--list", action="store_true", help="what there is, in a line each")
    text = "how many seeds: 0, 1, ... (default 5); of some variants fewer are wanted"
    out.add_argument("--seeds", type=_least(int, 1), default=5, metavar="N", help=text)
    text = "folder of finished and unfinished runs (default runs/experiments)"
    default = Path("runs/experiments")
    out.add_argument("--out", type=Path, default=default, metavar="FOLDER", help=text)
    text = "train and score the same recipe on your own npz (see below)"
    out.add_argument("--data", type=Path, metavar="FILE", help=text)
    text = "a tiny run, to see that all works; its numbers mean nothing"
    out.add_argument("--quick", action="store_true", help=text)
    text = "begin no further run after so many minutes"
    out.add_argument("--minutes", type=_least(float, 0), metavar="M", help=text)
    text = "only every Nth run, from the Kth on: several terminals share the work"
    out.add_argument("--part", type=_part, default=(1, 1), metavar="K/N", help=text)
    text = "make only the runs that results/ has not, or has of other choices"
    out.add_argument("--add", action="store_true", help=text)
    text = "score finished runs anew; what they have trained is kept"
    out.add_argument("--again", action="store_true", help=text)
    text = "with tables: put them into the README, between its marks"
    out.add_argument("--write", action="store_true", help=text)
    return out


def _least(kind: type, least: int):
    def number(text: str) -> int | float:
        value = kind(text)
        if not value >= least:
            raise argparse.ArgumentTypeError(f"wanted at least {least}, got {text}")
        return value

    number.__name__ = {int: "whole number", float: "number"}[kind]  # for argparse's own message
    return number


def _part(text: str) -> tuple[int, int]:
    k, slash, parts = text.partition("/")
    if not (slash and k.isdecimal() and parts.isdecimal() and 1 <= int(k) <= int(parts)):
        raise argparse.ArgumentTypeError(f"wanted K/N with 1 <= K <= N, got {text}")
    return int(k), int(parts)


if __name__ == "__main__":
    sys.exit(main())
