"""What is measured: for each contender what it can do, built in the process that will do it.

An action is a function without arguments; what it returns must be a number, a dict of them or
None, but for "output", which is an array. Everything is drawn from `seed`, so all contenders of a
race have the same weights and pictures.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from glom_numpy.config import GlomConfig, flatten
from glom_numpy.recipe import Recipe, init_heads
from glom_numpy.weights import init_params
from glom_torch import fast, glom, near
from glom_torch.attention import listening_mask
from glom_torch.weights import to_tensors

from .speed_process import Actions
from .speed_profile import shares

Array = np.ndarray


def build(spec: Mapping[str, Any]) -> Actions:
    """The actions of spec["contender"] in spec["part"]; the rest of it are that part's sizes.

    All that torch loads when it is first asked is loaded here, by a small model of the same kind:
    it is no part of what a step takes.
    """
    sizes = dict(spec)
    part, contender = sizes.pop("part"), sizes.pop("contender")
    small = {name: size for name, size in SMALL.items() if name in sizes}
    for run in PARTS[part](contender, **sizes | small).values():
        run()
    return PARTS[part](contender, **sizes)


# Sizes of all parts by which a contender is tried; what is not here stays.
SMALL = {"dim": 8, "levels": 3, "image_size": 16, "patch_size": 4, "side": 16, "b": 2, "iters": 2}


def forward_and_training(run: Callable[[], Tensor], leaves: list[Tensor]) -> dict[str, Callable]:
    """`run` without gradients, and with those of its mean square with respect to all leaves."""

    def forward() -> None:
        with torch.no_grad():
            run()

    def training() -> None:
        for leaf in leaves:
            leaf.grad = None
        run().square().mean().backward()

    def output() -> Array:
        with torch.no_grad():
            return run().float().cpu().numpy()

    return {"forward": forward, "training": training, "output": output}


def pictures(b: int, size: int, seed: int, channels: int = 3) -> Tensor:
    """Pictures of mean 0 and deviation 1, as glom-pytorch's README has them."""
    return torch.randn(b, channels, size, size, generator=torch.Generator().manual_seed(seed))


def peer_of(*, dim: int, levels: int, image_size: int, patch_size: int, seed: int) -> Any:
    """glom-pytorch's own model with its own random weights."""
    from glom_pytorch import Glom  # only the tests' extra has it

    torch.manual_seed(seed)
    return Glom(dim=dim, levels=levels, image_size=image_size, patch_size=patch_size)


# ---------------------------------------------------------------- beside glom-pytorch


def settle(contender: str, *, b: int, iters: int, seed: int, **sizes: int) -> Actions:
    """glom-pytorch, or one of our two settlings with its weights, or the bare matrix products."""
    if contender == "matrix products":
        return {"forward": products(sizes["dim"], sizes["levels"], columns(b, **sizes))}
    peer, img = peer_of(**sizes, seed=seed), pictures(b, sizes["image_size"], seed)
    if contender == "glom-pytorch":
        return forward_and_training(lambda: peer(img, iters=iters), list(peer.parameters()))
    ours = glom.Glom.from_glom_pytorch(peer.state_dict())
    settled, given = SETTLED[contender], (ours.params, ours.config, img)
    made = forward_and_training(lambda: settled(*given, iters=iters), list(ours.parameters()))
    if contender == "fast":
        made |= {f"{do}, by kind": partial(shares, made[do]) for do in ("forward", "training")}
    return made


def again(*given: Any, iters: int) -> Tensor:
    """The fast settling that does its steps again for the backward pass."""
    return fast.settle(*given, iters=iters, last=1, voices=False, recompute=True)[0][-1]


SETTLED = {
    "plain twin": lambda *given, iters: glom.settle(*given, iters=iters)[0][-1],
    "fast": lambda *given, iters: fast.settle(*given, iters=iters, last=1, voices=False)[0][-1],
    "fast, recomputing": again,
}


