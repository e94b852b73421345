"""Relatives of GLOM: equal to torch's own modules and to the papers' words, and what must hold.

Parity and gradients of every function are in the tables (cases_of_relatives.py).
"""

import importlib

import numpy as np
import pytest
import torch
from torch import nn

import glom_numpy.relatives.gates
import glom_numpy.relatives.self_attention
import glom_numpy.relatives.slot_attention
from cases_of_relatives import normal, slots, transformer
from compare import compare
from glom_numpy import ops
from glom_numpy.config import flatten
from glom_numpy.relatives import (
    attend,
    attention_maps,
    block,
    count_params,
    gru,
    gru_vjp,
    init_slots,
    init_transformer,
    initial_slots,
    settle_slots,
    slot_shapes,
    weighted_mean,
    weighted_mean_vjp,
)
from glom_torch.weights import to_tensors
from planted import cases, caught
from twins import check_parity, rooms
from vjps import against_autograd, against_finite_differences

RNG = np.random.default_rng(31)
IMG = RNG.random((2, 4, 6, 15))
shuffled = RNG.permutation


def fill(module, **values):
    """A torch module in float64 whose parameters have these values."""
    module = module.double()
    with torch.no_grad():
        for name, value in values.items():
            module.get_parameter(name).copy_(torch.tensor(value))
    return module


def linear(net, layer):
    weight, bias = (net[layer][kind][0] for kind in ("weight", "bias"))  # of the only level
    return fill(nn.Linear(*weight.shape[::-1]), weight=weight, bias=bias)


def their_gru(params):
    told, kept = params["input"], params["hidden"]
    d = kept["weight"].shape[1]
    weights = dict(weight_ih=told["weight"], weight_hh=kept["weight"])
    return fill(nn.GRUCell(d, d), bias_ih=told["bias"], bias_hh=kept["bias"], **weights)


# ------------------------------------------------------------------ equal to other people's words


def test_the_gru_is_torchs():
    _, p = slots()
    x, state, g = normal(2, 3, 7), normal(2, 3, 7), normal(2, 3, 7)
    cell = their_gru(p["gru"])
    inputs = [torch.tensor(a).reshape(6, 7).requires_grad_() for a in (x, state)]
    theirs = cell(*inputs)
    compare(gru(p["gru"], x, state), theirs.reshape(2, 3, 7))
    theirs.backward(torch.tensor(g).reshape(6, 7))
    grads, g_x, g_state = gru_vjp(p["gru"], x, state)[1](g)
    compare(g_x, inputs[0].grad.reshape(2, 3, 7))
    compare(g_state, inputs[1].grad.reshape(2, 3, 7))
    compare(grads["input"], {"weight": cell.weight_ih.grad, "bias": cell.bias_ih.grad})
    compare(grads["hidden"], {"weight": cell.weight_hh.grad, "bias": cell.bias_hh.grad})


def test_the_slots_are_algorithm_1():
    # Written once more from the paper's lines, with torch's modules, in the paper's order.
    _, p = slots()
    inputs, start = torch.tensor(normal(2, 15, 7)), torch.tensor(normal(2, 3, 7))
    norm_inputs = fill(
        nn.LayerNorm(7), weight=p["norm_inputs"]["scale"], bias=p["norm_inputs"]["shift"]
    )
    # The paper's norm has a shift here, ours has none: whatever it is, nobody can see it.
    norm_slots = fill(nn.LayerNorm(7), weight=p["norm_slots"]["scale"], bias=RNG.random(7))
    norm_mlp = fill(
        nn.LayerNorm(7), weight=p["mlp"]["norm"]["scale"], bias=p["mlp"]["norm"]["shift"]
    )
    mlp = nn.Sequential(
        linear(p["mlp"]["net"], "layer0"), nn.GELU(), linear(p["mlp"]["net"], "layer1")
    )
    q, k, v = (torch.tensor(p[name]["weight"]).T for name in ("query", "key", "value"))
    cell, x, states, masks = their_gru(p["gru"]), norm_inputs(inputs), [start], []
    for _ in range(3):
        before = states[-1]
        attn = torch.softmax((x @ k) @ (norm_slots(before) @ q).mT / 7**0.5, dim=2)
        share = attn + 1e-8
        updates = (share / share.sum(1, keepdim=True)).mT @ (x @ v)
        after = cell(updates.reshape(6, 7), before.reshape(6, 7)).reshape(2, 3, 7)
        states.append(after + mlp(norm_mlp(after)))
        masks.append(attn)
    ours = settle_slots(p, inputs.numpy(), start.numpy(), iters=3)
    compare(ours, (torch.stack(states), torch.stack(masks)))


