"""What an exercise is made of: a folder `<name>/` like `consensus/`, with four files.

`__init__.py`  the facts: one `ABOUT = Exercise(...)`, see below.
`stub.py`      what the learner gets: the equation, both functions with their shapes, and between
               the lines `# --- your code ---` and `# --- end of your code ---` nothing but
               `raise NotImplementedError`. The NumPy function's docstring works a tiny example as
               a doctest, which the tests run on the solution.
`solution.py`  the same file, line by line, with the two parts filled in. Below the line
               `# --- another way to write it ---` it may go on: `another_way_numpy`,
               `another_way_torch` (either, both, none; also `another_way_2_numpy`), held right too.
`wrong.py`     the misconceptions: every public function in it is one, with the arguments of the
               NumPy function; the first paragraph of its docstring is the sentence that the
               learner reads ("You ..."). Each differs from the reference and from every other
               one, on every seed. Torch answers are matched with the same functions.

None of the four imports another. Stub and solution import torch at the top (the engine sees to it
that a NumPy check does not load it); imports that a stub does not use yet are allowed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["GRID", "SIZES", "Exercise", "Wrong", "normal"]

# All different and mostly prime, as in the tests' table: a swapped axis shows itself.
SIZES = dict(b=2, n=15, l=4, d=7, f=11, h=3, w=5, c=4, o=5, p=24, k=3, m=6, v=4, H=6, W=15)
SIZES |= dict(i=15, j=15, t=5)
GRID = (3, 5)  # h, w

# An answer's axes: "b n l d"; for a tuple or a dict of answers, a dict that names each part
# (of a tuple: in its order), such as {"gradient of levels": "b n l d", "loss": ""}.
Axes = str | Mapping[str, Any]


@dataclass(frozen=True)
class Exercise:
    """The facts of one exercise. Import torch (and scikit-learn) only inside functions here."""

    name: str  # the folder's name, which the learner types
    title: str
    chapter: int  # 1 to 12
    minutes: int
    difficulty: int  # 1 (a line) to 4 (an evening)
    # "attention.consensus": the house's function, which the learner's must equal. Of a function
    # that returns (value, backward), the value counts.
    room: str
    functions: tuple[str, str]  # ("consensus_numpy", "consensus_torch")
    # cases(rng) -> (args, kwargs): random, asymmetric float64 arrays in NumPy, sizes all
    # different. Called with the generators of several seeds. For torch, arrays in it (nested
    # in tuples, lists, dicts too) become tensors; all else is handed on.
    cases: Callable[[np.random.Generator], tuple[tuple, dict]]
    axes: Axes  # of the answer
    hints: tuple[str, str, str]
    look: str  # what to look at once it is right: a sentence or two, with the chapter
    # None: the room's function in glom_numpy. Else a function of the same arguments (and
    # what it needs of the houses it imports inside: the learner's process must start quickly).
    reference: Callable | None = None
    # What must hold of any right answer: (what should hold, f(answer, *args, **kwargs)), where f
    # returns None, or in words how it is broken ("the weights of location 2 sum to 1.31").
    invariants: tuple[tuple[str, Callable[..., str | None]], ...] = ()
    # Backward exercises: f(*tensors, **kwargs) -> the answer by torch's autograd on the
    # reference's forward pass; the tests hold the reference to it.
    autograd: Callable | None = None
    # Where equal means something else than the same numbers (labels of islands may be numbered
    # in any order): f(answer) -> the form that is compared, of the wanted answer and theirs.
    canonical: Callable[[Any], Any] | None = None
    # Where arrays -> tensors is not enough (arguments that are functions): f(args, kwargs) of
    # NumPy -> (args, kwargs) of torch.
    to_tensors: Callable[[tuple, dict], tuple[tuple, dict]] | None = None
    # A torch answer is also compared with the learner's own NumPy answer.
    same_as_numpy: bool = True
    # Functions of the house that the learner may call ("ops.softmax"), none of a later exercise,
    # and those beside `room` that would be most of the answer (said kindly if they are called).
    uses: tuple[str, ...] = ()
    too_much: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wrong:
    """A named misconception: a wrong function, and the sentence that teaches."""

    name: str
    sentence: str
    function: Callable


def normal(rng: np.random.Generator, axes: str) -> np.ndarray:
    """Random numbers of the shape that the letters say: normal(rng, "b n l d") is (2, 15, 4, 7).

    Their mean is not 0 and their scale differs from row to row, so that an error of sign, of
    length or of place cannot hide. KeyError for a letter that is not in `SIZES`.
    """
    shape = [SIZES[letter] for letter in axes.split()]
    numbers = 0.2 + rng.standard_normal(shape)
    return numbers * rng.uniform(0.5, 1.5, size=[*shape[:-1], 1]) if shape else numbers
