"""Checkpoints: they come back whole, cross over, survive a kill; what is none is refused."""

import json
import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy

from glom_numpy import checkpoint
from glom_numpy.config import GlomConfig, flatten
from glom_numpy.glom import Glom
from glom_numpy.recipe import Recipe, init_heads

CONFIG = GlomConfig(
    dim=7,
    levels=3,
    image_size=(6, 10),
    patch_size=2,
    hidden=11,
    beta=(1.0, 2.5),
    local_consensus_radius=2.0,
)
RECIPE = Recipe(iters=4, contrast=(0.0, 0.1, 0.2), positives=("radius", "view", "attention"))


@pytest.fixture
def params():
    rng = np.random.default_rng(0)
    glom = Glom(CONFIG, rng=rng).params
    heads = init_heads(CONFIG, RECIPE, rng)
    optimizer = {"step": np.array(17), "exp_avg": {"w": rng.normal(size=(2, 3))}, "none": {}}
    return {"glom": glom, "heads": heads, "optimizer": optimizer}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "glom.safetensors"


def assert_same_tree(got, wanted):
    got, wanted = flatten(got), flatten(wanted)
    assert got.keys() == wanted.keys()
    for key, value in wanted.items():
        assert np.shape(got[key]) == np.shape(value), key
        np.testing.assert_array_equal(np.asarray(got[key]), np.asarray(value), err_msg=key)


def test_all_of_it_comes_back(path, params):
    extra = {"step": 17, "seed": 3, "rng": np.random.default_rng(3).bit_generator.state}
    checkpoint.save(path, params, config=CONFIG, recipe=RECIPE, extra=extra)
    back = checkpoint.load(path)
    assert_same_tree(back.params, params)
    assert (back.config, back.recipe, back.extra) == (CONFIG, RECIPE, extra)
    assert back.params["optimizer"]["none"] == {}, "branches without leaves come back too"
    assert back.params["optimizer"]["step"].shape == ()
    assert back.params["glom"]["initial"].flags.writeable
    checkpoint.save(str(path), {"glom": params["glom"], "heads": {}}, config=CONFIG)
    back = checkpoint.load(str(path))
    assert (back.params["heads"], back.recipe, back.extra) == ({}, None, {})


def test_the_same_state_is_the_same_bytes(tmp_path, params):
    """In a fresh process too, where Rust and Python hash their keys in another order."""
    files = [tmp_path / name for name in ("a", "b")]
    checkpoint.save(files[0], params, config=CONFIG, recipe=RECIPE, extra={"x": 1, "y": 2})
    program = (
        "import sys; from glom_numpy import checkpoint as c; x = c.load(sys.argv[1]);"
        "c.save(sys.argv[2], x.params, config=x.config, recipe=x.recipe, extra=x.extra)"
    )
    subprocess.run([sys.executable, "-c", program, *map(str, files)], check=True, timeout=120)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_load_glom_gives_the_same_states(path, params):
    model = Glom(CONFIG, params=params["glom"])
    checkpoint.save(path, params, config=CONFIG)
    img = np.random.default_rng(1).random((2, 3, 6, 10))
    back = checkpoint.load_glom(path)
    assert back.config == CONFIG
    np.testing.assert_array_equal(back(img, iters=4), model(img, iters=4))


@pytest.mark.parametrize("dtype", ["float16", "float32", "int8", "int64", "uint16", "bool"])
def test_dtypes_stay_on_disk_and_floats_widen_exactly(path, dtype):
    array = np.array([[0, 1], [3, 100]]).astype(dtype)
    checkpoint.save(path, {"glom": {"x": array.T}}, config=CONFIG)
    on_disk = safetensors.numpy.load_file(path)["glom.x"]
    assert on_disk.dtype == array.dtype
    back = checkpoint.load(path).params["glom"]["x"]
    assert back.dtype == (np.float64 if dtype.startswith("float") else array.dtype)
    np.testing.assert_array_equal(back, array.T)


ONE = {"w": np.ones(3)}  # safetensors 0.4.3 cannot read back a file without any array