def test_the_block_is_torchs():
    _, p = transformer()
    a, net = p["attention"], p["mlp"]["net"]
    layer = nn.TransformerEncoderLayer(6, 2, 11, 0.0, "gelu", batch_first=True, norm_first=True)
    stacked = np.concatenate(
        [a[name]["weight"].reshape(6, 6) for name in ("query", "key", "value")]
    )
    values = {
        "self_attn.in_proj_weight": stacked,
        "self_attn.out_proj.weight": a["output"]["weight"],
    }
    values |= {"self_attn.in_proj_bias": np.zeros(18), "self_attn.out_proj.bias": np.zeros(6)}
    for name, norm in (("norm1", p["norm"]), ("norm2", p["mlp"]["norm"])):
        values |= {f"{name}.weight": norm["scale"], f"{name}.bias": norm["shift"]}
    for name, ours in (("linear1", net["layer0"]), ("linear2", net["layer1"])):
        values |= {f"{name}.{kind}": ours[kind][0] for kind in ("weight", "bias")}
    layer, x = fill(layer, **values), normal(2, 15, 6)
    compare(block(p, x), layer(torch.tensor(x)))
    heard, maps = layer.self_attn(*[torch.tensor(x)] * 3, average_attn_weights=False)
    compare((attend(a, x), attention_maps(a, x)), (heard, maps))


# ------------------------------------------------------------------------------------- by hand


def test_two_slots_share_two_locations_by_hand():
    # Slot 0 wins location 0 wholly and half of location 1: (1 * 2 + 0.5 * 8) / 1.5 = 4.
    attention, values = np.array([[[1.0, 0.0], [0.5, 0.5]]]), np.array([[[2.0], [8.0]]])
    np.testing.assert_allclose(weighted_mean(attention, values)[0, :, 0], [4, 8], atol=1e-6)


def test_a_slot_that_wins_nothing_gets_the_mean_of_all():
    # 0 / 0 without epsilon. With it every location has the same share: (2 + 8) / 2 = 5.
    attention, values = np.array([[[1.0, 0.0], [1.0, 0.0]]]), np.array([[[2.0], [8.0]]])
    mean, backward = weighted_mean_vjp(attention, values)
    np.testing.assert_allclose(mean[0, :, 0], [5, 5])
    # d mean / d attention = (value - mean) / total: -3 / 2e-8 and 3 / 2e-8 for the empty slot.
    g_attention, _ = backward(np.array([[[0.0], [1.0]]]))
    np.testing.assert_allclose(g_attention[0, :, 1], [-1.5e8, 1.5e8])


def test_gates_by_hand():
    # All weights 0: gates half open. Candidate tanh(0 + 1/2 * 2) = 0.76159, state 3: their middle.
    zero = np.zeros((3, 1))
    params = {"input": {"weight": zero, "bias": np.zeros(3)}}
    params["hidden"] = {"weight": zero, "bias": np.array([0.0, 0.0, 2.0])}
    out = gru(params, np.ones((1, 1, 1)), np.full((1, 1, 1), 3.0))
    np.testing.assert_allclose(out, (0.7615941559557649 + 3) / 2)


# -------------------------------------------------------------------------------------- parameters


