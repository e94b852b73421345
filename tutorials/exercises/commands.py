"""`python -m tutorials check | hint | solution | list | next | reset | watch`.

Exit status: 0 right (or done), 1 not right, 2 a wrong command line, 3 not tried yet, 4 stopped
(out of time or memory).
"""

import argparse
import os
import sys
import time
from pathlib import Path

from . import progress
from .asking import hint, next_up, overview, solution
from .catalog import exercise
from .checking import check

__all__ = ["COMMANDS", "main", "watch"]

COMMANDS = {
    "check": "run your code and say the first thing that is wrong",
    "hint": "the next of three hints",
    "solution": "a way to write it, once you have tried",
    "list": "all exercises, and how far you are",
    "next": "the exercise to go on with, and its file",
    "reset": "begin one exercise again; your old file is kept",
    "watch": "check again whenever you save",
}
POLL = 0.2  # seconds between two looks at the file


def main(argv: list[str]) -> int:
    """Run one command; the exit status."""
    choices = _parser().parse_args(argv)
    try:
        return _run(choices)
    except (ValueError, PermissionError) as error:
        print(error)
        return 2 if isinstance(error, ValueError) else 3
    except BrokenPipeError:  # `| head` has seen enough: nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"{error.filename or progress.folder()}: {error.strerror or error}")
        return 2
    except KeyboardInterrupt:
        print()
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tutorials", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in COMMANDS.items():
        command = commands.add_parser(name, help=what, description=f"{name}: {what}.")
        if name not in ("list", "next"):
            command.add_argument("exercise", help="its name, as `list` shows it")
        if name in ("check", "watch"):
            which = command.add_mutually_exclusive_group()
            for library in progress.LIBRARIES:
                which.add_argument(
                    f"--{library}",
                    dest="library",
                    action="store_const",
                    const=library,
                    help=f"only the {library} version (default: NumPy, then torch once written)",
                )
        if name == "check":
            command.add_argument("--picture", type=Path, metavar="FILE.png", help="draw it, too")
    return parser


def _run(choices: argparse.Namespace) -> int:
    command, name = choices.command, getattr(choices, "exercise", "")
    if command == "check":
        return _check(name, choices.library, choices.picture)
    if command == "watch":
        return watch(name, choices.library)
    if command == "reset":
        exercise(name)
        kept = progress.reset(name)
        print(f"A fresh stub is in {progress.file_of(name)}")
        if kept:
            print(f"Your old one is {kept}")
        return 0
    told = {"list": overview, "next": next_up}.get(command)
    print(told() if told else {"hint": hint, "solution": solution}[command](name))
    return 0


def _check(name: str, library: str | None, picture: Path | None = None) -> int:
    answer = check(name, library=library)
    print(answer, flush=True)
    if picture and answer.png:
        picture.write_bytes(answer.png)
        print(f"Picture: {picture} ({answer.alt})")
    return answer.exit_code


def watch(name: str, library: str | None = None, rounds: int | None = None) -> int:
    """Check now, and whenever the file is saved, until Ctrl-C (or `rounds` checks). Status 0."""
    exercise(name)
    path = progress.file_of(name)
    print(f"Watching {path}. Save it to check it; Ctrl-C ends.\n", flush=True)
    before, done = None, 0
    try:
        while rounds is None or done < rounds:
            now = _stamp(path)
            if now == before or now is None:  # None: between two steps of an editor's saving
                time.sleep(POLL)
                continue
            before, done = now, done + 1
            print(f"---- {time.strftime('%H:%M:%S')} ----", flush=True)
            _check(name, library)
            print(flush=True)
    except KeyboardInterrupt:
        print("\nNo longer watching.")
    return 0


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
