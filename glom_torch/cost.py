"""What settling costs, by count: matrix products in FLOPs, and memory in bytes, of `fast.settle`.

Of one step, with L levels, b pictures, n columns, d numbers a level, f hidden units (4 d):

    nets        2 (L - 1) nets, up and down    4 b n d f each    linear in n, b, L; d squared
    consensus   of L levels                    4 b n k d each    k = n: n squared; `near`: linear

and all of it `iters` times. Once in all: the picture's front end and patches, its net to the lowest
level, and what each place adds to a net's first layer. From the learned initial state the first
steps are cheaper: a level that no picture has reached is worked out once for all pictures, and once
for all columns as long as nothing tells them apart. The backward pass of a product is two products
of the same size; consensus compares anew besides, since it keeps nothing but the state. So training
costs three times the nets and 3.5 times the consensus of the forward pass, with `recompute` one
more.

For the backward pass each step keeps the state of every level (b n d) and the hidden units of every
net (b n f): memory grows with `iters`. With `recompute` it keeps the states alone. Who listens to
whom (b n k) is there for one level at a time. Of the front end each layer keeps what it made before
and after its gelu. Gradients are as long as the parameters.

Time follows the products as long as they fill the machine; what activations and softmax add, which
are not counted here, the experiment `speed` says in its table of what the time goes to.
"""

import math
from dataclasses import dataclass

from glom_numpy.checks import check_flag, check_whole
from glom_numpy.weights import param_shapes

from .config import GlomConfig

__all__ = ["flops", "memory"]


def flops(
    config: GlomConfig,
    n: int,
    b: int,
    iters: int,
    training: bool = False,
    *,
    recompute: bool = False,
    heard: int | None = None,
    fresh: bool = True,
) -> int:
    """FLOPs of all matrix products: a multiplication and an addition are two.

    `training`: with the backward pass, down to all parameters (not to the picture). `heard`: how
    many columns each one hears under a mask from `near`; None: all n are compared. `fresh`: from
    the learned initial state, not from one that is given. ValueError for numbers below 1.
    """
    steps = _steps(config, n, b, iters, heard, fresh)
    training, recompute = check_flag("training", training), check_flag("recompute", recompute)
    once, once_trained = _once(config, n, b)
    if not training:
        return once + steps.nets + 2 * steps.compared
    # With `lam` left to the plain twin, which keeps who listened to whom.
    compared = (6 if config.lam else 7) + 2 * recompute
    return once + once_trained + (3 + recompute) * steps.nets + compared * steps.compared


def memory(
    config: GlomConfig,
    n: int,
    b: int,
    iters: int,
    training: bool = False,
    *,
    recompute: bool = False,
    heard: int | None = None,
    fresh: bool = True,
    itemsize: int = 4,
) -> dict[str, int]:
    """Bytes at the peak, by what they hold; `itemsize`: of one number (float32: 4).

    "parameters", "gradients", "states", "hidden", "attention", as far as they are kept, and
    "working": what one level needs while it is at work. Arguments as of `flops`.
    """
    steps = _steps(config, n, b, iters, heard, fresh)
    check_whole("itemsize", itemsize, 1)
    training, recompute = check_flag("training", training), check_flag("recompute", recompute)
    parameters = sum(math.prod(shape) for shape in param_shapes(config).values())
    state, hidden, attention = b * n * config.dim, b * n * _width(config), b * n * (heard or n)
    lowest, front = config.depth * hidden, 0
    if config.front_end == "conv":  # of each layer what it makes, before its gelu and after
        front = 2 * config.front_layers * b * n * math.prod(config.patch) * config.front_channels
    counts = {
        "parameters": parameters,
        "gradients": parameters if training else 0,
        "states": steps.states if training else 2 * config.levels * state,
        "hidden": (front + lowest + (0 if recompute else steps.hidden)) if training else 0,
        "attention": iters * config.levels * attention if training and config.lam else 0,
        "working": (3 if training else 2) * max(hidden, attention) + 4 * state,
    }
    return {name: itemsize * count for name, count in counts.items()}


@dataclass
class _Steps:
    """Of all steps: FLOPs of the nets and of one comparison each, numbers of states and hidden."""

    nets: int = 0
    compared: int = 0
    states: int = 0
    hidden: int = 0


def _steps(
    config: GlomConfig, n: int, b: int, iters: int, heard: int | None, fresh: bool
) -> _Steps:
    """Step by step; of each level is known how many pictures and columns are told apart."""
    for name, value in (("n", n), ("b", b), ("iters", iters)):
        check_whole(name, value, 1)
    k = n if heard is None else check_whole("heard", heard, 1)
    d, top = config.dim, config.levels - 1
    apart = [(1, 1) if check_flag("fresh", fresh) else (b, n)] * config.levels
    made = _Steps()
    for _ in range(iters):
        after = []
        for level, own in enumerate(apart):
            voices = [own, (b, n)] if level == 0 else [own]
            others = [("bottom_up", apart[level - 1])] if level else []
            others += [("top_down", apart[level + 1])] if level < top else []
            for net, other in others:
                voices.append(_speak(config, net, n, other, made))
            if config.lam or own[1] > 1:
                pictures = b if config.lam else own[0]
                made.compared += 2 * pictures * n * k * d
                voices.append((pictures, n))
            after.append(tuple(max(sizes) for sizes in zip(*voices, strict=True)))
            made.states += after[-1][0] * after[-1][1] * d
        apart = after
    return made


def _speak(
    config: GlomConfig, net: str, n: int, given: tuple[int, int], made: _Steps
) -> tuple[int, int]:
    """One net is run on what is `given`; how many pictures and columns it tells apart."""
    told = net in config.location_reaches and config.location != "none"
    pictures, columns = given[0], n if told else given[1]
    d, f, rows = config.dim, _width(config), pictures * columns
    # The place is added after the first layer.
    made.nets += 2 * (given[0] * given[1] * d * f + rows * ((config.depth - 1) * f * f + f * d))
    made.hidden += config.depth * rows * f
    return pictures, columns


def _width(config: GlomConfig) -> int:
    return config.hidden or 4 * config.dim


def _once(config: GlomConfig, n: int, b: int) -> tuple[int, int]:
    """What does not change over t: forward, and backward. Nobody needs the picture's gradient."""
    height, width = config.patch
    d, levels, channels = config.dim, config.levels, config.channels
    front = sent = 0
    conv = config.front_end == "conv"
    if conv:
        out = config.front_channels
        each = 2 * b * n * height * width * out * config.front_kernel**2  # of one input channel
        more = (config.front_layers - 1) * out
        front = each * (channels + more)
        sent = each * more  # the first layer sends no gradient to the picture
        channels = out
    patches = 2 * b * n * height * width * channels * d
    nets = {"bottom_up": levels, "top_down": levels - 1}
    told = sum(count for name, count in nets.items() if name in config.location_reaches)
    learned, f = config.location == "learned", _width(config)
    code = {"learned": d, "fourier": config.location_width, "none": 0}[config.location]
    places = told * 2 * n * code * f
    lowest = 2 * b * n * (d * f + (config.depth - 1) * f * f + f * d)
    forward = front + patches + places + lowest
    backward = front + sent + (1 + conv) * patches + (1 + learned) * places + 2 * lowest
    return forward, backward
