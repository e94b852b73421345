"""Settle early: every picture for itself stops once a step hardly moves it.

Our reading: the paper settles for a fixed number of steps, and treats a static image as a very
boring video. In a video a state is carried on (`levels=` of the last frame), and then few steps
are needed. Forward only: where to stop is no smooth function of anything. To learn, let `settle`
go on for as many steps.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from .checks import check_image_shape, check_levels_shape, check_number, check_whole
from .config import GlomConfig
from .glom import initial_levels
from .patches import image_to_tokens
from .positions import location_code
from .step import beta_at, step

__all__ = ["settle_until", "update_size"]

Array = np.ndarray
SMALLEST = 1e-12  # a state of nothing but zeros has no length to compare with


def update_size(
    before: Float[Array, "b n l d"], after: Float[Array, "b n l d"]
) -> Float[Array, " b"]:
    """How far a step moved each picture's state, in its own lengths, where it moved most.

    Of each level the mean length of the changes of its columns, over the mean length of their
    embeddings after the step; of these the largest. 0 is at rest; twice the state has the same.
    """
    moved, length = (np.linalg.norm(x, axis=-1).mean(axis=1) for x in (after - before, after))
    return (moved / np.maximum(length, SMALLEST)).max(axis=-1)


def settle_until(
    params: dict,
    config: GlomConfig,
    img: Float[Array, "b c H W"],
    levels: Float[Array, "b n l d"] | None = None,
    *,
    tolerance: float,
    iters: int,
    start: int = 0,
    mask: Bool[Array, "l i j"] | None = None,
) -> tuple[Float[Array, "b n l d"], Int[Array, " b"], Float[Array, "s b"]]:
    """Settle each picture until its own update is below `tolerance`, for at most `iters` steps.

    Returns the last states, how many steps each picture took, and after each step every picture's
    `update_size` (of who has stopped, that of its last step; s is the most that anybody took). A
    picture that took s steps has the state of `settle(..., iters=s)`, whoever else is in the batch
    (but for rounding); from then on it is left out of the batch, and costs nothing. `tolerance` 0
    never stops; below 1e-6 float32 may not come either. A NaN stops nobody.

    `start` and `mask` as in `settle`. While a beta schedule still changes, a small update does not
    mean settled. Nor does one at the first step on another picture: it climbs one level a step.
    ValueError or TypeError names a bad tolerance, iters, start, picture, or shape of levels.
    """
    check_number("tolerance", tolerance, 0.0)
    check_whole("iters", iters, 0)
    check_whole("start", start, 0)
    grid = check_image_shape(img.shape, config)
    tokens = image_to_tokens(params, config, img)
    code = location_code(params, config, grid)
    if levels is None:
        levels = initial_levels(params, *tokens.shape[:2])
    check_levels_shape(levels.shape, (*tokens.shape[:2], *params["initial"].shape))
    out, who, b = levels.copy(), np.arange(len(levels)), len(levels)
    steps, size, sizes = np.zeros(b, int), np.zeros(b), []
    for t in range(start, start + iters):
        beta = beta_at(config.beta, t)
        after, _ = step(params, config, tokens, levels, code, beta=beta, mask=mask)
        size[who] = update_size(levels, after)
        going = ~(size[who] < tolerance)
        out[who] = after
        steps[who] += 1
        sizes.append(size.copy())
        who, levels, tokens = who[going], after[going], tokens[going]
        if not len(who):
            break
    return out, steps, np.stack(sizes) if sizes else np.zeros((0, b))
