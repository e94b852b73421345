"""item 9: faults of glom-pytorch that are clear errors here, or work here. Both houses."""

import numpy as np
import pytest
import torch
from glom_pytorch import Glom as Peer

import glom_numpy
import glom_torch
from glom_numpy.config import GlomConfig

pytestmark = [
    pytest.mark.filterwarnings("ignore:torch.meshgrid:UserWarning"),  # see test_peer.py
    pytest.mark.usefixtures("as_users_run_it"),
]

SIZES = dict(dim=8, levels=3, image_size=28, patch_size=14)
each_house = pytest.mark.parametrize("house", [glom_numpy, glom_torch])


def picture(house, *shape):
    img = np.random.default_rng(0).random(shape)
    return img if house is glom_numpy else torch.tensor(img, dtype=torch.float32)


def state_dict(**choices):
    torch.manual_seed(0)
    return Peer(**SIZES, **choices).state_dict()


@each_house
@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 3, 14, 56), "img: wanted at most 2 x 2 patches .* got 1 x 4"),  # 4 patches, as 2 x 2
        ((1, 3, 56, 14), "img: wanted at most 2 x 2 patches .* got 4 x 1"),
        ((1, 3, 42, 42), "img: wanted at most 2 x 2 patches .* got 3 x 3"),
        ((1, 3, 28, 29), "img: wanted a width divisible by the patch's width 14, got 29"),
        ((1, 3, 27, 28), "img: wanted a height divisible by the patch's height 14, got 27"),
        ((1, 3, 7, 28), r"img: wanted at least one patch of \(14, 14\), got 7 x 28 pixels"),
        ((3, 28, 28), r"img: wanted 4 axes \(b, c, height, width\), got 3 axes \(3, 28, 28\)"),
        ((1, 1, 3, 28, 28), "img: wanted 4 axes .* got 5 axes"),
        ((1, 4, 28, 28), "img: wanted 3 channels on axis 1, got 4"),
        ((1, 28, 28, 3), "img: wanted 3 channels on axis 1, got 28"),
        ((0, 3, 28, 28), "img: wanted at least one picture, got a batch of 0"),
    ],
)
def test_item_9_pictures_that_do_not_fit(house, shape, said):
    model = house.Glom.from_glom_pytorch(state_dict())
    with pytest.raises(ValueError, match=said):
        model(picture(house, *shape))


@each_house
@pytest.mark.parametrize(("theirs", "told"), [(1, 0), (0, 1), (1, 2.5), (2.5, 1)])
def test_item_9_a_checkpoint_of_another_radius(house, theirs, told):
    torch.manual_seed(0)
    sizes = SIZES | dict(image_size=56)  # 4 x 4 patches: radius 1 and 2.5 differ
    state = Peer(**sizes, local_consensus_radius=theirs).state_dict()
    with pytest.raises(ValueError, match=f"local_consensus_radius: got {told}"):
        house.Glom.from_glom_pytorch(state, local_consensus_radius=told)
    assert house.Glom.from_glom_pytorch(state, local_consensus_radius=theirs)


@each_house
def test_item_9_state_dicts_that_are_not_whole(house):
    state = state_dict()
    for key in state:
        with pytest.raises(ValueError, match="state_dict: missing key"):
            house.Glom.from_glom_pytorch({k: v for k, v in state.items() if k != key})
        cut = state | {key: state[key][..., :-1]}
        with pytest.raises(ValueError, match="state_dict: "):
            house.Glom.from_glom_pytorch(cut)
    with pytest.raises(ValueError, match=r"state_dict: unknown key 'extra' of shape \(2,\)"):
        house.Glom.from_glom_pytorch(state | {"extra": torch.zeros(2)})


@each_house
def test_item_9_one_level(house):
    with pytest.raises(ValueError, match="levels: glom-pytorch wants at least 2, got 1"):
        GlomConfig.glom_pytorch(**SIZES | dict(levels=1))
    model = house.Glom(**SIZES | dict(levels=1))
    assert tuple(model(picture(house, 2, 3, 28, 28)).shape) == (2, 4, 1, 8)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_item_9_half_precision_beyond_the_first_step(dtype):
    model = glom_torch.Glom.from_glom_pytorch(state_dict(), dtype=dtype)
    states = model(picture(glom_torch, 2, 3, 28, 28).to(dtype), iters=20, return_all=True)
    assert states.dtype == dtype and torch.isfinite(states).all()
