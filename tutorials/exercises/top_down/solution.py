"""Exercise 4. The top-down voice: a neural field.

What level l hears from above. The net gets the embedding of level l + 1 at the same location, and
the location's code joined to it; so the same face vector can become a nose here and a mouth there:

    said[x, l] = net_l( [ e[x, l + 1], code[x] ] )       for l = 0 .. l_top - 1
    said[x, l_top] = 0                                   nobody is above the top

Here the code is always joined (after the embedding), and `config` is not needed.
"""

import numpy as np
import torch


def top_down_numpy(params, config, levels, code):
    """What each level hears from above: (b, n, l, d) -> (b, n, l, d).

    b pictures, n locations, l levels, embeddings of d numbers; `code` is (n, k).
    params["top_down"] holds the nets of exercise 3, one for each level but the top: l - 1 of them,
    from d + k numbers to d. Call mlp(params["top_down"], input) with an input (b, n, l - 1, d + k).

    One location, two levels of one number each (5 below, 2 above), a code of one number (0.5), and
    a net of one layer that says 10 times the first input plus the second: 10 * 2 + 0.5.

    >>> net = {"layer0": {"weight": np.array([[[10.0, 1.0]]]), "bias": np.zeros((1, 1))}}
    >>> levels = np.array([5.0, 2.0]).reshape(1, 1, 2, 1)
    >>> top_down_numpy({"top_down": net}, None, levels, np.array([[0.5]]))[0, 0, :, 0]
    array([20.5,  0. ])
    """
    from glom_numpy.nets import mlp

    # --- your code ---
    above = levels[:, :, 1:]
    b, n, l, _ = above.shape
    spread = np.broadcast_to(code[:, None], (b, n, l, code.shape[1]))
    said = mlp(params["top_down"], np.concatenate([above, spread], axis=-1))
    nothing = np.zeros_like(levels[:, :, :1])
    return np.concatenate([said, nothing], axis=2)
    # --- end of your code ---


def top_down_torch(params, config, levels, code):
    """The same on tensors: (b, n, l, d) -> (b, n, l, d)."""
    from glom_torch.nets import mlp

    # --- your code ---
    above = levels[:, :, 1:]
    spread = code[:, None].expand(*above.shape[:3], code.shape[1])
    said = mlp(params["top_down"], torch.cat([above, spread], dim=-1))
    nothing = torch.zeros_like(levels[:, :, :1])
    return torch.cat([said, nothing], dim=2)
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(params, config, levels, code):
    """Begin with silence, and let every level but the top fill in what it hears, one by one."""
    from glom_numpy.nets import mlp

    heard = np.zeros_like(levels)
    for b, n, l in np.ndindex(*levels[:, :, 1:].shape[:3]):
        asked = np.concatenate([levels[b, n, l + 1], code[n]])[None, None, None]
        net = params["top_down"]
        own = {name: {k: a[l : l + 1] for k, a in layer.items()} for name, layer in net.items()}
        heard[b, n, l] = mlp(own, asked)[0, 0, 0]
    return heard


def another_way_torch(params, config, levels, code):
    """`pad` adds the silence: nothing along d, and one level of zeros at the end of l."""
    from glom_torch.nets import mlp

    b, _, l, _ = levels.shape
    spread = code[None, :, None].repeat(b, 1, l - 1, 1)
    said = mlp(params["top_down"], torch.cat([levels[:, :, 1:], spread], dim=-1))
    return torch.nn.functional.pad(said, (0, 0, 0, 1))
