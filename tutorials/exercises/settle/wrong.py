"""What is often misunderstood about settling. Each function is wrong in one way."""

import numpy as np

from glom_numpy.patches import image_to_tokens
from glom_numpy.positions import location_code
from glom_numpy.step import step


def start_left_out(params, config, img, *, iters, mask=None):
    """You kept only the states after each step: the start is states[0], so there are iters + 1 of
    them. Put it in the list before the loop.
    """
    return _settle(params, config, img, iters, mask)[1:]


def one_step_more(params, config, img, *, iters, mask=None):
    """You made a step before the first state was kept: states[0] is the start itself, before
    anything is seen, and after it come `iters` steps.
    """
    return _settle(params, config, img, iters + 1, mask)[1:]


def one_step_too_few(params, config, img, *, iters, mask=None):
    """You made one step too few: `iters` steps give iters + 1 states, the start and one after each
    step, so the loop is range(iters).
    """
    return _settle(params, config, img, iters, mask)[:-1]


def only_the_last(params, config, img, *, iters, mask=None):
    """You returned only the last state: all of them are wanted, stacked along a new first axis, to
    see how it got there.
    """
    return _settle(params, config, img, iters, mask)[-1]


def one_array_for_all(params, config, img, *, iters, mask=None):
    """You wrote every state into the same array, so that all entries of the list show the last one:
    append a new array at each step, or a copy.
    """
    states = _settle(params, config, img, iters, mask)
    return np.repeat(states[-1:], iters + 1, axis=0)


def starts_from_nothing(params, config, img, *, iters, mask=None):
    """You started from zeros: the start is learned, params["initial"], one embedding for each level
    and the same in every column. (A vector of zeros has no direction to agree on.)
    """
    params = {**params, "initial": np.zeros_like(params["initial"])}
    return _settle(params, config, img, iters, mask)


def always_from_the_start(params, config, img, *, iters, mask=None):
    """You made every step from the start: each step must begin where the last one ended, so give
    the new state the name that the loop hands to `step`.
    """
    return _settle(params, config, img, iters, mask, carried=False)


def picture_seen_once(params, config, img, *, iters, mask=None):
    """You showed the picture at the first step only: a still picture is a very boring video, and
    level 0 hears its tokens at every step.
    """
    return _settle(params, config, img, iters, mask, shown=1)


def beta_of_the_first_step(params, config, img, *, iters, mask=None):
    """You used the first beta at every step: `config.beta` is a schedule, and at step t it is the
    number t of it that counts (from 0).
    """
    return _settle(params, config, img, iters, mask, schedule=lambda t, count: 0)


def beta_of_the_last_step(params, config, img, *, iters, mask=None):
    """You used the last beta at every step: it stays only from where the schedule ends. Before
    that, step t has the number t of it (from 0).
    """
    return _settle(params, config, img, iters, mask, schedule=lambda t, count: -1)


def beta_begins_again(params, config, img, *, iters, mask=None):
    """You let the schedule begin again when it was over: its last value stays, since what has
    become sharp should not blur again. So min(t, length - 1), and no remainder.
    """
    return _settle(params, config, img, iters, mask, schedule=lambda t, count: t % count)


def mask_not_handed_on(params, config, img, *, iters, mask=None):
    """You did not hand on `mask` to the step: then every location hears all others, and itself."""
    return _settle(params, config, img, iters, None)


def _stays(t, count):
    return min(t, count - 1)


def _settle(params, config, img, iters, mask, carried=True, shown=None, schedule=_stays):
    """The loop, with what can be wrong in it as choices."""
    tokens = image_to_tokens(params, config, img)
    code = location_code(params, config, config.grid)
    levels = np.broadcast_to(params["initial"], (*tokens.shape[:2], *params["initial"].shape))
    states = [levels]
    for t in range(iters):
        said = tokens if shown is None or t < shown else 0 * tokens
        beta = config.beta[schedule(t, len(config.beta))]
        before = levels if carried else states[0]
        levels, _ = step(params, config, said, before, code, beta=beta, mask=mask)
        states.append(levels)
    return np.stack(states)
