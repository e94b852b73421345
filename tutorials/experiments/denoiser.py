"""The package glom-pytorch itself, trained as its README says: to take noise off pictures.

Its README draws pictures of mean 0 and deviation 1 and adds noise of deviation 1: here pictures are
brought to that scale first. The top level's vectors at one t are decoded to patches by one linear
layer, and the mean squared error to the clean picture is what is learned from. How long, how fast
and on how many pictures at once the README does not say: configs/settling.json does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from glom_numpy.config import flatten, unflatten
from glom_torch.worlds import to_model

from .measure import BATCH, Look
from .relatives import Relative

Array = np.ndarray


def check_installed() -> None:
    """ValueError with what to type if glom-pytorch is not here."""
    if find_spec("glom_pytorch") is None:
        raise ValueError("glom_pytorch: wanted that package: pip install glom-pytorch==0.0.14")


class Net(nn.Module):
    """The peer and the decoder that its README puts on top of it."""

    def __init__(self, *, dim: int, levels: int, image_size: int, patch_size: int) -> None:
        from einops.layers.torch import Rearrange
        from glom_pytorch import Glom  # only the tests' extra has it

        super().__init__()
        p, h = patch_size, image_size // patch_size
        self.glom = Glom(dim=dim, levels=levels, image_size=image_size, patch_size=p)
        painted = Rearrange("b (h w) (p q c) -> b c (h p) (w q)", h=h, p=p, q=p)
        self.patches_to_images = nn.Sequential(nn.Linear(dim, p * p * 3), painted)

    def forward(self, img: Tensor, iters: int) -> tuple[Tensor, Tensor]:
        """All states (t, b, n, l, d), and the picture that the last one's top level paints."""
        states = self.glom(img, iters=iters, return_all=True)
        return states, self.patches_to_images(states[-1, :, :, -1])


@dataclass(frozen=True)
class Scale:
    """The mean and the deviation of the training pictures, over all pixels and channels."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, images: Array) -> "Scale":
        """Of pictures (N, H, W, c), uint8 or in [0, 1]."""
        whole = 255.0 if images.dtype == np.uint8 else 1.0
        return cls(float(images.mean()) / whole, float(images.std()) / whole)

    def __call__(self, images: Array) -> Tensor:
        """Pictures as the peer takes them (N, c, H, W): in training of mean 0 and deviation 1."""
        return (to_model(images) - self.mean) / self.deviation


@dataclass(frozen=True)
class Denoiser(Relative):
    """What `relatives.train` trains, stops and goes on with; `recipe.noise` in deviations."""

    def net(self) -> Net:
        """The peer, with weights of torch's own drawing."""
        (rows, _), (patch, _) = self.config.grid, self.config.patch
        sizes = dict(image_size=rows * patch, patch_size=patch)
        return Net(dim=self.config.dim, levels=self.config.levels, **sizes)

    def fresh(self, seed: int) -> dict[str, Any]:
        """Parameters before training, as glom-pytorch draws them after torch.manual_seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return unflatten(self.net().state_dict())

    def trained(self, params: dict[str, Any]) -> Net:
        """The peer with these parameters, of which no gradient is asked."""
        net = self.net().requires_grad_(False)
        net.load_state_dict(flatten(params))
        return net

    def noisy(self, img: Tensor, rng: np.random.Generator) -> Tensor:
        """Pictures with noise on them."""
        drawn = self.recipe.noise * rng.standard_normal(tuple(img.shape))
        return img + torch.tensor(drawn, dtype=img.dtype)

    def loss(self, images: Array, batch: int) -> Callable[[dict, np.random.Generator], tuple]:
        """The loss of one step, as `descend` takes it."""
        net, scale = self.net(), Scale.of(images)
        first, last = self.recipe.min_iters or self.recipe.iters, self.recipe.iters

        def loss(params: dict, rng: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
            img = scale(images[rng.choice(len(images), batch, replace=False)])
            given = self.noisy(img, rng), int(rng.integers(first, last + 1))
            painted = functional_call(net, flatten(params["model"]), given)[1]
            error = F.mse_loss(painted, img)
            return error, {"reconstruction": error}

        return loss


def looks_at(net: Net, img: Tensor, steps: Sequence[int]) -> dict[int, Look]:
    """The looks at the peer at some t, at pictures of its own scale."""
    looks: dict[int, list[tuple[Array, Array]]] = {t: [] for t in sorted(set(steps))}
    for start in range(0, len(img), BATCH):
        states, _ = net(img[start : start + BATCH], max(looks))
        for t, parts in looks.items():
            moved = (states[t] - states[max(t - 1, 0)]).norm(dim=-1).mean(dim=1)
            update = moved / states[t].norm(dim=-1).mean(dim=1)
            parts.append((states[t].numpy().copy(), update.numpy()))
    found = {}
    for t, parts in looks.items():
        levels, update = (np.concatenate(each) for each in zip(*parts, strict=True))
        found[t] = Look(levels, update.mean(axis=0) if t else None)
    return found


def errors_at(net: Net, clean: Tensor, noisy: Tensor, iters: int) -> Array:
    """Mean squared error of what the top level paints of noisy pictures at t = 0 .. iters.

    In the scale of the pictures as the peer takes them.
    """
    total = np.zeros(iters + 1)
    for start in range(0, len(clean), BATCH):
        batch = slice(start, start + BATCH)
        states, _ = net(noisy[batch], iters)
        for t, state in enumerate(states):
            painted = net.patches_to_images(state[:, :, -1])
            total[t] += float((painted - clean[batch]).square().mean(dim=(1, 2, 3)).sum())
    return total / len(clean)
