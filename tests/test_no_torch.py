"""The NumPy house stands alone: it imports, runs and learns where torch cannot be imported."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Asked for at the door, before any room of the house.
BLOCK = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ImportError(name + " is blocked here")

sys.meta_path.insert(0, Block())
BLOCKED = {blocked!r}
"""

EVERY_ROOM = """
import importlib, pkgutil
import glom_numpy

found = [room.name for room in pkgutil.walk_packages(glom_numpy.__path__, "glom_numpy.")]
rooms = [room for room in found if room.split(".")[1] not in ("figures", "__main__")]
for room in rooms:
    importlib.import_module(room)
assert len(rooms) > 15, rooms
print(len(rooms), "rooms")
"""

FORWARD_AND_BACKWARD = """
import numpy as np
from glom_numpy import Glom, Recipe
from glom_numpy.objective import objective_vjp
from glom_numpy.recipe import draw, init_heads

rng = np.random.default_rng(0)
model = Glom(dim=5, levels=3, image_size=6, patch_size=2, rng=rng)
images = rng.random((2, 3, 6, 6))
assert model(images, iters=6, return_all=True).shape == (7, 2, 9, 3, 5)
recipe = Recipe(agreement=0.1, contrast=0.1)
params = {"glom": model.params, "heads": init_heads(model.config, recipe, rng)}
draws = draw(model.config, recipe, 2, rng)
(loss, terms), backward = objective_vjp(params, model.config, recipe, images, draws)
grads, grad_images = backward()
assert np.isfinite(loss) and np.isfinite(grad_images).all() and len(terms) == 3
print("ran")
"""

OTHER_HOUSE = """
try:
    import glom_torch
except ImportError as error:
    print("no torch house:", error)
"""


def python(script, *blocked):
    """What a fresh Python prints, in which some packages cannot be imported."""
    code = BLOCK.format(blocked=set(blocked)) + script
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", [EVERY_ROOM, FORWARD_AND_BACKWARD], ids=["rooms", "runs"])
def test_without_torch_matplotlib_and_jupyter(script):
    blocked = "torch", "matplotlib", "glom_torch", "ipywidgets", "anywidget", "IPython", "beartype"
    assert python(script, *blocked).split()[-1] in ("rooms", "ran")


def test_the_block_does_block():
    assert "torch is blocked here" in python(OTHER_HOUSE, "torch")
    assert python(OTHER_HOUSE) == ""


def test_the_houses_import_no_figures_unasked():
    script = "import sys, glom_numpy, glom_torch; print('matplotlib' in sys.modules)"
    assert python(script, "matplotlib").strip() == "False"
