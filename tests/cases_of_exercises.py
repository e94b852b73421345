"""What a learner's function is compared on is a case of the parity table, too.

So the checker cannot drift from the houses: both give the same answer to the very arguments that
an exercise hands to its learner (those of the first seed).
"""

import inspect

import numpy as np

import table
from tutorials.exercises import catalog
from tutorials.exercises.wire import map_arrays
from twins import find

# Their reference picks a part of what the room gives, for the same arguments.
A_PART = ("step", "settle", "ari")
# Not in the table, and why.
NOT_MIRRORED = {
    "softmax_backward": "torch has autograd; the matrix holds the reference to it",
    "mlp_backward": "the same",
    "consensus_backward": "the same",
    "step_backward": "the same",
    "through_time": "the same",
    "mask": "its arguments are fewer than the room's, which takes a whole config",
    "adam": "torch has torch.optim; the matrix holds both solutions to one reference",
    "whole": "trained with what the others built",
}
DOORWAYS = ("islands", "scores")  # rooms whose answer is NumPy's, in float64


def locked(array):
    array = np.array(array)
    array.setflags(write=False)
    return array


IN_TABLE = []
for name in catalog.known():
    about = catalog.exercise(name)
    if name not in NOT_MIRRORED and (about.reference is None or name in A_PART):
        args, kwargs = map_arrays(about.cases(np.random.default_rng(0)), locked)
        bound = inspect.signature(find("glom_numpy", about.room)).bind(*args, **kwargs)
        bound.apply_defaults()  # the gradient tests count arguments by their place
        floats = "float64" if about.room.split(".")[0] in DOORWAYS else None
        table.add(about.room, f"exercise_{name}", *bound.args, floats=floats, **bound.kwargs)
        IN_TABLE.append(name)
