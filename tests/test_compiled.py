"""torch.compile without graph breaks, torch.export, autocast: the same numbers as without."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from compiled_child import CHOICES, ITERS, gradients, setting

HERE = Path(__file__).parent
COMPILER = shutil.which("g++") is not None
each_choice = pytest.mark.parametrize("label", CHOICES)
needs_compiler = pytest.mark.skipif(not COMPILER, reason="no C++ compiler here")


@pytest.fixture(scope="module")
def compiled():
    """What the child found, by choice."""
    words = [sys.executable, str(HERE / "compiled_child.py"), *["machine_code"] * COMPILER]
    env = os.environ | {"PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@each_choice
def test_compiled_in_one_graph(label, compiled):
    assert max(compiled[label]) < 1e-4


@needs_compiler
def test_compiled_to_machine_code(compiled):
    assert max(compiled["machine_code"]) < 1e-4


@each_choice
def test_exported_before_it_ever_ran(label, as_users_run_it):
    model, img = setting(label)
    exported = torch.export.export(model, (img,), {"iters": ITERS}).module()
    torch.testing.assert_close(exported(img, iters=ITERS), model(img, ITERS))


@pytest.mark.parametrize("recompute", (False, True), ids=("kept", "recomputed"))
@each_choice
def test_autocast(label, recompute, as_users_run_it):
    model, img = setting(label)
    wanted = model(img, ITERS)
    exact = gradients(model, wanted)
    with torch.autocast("cpu", torch.bfloat16):
        came = model(img, ITERS, recompute=recompute)
    assert (came - wanted).abs().mean() < 0.02 * wanted.abs().mean()
    for name, grad in gradients(model, came).items():
        assert grad.dtype == torch.float32 and torch.isfinite(grad).all(), name
        assert (grad - exact[name]).norm() < 0.1 * exact[name].norm() + 1e-6, name