REFUSED = {
    "empty": (b"", "an empty file"),
    "pickle": (pickle.dumps({"a": 1}), "a pickle"),
    "old pickle": (pickle.dumps([1], protocol=2), "a pickle"),
    "zip": (b"PK\x03\x04" + bytes(99), "zip archive"),
    "npy": (b"\x93NUMPY\x01\x00" + bytes(99), "a .npy file"),
    "text": (b"learning rate: 0.01\n" * 9, "something else"),
    "zeros": (bytes(4096), "something else"),
    "foreign": (safetensors.numpy.save(ONE, {"format": "pt"}), "of something else"),
    "bare": (safetensors.numpy.save(ONE), "of something else"),
    "not JSON": (safetensors.numpy.save(ONE, {checkpoint.KEY: "{"}), "cannot be read"),
    "newer": (safetensors.numpy.save(ONE, {checkpoint.KEY: '{"version": 2}'}), "version 2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_checkpoint_is_refused(path, name):
    data, said = REFUSED[name]
    path.write_bytes(data)
    for load in (checkpoint.load, checkpoint.load_glom):
        with pytest.raises(ValueError, match=said) as caught:
            load(path)
        assert str(path) in str(caught.value) and "wanted a GLOM checkpoint" in str(caught.value)


def test_missing_and_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="nobody.*wanted a GLOM checkpoint"):
        checkpoint.load(tmp_path / "nobody")
    with pytest.raises(ValueError, match="got a folder"):
        checkpoint.load(tmp_path)
    with pytest.raises(ValueError, match="got a folder"):
        checkpoint.save(tmp_path, {}, config=CONFIG)
    with pytest.raises(FileNotFoundError, match="wanted an existing folder"):
        checkpoint.save(tmp_path / "no" / "where", {}, config=CONFIG)


def test_truncated_anywhere_or_overlong(path, params):
    checkpoint.save(path, params, config=CONFIG)
    data = path.read_bytes()
    for length in [*range(1, 40), *range(40, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match="wanted a GLOM checkpoint"):
            checkpoint.load(path)
    with pytest.raises(ValueError, match=f"truncated file: {len(data) - 1} bytes .* {len(data)}"):
        checkpoint.load(path)
    path.write_bytes(data + b"!")
    with pytest.raises(ValueError, match="overlong"):
        checkpoint.load(path)


def test_a_damaged_header_never_gives_anything_but_a_value_error(path):
    checkpoint.save(path, {"glom": {"x": np.ones(3)}}, config=CONFIG, extra={"step": 1})
    data, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        broken = bytearray(data)
        broken[rng.integers(len(data) - 24)] = rng.integers(256)
        path.write_bytes(broken)
        try:
            checkpoint.load(path)
        except ValueError as problem:
            assert "glom.safetensors: wanted a GLOM checkpoint" in str(problem)


def test_weights_that_do_not_fit(path, params):
    weight = params["glom"]["bottom_up"]["layer0"]["weight"]
    params["glom"]["bottom_up"]["layer0"]["weight"] = weight[:, :-1]
    checkpoint.save(path, params, config=CONFIG)
    was, came = (str(tuple(x.shape)) for x in (weight, weight[:, :-1]))
    with pytest.raises(ValueError) as caught:
        checkpoint.load_glom(path)
    for part in ("bottom_up.layer0.weight", was, came, str(path)):
        assert part in str(caught.value)
    checkpoint.save(path, {"heads": ONE}, config=CONFIG)
    with pytest.raises(ValueError, match="without a model"):
        checkpoint.load_glom(path)


def test_an_unknown_choice_in_the_file_is_named(path):
    checkpoint.save(path, ONE, config=CONFIG)
    about = json.loads(checkpoint.describe({}, CONFIG, None, None)[checkpoint.KEY])
    about["config"]["flux"] = 88
    path.write_bytes(safetensors.numpy.save(ONE, {checkpoint.KEY: json.dumps(about)}))
    with pytest.raises(ValueError, match="flux: unknown choice"):
        checkpoint.load(path)


@pytest.mark.parametrize(
    ("params", "extra", "said"),
    [
        ({"a.b": np.ones(2)}, None, "without dots, got 'a.b'"),
        ({"a": {"b": [1.0]}}, None, "'a.b' wanted a NumPy array, got list"),
        ({"a": np.ones(2, complex)}, None, "'a' wanted an array of numbers, got dtype complex128"),
        ({"a": np.array([None])}, None, "dtype object"),
        ({}, {"x": np.float32(1)}, "extra: wanted only what JSON can hold"),
        ({}, {"loss": float("nan")}, "extra: wanted only what JSON can hold"),
    ],
)
def test_what_cannot_be_kept_is_named_and_nothing_is_written(path, params, extra, said):
    with pytest.raises((ValueError, TypeError), match=said):
        checkpoint.save(path, params, config=CONFIG, extra=extra)
    assert os.listdir(path.parent) == []


KILLED = """
import os, signal, sys
from glom_numpy import checkpoint
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[2], die)
checkpoint.write_atomic(sys.argv[1], b"new" * 1000)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX signal")
@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_kill_in_between_leaves_the_old_file(path, moment):
    path.write_bytes(b"old")
    other = path.parent / ".other.safetensors.1-ab.tmp"
    other.write_bytes(b"another file's")
    for _ in range(2):
        run = subprocess.run([sys.executable, "-c", KILLED, str(path), moment], timeout=120)
        assert run.returncode == -signal.SIGKILL
        assert path.read_bytes() == b"old"
        assert len(os.listdir(path.parent)) == 3, "one stale file, however often it is killed"
    checkpoint.write_atomic(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert sorted(os.listdir(path.parent)) == [other.name, path.name]


def test_an_interrupt_leaves_no_temporary_file(path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    path.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.write_atomic(path, b"new")
    assert path.read_bytes() == b"old" and os.listdir(path.parent) == [path.name]


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    checkpoint.write_atomic(link, b"new")
    assert link.is_symlink() and target.read_bytes() == b"new"


@pytest.fixture
def torch_house():
    pytest.importorskip("torch")
    from glom_torch import checkpoint as house

    return house


def to_torch(tree, dtype):
    import torch

    if isinstance(tree, dict):
        return {name: to_torch(value, dtype) for name, value in tree.items()}
    tensor = tree if isinstance(tree, torch.Tensor) else torch.from_numpy(np.array(tree))
    return tensor.to(dtype) if tensor.is_floating_point() else tensor


def test_both_houses_write_the_same_bytes_and_read_each_other(tmp_path, params, torch_house):
    import torch

    ours, theirs = tmp_path / "numpy", tmp_path / "torch"
    tensors = to_torch(params, torch.float64)
    checkpoint.save(ours, params, config=CONFIG, recipe=RECIPE, extra={"step": 5})
    torch_house.save(theirs, tensors, config=CONFIG, recipe=RECIPE, extra={"step": 5})
    assert ours.read_bytes() == theirs.read_bytes()
    assert_same_tree(checkpoint.load(theirs).params, params)
    back = torch_house.load(ours)
    assert_same_tree(back.params, tensors)
    assert (back.config, back.recipe, back.extra) == (CONFIG, RECIPE, {"step": 5})
    assert back.params["optimizer"]["none"] == {}


@pytest.mark.parametrize("name", ["float32", "float16", "bfloat16"])
def test_narrow_floats_cross_over_exactly(path, params, torch_house, name):
    import torch

    tensors = to_torch(params, getattr(torch, name))
    torch_house.save(path, tensors, config=CONFIG)
    assert torch_house.load(path).params["glom"]["initial"].dtype == getattr(torch, name)
    wanted = to_torch(tensors, torch.float64)
    assert_same_tree(checkpoint.load(path).params, wanted)


def test_load_glom_crosses_over(path, params, torch_house):
    import torch

    img = np.random.default_rng(1).random((2, 3, 6, 10))
    checkpoint.save(path, params, config=CONFIG)
    wanted = checkpoint.load_glom(path)(img, iters=4)
    model = torch_house.load_glom(path, dtype=torch.float64)
    got = model(torch.from_numpy(img), iters=4).detach().numpy()
    np.testing.assert_allclose(got, wanted, rtol=1e-10)
    assert torch_house.load_glom(path)(torch.rand(1, 3, 6, 10), iters=4).dtype == torch.float32
    torch_house.save(path, {"glom": model.params}, config=CONFIG)
    np.testing.assert_array_equal(checkpoint.load_glom(path)(img, iters=4), wanted)


def test_torch_refuses_the_same(path, torch_house):
    import torch

    torch.save({"w": torch.ones(3)}, path)
    with pytest.raises(ValueError, match="zip archive"):
        torch_house.load(path)
    with pytest.raises(ValueError, match="zip archive"):
        torch_house.load_glom(path)
    with pytest.raises(TypeError, match="'a.b' wanted a tensor, got ndarray"):
        torch_house.save(path, {"a": {"b": np.ones(2)}}, config=CONFIG)
    shared = torch.arange(6.0).reshape(2, 3)
    torch_house.save(path, {"a": shared, "b": shared[1:], "c": shared.T}, config=CONFIG)
    assert torch_house.load(path).params["c"].tolist() == shared.T.tolist()