def test_the_same_seed_is_the_same_network():
    c, _ = slots()
    one, other = (flatten(init_slots(c, np.random.default_rng(5))) for _ in range(2))
    assert list(one) == list(slot_shapes(c))
    for name, value in one.items():
        assert (value == other[name]).all() and value.dtype == np.float64
    assert (one["norm_inputs.scale"] == 1).all() and (one["mlp.norm.shift"] == 0).all()
    bound = np.sqrt(6 / 8)  # Glorot's for a row of 7
    assert 0 < np.abs(one["initial.log_sigma"]).max() < bound


def test_counting_by_hand():
    c = slots()[0].replace(hidden=11, bands=3, channels=4)  # patches of 2 x 3 pixels, d = 7
    front = 7 * 24 + 7 + mlp_size(7 + 12, 11, 7)
    start, norms, maps = 2 * 7, 2 * 7 + 7, 3 * 49
    gates = 2 * (21 * 7 + 21)
    wanted = front + start + norms + maps + gates + 2 * 7 + mlp_size(7, 11, 7)
    assert count_params(init_slots(c, RNG)) == wanted + mlp_size(7 + 12, 11, 6 * 5)
    assert count_params(to_tensors(init_slots(c, RNG))) == count_params(init_slots(c, RNG))
    t = init_transformer(c, RNG, heads=7)
    wanted = front + 3 * 14 + 4 * 49 + mlp_size(7, 11, 7) + mlp_size(7, 11, 24)
    assert count_params(t) == wanted
    assert count_params(init_transformer(c, RNG)) == wanted  # heads share the same numbers


def mlp_size(first, hidden, last):
    return first * hidden + hidden + hidden * last + last


def test_slots_are_drawn_from_their_gaussian():
    c, p = slots()
    drawn = initial_slots(p, np.random.default_rng(0).standard_normal((1, 40000, 7)))[0]
    np.testing.assert_allclose(drawn.mean(axis=0), p["initial"]["mean"], atol=0.06)
    np.testing.assert_allclose(drawn.std(axis=0), np.exp(p["initial"]["log_sigma"]), rtol=0.02)


# ------------------------------------------------------------- the index, and tests of these tests


@pytest.mark.parametrize("house", ["glom_numpy", "glom_torch"])
def test_the_index_offers_every_name_of_its_rooms(house):
    index = importlib.import_module(f"{house}.relatives")
    inner = [room for room in rooms(house) if room.startswith("relatives.")]
    modules = [importlib.import_module(f"{house}.{room}") for room in inner]
    assert sorted(index.__all__) == sorted(name for m in modules for name in m.__all__)
    for module in modules:
        assert all(getattr(index, name) is getattr(module, name) for name in module.__all__)
        assert f" {module.__name__.split('.')[-1]} " in index.__doc__


def over_locations(logits):
    return np.swapaxes(ops.softmax(np.swapaxes(logits, -1, -2)), -1, -2)


def test_a_softmax_over_the_wrong_axis_is_caught(monkeypatch):
    room = glom_numpy.relatives.slot_attention
    monkeypatch.setattr(room, "softmax", over_locations)
    wrong = cases("relatives.slot_attention.slot_step")
    assert caught(lambda case: check_parity(case, "float64"), *wrong)


def test_wrong_gates_are_caught(monkeypatch):
    room = glom_numpy.relatives.gates
    right = room.tanh_vjp
    monkeypatch.setattr(room, "tanh_vjp", lambda x: (right(x)[0], lambda g: g))
    for check in (against_finite_differences, against_autograd):
        assert caught(check, *cases("relatives.gates.gru"))
        assert caught(check, *cases("relatives.objective.slot_objective"))


def test_a_listener_in_the_place_of_a_speaker_is_caught(monkeypatch):
    room = glom_numpy.relatives.self_attention
    monkeypatch.setattr(room, "SCORES", "b a i e, b a j e -> b a j i")
    wrong = cases("relatives.self_attention.attention_maps")
    assert caught(lambda case: check_parity(case, "float64"), *wrong)
