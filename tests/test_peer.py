"""glom-pytorch 0.0.14, the real package: its weights in both houses give its numbers.

The tests named item_N are the numbered facts and faults of that package that users rely on.
"""

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from glom_pytorch import Glom as Peer

import glom_numpy
import glom_torch
from compare import compare
from glom_numpy.attention import attention_weights, consensus, listening_mask
from glom_numpy.config import flatten
from glom_numpy.nets import bottom_up, top_down
from glom_numpy.patches import image_to_tokens
from glom_numpy.step import hearing
from glom_numpy.weights import from_glom_pytorch, param_shapes

pytestmark = pytest.mark.filterwarnings(
    # The peer calls torch.meshgrid without `indexing`; the order it gets is the one it means.
    "ignore:torch.meshgrid:UserWarning"
)

SIZES = dict(dim=7, levels=4, image_size=20, patch_size=4)
CHOICES = [(consensus_self, radius) for consensus_self in (False, True) for radius in (0, 1, 2.5)]
each_choice = pytest.mark.parametrize(("consensus_self", "radius"), CHOICES + [(False, 0.5)])


def make_peer(consensus_self=False, radius=0, seed=0, **sizes):
    """A peer with random weights, in double."""
    torch.manual_seed(seed)
    choices = dict(consensus_self=consensus_self, local_consensus_radius=radius)
    return Peer(**SIZES | sizes, **choices).double().requires_grad_(False), choices


def pictures(*shape, seed=1):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def three(peer, choices, dtype=torch.float64):
    """The peer's weights in both houses."""
    state = peer.state_dict()
    torch_model = glom_torch.Glom.from_glom_pytorch(state, dtype=dtype, **choices)
    return glom_numpy.Glom.from_glom_pytorch(state, **choices), torch_model.requires_grad_(False)


@each_choice
def test_equal_at_every_t(consensus_self, radius):
    peer, choices = make_peer(consensus_self, radius)
    ours, ours_torch = three(peer, choices)
    img = pictures(2, 3, 20, 20)
    wanted = peer(img, iters=11, return_all=True).numpy()
    for t, came in enumerate(ours(img.numpy(), iters=11, return_all=True)):
        compare(wanted[t], came, where=f"NumPy, t = {t}")
    for t, came in enumerate(ours_torch(img, iters=11, return_all=True)):
        compare(wanted[t], came, where=f"torch, t = {t}")


@each_choice
def test_equal_in_float32(consensus_self, radius):
    peer, choices = make_peer(consensus_self, radius)
    ours, ours_torch = three(peer, choices, torch.float32)
    img = pictures(2, 3, 20, 20)
    theirs = peer.float()(img.float(), return_all=True)
    compare(ours(img.numpy(), return_all=True), theirs, dtype="float32")
    compare(theirs.double().numpy(), ours_torch(img.float(), return_all=True), dtype="float32")


@each_choice
def test_going_on_from_a_state(consensus_self, radius):
    peer, choices = make_peer(consensus_self, radius)
    ours, ours_torch = three(peer, choices)
    theirs = mine = mine_torch = None
    for seed in (1, 2, 3):  # a slow video: each frame goes on from the last state
        frame = pictures(2, 3, 20, 20, seed=seed)
        theirs = peer(frame, iters=4, levels=theirs)
        mine = ours(frame.numpy(), iters=4, levels=mine)
        mine_torch = ours_torch(frame, iters=4, levels=mine_torch)
        compare(theirs.numpy(), mine)
        compare(theirs.numpy(), mine_torch)


@pytest.mark.parametrize("consensus_self", [False, True])
@pytest.mark.parametrize("size", [(12, 16), (4, 20), (20, 4), (16, 16)])
def test_smaller_pictures(consensus_self, size):
    # With a radius the peer itself fails here: its mask is made for one size.
    peer, choices = make_peer(consensus_self)
    img = pictures(2, 3, *size)
    wanted = peer(img, return_all=True).numpy()
    ours, ours_torch = three(peer, choices)
    compare(wanted, ours(img.numpy(), return_all=True))
    compare(wanted, ours_torch(img, return_all=True))


def test_smaller_pictures_with_a_radius_work_here():
    peer, choices = make_peer(radius=1)
    img = pictures(2, 3, 12, 16)
    with pytest.raises(RuntimeError):
        peer(img)
    ours, ours_torch = three(peer, choices)
    compare(ours(img.numpy()), ours_torch(img))


@pytest.mark.parametrize("radius", [0, 1])
def test_item_1_state_dict_of_12_keys_and_a_mask_only_with_a_radius(radius):
    peer, choices = make_peer(radius=radius)
    state = peer.state_dict()
    assert len(state) == 12 + (radius > 0)
    assert ("attention.non_local_mask" in state) == (radius > 0)
    config, params = from_glom_pytorch(state, **choices)
    flat = flatten(params)
    assert {key: value.shape for key, value in flat.items()} == param_shapes(config)
    assert len(flat) == 12  # each of theirs has one place in ours, and all numbers are kept
    theirs = sorted(t.double().sum().item() for k, t in state.items() if "mask" not in k)
    np.testing.assert_allclose(sorted(value.sum() for value in flat.values()), theirs, rtol=1e-12)


