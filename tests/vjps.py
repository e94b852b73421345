"""What every `*_vjp` promises, and how to hold it to that: finite differences and autograd.

The cotangent (the gradient that arrives) is always random: through `.sum()` the gradient of a
softmax or of a layer norm is zero, and any backward passes.
"""

from collections.abc import Mapping
from contextlib import contextmanager
from itertools import cycle

import numpy as np
import torch

import glom_numpy.look
import glom_numpy.losses
import glom_numpy.objective
from compare import compare
from glom_numpy.config import flatten, unflatten
from glom_numpy.gradcheck import check_vjp
from table import DIFFERENTIABLE
from twins import carry, find
from unchecked import unchecked


def differentiable(value, name):
    """The parts of an answer through which a gradient arrives, as a list."""
    if name.endswith("objective"):
        return [value[0]]  # the loss; its terms are for reading
    if name == "look.look":
        return [sum(value.values())]
    return list(value) if isinstance(value, tuple) else [value]


def inputs_of(case):
    """The arguments of the case that have a gradient, by their place."""
    places = DIFFERENTIABLE[case.name]
    return {place: case.args[place] for place in places if case.args[place] is not None}


def by_hand(case, *moved, vjp=None):
    """(the answer's parts, backward) of the NumPy house; `moved` replaces the inputs."""
    vjp = vjp or find("glom_numpy", case.name + "_vjp")
    places = inputs_of(case)
    arguments = list(carry(case.args, False))
    for place, value in zip(places, moved, strict=False):
        arguments[place] = value
    out, backward = vjp(*arguments, **carry(case.kwargs, False))

    def back(cotangents):
        gradients = backward(*cotangents)
        several = len(DIFFERENTIABLE[case.name]) > 1
        gradients = list(gradients) if several else [gradients]
        # An input that was left out (None) has a gradient nobody asks for.
        asked = [place in places for place in DIFFERENTIABLE[case.name]]
        return [g for g, wanted in zip(gradients, asked, strict=True) if wanted]

    return differentiable(out, case.name), back


def against_finite_differences(case, vjp=None, directions=3):
    """AssertionError if a gradient of the case is not what finite differences say."""

    def joined_vjp(*inputs):
        parts, back = by_hand(case, *inputs, vjp=vjp)
        parts = [np.asarray(part) for part in parts]
        ends = np.cumsum([part.size for part in parts])

        def backward(g):
            pieces = np.split(g, ends[:-1])
            cut = [x.reshape(part.shape) for x, part in zip(pieces, parts, strict=True)]
            gradients = back(cut)
            filled = [
                fill(grad, x) for grad, x in zip(gradients, inputs_of(case).values(), strict=True)
            ]
            return filled[0] if len(filled) == 1 else filled

        return np.concatenate([part.ravel() for part in parts]), backward

    with unchecked(), frozen(lambda: by_hand(case, vjp=vjp)):
        for seed in range(directions):
            check_vjp(joined_vjp, tuple(inputs_of(case).values()), np.random.default_rng(seed))


@contextmanager
def frozen(unmoved):
    """Within, what has no gradient by design stays what it is in `unmoved()`.

    Under `stop_gradient` the consensus is a teacher who does not learn, the partner that attention
    picks is a choice, and an older state that is carried on is a fact. Finite differences of the
    plain loss would see all of them move.
    """
    losses, look, objective = glom_numpy.losses, glom_numpy.look, glom_numpy.objective
    agreement, pick, older = losses.agreement, look.partners_by_attention, objective._older
    teachers, partners, states = [], [], []

    def listen(voices, weights, *, stop_gradient=True):
        teachers.append(voices[3:].copy())
        return agreement(voices, weights, stop_gradient=stop_gradient)

    def watch(*arguments):
        partners.append(pick(*arguments))
        return partners[-1]

    def remember(*arguments):
        states.append(older(*arguments))
        return states[-1]

    def repeat_teacher(voices, weights, *, stop_gradient=True):
        teacher = next(old_teachers) if stop_gradient else voices[3:]
        voices = np.concatenate([voices[:3], teacher])
        return agreement(voices, weights, stop_gradient=stop_gradient)

    try:
        losses.agreement, look.partners_by_attention = listen, watch
        objective._older = remember
        unmoved()
        old_teachers, old_partners, old_states = map(cycle, (teachers, partners, states))
        losses.agreement = repeat_teacher
        look.partners_by_attention = lambda *arguments: next(old_partners)
        objective._older = lambda *arguments: next(old_states)
        yield
    finally:
        losses.agreement, look.partners_by_attention = agreement, pick
        objective._older = older


def fill(gradient, x):
    """The gradient with a zero for every parameter that it leaves out; arrays as they are."""
    if not isinstance(x, Mapping):
        return gradient
    gradient = flatten(gradient)
    assert set(gradient) <= set(flatten(x)), f"gradients of unknown {set(gradient) - set(x)}"
    return unflatten({k: gradient.get(k, np.zeros(v.shape)) for k, v in flatten(x).items()})


def against_autograd(case, vjp=None, tolerance="float64 gradient"):
    """AssertionError if a gradient differs from torch's of the twin, in any element."""
    parts, back = by_hand(case, vjp=vjp)
    rng = np.random.default_rng(0)
    cotangents = [np.asarray(rng.standard_normal(np.shape(part))) for part in parts]
    wanted = torch_gradients(case, cotangents)
    for place, gradient in zip(inputs_of(case), back(cotangents), strict=True):
        came = fill(gradient, case.args[place])
        where = f"{case}, gradient of argument {place}"
        compare(wanted[place], came, tolerance=tolerance, where=where)


def torch_gradients(case, cotangents):
    """Autograd's gradients through the twin, as arrays, by the place of the argument."""
    args = list(carry(case.args, True, dtype=torch.float64))
    leaves = {}
    for place in inputs_of(case):
        tree = flatten({"x": args[place]})
        leaves |= {(place, name): leaf.requires_grad_() for name, leaf in tree.items()}
    out = find("glom_torch", case.name)(*args, **carry(case.kwargs, True, dtype=torch.float64))
    total = sum(
        (part * torch.from_numpy(g)).sum()
        for part, g in zip(differentiable(out, case.name), cotangents, strict=True)
    )
    if not total.requires_grad:  # nothing depends on these inputs: all gradients are zero
        found = [None] * len(leaves)
    else:
        found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    trees = {place: {} for place in inputs_of(case)}
    for (place, name), gradient in zip(leaves, found, strict=True):
        leaf = leaves[place, name]
        trees[place][name] = (torch.zeros_like(leaf) if gradient is None else gradient).numpy()
    return {place: unflatten(tree)["x"] for place, tree in trees.items()}
