"""Compiled models beside the same uncompiled, in a process of its own; prints JSON.

The tests' own checks of every annotated call are no code that a compiler could follow.
"""

import json
import sys

import numpy as np
import torch

from glom_torch import Glom

SMALL = dict(dim=8, levels=3, image_size=(12, 20), patch_size=4)
CHOICES = {
    "ours": {},
    "near": dict(local_consensus_radius=(1, 1.5, 0)),
    "wide": dict(local_consensus_radius=1, image_size=(40, 48)),  # few enough for tiles
    "glom_pytorch": dict(similarity="unit_keys", self_logit=-5e-4, location="learned"),
    "low": dict(levels=2),  # quick to make machine code of
    "learned_voices": dict(voice_weights="learned", state_norm="layer", lam=0.3),
}
ITERS = 3


def setting(label):
    """A model, and two pictures for it."""
    model = Glom(**SMALL | CHOICES[label], rng=np.random.default_rng(2))
    size = model.config.grid[0] * 4, model.config.grid[1] * 4
    return model, torch.from_numpy(np.random.default_rng(3).random((2, 3, *size))).float()


def gradients(model, state):
    """By name, of a loss with no symmetry."""
    model.zero_grad()
    (state * torch.linspace(-1, 1, state.shape[-1])).square().sum().backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def differences(label, backend, iters=ITERS):
    """The largest, of the state and of the gradients, over the largest there is."""
    model, img = setting(label)
    # A graph break is an error. Not dynamic: who hears whom is made for one size of pictures.
    compiled = torch.compile(model, fullgraph=True, dynamic=False, backend=backend)
    wanted, came = model(img, iters), compiled(img, iters)
    found = [((came - wanted).abs().max() / wanted.abs().max()).item()]
    exact, theirs = gradients(model, wanted), gradients(model, came)
    assert exact.keys() == theirs.keys()
    if backend != "inductor":  # pictures of another size
        found.append((compiled(img[..., :8, :], iters) - model(img[..., :8, :], iters)).abs().max())
        found[-1] = found[-1].item()
    apart = [(theirs[k] - exact[k]).abs().max() / exact[k].abs().max() for k in exact]
    return [*found, max(apart).item()]


if __name__ == "__main__":
    said = {}
    for label in CHOICES:
        said[label] = differences(label, "aot_eager")
        torch.compiler.reset()
    if "machine_code" in sys.argv:
        said["machine_code"] = differences("low", "inductor", iters=2)
    print(json.dumps(said))
