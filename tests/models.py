"""Whole models and what they are trained on: every choice of both configs occurs at least once."""

from glom_numpy.config import GlomConfig
from glom_numpy.recipe import Recipe

TINY = dict(dim=5, levels=3, image_size=(6, 10), patch_size=2, hidden=7)


def glom(**choices):
    return GlomConfig(**TINY | choices)


# name: (config, recipe)
MODELS = {
    "ours": (glom(), Recipe(iters=4)),
    "all_defaults_but_sizes": (
        GlomConfig(dim=3, levels=2, image_size=4, patch_size=2),
        Recipe(iters=3),
    ),
    "glom_pytorch": (
        GlomConfig.glom_pytorch(dim=5, levels=3, image_size=6, patch_size=2),
        Recipe(iters=6, reconstruction=(0, 0, 1), hidden_only=False, mask_ratio=0.0, noise=0.5),
    ),
    "glom_pytorch_near_self": (
        GlomConfig.glom_pytorch(
            dim=4,
            levels=2,
            image_size=9,
            patch_size=3,
            consensus_self=True,
            local_consensus_radius=1,
        ),
        Recipe(iters=3, mask_value=0.1, mask_block=2),
    ),
    "conv_front": (
        glom(front_end="conv", channels=4, front_channels=3, patch_size=(3, 2)),
        Recipe(iters=4, mask_ratio=0.3, agreement=(0.5, 0.1, 0.2)),
    ),
    "wide_front": (
        glom(front_end="conv", channels=1, front_kernel=5, front_channels=2),
        Recipe(iters=3, agreement=0.7, stop_gradient=False),
    ),
    "learned_place": (
        glom(location="learned", local_consensus_radius=(1, 1.5, 0)),
        Recipe(iters=5, min_iters=3, reads=3),
    ),
    "learned_first": (
        glom(location="learned", learned_crop="first", location_reaches=("bottom_up",)),
        Recipe(iters=4, contrast=0.4, anchors=5, contrast_radius=(1, 2, 3.5)),
    ),
    "no_place": (
        glom(location="none", location_reaches=(), similarity="dot", beta=0.4),
        Recipe(iters=4, contrast=(0, 0.3, 0.2), positives="attention", temperature=0.3),
    ),
    "sine_fields": (
        glom(top_down_activation="sine", depth=2, bands=2, location_reaches=("top_down",)),
        Recipe(iters=4, contrast=0.3, positives="view", anchors=4, projection=3, same_places=True),
    ),
    "rising_beta": (
        glom(beta=(0.5, 2.0, 6.0), state_norm="unit", self_logit=-1.0),
        Recipe(iters=5, reads=2, contrast=0.2, positives=("radius", "attention", "view")),
    ),
    "informed_from_above": (
        glom(lam=0.6, similarity="unit_keys", voice_weights=(1, 2, 0.5, 3), consensus_self=True),
        Recipe(iters=4, noise=0.2),
    ),
    "learned_voices": (
        glom(voice_weights="learned", state_norm="layer", samples=(0, 2, 1)),
        Recipe(iters=5, reads=2, agreement=0.2, contrast=0.1, projection=4),
    ),
    "muted_consensus": (
        glom(voice_weights=(0, 1, 1, 0), state_norm="layer"),
        Recipe(iters=4, agreement=0.3, stop_gradient=False),
    ),
    "one_level": (
        glom(levels=1, samples=3, local_consensus_radius=1),
        Recipe(iters=2, contrast=0.2, positives="view", agreement=0.1),
    ),
    "one_level_learned_voices": (
        glom(levels=1, voice_weights="learned", location="learned"),
        Recipe(iters=3, agreement=0.1),
    ),
    "labeled_pairs": (
        glom(location="none"),
        Recipe(
            iters=4,
            pairs=(0, 0.5, 0.2),
            segments=("", "parts", "objects"),
            noise=0.1,
            background=False,
        ),
    ),
    "contrast_alone": (
        glom(levels=4),
        Recipe(iters=5, reconstruction=0.0, contrast=(0.1, 0.2, 0, 0.3), mask_ratio=0.2),
    ),
    "carried_on": (
        glom(beta=(0.5, 2.0, 6.0), state_norm="layer"),
        Recipe(iters=4, min_iters=2, reads=2, carried=1.0, longest=7),
    ),
    "voices_by_level": (
        glom(voice_weights=((0, 1, 1, 0), (1, 2, 0, 3), (2, 1, 5, 1)), init="loud"),
        Recipe(iters=4),
    ),
    "nested_crops": (
        glom(state_norm="layer"),
        Recipe(
            iters=4,
            contrast=(0.3, 0.2, 0.1),
            positives=("crop", "crop", "radius"),
            crop=(0.9, 0.6),
            anchors=5,
            mask_ratio=0.3,
        ),
    ),
    "deep_front": (
        glom(front_end="conv", front_channels=3, front_layers=3, patch_size=(3, 2), depth=2),
        Recipe(iters=4),
    ),
}
