"""What all tests share: torch on one thread and at full precision, and examples that repeat."""

import functools

import beartype
import hypothesis
import jaxtyping
import pytest
import torch

from unchecked import unchecked

# pyproject.toml has every annotated call of both houses checked (jaxtyping's hook, beartype).
# No house may be imported before this file is done, and two things are to be told first.
#
# Python's own rule (PEP 484): where a float is wanted, a whole number will do.
beartype.beartype = functools.partial(
    beartype.beartype, conf=beartype.BeartypeConf(is_pep484_tower=True)
)

# Functions inside functions, such as each `backward`, would be wrapped anew whenever the outer one
# runs: 30 times slower than the arithmetic. What comes in and goes out is checked one level up.
jaxtyped = jaxtyping.jaxtyped


def jaxtyped_outside_only(*, typechecker):
    """jaxtyping's decorator, for all but nested functions."""
    check = jaxtyped(typechecker=typechecker)
    return lambda f: f if "<locals>" in getattr(f, "__qualname__", "") else check(f)


jaxtyping.jaxtyped = jaxtyped_outside_only

torch.set_num_threads(1)  # the tensors are tiny; threads would only wait for each other
# TensorFloat-32 keeps 10 bits of a float32's 23, too few for the tolerances here.
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False

# The same examples at every run: a test that fails here fails for everybody.
hypothesis.settings.register_profile("repeat", derandomize=True, deadline=None, max_examples=15)
hypothesis.settings.load_profile("repeat")


@pytest.fixture
def as_users_run_it():
    """Without the tests' shape checks: bad input must meet the check that users will meet."""
    with unchecked():
        yield


@pytest.fixture
def elsewhere(monkeypatch, tmp_path, as_users_run_it):
    """A folder for runs of experiments, whose results are the test's own too."""
    monkeypatch.setattr("tutorials.experiments.files.RESULTS", tmp_path / "results")
    return tmp_path / "out"
