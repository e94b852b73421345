"""The command line: the same flags in both houses, and every mistake told in one line."""

import json
import os
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from glom_numpy import checkpoint, flags
from glom_numpy.config import GlomConfig
from glom_numpy.glom import Glom
from runs import HOUSES, curve, same_file, tiny_flags


@pytest.fixture(autouse=True)
def users(as_users_run_it):
    """Mistakes must meet the checks that users will meet."""


@pytest.fixture(params=HOUSES)
def house(request):
    return import_module(f"{request.param}.train")


@pytest.fixture
def tiny(tmp_path):
    return tiny_flags(tmp_path)


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / "tiny.safetensors")


def told(house, capsys, *words):
    """What a refused command says: one line, exit status 2."""
    assert house.main(list(words)) == 2
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert said.out == "" and len(lines) == 1, said
    name = house.HOUSE.name
    assert lines[0].startswith(f"{name}.train: error: ")
    return lines[0]


def test_the_same_flags_but_for_the_machine():
    ours, theirs = (
        {
            flag: (action.dest, action.type, action.nargs, action.default)
            for action in flags.parser(import_module(f"{name}.train").HOUSE)._actions
            for flag in action.option_strings
        }
        for name in HOUSES
    )
    machine = "dtype device accumulate recompute autocast deterministic"
    assert {flag: theirs.pop(f"--{flag}")[0] for flag in machine.split()}
    assert ours == theirs
    needed = "world steps batch lr seed out resume config checkpoint-every overwrite set help"
    assert {f"--{flag}" for flag in needed.split()} <= set(ours)
    for _, (dest, *_) in ours.items():
        section, dot, choice = dest.partition(".")
        if dot:
            assert choice in flags.SECTIONS[section].__dataclass_fields__


