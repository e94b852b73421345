"""Settle early: every picture for itself stops once a step hardly moves it.

Our reading: the paper settles for a fixed number of steps, and treats a static image as a very
boring video. In a video a state is carried on (`levels=` of the last frame), and then few steps
are needed. Forward only: where to stop is no smooth function of anything. To learn, let `settle`
go on for as many steps.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from glom_numpy.checks import check_image_shape, check_levels_shape, check_number, check_whole

from .config import GlomConfig
from .fast import Ready, prepare

__all__ = ["settle_until", "until", "update_size"]

SMALLEST = 1e-12  # a state of nothing but zeros has no length to compare with


def update_size(
    before: Float[Tensor, "b n l d"], after: Float[Tensor, "b n l d"]
) -> Float[Tensor, " b"]:
    """How far a step moved each picture's state, in its own lengths, where it moved most.

    Of each level the mean length of the changes of its columns, over the mean length of their
    embeddings after the step; of these the largest. 0 is at rest; twice the state has the same.
    Of half precision in float32: its squares would leave the numbers.
    """
    if after.dtype in (torch.float16, torch.bfloat16):
        before, after = before.float(), after.float()
    moved, length = (x.norm(dim=-1).mean(dim=1) for x in (after - before, after))
    return (moved / length.clamp(min=SMALLEST)).amax(dim=-1)


@torch.no_grad()
def settle_until(
    params: dict,
    config: GlomConfig,
    img: Float[Tensor, "b c H W"],
    levels: Float[Tensor, "b n l d"] | None = None,
    *,
    tolerance: float,
    iters: int,
    start: int = 0,
    mask: Bool[Tensor, "l i j"] | None = None,
) -> tuple[Float[Tensor, "b n l d"], Int[Tensor, " b"], Float[Tensor, "s b"]]:
    """Settle each picture until its own update is below `tolerance`, for at most `iters` steps.

    Returns the last states, how many steps each picture took, and after each step every picture's
    `update_size` (of who has stopped, that of its last step; s is the most that anybody took). A
    picture that took s steps has the state of `settle(..., iters=s)`, whoever else is in the batch
    (but for rounding); from then on it is left out of the batch, and costs nothing. `tolerance` 0
    never stops; below 1e-6 float32 may not come either. A NaN stops nobody.

    `start` and `mask` as in `settle`. While a beta schedule still changes, a small update does not
    mean settled. Nor does one at the first step on another picture: it climbs one level a step.
    ValueError or TypeError names a bad tolerance, iters, start, picture, or shape of levels.

    Without gradients: no state is kept for them. Whether to go on is asked once a step, and the
    program waits for the device to answer (`settle` never does). Not run on a GPU yet.
    """
    check_number("tolerance", tolerance, 0.0)
    check_whole("iters", iters, 0)
    check_whole("start", start, 0)
    n = torch.Size(check_image_shape(img.shape, config)).numel()
    if levels is None:
        levels = params["initial"].expand(len(img), n, *params["initial"].shape)
    check_levels_shape(levels.shape, (len(img), n, *params["initial"].shape))
    return until(prepare(params, config, img, mask), levels, tolerance, iters, start)


@torch.no_grad()
def until(
    ready: Ready, levels: Tensor, tolerance: float, iters: int, start: int
) -> tuple[Tensor, Tensor, Tensor]:
    """`settle_until` where all that does not change over t is worked out, by `fast.prepare`."""
    b = len(levels)
    out, now = levels.clone(), list(levels.unbind(dim=2))
    who = torch.arange(b, device=levels.device)
    steps = torch.zeros_like(who)
    size, sizes = update_size(levels, levels), []
    for t in range(start, start + iters):
        now, _ = ready.step(now, t)
        after = ready.whole(now)
        moved = update_size(levels, after)
        out[who] = after.to(out.dtype)  # autocast: steps may be of half precision
        steps[who] += 1
        size = size.index_put((who,), moved.to(size.dtype))
        sizes.append(size)
        going = ~(moved < tolerance)
        count = int(going.sum())  # here the program waits for the device
        if not count:
            break
        levels = after
        if count < len(who):  # in the order they came; counted already, so no second wait
            keep = going.to(torch.uint8).argsort(descending=True, stable=True)[:count]
            who, levels, now = who[keep], levels[keep], [e[keep] for e in now]
            ready = ready.only(keep)
    return out, steps, torch.stack(sizes) if sizes else size.new_zeros((0, b))
