"""Relatives of GLOM, to be trained beside it on the same pictures. The rooms, in reading order:

    front           one feature vector per location    gates         a gated recurrent unit
    slot_attention  k slots compete for locations      slot_decoder  slots paint, alpha mixes
    self_attention  one transformer block, repeated    deep_sets     all speak once, into one mean
    capsules        parts vote, routing by agreement   objective     fill in what was hidden
    mean_field      opinions settle on what suits all

`glom_numpy.relatives` says what is the same as in GLOM and what differs. Parameters are drawn
there, for both houses; `glom_torch.weights.to_tensors` brings them over.
"""

from .capsules import predictions, route, squash
from .deep_sets import answer, deep_sets_model, deep_sets_shapes, init_deep_sets, pool
from .front import count_params, features, normalize, residual_mlp
from .gates import gru
from .mean_field import (
    free_energy,
    local_field,
    pairwise,
    settle_opinions,
    update_opinions,
)
from .objective import counted, shown, slot_objective, transformer_objective
from .self_attention import (
    attend,
    attention_maps,
    block,
    decode_patches,
    init_transformer,
    settle_tokens,
    transformer_model,
    transformer_shapes,
)
from .slot_attention import (
    init_slots,
    initial_slots,
    settle_slots,
    slot_shapes,
    slot_step,
    weighted_mean,
)
from .slot_decoder import decode_slots, mixture, paint, slot_model

__all__ = [
    "answer",
    "attend",
    "attention_maps",
    "block",
    "count_params",
    "counted",
    "decode_patches",
    "decode_slots",
    "deep_sets_model",
    "deep_sets_shapes",
    "features",
    "free_energy",
    "gru",
    "init_deep_sets",
    "init_slots",
    "init_transformer",
    "initial_slots",
    "local_field",
    "mixture",
    "normalize",
    "paint",
    "pairwise",
    "pool",
    "predictions",
    "residual_mlp",
    "route",
    "settle_opinions",
    "settle_slots",
    "settle_tokens",
    "shown",
    "slot_model",
    "slot_objective",
    "slot_shapes",
    "slot_step",
    "squash",
    "transformer_model",
    "transformer_objective",
    "transformer_shapes",
    "update_opinions",
    "weighted_mean",
]
