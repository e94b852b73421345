"""What is often misunderstood about the top-down voice. Each function is wrong in one way."""

import numpy as np

from glom_numpy.nets import mlp


def asks_itself(params, config, levels, code):
    """You gave each net the level that it speaks to: level l hears from l + 1, so the net's input
    is levels[:, :, 1:], without the bottom and not without the top.
    """
    return _then_silence(_net(params, levels[:, :, :-1], code))


def silence_at_the_bottom(params, config, levels, code):
    """You put the silence at level 0: what level 1 says is for level 0, and it is the top level
    that has nobody above it, so the zeros come last.
    """
    said = _net(params, levels[:, :, 1:], code)
    return np.concatenate([np.zeros_like(levels[:, :, :1]), said], axis=2)


def from_below(params, config, levels, code):
    """You let each level hear the one below it: that is the way of the bottom-up voice. Top-down,
    level l hears from l + 1, and the top hears nothing.
    """
    said = _net(params, levels[:, :, :-1], code)
    return np.concatenate([np.zeros_like(levels[:, :, :1]), said], axis=2)


def top_hears_itself(params, config, levels, code):
    """You let the top level hear its own embedding, for want of another: it has no top-down voice
    at all, so what it hears is 0.
    """
    said = _net(params, levels[:, :, 1:], code)
    return np.concatenate([said, levels[:, :, -1:]], axis=2)


def top_listens_to_silence(params, config, levels, code):
    """You sent zeros through a net for the top level: a net that is told nothing still answers, by
    its biases and the place. The top hears 0 itself; nothing is computed there.
    """
    said = _net(params, levels[:, :, 1:], code)
    last = {n: {k: a[-1:] for k, a in y.items()} for n, y in params["top_down"].items()}
    top = mlp(last, _told(np.zeros_like(levels[:, :, :1]), code))
    return np.concatenate([said, top], axis=2)


def code_before_embedding(params, config, levels, code):
    """You joined the code before the embedding: the net's first d weights are for the embedding
    and the last k for the code, so the order is [embedding, code].
    """
    above = levels[:, :, 1:]
    told = np.concatenate([_spread(above, code), above], axis=-1)
    return _then_silence(mlp(params["top_down"], told))


def codes_in_the_wrong_places(params, config, levels, code):
    """You repeated the codes to the right size but in another order, so that most columns were
    told somebody else's place: every level of location n gets code[n], so give the code an axis
    for the levels and broadcast it.
    """
    above = levels[:, :, 1:]
    tiled = np.resize(code, (*above.shape[:3], code.shape[1]))
    return _then_silence(mlp(params["top_down"], np.concatenate([above, tiled], axis=-1)))


def all_in_one_place(params, config, levels, code):
    """You told every column the same place, that of location 0: then equal vectors above say equal
    things everywhere, and a face is a nose all over. Location n gets code[n].
    """
    return _then_silence(_net(params, levels[:, :, 1:], np.repeat(code[:1], len(code), axis=0)))


def place_left_blank(params, config, levels, code):
    """You gave the net zeros where the code belongs: without the place, all columns of a face hear
    the same part. Join code[n] to the embedding.
    """
    return _then_silence(_net(params, levels[:, :, 1:], 0 * code))


def _spread(above, code):
    return np.broadcast_to(code[:, None], (*above.shape[:3], code.shape[1]))


def _told(above, code):
    return np.concatenate([above, _spread(above, code)], axis=-1)


def _net(params, above, code):
    return mlp(params["top_down"], _told(above, code))


def _then_silence(said):
    return np.concatenate([said, np.zeros_like(said[:, :, :1])], axis=2)
