"""What goes wrong when the parts are put together. Each function is wrong in one way."""

import numpy as np


def all_by_four(parts, params, config, img, places, *, iters):
    """You divided by 4 at every level: nobody is above the top, so there the mean is over three
    voices.
    """
    return _run(parts, params, config, img, places, iters, divide=lambda top: 4.0)


def previous_left_out(parts, params, config, img, places, *, iters):
    """You left out what the level was before: the state itself is one of the four voices."""
    return _run(
        parts, params, config, img, places, iters, keep=0.0, divide=lambda top: 2.0 if top else 3.0
    )


def picture_only_at_first(parts, params, config, img, places, *, iters):
    """You showed the picture in the first step only: a still picture speaks at every step."""
    return _run(parts, params, config, img, places, iters, token_at=lambda t: float(t == 0))


def picture_for_every_level(parts, params, config, img, places, *, iters):
    """You gave every level the tokens from below: only level 0 sees the picture, level l hears
    level l - 1.
    """

    def below(tokens, levels):
        return np.repeat(tokens[:, :, None], levels.shape[2], axis=2)

    return _run(parts, params, config, img, places, iters, below=below)


def below_is_itself(parts, params, config, img, places, *, iters):
    """You gave each level its own state as what is below: shift by one, so that level l hears
    level l - 1, and level 0 the tokens.
    """

    def below(tokens, levels):
        return np.concatenate([tokens[:, :, None], levels[:, :, 1:]], axis=2)

    return _run(parts, params, config, img, places, iters, below=below)


def starts_from_nothing(parts, params, config, img, places, *, iters):
    """You started from zeros: every column starts from the learned params["initial"]."""
    return _run(parts, params, config, img, places, iters, start=0.0)


def start_left_out(parts, params, config, img, places, *, iters):
    """You kept only the states after each step: the start is the first of them, so there are
    iters + 1.
    """
    return _run(parts, params, config, img, places, iters)[1:]


def bias_forgotten(parts, params, config, img, places, *, iters):
    """You left out the bias of the tokens: patches @ weight.T + bias."""
    return _run(parts, params, config, img, places, iters, bias=0.0)


def code_first(parts, params, config, img, places, *, iters):
    """You put the code before what is told: each net was drawn for [what is below, code], in this
    order.
    """
    return _run(parts, params, config, img, places, iters, code_first=True)


def beta_forgotten(parts, params, config, img, places, *, iters):
    """You let consensus run with its own beta: hand it config.beta."""
    return _run(parts, params, config, img, places, iters, beta=1.0)


def voices_in_turn(parts, params, config, img, places, *, iters):
    """You changed the levels before all voices had spoken: the four speak of the same state, and
    the mean is taken once they all have.
    """
    return _run(parts, params, config, img, places, iters, in_turn=True)


def _run(
    parts,
    params,
    config,
    img,
    places,
    iters,
    *,
    divide=lambda top: 3.0 if top else 4.0,
    keep=1.0,
    token_at=lambda t: 1.0,
    below=None,
    start=1.0,
    bias=1.0,
    code_first=False,
    beta=None,
    in_turn=False,
):
    """The right way, with one thing changed."""
    weights = params["patches"]
    tokens = parts.patches(img, config.patch) @ weights["weight"].T + bias * weights["bias"]
    code = parts.location_code(places, config.bands)
    levels = start * np.tile(params["initial"], (*tokens.shape[:2], 1, 1))
    where = np.broadcast_to(code[:, None], (*levels.shape[:3], code.shape[1]))
    voices = np.array([divide(l == levels.shape[2] - 1) for l in range(levels.shape[2])])[:, None]
    states = [levels]
    for t in range(iters):
        shown = token_at(t) * tokens
        if below is None:
            heard = np.concatenate([shown[:, :, None], levels[:, :, :-1]], axis=2)
        else:
            heard = below(shown, levels)
        told = np.concatenate([where, heard] if code_first else [heard, where], axis=-1)
        said = parts.mlp(params["bottom_up"], told)
        now = (levels + said) / 2 if in_turn else levels
        above = parts.top_down(params, config, now, code)
        agreed = parts.consensus(now, beta=config.beta if beta is None else beta)
        levels = (keep * levels + said + above + agreed) / voices
        states.append(levels)
    return np.stack(states)