def test_item_2_iters_are_twice_the_levels_also_when_going_on():
    peer, choices = make_peer()
    img = pictures(2, 3, 20, 20)
    begun = peer(img)
    ours, ours_torch = three(peer, choices)
    assert len(ours(img.numpy(), return_all=True)) == 2 * 4 + 1
    compare(peer(img, levels=begun).numpy(), ours(img.numpy(), levels=begun.numpy()))
    compare(peer(img, levels=begun).numpy(), ours_torch(img, levels=begun))
    assert len(ours_torch(img, levels=begun, return_all=True)) == 2 * 4 + 1


def test_item_3_states_prefixes_and_going_on_to_the_bit():
    peer, choices = make_peer()
    img = pictures(2, 3, 20, 20)
    for model, seen in zip(three(peer, choices), (img.numpy(), img), strict=True):
        states = model(seen, iters=8, return_all=True)
        assert len(states) == 8 + 1
        assert (states[0] == model(seen, iters=0)).all()  # the initial state
        compare(peer(img, iters=0).numpy(), states[0])
        assert (model(seen, iters=5, return_all=True) == states[:6]).all()  # a prefix
        five, kept = states[5], states[5] + 0
        assert (model(seen, iters=3, levels=five) == states[8]).all()  # 5 + 3 = 8
        assert (five == kept).all()  # the state that was passed is as it was
        assert (model(seen, iters=0, levels=five) == five).all()


def test_item_4_the_parts_of_a_step():
    peer, choices = make_peer()
    ours, _ = three(peer, choices)
    rng = np.random.default_rng(0)
    img, levels = rng.random((2, 3, 20, 20)), rng.standard_normal((2, 25, 4, 7))
    shapes = param_shapes(ours.config)
    assert shapes["bottom_up.layer0.weight"] == (4, 4 * 7, 7)  # d -> 4 d -> d
    assert shapes["top_down.layer1.weight"] == (3, 7, 4 * 7)
    tokens = image_to_tokens(ours.params, ours.config, img)  # (p1 p2 c), then a linear map
    compare(tokens, peer.image_to_tokens(torch.tensor(img)))
    code = ours.params["positions"]["table"]
    below = torch.cat([torch.tensor(tokens)[:, :, None], torch.tensor(levels)[:, :, :-1]], dim=2)
    compare(bottom_up(ours.params, ours.config, tokens, levels, code), peer.bottom_up(below))
    above = torch.tensor(levels[:, :, 1:] + code[:, None])  # only here is the place told
    wanted = top_down(ours.params, ours.config, levels, code)
    compare(wanted[:, :, :-1], peer.top_down(above))
    assert (wanted[:, :, -1] == 0).all()


@each_choice
def test_items_5_and_6_consensus_alone(consensus_self, radius):
    peer, choices = make_peer(consensus_self, radius)
    levels = np.random.default_rng(0).standard_normal((2, 25, 4, 7))
    config, _ = from_glom_pytorch(peer.state_dict(), **choices)
    heard = consensus(levels, mask=listening_mask(config, (5, 5)), **hearing(config, 1.0))
    compare(heard, peer.attention(torch.tensor(levels)))


def test_item_5_their_self_logit_hardly_excludes_and_ours_does():
    config = glom_numpy.GlomConfig.glom_pytorch(**SIZES)
    assert config.similarity == "unit_keys" and config.self_logit == -5e-4
    levels = np.random.default_rng(0).standard_normal((2, 25, 4, 7))

    def to_itself(config):
        mask = listening_mask(config, (5, 5))
        weights = attention_weights(levels, mask=mask, **hearing(config, 1.0))
        return np.diagonal(weights, axis1=2, axis2=3)

    assert to_itself(config).min() > 0.02  # about 1 / 25: as loud as anybody
    assert (to_itself(glom_numpy.GlomConfig(**SIZES)) == 0).all()


def test_item_6_radius_is_euclidean_inclusive_and_global_at_zero():
    peer, choices = make_peer(radius=2)
    config, _ = from_glom_pytorch(peer.state_dict(), **choices)
    # On a grid of 5 x 5, from the middle (2, 2): (0, 2) is 2 away and heard; (0, 1) is not.
    heard = listening_mask(config, (5, 5))[0][12].reshape(5, 5)
    assert heard[0, 2] and heard[2, 4] and heard[1, 1] and not heard[0, 1] and not heard[4, 3]
    too_far = peer.attention.non_local_mask[0][12].reshape(5, 5).numpy() > 0
    assert (heard == ~too_far).all()
    near = listening_mask(config.replace(local_consensus_radius=0.5), (5, 5))
    levels = np.random.default_rng(0).standard_normal((2, 25, 4, 7))
    said = consensus(levels, mask=near, **hearing(config, 1.0))
    assert (said == levels).all()  # 0.5 is the identity: nobody but itself is heard
    for everywhere in (0, -1):
        radius = config.replace(local_consensus_radius=everywhere)
        assert listening_mask(radius, (5, 5)) is None


@pytest.mark.parametrize("t", [1, 2, 3, 4, 5])
def test_item_7_the_picture_reaches_the_top_at_t_equal_levels(t):
    peer, choices = make_peer()
    _, ours = three(peer, choices)
    img = pictures(2, 3, 20, 20).requires_grad_()
    too_short = pytest.warns(UserWarning, match=f"iters={t} < levels=4")
    with too_short if t < 4 else nullcontext():
        top = ours(img, iters=t)[:, :, -1]
    for answer in (top, peer(img, iters=t)[:, :, -1]):
        (gradient,) = torch.autograd.grad(answer.square().sum(), img, allow_unused=True)
        reached = gradient is not None and bool((gradient != 0).any())
        assert reached == (t >= 4)
