"""Training in half precision, in the same bits every time, and what the machine cannot do."""

import os

import numpy as np
import pytest
import torch

from glom_numpy.config import flatten
from glom_numpy.record import curve_path
from glom_torch import checkpoint, descend, train
from ranks_child import full_after
from runs import curve, same_file, tiny_flags

pytestmark = pytest.mark.usefixtures("as_users_run_it")


def refused(capsys, *words):
    """What a refused command says: one line, exit status 2."""
    assert train.main(list(words)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    "words, message",
    (
        ("--accumulate 2", "batch: wanted a multiple of 2 = 1 processes x 2 accumulated, got 3"),
        ("--accumulate 3", "contrast: wanted 0 where a batch is cut into 3 parts"),
        ("--accumulate 0", "accumulate: wanted a whole number >= 1, got 0"),
        ("--autocast float16", "autocast: float16 wants a cuda device, got cpu; bfloat16 runs"),
        ("--autocast bfloat16 --dtype float64", "wanted parameters in float32, got torch.float64"),
    ),
)
def test_what_cannot_be_is_named(words, message, tmp_path, capsys):
    out = tmp_path / "x.safetensors"
    assert message in refused(capsys, *tiny_flags(tmp_path), "--out", str(out), *words.split())
    assert not out.exists()


def test_half_precision_is_near_and_goes_on_as_it_began(tmp_path, capsys):
    names = ("full", "half", "parts", "stopped")
    full, half, parts, stopped = (str(tmp_path / f"{name}.safetensors") for name in names)
    flags = [*tiny_flags(tmp_path), "--set", "recipe.contrast=0"]
    assert train.main([*flags, "--out", full]) == 0 and "autocast" not in curve(full)
    flags += ["--autocast", "bfloat16"]
    assert train.main([*flags, "--out", half]) == 0 and curve(half)["autocast"] == "bfloat16"
    assert train.main([*flags, "--out", parts, "--accumulate", "3"]) == 0
    losses = [np.array(curve(path)["curve"]["loss"]) for path in (full, half, parts)]
    for loss in losses[1:]:
        assert np.isfinite(loss).all() and (loss != losses[0]).all()
        np.testing.assert_allclose(loss, losses[0], rtol=0.02)
    for value in flatten(checkpoint.load(half).params).values():
        assert value.dtype == torch.float32
    undo = full_after(2)
    try:
        assert train.main([*flags, "--out", stopped]) == 1  # at step 14; 0 and 7 are kept
    finally:
        undo()
    capsys.readouterr()
    other = refused(capsys, "--resume", "--out", stopped, "--autocast", "float16")
    assert "autocast is bfloat16, asked for float16" in other
    assert train.main(["--resume", "--out", stopped]) == 0
    assert same_file(stopped, half)
    again = str(tmp_path / "again.safetensors")
    assert train.main(["--config", curve_path(half), "--out", again]) == 0
    assert same_file(again, full), "the machine is not in it"


def test_float16_leaves_out_what_its_scale_is_too_large_for(monkeypatch):
    # On a CPU, where it is refused since it is slow there; the arithmetic is the same.
    monkeypatch.setattr(descend, "_check_how", lambda *how: None)
    start, seen = 2.0**40, []

    class Scaler(torch.amp.GradScaler):
        def __init__(self, *where, **choices):
            super().__init__(*where, init_scale=start, growth_interval=5, **choices)

    monkeypatch.setattr(torch.amp, "GradScaler", Scaler)
    begin = {"w": torch.linspace(-1, 1, 12).reshape(3, 4)}

    def loss(params, rng):
        x = torch.from_numpy(rng.standard_normal((5, 4))).float()
        error = torch.nn.functional.linear(x, params["w"]) - 1
        assert error.dtype == (torch.float16 if torch.is_autocast_enabled("cpu") else x.dtype)
        return (error.float() ** 2).mean(), {}

    def each(params, state, row):
        seen.append((params["w"].detach().clone(), float(state["scaler"]["scale"])))

    loop = dict(steps=60, lr=0.1, warmup=0, autocast="float16")
    whole, _, curve = descend.descend(begin, loss, **loop, each=each)
    out = [step for step, length in enumerate(curve["gradient"]) if length == 0]
    assert out[:3] == [0, 1, 2] and len(out) < 40 and curve["loss"][-1] < curve["loss"][0] / 2
    for step in out:
        before = seen[step - 1] if step else (begin["w"], start)
        assert torch.equal(seen[step][0], before[0]) and seen[step][1] == before[1] / 2
    half, state, _ = descend.descend(begin, loss, **loop, stop=33)
    rest, *_ = descend.descend(half, loss, **loop, start=33, state=state)
    assert torch.equal(rest["w"], whole["w"]), "the scale goes on as well"


def test_deterministic(tmp_path, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    out = str(tmp_path / "x.safetensors")
    try:
        assert train.main([*tiny_flags(tmp_path), "--deterministic", "--out", out]) == 0
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
