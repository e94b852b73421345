"""The modes of a GPU: float32 without TF32, bfloat16, compiled, and as CUDA graphs.

Written so that it only has to be run where there is one; on the CPU the tests run what is the same
there. TF32 is off everywhere, also in cuDNN, which glom-pytorch's convolutions would take it from.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from glom_torch import fast, glom

from .speed_contenders import columns, forward_and_training, peer_of, pictures, products
from .speed_process import Actions

PEER, OURS = "glom-pytorch", "fast"
# By name: whose settling, in which precision, and how it is launched.
MODES: dict[str, tuple[str, str, str]] = {
    "glom-pytorch": (PEER, "float32", "eager"),
    "glom-pytorch, compiled": (PEER, "float32", "compiled"),
    "glom-pytorch, bfloat16": (PEER, "bfloat16", "eager"),
    "glom-pytorch, bfloat16, compiled": (PEER, "bfloat16", "compiled"),
    "fast": (OURS, "float32", "eager"),
    "fast, compiled": (OURS, "float32", "compiled"),
    "fast, CUDA graphs": (OURS, "float32", "graphs"),
    "fast, bfloat16": (OURS, "bfloat16", "eager"),
    "fast, bfloat16, compiled": (OURS, "bfloat16", "compiled"),
    "fast, bfloat16, compiled, CUDA graphs": (OURS, "bfloat16", "compiled graphs"),
}
LAUNCHED: dict[str, Callable[[Callable, Tensor], Callable]] = {
    "eager": lambda net, img: net,
    "compiled": lambda net, img: torch.compile(net),
    "graphs": lambda net, img: torch.cuda.make_graphed_callables(net, (img,)),
    "compiled graphs": lambda net, img: torch.compile(net, mode="reduce-overhead"),
}
RATES = {"matrix products, float32": "float32", "matrix products, bfloat16": "bfloat16"}


class Settling(nn.Module):
    """From pictures to the last state, by the fast path itself: a graph cannot check for NaN."""

    def __init__(self, model: glom.Glom, iters: int) -> None:
        super().__init__()
        self.model, self.iters = model, iters

    def forward(self, img: Tensor) -> Tensor:
        """(b, n, l, d) after `iters` steps."""
        params, config = self.model.params, self.model.config
        return fast.settle(params, config, img, iters=self.iters, last=1, voices=False)[0][-1]


class Peer(nn.Module):
    """The same of glom-pytorch."""

    def __init__(self, model: nn.Module, iters: int) -> None:
        super().__init__()
        self.model, self.iters = model, iters

    def forward(self, img: Tensor) -> Tensor:
        """(b, n, l, d) after `iters` steps."""
        return self.model(img, iters=self.iters)


def actions(
    contender: str, *, b: int, iters: int, seed: int, device: str = "cuda", **sizes: int
) -> Actions:
    """The actions of a mode, or of the bare matrix products in one precision."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    if contender in RATES:
        kind = dict(dtype=getattr(torch, RATES[contender]), device=device)
        rate = products(sizes["dim"], sizes["levels"], columns(b, **sizes), **kind)
        return {"forward": waited_for(rate, device)}
    whose, precision, launch = MODES[contender]
    peer = peer_of(**sizes, seed=seed)
    ours = glom.Glom.from_glom_pytorch(peer.state_dict())
    net = (Peer(peer, iters) if whose == PEER else Settling(ours, iters)).to(device)
    img = pictures(b, sizes["image_size"], seed).to(device)
    half = dict(dtype=torch.bfloat16, enabled=precision == "bfloat16", cache_enabled=False)
    with torch.autocast(device, **half):
        launched = LAUNCHED[launch](net, img)

    def run() -> Tensor:
        with torch.autocast(device, **half):
            # What a graph wrote is written over by its next run.
            return launched(img).clone()

    made = forward_and_training(run, list(net.parameters()))
    made = {n: f if n == "output" else waited_for(f, device) for n, f in made.items()}
    if device == "cuda" and whose == OURS and launch == "eager":
        made["without waiting"] = silent(run)
    return made


def waited_for(run: Callable[[], Any], device: str) -> Callable[[], Any]:
    """`run` until the device is done."""

    def done() -> Any:
        said = run()
        if device == "cuda":
            torch.cuda.synchronize()
        return said

    return done


def silent(run: Callable[[], Tensor]) -> Callable[[], float]:
    """1 if `run` never makes the CPU wait for the GPU, which torch then takes for an error."""

    def tried() -> float:
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode("error")
        try:
            with torch.no_grad():
                run()
        except RuntimeError:
            return 0.0
        finally:
            torch.cuda.set_sync_debug_mode("default")
        return 1.0

    return tried