@pytest.mark.parametrize("name", HOUSES)
def test_as_typed_in_a_shell(name, tmp_path):
    def run(*words):
        command = [sys.executable, "-W", "error", "-m", f"{name}.train", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    said = run("--help")
    assert said.returncode == 0 and said.stdout.startswith(f"usage: python -m {name}.train ")
    for flag in ("--world NAME", "--resume", "examples:", "Ctrl-C saves and stops"):
        assert flag in said.stdout
    said = run("--world", "marsh", "--out", str(tmp_path / "x.safetensors"))
    assert said.returncode == 2 and "Traceback" not in said.stderr
    assert "wanted avatars, crossing_bars, " in said.stderr
    assert "got 'marsh'" in said.stderr and os.listdir(tmp_path) == []


MISTAKES = {
    "--batch 99": "batch: wanted at most the 9 pictures there are, got 99",
    "--batch 1": "images: contrast wants at least 2 pictures in a batch, got 1",
    "--steps 0": "steps: wanted a whole number >= 1, got 0",
    "--seed -1": "seed: wanted a whole number >= 0, got -1",
    "--lr nan": "lr: wanted a finite number",
    "--warmup 41": "warmup: wanted at most steps=40, got 41",
    "--checkpoint-every 0": "--checkpoint-every: wanted at least 1, got 0",
    "--patch-size 4": "image_size: wanted a width divisible by the patch's width 4, got 6",
    "--size 8": "size: ",
    "--set glom.dmi=5": "glom: unknown 'dmi'; known are dim, levels,",
    "--set dim=5": "--set: wanted SECTION.NAME=VALUE, SECTION of glom, recipe, train; got 'dim=5'",
    "--set recipe.iters": "got 'recipe.iters'",
    "--set train.warmup=long": "warmup: wanted a whole number >= 0, got 'long'",
    "--set train.split=3": "split: wanted a string, got 3",
    "--set recipe.pairs=1": "segments: wanted 2 names for `pairs`, one a level, got ()",
    '--set recipe.pairs=1 recipe.segments=["","parts"]': "these pictures have no such labels",
    "--set glom.similarity=l2": "similarity: wanted one of cosine, dot, unit_keys; got 'l2'",
    "--set glom.image_size=8": "images: wanted (N, H, W, c) = (N, 8, 8, 3), as the config's",
    "--set recipe.contrast=[1]": "contrast: wanted one number or 2",
    "--set recipe.contrast=0 recipe.agreement=0 recipe.reconstruction=0": "all are 0",
    "--start-from nowhere.safetensors": "nowhere.safetensors: wanted a GLOM checkpoint, found no",
    "--resume": "--resume: there is no ",
    "--resume --overwrite": "--resume, --overwrite: wanted one of them, got both",
    "--config nowhere.json": "--config nowhere.json: cannot be read: No such file",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes(words, tiny, out, capsys):
    house = import_module("glom_numpy.train")
    assert MISTAKES[words] in told(house, capsys, *tiny, "--out", out, *words.split())
    assert not os.path.exists(out), "found before anything was written"


CONFIGS = {
    '{"glom": {"dim": 5,}}': "wanted JSON, got: ",
    "\xff": "wanted JSON, got: ",
    "[1]": "wanted an object {...}, got list",
    '{"model": {}}': "unknown 'model'; known are glom, recipe, train",
    '{"glom": 5}': "glom: wanted an object {...}, got 5",
    '{"recipe": {"itres": 5}}': "recipe: unknown 'itres'; known are iters,",
    '{"train": {"out": "x"}}': "train: unknown 'out'; known are world,",
    '{"train": {"lr": "fast"}}': "lr: wanted a number in [0.0, inf], got 'fast'",
}


@pytest.mark.parametrize("text", CONFIGS)
def test_mistakes_in_a_config_file(text, tmp_path, out, capsys):
    house, path = import_module("glom_numpy.train"), tmp_path / "config.json"
    path.write_bytes(text.encode("latin-1"))
    assert CONFIGS[text] in told(house, capsys, "--config", str(path), "--out", out)


def test_flags_win_over_set_over_the_file(tiny, tmp_path, out):
    house, path = import_module("glom_numpy.train"), tmp_path / "config.json"
    asked = {"glom": {"dim": 3, "beta": [1, 2]}, "recipe": {"iters": 4}, "train": {"seed": 5}}
    path.write_text(json.dumps(asked | {"train": {"world": tiny[1], "steps": 2, "lr": 1}}))
    more = "--patch-size 2 --levels 2 --dim 6 --batch 2 "
    more += "--set recipe.iters=3 glom.dim=4 recipe.hidden_only=False"
    assert house.main(["--config", str(path), "--out", out, *more.split()]) == 0
    report = curve(out)
    assert (report["glom"]["dim"], report["glom"]["beta"]) == (6, [1, 2])
    assert (report["recipe"]["iters"], report["train"]["seed"]) == (3, 0)
    assert (report["train"]["lr"], report["recipe"]["hidden_only"]) == (1.0, False)


def test_a_place_that_cannot_be_written(house, tiny, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    for place in ("file/x.safetensors", "file/in/it/x.safetensors", "/proc/x.safetensors"):
        said = told(house, capsys, *tiny, "--out", str(tmp_path / place))
        assert f"--out {tmp_path / place}: cannot be written" in said
    for place in ("x", "x.pt", ".safetensors", ""):
        said = told(house, capsys, *tiny, "--out", str(tmp_path / place))
        assert "--out: wanted a name ending in .safetensors" in said
    os.mkdir(tmp_path / "folder.safetensors")
    assert "exists" in told(house, capsys, *tiny, "--out", str(tmp_path / "folder.safetensors"))


def test_a_run_is_never_lost(house, tiny, out, capsys):
    short = [*tiny, "--steps", "2"]
    assert house.main([*short, "--out", out]) == 0
    capsys.readouterr()
    said = told(house, capsys, *short, "--out", out)
    assert "exists; --resume goes on with it, --overwrite replaces it" in said
    beside = out.replace(".safetensors", ".curve.json")
    os.rename(out, out + ".away")
    assert beside in told(house, capsys, *short, "--out", out), "nor its curve"
    os.rename(out + ".away", out)
    assert house.main(["--out", out, "--resume"]) == 0, "nothing left to do, and nothing done"
    assert "is finished: all its 2 steps are done" in capsys.readouterr().err
    assert house.main([*short, "--seed", "8", "--out", out, "--overwrite"]) == 0
    assert curve(out)["train"]["seed"] == 8


def test_a_run_goes_on_as_it_began(tiny, tmp_path, out, capsys):
    house = import_module("glom_numpy.train")
    assert house.main([*tiny, "--out", out]) == 0
    capsys.readouterr()
    for words, differs in {
        "--steps 80": "train.steps is 40, asked for 80",
        "--seed 1 --lr 0.5": "train.seed is 7, asked for 1; train.lr is 0.001, asked for 0.5",
        "--world avatars": "asked for 'avatars'",
        "--dim 7": "glom.dim is 5, asked for 7",
        "--set recipe.noise=0.2": "recipe.noise is 0.1, asked for 0.2",
    }.items():
        said = told(house, capsys, "--resume", "--out", out, *words.split())
        assert differs in said and f"--start-from {out}" in said
    assert house.main([*tiny, "--resume", "--out", out]) == 0, "the same may be said again"
    capsys.readouterr()
    torch_house = import_module("glom_torch.train")
    said = told(torch_house, capsys, "--resume", "--out", out, "--dtype", "float32")
    assert "dtype is float64, asked for float32" in said
    np.savez(tmp_path / "tiny.npz", images=np.zeros((9, 4, 6, 3), np.uint8))
    said = told(house, capsys, "--resume", "--out", out)
    assert "no longer has the pictures it began with" in said


def test_other_files_are_no_runs(house, out, capsys):
    model = Glom(GlomConfig(dim=3, levels=2, image_size=4, patch_size=2))
    checkpoint.save(out, {"glom": model.params}, config=model.config)
    said = told(house, capsys, "--resume", "--out", out)
    assert "holds weights, but no run of this command" in said
    with open(out, "wb") as file:
        file.write(b"PK\x03\x04 and so on")
    assert "zip archive" in told(house, capsys, "--resume", "--out", out)


def test_numpy_goes_on_in_double_only(tiny, out, capsys):
    torch_house, house = (import_module(f"{name}.train") for name in HOUSES[::-1])
    assert torch_house.main([*tiny, "--out", out]) == 0
    capsys.readouterr()
    said = told(house, capsys, "--resume", "--out", out)
    assert "is float32; glom_numpy computes in float64" in said


def test_devices(tiny, out, capsys):
    house = import_module("glom_torch.train")
    assert "--device warp: " in told(house, capsys, *tiny, "--out", out, "--device", "warp")
    import torch

    if not torch.cuda.is_available():
        said = told(house, capsys, *tiny, "--out", out, "--device", "cuda")
        assert "--device cuda: " in said
        return
    assert house.main([*tiny, "--out", out, "--device", "cuda"]) == 0
    cpu = out.replace("tiny", "cpu")
    assert house.main([*tiny, "--out", cpu]) == 0
    np.testing.assert_allclose(curve(out)["curve"]["loss"], curve(cpu)["curve"]["loss"], rtol=1e-2)


def test_a_folder_of_pictures_and_a_drawn_world(house, tmp_path, out, capsys):
    from PIL import Image

    rng = np.random.default_rng(0)
    for index in range(4):
        picture = rng.integers(0, 256, (9, 12, 3)).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / f"{index}.png")
    small = "--steps 2 --batch 2 --dim 4 --levels 2 --patch-size 2".split()
    run = [*small, "--world", str(tmp_path), "--out", out]
    assert "size: a folder of pictures" in told(house, capsys, *run)
    assert house.main([*run, "--size", "4", "6"]) == 0
    assert checkpoint.load(out).config.grid == (2, 3)
    drawn, again = (out.replace("tiny", name) for name in ("drawn", "again"))
    for path in (drawn, again):
        bars = ["--world", "crossing_bars", "--count", "5", "--patch-size", "16"]
        assert house.main([*small, *bars, "--out", path]) == 0
    assert same_file(drawn, again), "the same seed draws the same scenes"
