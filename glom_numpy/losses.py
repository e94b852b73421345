"""What a GLOM is asked to do: fill in, agree, tell apart.

Paper: trained to fill in missing regions; bottom-up and top-down predictions should agree with
the consensus; contrastive learning per level keeps agreement from being had for nothing.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int

from .ops import einsum, einsum_vjp, softmax, unit, unit_vjp

__all__ = [
    "agreement",
    "agreement_vjp",
    "corrupt",
    "corrupt_vjp",
    "gather",
    "gather_vjp",
    "info_nce",
    "info_nce_vjp",
    "pairs",
    "pairs_vjp",
    "partners_by_attention",
    "reconstruction",
    "reconstruction_vjp",
]

Array = np.ndarray


def corrupt(
    patches: Float[Array, "b n p"], hidden: Bool[Array, "b n"], value: float
) -> Float[Array, "b n p"]:
    """Paint the hidden patches in one value; the model must fill them in."""
    return np.where(hidden[:, :, None], value, patches)


def gather(embeddings: Float[Array, "b n d"], places: Int[Array, "b m"]) -> Float[Array, "bm d"]:
    """The embeddings of m locations of each picture, as one list of b * m."""
    taken = np.take_along_axis(embeddings, places[:, :, None], axis=1)
    return taken.reshape(-1, embeddings.shape[-1])


def reconstruction(
    predicted: Float[Array, "b n l p"],
    patches: Float[Array, "b n p"],
    weights: Float[Array, " l"],
    counted: Bool[Array, "b n"],
) -> Float[Array, ""]:
    """Mean squared error of each level's picture over the counted patches, weighed by level.

    ValueError if no patch is counted.
    """
    if not counted.any():
        raise ValueError("counted: wanted at least one patch to score, got none")
    error = (predicted - patches[:, :, None, :]) ** 2
    per_patch = np.where(counted[:, :, None], error.mean(axis=-1), 0.0)
    return np.asarray((per_patch.sum(axis=(0, 1)) / counted.sum() * weights).sum())


def agreement(
    voices: Float[Array, "4 b n l d"], weights: Float[Array, " l"], *, stop_gradient: bool = True
) -> Float[Array, ""]:
    """1 - cosine of bottom-up, and of top-down, with the consensus; mean over columns.

    The top level has no top-down voice. Cosine, since islands are directions (our reading);
    `stop_gradient` makes the consensus a fixed target.
    """
    _, below, above, agreed = (unit(voice) for voice in voices)
    one_minus_cosine = _disagreement(below, agreed) + _disagreement(above, agreed) * _has_above(
        below
    )
    return np.asarray((one_minus_cosine.mean(axis=(0, 1)) * weights).sum())


def _disagreement(voice: Array, agreed: Array) -> Array:
    return 1 - (voice * agreed).sum(axis=-1)


def _has_above(levels: Array) -> Array:
    """1 for every level but the top, which nobody predicts from above: (l,)."""
    below_top = np.ones(levels.shape[2])
    below_top[-1] = 0.0
    return below_top


def info_nce(
    anchors: Float[Array, "k d"],
    partners: Float[Array, "k d"],
    group: Int[Array, " k"],
    temperature: float,
) -> Float[Array, ""]:
    """InfoNCE (van den Oord et al. 2018): find one's own partner among those of other groups.

    Partners of the same group (picture) other than one's own are neither right nor wrong and
    are left out. A pair of a negative group takes no part. Embeddings are compared by cosine /
    temperature. ValueError if there is only one group: nothing to tell apart.
    """
    kept = group >= 0
    cosines = einsum("i d, j d -> i j", unit(anchors[kept]), unit(partners[kept]))
    logits = _contest(cosines, group[kept], temperature)
    best = logits.max(axis=-1, keepdims=True)
    total = best[:, 0] + np.log(np.exp(logits - best).sum(axis=-1))
    return np.asarray((total - np.diagonal(logits)).mean())


def _contest(cosines: Array, group: Array, temperature: float) -> Array:
    if len(np.unique(group)) < 2:
        raise ValueError("group: wanted at least two pictures to tell apart, got one")
    own = np.eye(len(group), dtype=bool)
    return np.where((group[:, None] == group) & ~own, -np.inf, cosines / temperature)


def pairs(embeddings: Float[Array, "b n d"], segments: Int[Array, "b n"]) -> Float[Array, ""]:
    """Mean of (cosine - 1 if in the same segment, else 0)^2 over all pairs of locations.

    Every segment of a picture counts the same, however small: a pair is weighed by one over the
    sizes of both segments. A negative segment takes no part: nobody says what belongs there.
    With true labels this is supervised; with segments found some other way (what moves together,
    say) it is not. Our reading: the paper has no such loss.
    """
    same, weights = _pairs(segments)
    directions = unit(embeddings)
    cosines = einsum("b i d, b j d -> b i j", directions, directions)
    return np.asarray(((cosines - same) ** 2 * weights).sum() / len(embeddings))


def _pairs(segments: Array) -> tuple[Array, Array]:
    """Which pairs (b, i, j) are in the same segment, and their weights, summing to 1 a picture.

    To 0 in a picture of which nobody says anything.
    """
    same = segments[:, :, None] == segments[:, None, :]
    share = (segments >= 0) / same.sum(axis=-1)
    share = share / np.maximum(share.sum(axis=-1, keepdims=True), 1)  # 1: one segment
    return same, share[:, :, None] * share[:, None, :]


def partners_by_attention(
    weights: Float[Array, "b i j"], anchors: Int[Array, "b m"], chances: Float[Array, "b m"]
) -> Int[Array, "b m"]:
    """For each anchor location the partner that its attention picks, by chance in [0, 1).

    Nobody is one's own partner: ValueError for an anchor that hears nobody else. Paper: attention
    chooses the positives. Nothing is differentiated: a choice has no gradient.
    """
    n = weights.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 0.0, weights)
    heard = np.take_along_axis(others, anchors[:, :, None], axis=1).cumsum(axis=-1)
    total = heard[:, :, -1:]
    if not (total > 0).all():
        raise ValueError(
            "weights: wanted every anchor to hear somebody else, got one that does not"
        )
    last = (heard < total).sum(axis=-1)  # the last one who is heard at all
    return np.minimum((heard <= chances[:, :, None] * total).sum(axis=-1), last)


# ---------------------------------------------------------------------------------------------


def corrupt_vjp(
    patches: Float[Array, "b n p"], hidden: Bool[Array, "b n"], value: float
) -> tuple[Array, Callable[[Array], Array]]:
    """`corrupt` and its backward: what is hidden gets no gradient."""
    return corrupt(patches, hidden, value), lambda g: np.where(hidden[:, :, None], 0.0, g)


def gather_vjp(
    embeddings: Float[Array, "b n d"], places: Int[Array, "b m"]
) -> tuple[Array, Callable[[Array], Array]]:
    """`gather` and its backward: a location that was taken twice gets both gradients."""

    def backward(g: Array) -> Array:
        grad = np.zeros_like(embeddings)
        pictures = np.arange(len(places))[:, None]
        np.add.at(grad, (pictures, places), g.reshape(*places.shape, -1))
        return grad

    return gather(embeddings, places), backward


def reconstruction_vjp(
    predicted: Float[Array, "b n l p"],
    patches: Float[Array, "b n p"],
    weights: Float[Array, " l"],
    counted: Bool[Array, "b n"],
) -> tuple[Array, Callable[[Array | float], tuple[Array, Array]]]:
    """`reconstruction` and its backward: gradients of the prediction and of the true patches."""
    difference = predicted - patches[:, :, None, :]
    share = 2 * counted[:, :, None] * weights / (counted.sum() * patches.shape[-1])

    def backward(g: Array | float) -> tuple[Array, Array]:
        grad = g * share[..., None] * difference
        return grad, -grad.sum(axis=2)

    return reconstruction(predicted, patches, weights, counted), backward


def agreement_vjp(
    voices: Float[Array, "4 b n l d"], weights: Float[Array, " l"], *, stop_gradient: bool = True
) -> tuple[Array, Callable[[Array | float], Array]]:
    """`agreement` and its backward: the gradient of all four voices (none for `previous`)."""
    below, back_below = unit_vjp(voices[1])
    above, back_above = unit_vjp(voices[2])
    agreed, back_agreed = unit_vjp(voices[3])
    b, n = voices.shape[1:3]

    def backward(g: Array | float) -> Array:
        pull = (-g * weights / (b * n))[:, None]
        from_above = pull * _has_above(below)[:, None]
        grad = np.zeros_like(voices)
        grad[1] = back_below(pull * agreed)
        grad[2] = back_above(from_above * agreed)
        if not stop_gradient:
            grad[3] = back_agreed(pull * below + from_above * above)
        return grad

    return agreement(voices, weights, stop_gradient=stop_gradient), backward


def info_nce_vjp(
    anchors: Float[Array, "k d"],
    partners: Float[Array, "k d"],
    group: Int[Array, " k"],
    temperature: float,
) -> tuple[Array, Callable[[Array | float], tuple[Array, Array]]]:
    """`info_nce` and its backward: pulled to one's own partner, pushed from those one mistook."""
    kept = group >= 0
    ours, back_ours = unit_vjp(anchors[kept])
    theirs, back_theirs = unit_vjp(partners[kept])
    cosines, back_cosines = einsum_vjp("i d, j d -> i j", ours, theirs)
    chosen = softmax(_contest(cosines, group[kept], temperature))

    def backward(g: Array | float) -> tuple[Array, Array]:
        surprise = (chosen - np.eye(kept.sum())) * g / (kept.sum() * temperature)
        g_ours, g_theirs = back_cosines(surprise)
        grads = np.zeros_like(anchors), np.zeros_like(partners)
        grads[0][kept], grads[1][kept] = back_ours(g_ours), back_theirs(g_theirs)
        return grads

    return info_nce(anchors, partners, group, temperature), backward


def pairs_vjp(
    embeddings: Float[Array, "b n d"], segments: Int[Array, "b n"]
) -> tuple[Array, Callable[[Array | float], Array]]:
    """`pairs` and its backward: drawn together within a segment, to a right angle across."""
    same, weights = _pairs(segments)
    directions, back_unit = unit_vjp(embeddings)
    cosines, back = einsum_vjp("b i d, b j d -> b i j", directions, directions)

    def backward(g: Array | float) -> Array:
        return back_unit(sum(back(2 * g * (cosines - same) * weights / len(embeddings))))

    return pairs(embeddings, segments), backward
