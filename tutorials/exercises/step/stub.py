"""Exercise 10. One step: four voices, one mean.

The new state of a level is the mean of the voices that it hears, and all of them speak of the state
as it was:

    e(t + 1) = ( e(t) + BU(e(t)) + TD(e(t)) + C(e(t)) ) / 4       at every level but the top
    e(t + 1) = ( e(t) + BU(e(t)) + C(e(t)) ) / 3                  at the top: nobody is above it

e: what it was. BU: bottom-up. TD: top-down, 0 at the top. C: consensus. Here all voices weigh the
same and nothing is normalized, whatever `config` says.
"""

import numpy as np
import torch


def step_numpy(params, config, tokens, levels, code, *, beta, mask=None):
    """The state at t + 1: levels (b, n, l, d) -> (b, n, l, d).

    `tokens` (b, n, d): what the picture says. `code` (n, k): where the columns are. `beta`, `mask`:
    how choosy a location is, and whom it may hear. The voices are there already:

        bottom_up(params, config, tokens, levels, code)    top_down(params, config, levels, code)
        consensus(levels, beta=beta, mask=mask)            each gives (b, n, l, d)

    Two columns that agree: 8 at level 0, 4 at level 1 (one number each), so that is the consensus
    too. The nets here always say the same: bottom-up 2 and 1, top-down 6. Level 0 becomes
    (8 + 2 + 6 + 8) / 4, level 1 becomes (4 + 1 + 4) / 3:

    >>> from glom_numpy.config import GlomConfig
    >>> small = GlomConfig(dim=1, levels=2, image_size=(1, 2), patch_size=1, location="none")
    >>> def says(*b):
    ...     weight, bias = np.zeros((len(b), 1, 1)), np.array(b)[:, None]
    ...     return {"layer0": {"weight": weight, "bias": bias}}
    >>> params = {"bottom_up": says(2.0, 1.0), "top_down": says(6.0)}
    >>> tokens, levels = np.zeros((1, 2, 1)), np.array([[[[8.0], [4.0]]] * 2])
    >>> step_numpy(params, small, tokens, levels, np.zeros((2, 0)), beta=1.0)[0, :, :, 0].round(6)
    array([[6., 3.],
           [6., 3.]])
    """
    from glom_numpy.attention import consensus
    from glom_numpy.nets import bottom_up, top_down

    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def step_torch(params, config, tokens, levels, code, *, beta, mask=None):
    """The same on tensors: levels (b, n, l, d) -> (b, n, l, d)."""
    from glom_torch.attention import consensus
    from glom_torch.nets import bottom_up, top_down

    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
