"""Who races in the experiment `speed`: all give the same outputs, and are what they are called."""

import numpy as np
import pytest
import torch

from glom_torch import glom
from tutorials.experiments import speed_contenders as contenders
from tutorials.experiments import speed_gpu, speed_parts, speed_profile

SIZES = dict(dim=8, levels=3, image_size=16, patch_size=4, iters=6, b=2, seed=3)


def test_all_settle_to_the_same():
    outputs = {name: contenders.settle(name, **SIZES)["output"]() for name in speed_parts.SETTLED}
    wanted = outputs.pop(speed_parts.PEER)
    assert wanted.shape == (2, 16, 3, 8) and wanted.std() > 0.1
    for name, came in outputs.items():
        np.testing.assert_allclose(came, wanted, atol=1e-5, err_msg=name)
    other = contenders.settle("fast", **SIZES | {"seed": 4})["output"]()
    assert np.abs(other - wanted).max() > 0.1


def test_bare_products_are_counted():
    run = contenders.products(3, 2, 5)
    assert run() == 3 * (2 * 2 * 5 * 3 * 12)  # two nets upward, one downward


@pytest.mark.parametrize("cases", ((5, 2, 0), (12, 1.5, 0), (20, 1, 2)))
def test_dense_and_near_are_the_same(cases, monkeypatch):
    monkeypatch.setattr("glom_torch.hear.listed", None)  # dense stays dense
    sizes = dict(zip(("side", "radius", "samples"), cases, strict=True), dim=6, iters=2, seed=1)
    names = ("plain twin", "dense", "near")
    plain, dense, near = (contenders.consensus(name, **sizes) for name in names)
    for made in (dense, near):
        np.testing.assert_allclose(made["output"](), plain["output"](), atol=1e-6)
        made["training"]()


def test_plain_torch_is_the_plain_twin(monkeypatch):
    called = []
    settle = glom.settle
    monkeypatch.setattr(glom, "settle", lambda *a, **k: called.append(1) or settle(*a, **k))
    sizes = dict(side=3, dim=8, levels=2, b=2, iters=2, seed=0)
    losses = {name: contenders.house(name, **sizes)["training"] for name in speed_parts.HOUSES}
    said = {}
    for name, training in losses.items():
        called.clear()
        said[name] = training()
        assert bool(called) == name.startswith("plain torch"), name
    for name, loss in said.items():
        assert loss == pytest.approx(said["NumPy, float64"], rel=1e-5), name


def test_time_by_kind():
    times = {"aten::addmm": 3.0, "aten::mm": 2.0, "aten::gelu": 4.0, "aten::bmm": 1.0, "what": 6.0}
    found = speed_profile.sorted_out(times)
    assert found["products of the nets"] == 5 / 16 and found["GELU"] == 0.25
    assert found["consensus"] == 1 / 16 and found[speed_profile.REST] == 6 / 16
    names = [name for kind in speed_profile.KINDS.values() for name in kind]
    assert len(set(names)) == len(names)
    x = torch.ones(9, 9)
    assert sum(speed_profile.shares(lambda: x @ x).values()) == pytest.approx(1)


@pytest.mark.parametrize("name", ("fast", "glom-pytorch, bfloat16", "fast, bfloat16"))
def test_modes_of_a_gpu_on_the_cpu(name):
    """All but the launching is the same there."""
    wanted = speed_gpu.actions("glom-pytorch", device="cpu", **SIZES)["output"]()
    made = speed_gpu.actions(name, device="cpu", **SIZES)
    made["training"](), made["forward"]()
    came = made["output"]()
    assert came.dtype == np.float32
    np.testing.assert_allclose(came, wanted, atol=0.1 if "bfloat16" in name else 1e-5)
    assert ("bfloat16" in name) == (np.abs(came - wanted).max() > 1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("name", speed_gpu.MODES)
def test_modes_of_a_gpu(name):
    made = speed_gpu.actions(name, **SIZES)
    wanted = speed_gpu.actions("glom-pytorch", **SIZES)["output"]()
    for _ in range(2):
        made["training"](), made["forward"]()
    np.testing.assert_allclose(made["output"](), wanted, atol=0.1 if "bfloat16" in name else 1e-4)
    assert made.get("without waiting", lambda: 1.0)() == 1.0
