"""Build GLOM yourself, function by function: the project's equivalence tests run on your code.

    from tutorials.exercises import check, hint, solution
    check("consensus", my_consensus)     # in a notebook: words and a picture

`python -m tutorials next` starts in a terminal. The rooms, in reading order:

    facts       what an exercise is made of          catalog     found by its name
    source      the learner's code, as text          runner      a process with limits
    child       what happens in it                   watching    what it does besides answering
    wire        answers as JSON and plain arrays     leaves      an answer's parts, named axes
    differences how numbers differ, in words         judging     the ladder: first failure only
    checking    one check, end to end                answer      text, and HTML with a picture
    drawing     yours, wanted, difference            progress    the learner's folder and diary
    asking      hint, solution, overview             commands    `python -m tutorials check ...`

The last exercise runs as a whole: `python -m tutorials.exercises.whole`.
"""

from typing import Any

# In the order of the chapters; an exercise needs nothing of a later one.
ORDER = (
    "patches",
    "location_code",
    "mlp",
    "top_down",
    "cosine",
    "softmax_backward",
    "consensus",
    "mask",
    "top_informed",
    "step",
    "settle",
    "fill_in",
    "agreement",
    "info_nce",
    "mlp_backward",
    "consensus_backward",
    "step_backward",
    "through_time",
    "islands",
    "parents",
    "ari",
    "adam",
    "whole",
)

NOTEBOOK = {"check": "checking", "hint": "asking", "solution": "asking", "overview": "asking"}

__all__ = ["ORDER", *NOTEBOOK]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    """Imported when asked for: the learner's process needs none of it."""
    if name not in NOTEBOOK:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{NOTEBOOK[name]}"), name)
