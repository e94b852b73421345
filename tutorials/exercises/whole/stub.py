"""Exercise 23. A whole GLOM, of the parts that you have built.

patches -> tokens -> four voices and their mean, again and again -> all states

tokens = patches @ weight.T + bias                      params["patches"]
told   = [ what is below, where the column is ]         below level 0: the tokens
e(t+1) = mean of e(t), mlp(told), top-down, consensus   no top-down voice at the top level
"""

import numpy as np
import torch


def whole_numpy(parts, params, config, img, places, *, iters):
    """All states of `iters` steps: pictures (b, c, H, W) -> (t, b, n, l, d), with t = iters + 1.

    `places` (n, 2) says where the columns are. Everything else is there, in the exercises' words:

        parts.patches(img, config.patch)              (b, n, p)
        parts.location_code(places, config.bands)     (n, k)
        parts.mlp(params["bottom_up"], told)          told (b, n, l, d + k) -> (b, n, l, d)
        parts.top_down(params, config, levels, code)  (b, n, l, d), 0 at the top
        parts.consensus(levels, beta=config.beta)     (b, n, l, d)
        params["patches"]["weight"] (d, p), params["patches"]["bias"] (d,), params["initial"] (l, d)

    One picture of two black pixels, two levels of one number each. The nets always say the same:
    bottom-up 2 and 1, top-down 6. All columns are alike, so the consensus says what they are:
    (8 + 2 + 6 + 8) / 4 and (4 + 1 + 4) / 3, and then (6 + 2 + 6 + 6) / 4 and (3 + 1 + 3) / 3.

    >>> from glom_numpy.config import GlomConfig
    >>> from glom_numpy.positions import grid_coordinates
    >>> from tutorials.exercises.whole import house_parts
    >>> small = GlomConfig(dim=1, levels=2, image_size=(1, 2), patch_size=1, channels=1, bands=1)
    >>> def says(*b):
    ...     weight, bias = np.zeros((len(b), 1, 1 + 4)), np.array(b)[:, None]
    ...     return {"layer0": {"weight": weight, "bias": bias}}
    >>> params = {"bottom_up": says(2.0, 1.0), "top_down": says(6.0)}
    >>> params |= {"initial": np.array([[8.0], [4.0]])}
    >>> params |= {"patches": {"weight": np.zeros((1, 1)), "bias": np.zeros(1)}}
    >>> img, places = np.zeros((1, 1, 1, 2)), grid_coordinates((1, 2), (1, 2))
    >>> states = whole_numpy(house_parts("numpy"), params, small, img, places, iters=2)
    >>> states[:, 0, 0, :, 0].round(3)
    array([[8.   , 4.   ],
           [6.   , 3.   ],
           [5.   , 2.333]])
    """
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---


def whole_torch(parts, params, config, img, places, *, iters):
    """The same on tensors; `parts` are the torch versions."""
    # --- your code ---
    raise NotImplementedError
    # --- end of your code ---