def columns(b: int, *, image_size: int, patch_size: int, **other: int) -> int:
    """Columns of the whole batch."""
    return b * (image_size // patch_size) ** 2


def products(
    d: int, levels: int, rows: int, *, dtype: torch.dtype = torch.float32, device: str = "cpu"
) -> Callable[[], int]:
    """The products of all nets, (rows, d) by (d, 4d) and back; returns their FLOPs.

    Those upward and those downward: as much to read of as one step of settling has.
    """
    nets = 2 * levels - 1
    x, up, down = (
        torch.randn(nets, *shape, dtype=dtype, device=device)
        for shape in ((rows, d), (d, 4 * d), (4 * d, d))
    )

    def run() -> int:
        with torch.no_grad():
            torch.bmm(torch.bmm(x, up), down)
        return 2 * 2 * nets * rows * d * 4 * d

    return run


# ---------------------------------------------------------------- consensus alone


def consensus(
    contender: str, *, side: int, radius: float, samples: int, dim: int, iters: int, seed: int
) -> Actions:
    """Settling of one level whose nets have one hidden unit: consensus is nearly all of it."""
    config = consensus_config(side, radius, samples, dim)
    rng, grid = np.random.default_rng(seed), config.grid
    params = to_tensors(init_params(config, rng), dtype=torch.float32)
    img = pictures(1, side, seed, channels=1)
    levels = torch.randn(1, side * side, 1, dim, generator=torch.Generator().manual_seed(seed))
    leaves = [leaf.requires_grad_() for leaf in (*flatten(params).values(), levels)]
    far = np.random.default_rng(seed)  # the same far locations for both
    given = params, config, img, levels
    if contender == "plain twin":
        mask = listening_mask(config, grid, far)
        return forward_and_training(
            lambda: glom.settle(*given, iters=iters, mask=mask)[0][-1], leaves
        )
    if contender == "dense":
        # Level by level, as an entry of `listeners` it is taken as it is, and not made a list.
        mask = tuple(listening_mask(config, grid, far))
    else:
        mask = near.listeners(config, grid, far)

    def run() -> Tensor:
        return fast.settle(*given, iters=iters, mask=mask, last=1, voices=False)[0][-1]

    return forward_and_training(run, leaves)


def consensus_config(side: int, radius: float, samples: int, dim: int) -> GlomConfig:
    """A column for every pixel of a side x side picture, one level, a net of one hidden unit."""
    sizes = dict(image_size=side, patch_size=1, channels=1, dim=dim, levels=1, hidden=1)
    hearing = dict(local_consensus_radius=radius, samples=samples)
    return GlomConfig(**sizes, **hearing, location="none")


# ---------------------------------------------------------------- the NumPy house


def house(contender: str, *, side: int, dim: int, levels: int, b: int, iters: int, seed: int):
    """A whole training step (`train.fit`) of a chapter's model in one of the two houses."""
    config = GlomConfig(image_size=4 * side, patch_size=4, dim=dim, levels=levels)
    recipe, rng = Recipe(iters=iters), np.random.default_rng(seed)
    params = {"glom": init_params(config, rng), "heads": init_heads(config, recipe, rng)}
    images = rng.random((b, 4 * side, 4 * side, 3))
    how = dict(steps=1, batch=b, seed=seed)
    whose, _, dtype = contender.partition(", ")
    if whose == "NumPy":
        from glom_numpy.train import fit
    else:
        from glom_torch.train import fit

        params = to_tensors(params, dtype=getattr(torch, dtype))

    def training() -> float:
        return fit(params, config, recipe, images, **how)[2]["loss"][0]

    return {"training": plainly(training) if whose == "plain torch" else training}


def plainly(run: Callable[[], Any]) -> Callable[[], Any]:
    """`run` with the plain twin where `objective` calls the fast settling."""

    def settle(
        *given: Any, mask: Any = None, last: int | None = None, recompute: bool = False, **how: Any
    ) -> tuple[Tensor, Tensor]:
        if isinstance(mask, tuple):  # level by level, where all hear all but themselves
            mask = torch.stack(mask)
        states, voices = glom.settle(*given, mask=mask, **how)
        return (states, voices) if last is None else (states[-last:], voices[-last:])

    def plain() -> Any:
        with mock.patch("glom_torch.objective.settle", settle):
            return run()

    return plain


# ---------------------------------------------------------------- as sizes grow


def growth(contender: str, *, side: int, dim: int, levels: int, b: int, iters: int, seed: int):
    """The fast settling of our own model at some size."""
    config = growth_config(side, dim, levels)
    ours = glom.Glom(config, rng=np.random.default_rng(seed))
    given = ours.params, config, pictures(b, 4 * side, seed)
    run = SETTLED["fast"]
    made = forward_and_training(lambda: run(*given, iters=iters), list(ours.parameters()))
    return {name: made[name] for name in ("forward", "training")}


def growth_config(side: int, dim: int, levels: int) -> GlomConfig:
    """side x side columns of 4 x 4 pixels."""
    return GlomConfig(image_size=4 * side, patch_size=4, dim=dim, levels=levels)


def cuda(contender: str, **sizes: Any) -> Actions:
    """A mode on a GPU: speed_gpu has them."""
    from .speed_gpu import actions

    return actions(contender, **sizes)


PARTS: dict[str, Callable[..., Actions]] = {
    "settle": settle,
    "consensus": consensus,
    "numpy": house,
    "growth": growth,
    "gpu": cuda,
}
