"""What the exercises' tests share: a learner's folder, and the sample exercise filled in anew."""

import json
import textwrap

from tutorials.exercises import catalog

BEGIN, END = "# --- your code ---", "# --- end of your code ---"
NAME = "consensus"
SOLVED = textwrap.dedent(catalog.solution(NAME).split(BEGIN)[1].split(END)[0]).strip()


def write(folder, body, *, top="", name=NAME):
    """The stub with its NumPy part (or, for the whole text, nothing else) filled in by `body`."""
    text = catalog.stub(name)
    inside = textwrap.indent(body.strip("\n") + "\n", "    ")
    text = text.replace("    raise NotImplementedError\n", inside, 1)
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(top + text, "utf-8")
    return path


def solve(folder, name=NAME):
    """The learner has it all right."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(catalog.solution(name), "utf-8")
    return path


def diary(folder):
    """Every event so far."""
    lines = (folder / "progress.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]
