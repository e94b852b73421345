"""Relatives of GLOM, to be trained beside it on the same pictures. The rooms, in reading order:

    front           one feature vector per location    gates         a gated recurrent unit
    slot_attention  k slots compete for locations      slot_decoder  slots paint, alpha mixes
    self_attention  one transformer block, repeated    deep_sets     all speak once, into one mean
    capsules        parts vote, routing by agreement   objective     fill in what was hidden
    mean_field      opinions settle on what suits all

The same as in GLOM are the pictures, patches, location codes and MLPs, what is hidden and for how
many steps, one set of weights used at every step, and backpropagation through all of them.
Slot attention keeps k slots beside the locations and lets them compete for each location, so its
segments are at most k shares of the picture, while GLOM keeps nothing but its columns, and a
segment is an island of columns that agree, as many as there happen to be.
The transformer keeps one vector per location, as one level of GLOM does, but it asks, answers and
joins through learned maps and several heads, where GLOM averages the embeddings that are alike.
The transformer sees the picture once, before its first block, and slots look at the same features
in every round, while GLOM hears the picture from below and its own levels from above at every step.
Capsules are allocated to kinds of wholes; each part is shared out by how its vote agrees. This room
is the routing alone, for votes that come from elsewhere.
In mean field, a location's opinions are chances of a few given readings, and who supports whom is
a given matrix; nothing is learned, and no picture is looked at.
Deep sets know of the others no more than one mean of all, and hear it once.
None has levels: a relative finds parts or wholes, and GLOM is to show both in one state.

`init_slots`, `init_transformer` and `init_deep_sets` draw parameters, for both houses;
`slot_model`, `transformer_model` and `deep_sets_model` look at pictures; the two objectives take
GLOM's own Recipe and Draws.
"""

from .capsules import predictions, predictions_vjp, route, route_vjp, squash, squash_vjp
from .deep_sets import (
    answer,
    answer_vjp,
    deep_sets_model,
    deep_sets_shapes,
    init_deep_sets,
    pool,
    pool_vjp,
)
from .front import (
    count_params,
    features,
    features_vjp,
    normalize,
    normalize_vjp,
    residual_mlp,
    residual_mlp_vjp,
)
from .gates import gru, gru_vjp
from .mean_field import (
    free_energy,
    free_energy_vjp,
    local_field,
    pairwise,
    pairwise_vjp,
    settle_opinions,
    settle_opinions_vjp,
    update_opinions,
    update_opinions_vjp,
)
from .objective import (
    counted,
    shown,
    shown_vjp,
    slot_objective,
    slot_objective_vjp,
    transformer_objective,
    transformer_objective_vjp,
)
from .self_attention import (
    attend,
    attend_vjp,
    attention_maps,
    attention_maps_vjp,
    block,
    block_vjp,
    decode_patches,
    decode_patches_vjp,
    init_transformer,
    settle_tokens,
    settle_tokens_vjp,
    transformer_model,
    transformer_shapes,
)
from .slot_attention import (
    init_slots,
    initial_slots,
    initial_slots_vjp,
    settle_slots,
    settle_slots_vjp,
    slot_shapes,
    slot_step,
    slot_step_vjp,
    weighted_mean,
    weighted_mean_vjp,
)
from .slot_decoder import (
    decode_slots,
    decode_slots_vjp,
    mixture,
    mixture_vjp,
    paint,
    paint_vjp,
    slot_model,
)

__all__ = [
    "answer",
    "answer_vjp",
    "attend",
    "attend_vjp",
    "attention_maps",
    "attention_maps_vjp",
    "block",
    "block_vjp",
    "count_params",
    "counted",
    "decode_patches",
    "decode_patches_vjp",
    "decode_slots",
    "decode_slots_vjp",
    "deep_sets_model",
    "deep_sets_shapes",
    "features",
    "features_vjp",
    "free_energy",
    "free_energy_vjp",
    "gru",
    "gru_vjp",
    "init_deep_sets",
    "init_slots",
    "init_transformer",
    "initial_slots",
    "initial_slots_vjp",
    "local_field",
    "mixture",
    "mixture_vjp",
    "normalize",
    "normalize_vjp",
    "paint",
    "paint_vjp",
    "pairwise",
    "pairwise_vjp",
    "pool",
    "pool_vjp",
    "predictions",
    "predictions_vjp",
    "residual_mlp",
    "residual_mlp_vjp",
    "route",
    "route_vjp",
    "settle_opinions",
    "settle_opinions_vjp",
    "settle_slots",
    "settle_slots_vjp",
    "settle_tokens",
    "settle_tokens_vjp",
    "shown",
    "shown_vjp",
    "slot_model",
    "slot_objective",
    "slot_objective_vjp",
    "slot_shapes",
    "slot_step",
    "slot_step_vjp",
    "squash",
    "squash_vjp",
    "transformer_model",
    "transformer_objective",
    "transformer_objective_vjp",
    "transformer_shapes",
    "update_opinions",
    "update_opinions_vjp",
    "weighted_mean",
    "weighted_mean_vjp",
]
