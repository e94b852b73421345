"""A tiny notebook with one of everything, and `python -m tutorials export` run on it."""

import subprocess
import sys

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from browser_helpers import offline_environment

MODEL = """
import ipywidgets, numpy as np
from IPython.display import Image, Markdown, display
from glom_numpy import Glom
from tutorials.explorer import explore
from tutorials.knobs import explore_knobs

rng = np.random.default_rng(0)
model = Glom(dim=8, levels=3, image_size=12, patch_size=3, rng=rng)
picture = rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)
print("a < b")
"""
SHOWN = """
out, slider = ipywidgets.Output(), ipywidgets.IntSlider(description="speed")
with out:
    print("inside the box")
ipywidgets.VBox([ipywidgets.HBox([ipywidgets.Label("how fast:"), slider]), out,
                 ipywidgets.HTML("<i>in words</i>")])
"""
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
CELLS = [
    new_markdown_cell(
        "# A *tiny* one\n\n**5 minutes.** Let $e_l(t+1)$ be\n\n$$\\tfrac14\\sum_y w_y e_y$$\n\n"
        "then [on](other.ipynb#here), [nowhere](gone.ipynb), [out](https://example.org), `$x$`."
    ),
    new_markdown_cell(
        "1. Why?\n   <details><summary>Answer</summary>Since $a < b_1$, see.</details>"
    ),
    new_code_cell(MODEL),
    new_code_cell("view = explore(model, picture, iters=6, level=1, tau=0.99)\nview"),
    new_code_cell("view.t = 3"),
    new_code_cell("explore_knobs(model, picture, views=['levels', 'break'])"),
    new_code_cell(SHOWN),
    new_code_cell(f"import base64\nImage(base64.b64decode('{DOT}'), alt='a dot', format='png')"),
    new_code_cell("display(Markdown('a **table** of $x^2$'))"),
]


def write(folder, name, cells):
    book = new_notebook(cells=cells)
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, folder / name)
    return str(folder / name)


def run(folder, *arguments):
    environment, log = offline_environment(folder / "offline")
    done = subprocess.run(
        [sys.executable, "-m", "tutorials", "export", *map(str, arguments)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert not log.exists(), log.read_text()
    return done
