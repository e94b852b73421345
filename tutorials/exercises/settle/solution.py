"""Exercise 11. Settling: the step, again and again.

Before anything is seen, every column holds the same learned embeddings. Then the step is repeated,
and every state is kept; beta may follow a schedule, whose last value stays when the end is reached:

    states[0]     = params["initial"], in every column of every picture
    states[t + 1] = step(states[t]),  with beta_t = config.beta[t], or its last value

A still picture speaks at every step, and always says the same.
"""

import numpy as np
import torch


def settle_numpy(params, config, img, *, iters, mask=None):
    """All states of `iters` steps: pictures (b, c, H, W) -> (t, b, n, l, d), with t = iters + 1.

    params["initial"] is (l, d). `config.beta` is a tuple of numbers here. What you need is there:

        image_to_tokens(params, config, img)          (b, n, d): what the picture says
        location_code(params, config, config.grid)    (n, k): where the columns are
        step(params, config, tokens, levels, code, beta=..., mask=mask)

    where `step` is the library's, which gives two things: the next state, and the four voices (not
    needed here).

    The two columns of exercise 10, whose nets always say 2 and 1 (bottom-up) and 6 (top-down). From
    8 and 4 the first step leads to 6 and 3, and the second to (6 + 2 + 6 + 6) / 4 and
    (3 + 1 + 3) / 3:

    >>> from glom_numpy.config import GlomConfig
    >>> small = GlomConfig(
    ...     dim=1, levels=2, image_size=(1, 2), patch_size=1, channels=1, location="none",
    ...     beta=(1.0,), consensus_self=True,
    ... )
    >>> def says(*b):
    ...     weight, bias = np.zeros((len(b), 1, 1)), np.array(b)[:, None]
    ...     return {"layer0": {"weight": weight, "bias": bias}}
    >>> params = {"bottom_up": says(2.0, 1.0), "top_down": says(6.0)}
    >>> params |= {"initial": np.array([[8.0], [4.0]])}
    >>> params |= {"patches": {"weight": np.zeros((1, 1)), "bias": np.zeros(1)}}
    >>> settle_numpy(params, small, np.zeros((1, 1, 1, 2)), iters=2)[:, 0, 0, :, 0].round(3)
    array([[8.   , 4.   ],
           [6.   , 3.   ],
           [5.   , 2.333]])
    """
    from glom_numpy.patches import image_to_tokens
    from glom_numpy.positions import location_code
    from glom_numpy.step import step

    # --- your code ---
    tokens = image_to_tokens(params, config, img)
    code = location_code(params, config, config.grid)
    initial = params["initial"]
    levels = np.broadcast_to(initial, (*tokens.shape[:2], *initial.shape))
    states = [levels]
    for t in range(iters):
        beta = config.beta[min(t, len(config.beta) - 1)]
        levels, _ = step(params, config, tokens, levels, code, beta=beta, mask=mask)
        states.append(levels)
    return np.stack(states)
    # --- end of your code ---


def settle_torch(params, config, img, *, iters, mask=None):
    """The same on tensors: pictures (b, c, H, W) -> (t, b, n, l, d), with t = iters + 1."""
    from glom_torch.patches import image_to_tokens
    from glom_torch.positions import location_code
    from glom_torch.step import step

    # --- your code ---
    tokens = image_to_tokens(params, config, img)
    code = location_code(params, config, config.grid)
    initial = params["initial"]
    levels = initial.expand(*tokens.shape[:2], *initial.shape)
    states = [levels]
    for t in range(iters):
        beta = config.beta[min(t, len(config.beta) - 1)]
        levels, _ = step(params, config, tokens, levels, code, beta=beta, mask=mask)
        states.append(levels)
    return torch.stack(states)
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(params, config, img, *, iters, mask=None):
    """With an array that is filled in, and a schedule made long enough beforehand."""
    from glom_numpy.patches import image_to_tokens
    from glom_numpy.positions import location_code
    from glom_numpy.step import step

    fixed = image_to_tokens(params, config, img)
    code = location_code(params, config, config.grid)
    betas = [*config.beta, *[config.beta[-1]] * iters][:iters]
    states = np.empty((iters + 1, *fixed.shape[:2], *params["initial"].shape))
    states[0] = params["initial"]
    for t, beta in enumerate(betas):
        states[t + 1], _ = step(params, config, fixed, states[t], code, beta=beta, mask=mask)
    return states


def another_way_torch(params, config, img, *, iters, mask=None):
    """`accumulate` is a loop that keeps every state: it needs a start and what to do with t."""
    from itertools import accumulate

    from glom_torch.patches import image_to_tokens
    from glom_torch.positions import location_code
    from glom_torch.step import beta_at, step

    tokens = image_to_tokens(params, config, img)
    code = location_code(params, config, config.grid)
    start = params["initial"].expand(*tokens.shape[:2], -1, -1)

    def onward(levels, t):
        beta = beta_at(config.beta, t)
        return step(params, config, tokens, levels, code, beta=beta, mask=mask)[0]

    return torch.stack(list(accumulate(range(iters), onward, initial=start)))
