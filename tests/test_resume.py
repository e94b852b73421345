"""Runs that are stopped, killed or run out of disk, and go on as if nothing had been."""

import os
import re
import shlex
import signal
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest
import threadpoolctl

from glom_numpy import checkpoint
from glom_numpy.config import flatten
from glom_numpy.descend import learning_rate
from runs import HOUSES, curve, same_file, tiny_flags

POSIX = pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX signal")


@pytest.fixture(params=HOUSES)
def house(request):
    return import_module(f"{request.param}.train")


@pytest.fixture
def tiny(tmp_path):
    return tiny_flags(tmp_path)


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / "runs" / "tiny.safetensors")


CHILD = """
import sys, time
from importlib import import_module
house = import_module(sys.argv[1] + ".train")
fit = house.HOUSE.fit
def slow(*args, each=None, **loop):
    def then(params, state, row):
        each(params, state, row)
        time.sleep(0.2 if row["step"] >= 24 else 0)
    return fit(*args, each=each and then, **loop)
object.__setattr__(house.HOUSE, "fit", slow)
sys.exit(house.main(sys.argv[2:]))
"""


def struck(house, flags, out, number):
    """A process that trains, at step 24 of 40 (or a little later) struck by a signal."""
    command = [sys.executable, "-W", "error", "-c", CHILD, house.HOUSE.name, *flags, "--out", out]
    one = {**os.environ, "OMP_NUM_THREADS": "1"}
    # A shell that runs the tests in the background may have Ctrl-C ignored.
    heeding = dict(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    pipes = dict(stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    with subprocess.Popen(command, env=one, **pipes, **heeding) as process:
        for line in process.stderr:
            if line.startswith("step 24 of"):
                process.send_signal(number)
                break
        said = process.stderr.read()
        return process.wait(timeout=60), said


@POSIX
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_struck_and_resumed_is_the_same_to_the_bit(house, number, tiny, out, as_users_run_it):
    status, said = struck(house, tiny, out, number)
    kept = checkpoint.load(out)
    assert sorted(os.listdir(os.path.dirname(out))) == ["tiny.curve.json", "tiny.safetensors"]
    if number == signal.SIGKILL:
        assert status == -signal.SIGKILL
        assert kept.extra["step"] in (21, 28), "the last multiple of 7"
        resume = ["--resume", "--out", out]
    else:
        assert status == 130
        step, command = re.search(r"holds step (\d+) of 40; go on with: (.*)", said).groups()
        assert kept.extra["step"] == int(step) >= 24
        assert "Traceback" not in said
        resume = shlex.split(command.removeprefix(f"python -m {house.HOUSE.name}.train "))
    assert kept.params["optimizer"]["step"] == kept.extra["step"]
    whole = out.replace("tiny", "whole")
    with threadpoolctl.threadpool_limits(1):
        assert house.main(resume) == 0
        assert house.main([*tiny, "--out", whole]) == 0
    assert same_file(out, whole)
    resumed, straight = curve(out), curve(whole)
    assert resumed["curve"] == straight["curve"]
    assert [len(resumed["command"]), len(straight["command"])] == [2, 1]


def strike(house, monkeypatch, at, *numbers):
    """This very process, struck within step `at`: gradients known, weights not yet new."""

    def struck(step, *choices):
        for number in numbers if step == at else ():
            os.kill(os.getpid(), number)
        return learning_rate(step, *choices)

    loop = import_module(f"{house.HOUSE.name}.descend")
    monkeypatch.setattr(loop, "learning_rate", struck)


@POSIX
def test_a_run_goes_on_in_the_other_house(house, tiny, out, capsys, monkeypatch, as_users_run_it):
    name = next(name for name in HOUSES if name != house.HOUSE.name)
    other = import_module(f"{name}.train")
    strike(house, monkeypatch, 17, signal.SIGTERM)
    double = {"glom_numpy": [], "glom_torch": ["--dtype", "float64"]}
    assert house.main([*tiny, "--out", out, *double[house.HOUSE.name]]) == 128 + signal.SIGTERM
    assert "holds step 17 of 40" in capsys.readouterr().err
    assert other.main(["--out", out, "--resume"]) == 0, "in double without being told"
    whole = out.replace("tiny", "whole")
    assert other.main([*tiny, "--out", whole, *double[name]]) == 0
    got, wanted = (flatten(checkpoint.load(path).params) for path in (out, whole))
    for key, value in wanted.items():
        np.testing.assert_allclose(got[key], value, rtol=1e-8, atol=1e-10, err_msg=key)


@POSIX
def test_a_second_ctrl_c_stops_at_once(house, tiny, out, capsys, monkeypatch, as_users_run_it):
    strike(house, monkeypatch, 17, signal.SIGINT, signal.SIGINT)
    assert house.main([*tiny, "--out", out]) == 130
    assert "stopped" in (said := capsys.readouterr().err) and "holds step 14 of 40" in said
    assert checkpoint.load(out).extra["step"] == 14
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_disk_that_fills_up_leaves_what_was_there(
    house, tiny, out, capsys, monkeypatch, as_users_run_it
):
    save, calls = house.HOUSE.save, []

    def full(*args, **about):
        calls.append(args)
        if len(calls) > 3:  # steps 0, 7, 14
            raise OSError(28, "No space left on device")
        save(*args, **about)

    object.__setattr__(house.HOUSE, "save", full)
    try:
        assert house.main([*tiny, "--out", out]) == 1
    finally:
        object.__setattr__(house.HOUSE, "save", save)
    said = capsys.readouterr().err
    assert "No space left" in said and "holds step 14 of 40;" in said
    assert house.main(["--resume", "--out", out]) == 0
