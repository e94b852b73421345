"""A run small enough for a test, and a look at what it left behind."""

import json

import numpy as np

from glom_numpy.worlds import crossing_bars

HOUSES = ["glom_numpy", "glom_torch"]


def tiny_flags(folder):
    """A run of 40 steps that takes a second and uses everything that is drawn at random."""
    path = folder / "tiny.npz"
    rng = np.random.default_rng(0)
    images = crossing_bars(9, parts=2, size=(4, 6), radius=1, spread=0, rng=rng).images
    np.savez(path, images=images)
    run = "--steps 40 --seed 7 --curve-every 9 --clip 0.3 --checkpoint-every 7 --batch 3"
    sizes = "--patch-size 2 --dim 5 --levels 2 --iters 3"
    choices = "recipe.contrast=0.1 recipe.agreement=0.1 recipe.noise=0.1 recipe.min_iters=2"
    choices += " recipe.positives=view recipe.anchors=2 glom.voice_weights=learned"
    return ["--world", str(path), *f"{run} {sizes} --set {choices}".split()]


def curve(out):
    """The JSON beside the weights at `out`."""
    with open(out.removesuffix(".safetensors") + ".curve.json", encoding="utf-8") as file:
        return json.load(file)


def same_file(one, other):
    """Whether two files are the same to the byte."""
    with open(one, "rb") as first, open(other, "rb") as second:
        return first.read() == second.read()
