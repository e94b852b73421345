"""Cases of the rooms that are doorways: the torch house sends tensors through NumPy's functions.

What comes back is NumPy's, in float64 whatever came in.
"""

import numpy as np

from glom_numpy.recipe import Recipe, draw
from table import RNG, add, config, locked
from twins import Seed

vectors = locked(RNG.standard_normal((15, 7)))
on_grid = locked(RNG.standard_normal((3, 5, 7)))
history = locked(RNG.standard_normal((4, 3, 5, 7)))
labels = locked(RNG.integers(4, size=15))
lower, upper = locked(RNG.integers(6, size=(3, 5))), locked(RNG.integers(3, size=(3, 5)))
label_map = locked(RNG.integers(3, size=(2, 6, 15)))


def door(name, label, *args, **kwargs):
    """A case whose answer is NumPy's: numbers in, measured in float64."""
    add(name, label, *args, floats="float64", **kwargs)


door("islands.level_mean", "", history)
door("islands.center", "", vectors, vectors.mean(axis=0))
door("islands.cosine_to", "", vectors, 3)
door("islands.neighbor_cosines", "", on_grid)
door("islands.find_islands", "", on_grid, 0.1)
door("islands.island_counts", "", on_grid, np.array([-0.5, 0.0, 0.5]))
door("islands.neighbor_agreement", "", history)
door("islands.update_size", "", history)
door("islands.parents", "", lower, upper)
door("islands.overlap", "", lower, upper)
door("islands.labels_on_grid", "", label_map, (3, 5))

door("parse.merge_islands", "", on_grid, lower, 0.1, smallest=2)

door("scores.segment_cosines", "", vectors, labels)
door("scores.segment_cosines", "no_labels", vectors, None)
door("scores.contrast", "", vectors, labels, background=True)
door("scores.foreground_ari", "", locked(RNG.integers(3, size=15)), labels)
door("scores.fg_ari", "average", vectors, labels)
door("scores.fg_ari", "kmeans", vectors, labels, method="kmeans", k=2, rng=Seed(3))
door("scores.nesting", "", lower, upper, rng=Seed(3), smallest=1)
door("scores.effective_rank", "", vectors)


pixels = locked(RNG.integers(256, size=(2, 6, 15, 3), dtype=np.uint8))
floats = locked(RNG.random((2, 6, 15, 3)))
# Both houses take arrays here; only the answer is the torch house's own.
add("worlds.to_model", "bytes", call=lambda to_model, where: to_model(pixels, **where))
add("worlds.to_model", "floats", call=lambda to_model, where: to_model(floats, **where))

sampling = config(local_consensus_radius=(1, 0, 2, 0), samples=(0, 2, 3, 0))
for label, choices in (("sampled", sampling), ("near", config(local_consensus_radius=1))):
    drawn = draw(choices, Recipe(iters=2), 2, np.random.default_rng(4))
    add("recipe.who_listens", label, choices, drawn)
