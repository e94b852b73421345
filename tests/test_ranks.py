"""Several processes, and batches worked on in parts: the gradients and weights of one process."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl
import torch

from glom_numpy import checkpoint
from glom_numpy.config import flatten
from glom_torch import train
from ranks_child import CASES, one_step
from runs import curve, same_file, tiny_flags

CHILD = Path(__file__).with_name("ranks_child.py")
GLOO = torch.distributed.is_available() and torch.distributed.is_gloo_available()
POSIX = pytest.mark.skipif(os.name != "posix" or not GLOO, reason="kill -9 is a POSIX signal")

pytestmark = pytest.mark.usefixtures("as_users_run_it")


def close(got, wanted, rtol=1e-10):
    assert set(got) == set(wanted)
    for key, value in wanted.items():
        atol = rtol * np.abs(value).max()
        np.testing.assert_allclose(got[key], value, rtol=rtol, atol=atol, err_msg=key)


@pytest.fixture(scope="module")
def alone():
    """The gradient of each case in one process, in one go."""
    return {case: one_step(case) for case in CASES}


@pytest.mark.parametrize("accumulate", (2, 3, 6))
@pytest.mark.parametrize("case", CASES)
def test_parts_one_after_the_other_are_the_whole(case, accumulate, alone):
    close(one_step(case, accumulate=accumulate), alone[case])
    nothing = {key for key, value in alone[case].items() if not np.abs(value).max() > 0}
    # A state that is carried on was begun long ago: a parameter that nobody used.
    assert nothing == ({"glom.initial"} if case == "carried" else set())


def test_pictures_with_more_hidden_patches_count_more(alone, monkeypatch):
    # Planted: the plain mean over parts. Were all parts alike, the test above could not fail.
    monkeypatch.setattr(train, "weighed", lambda terms, *_: (sum(terms.values()), terms))
    with pytest.raises(AssertionError):
        close(one_step("reconstruction", accumulate=6), alone["reconstruction"], rtol=1e-4)
    close(one_step("every_patch", accumulate=6), alone["every_patch"])


def launch(*words, restarts=0):
    """Two processes under torchrun; (status, stdout, stderr). They are gone when this returns."""
    how = ["--standalone", "--nproc-per-node", "2", "--max-restarts", str(restarts)]
    command = [sys.executable, "-m", "torch.distributed.run", *how, *words]
    where = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(CHILD.parents[1])}
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with subprocess.Popen(command, env={**os.environ, **where}, **pipes) as process:
        try:
            said = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.terminate()  # and torchrun ends its own
            raise AssertionError(process.communicate()) from None
        return process.returncode, *said


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What two processes left behind: (folder, flags, status of torchrun, stdout, stderr)."""
    folder = tmp_path_factory.mktemp("two")
    flags = tiny_flags(folder)
    flags[flags.index("--batch") + 1] = "4"
    more = "recipe.contrast=0 recipe.mask_block=2 recipe.noise=0.1"
    flags += ["--dtype", "float64", "--set", *more.split()]
    (folder / "flags.json").write_text(json.dumps(flags))
    return folder, flags, *launch(str(CHILD), str(folder), restarts=1)


@POSIX
@pytest.mark.parametrize("accumulate", (1, 3))
@pytest.mark.parametrize("case", CASES)
def test_two_processes_are_one(case, accumulate, two, alone):
    folder = two[0]
    first, second = (dict(np.load(folder / f"{case}.{accumulate}.{rank}.npz")) for rank in (0, 1))
    close(first, alone[case])
    for key, value in first.items():
        np.testing.assert_array_equal(second[key], value, err_msg=key)


def params(out):
    return flatten(checkpoint.load(str(out)).params)


@POSIX
def test_a_run_of_two_is_a_run_of_one(two, tmp_path):
    folder, flags, *_ = two
    out = str(tmp_path / "one.safetensors")
    with threadpoolctl.threadpool_limits(1):
        assert train.main([*flags, "--out", out]) == 0
    close(params(folder / "whole.safetensors"), params(out), rtol=1e-8)
    ours, theirs = curve(out), curve(str(folder / "whole.safetensors"))
    close(theirs["curve"], ours["curve"], rtol=1e-8)
    assert {k: ours[k] for k in ("train", "glom", "recipe")} == {
        k: theirs[k] for k in ("train", "glom", "recipe")
    }, "a run does not depend on who ran it"


@POSIX
def test_one_of_two_is_killed_and_nothing_is_lost(two):
    folder, _, _, _, said = two
    assert same_file(folder / "struck.safetensors", folder / "whole.safetensors")
    done = curve(str(folder / "struck.safetensors"))
    assert len(done["command"]) == 2, "it was begun again"
    assert said.count("step 24 of 40") == 3, "whole, struck again, full's is at step 14"


@POSIX
def test_all_stop_at_the_same_step_and_the_first_has_saved(two, tmp_path):
    folder, flags, status, _, said = two
    assert status != 0
    kept = checkpoint.load(folder / "stopped.safetensors")
    step = kept.extra["step"]
    assert 9 <= step < 40 and kept.params["optimizer"]["step"] == step
    (line,) = [line for line in said.splitlines() if "stopped; " in line]
    assert f"holds step {step} of 40; go on with: " in line
    command = shlex.split(line.partition("go on with: ")[2])
    assert command[:5] == ["torchrun", "--standalone", "--nproc-per-node", "2", "-m"]
    assert train.main(command[6:]) == 0, "in one process what two began"
    close(params(folder / "stopped.safetensors"), params(folder / "whole.safetensors"), rtol=1e-8)


@POSIX
def test_a_problem_of_one_is_a_problem_of_all(two):
    folder, _, _, out, said = two
    statuses = [json.loads((folder / f"statuses.{rank}.json").read_text()) for rank in (0, 1)]
    # Those of the first attempt are gone with who was killed.
    assert statuses[0] == statuses[1] == {"whole": 0, "struck": 0, "stopped": 143}
    lines = said.splitlines()

    def told(*parts):
        return len([line for line in lines if all(part in line for part in parts)])

    assert told("error: process 1: ", "nowhere.npz") == 1
    assert told("error: training: wanted the same in every process") == 1
    assert told("error: step ", "away.safetensors holds step 0 of 40") == 1
    assert told("No space left", "full.safetensors holds step 14 of 40; go on with: torch") == 1
    assert not (folder / "lost.safetensors").exists()
    assert not (folder / "other.safetensors").exists()
    assert told("step 1 of 40 ") <= 5 and told("is finished: all its 40 steps are done") == 1
    assert out.count("40 steps, curve in") == 2, "whole, struck: by the first alone"


@POSIX
def test_a_mistake_ends_all_soon(tmp_path):
    out = tmp_path / "x.safetensors"
    flags = tiny_flags(tmp_path)
    status, said, told = launch("-m", "glom_torch.train", *flags, "--out", str(out))
    assert status != 0 and said == ""
    line = "glom_torch.train: error: batch: wanted a multiple of 2 = 2 processes x 1 accumulated"
    assert told.count(line) == 1 and not out.exists()
