"""Every size and every choice of a GLOM. Each default has its reason beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .checks import (
    check_choice,
    check_flag,
    check_grid,
    check_number,
    check_tuple,
    check_whole,
    pair,
    per_level,
)
from .choices import Choices

__all__ = ["VOICES", "GlomConfig", "flatten", "unflatten"]

# The four voices of one update, in the order in which they are stacked everywhere.
VOICES = ("previous", "bottom_up", "top_down", "consensus")


@dataclass(frozen=True, kw_only=True)
class GlomConfig(Choices):
    """The sizes and choices of one GLOM. ValueError or TypeError names what does not fit.

    Sizes: `dim` numbers an embedding, `levels` embeddings a column, pictures of `image_size`
    pixels (int or (height, width)) cut into patches of `patch_size` (likewise), `channels` deep.
    """

    dim: int = 512
    levels: int = 6
    image_size: int | tuple[int, int] = 224
    patch_size: int | tuple[int, int] = 14
    channels: int = 3

    # "linear": a column sees its own patch only, so agreement between columns is earned, not
    # shared input. "conv" puts small convolutions (odd kernel), one after the other, in front
    # (paper: front end).
    front_end: str = "linear"
    front_channels: int = 16
    front_kernel: int = 3
    front_layers: int = 1

    # "fourier": a fixed code joined to the input, any picture size, no parameters to overfit.
    # "learned": a table added to the input (glom-pytorch). "none": nobody knows where it is.
    location: str = "fourier"
    bands: int = 4  # frequencies a side: 4 tell 16 patches apart, which is our largest lesson
    # A top-down net that paints a nose *here* decodes absolute place, so wholes must contain
    # it, so it has to come up too. glom-pytorch tells only the top-down net.
    location_reaches: tuple[str, ...] = ("bottom_up", "top_down")
    # A smaller picture under learned codes: "grid" takes the top-left corner of the table;
    # "first" takes its first n rows, whatever their place (glom-pytorch).
    learned_crop: str = "grid"

    hidden: int | None = None  # hidden units of a level's net; None is 4 * dim, as in glom-pytorch
    depth: int = 1  # hidden layers of a level's net
    top_down_activation: str = "gelu"  # "sine" is the paper's suggestion for neural fields

    # cosine: an island is a *direction*; with "dot" long vectors shout. "unit_keys" is
    # glom-pytorch's: unit keys, divided by sqrt(d).
    similarity: str = "cosine"
    # Cosines lie in [-1, 1], so beta 1 would average nearly everybody; 10 prefers the similar.
    # A tuple is a schedule over t (its last value stays), as the paper lets beta rise.
    beta: float | tuple[float, ...] = 10.0
    # A column that hears itself agrees with itself most of all: an echo, not a consensus.
    consensus_self: bool = False
    # None excludes self with -inf. A number *replaces* the self logit: glom-pytorch sets -5e-4,
    # which hardly excludes anybody (its sibling code uses -5e4: probably a typo).
    self_logit: float | None = None
    local_consensus_radius: float | tuple[float, ...] = (
        0.0  # in patches, inclusive; <= 0: everywhere
    )
    samples: int | tuple[int, ...] = 0  # far locations sampled per level; 0: no sampling
    lam: float = 0.0  # Kilcher's top-informed attention: discount per level above; 0 is the paper

    # Equal voices, as in the paper. Four numbers weigh them (0 mutes), or four for each level;
    # "learned" trains them.
    voice_weights: str | tuple[float | tuple[float, ...], ...] = (1.0, 1.0, 1.0, 1.0)
    state_norm: str = "none"  # the paper's state; "unit" length, or "layer"-normalized over d

    # Fresh parameters: "plain", as torch's Linear draws them, or "loud": nets and patches doubled,
    # and a tenth of the initial state, which is the same in every column. Else columns begin nearly
    # equal, and who listens to everybody learns slowly (our finding).
    init: str = "plain"

    def __post_init__(self) -> None:
        self._make_plain()
        for name in ("dim", "levels", "channels", "bands"):
            check_whole(name, getattr(self, name), 1)
        for name in ("front_channels", "front_kernel", "front_layers", "depth"):
            check_whole(name, getattr(self, name), 1)
        if self.hidden is not None:
            check_whole("hidden", self.hidden, 1)
        if self.front_kernel % 2 == 0:
            raise ValueError(f"front_kernel: wanted an odd number, got {self.front_kernel}")
        check_grid(pair("image_size", self.image_size), self.patch, "image_size")
        self._check_choices()
        self._check_hearing()

    def _check_choices(self) -> None:
        check_choice("front_end", self.front_end, ("linear", "conv"))
        check_choice("location", self.location, ("fourier", "learned", "none"))
        check_choice("learned_crop", self.learned_crop, ("grid", "first"))
        check_choice("top_down_activation", self.top_down_activation, ("gelu", "sine"))
        check_choice("similarity", self.similarity, ("dot", "cosine", "unit_keys"))
        check_choice("state_norm", self.state_norm, ("none", "unit", "layer"))
        check_choice("init", self.init, ("plain", "loud"))
        check_flag("consensus_self", self.consensus_self)
        for net in check_tuple("location_reaches", self.location_reaches):
            check_choice("location_reaches", net, ("bottom_up", "top_down"))
        if isinstance(self.voice_weights, str):
            check_choice("voice_weights", self.voice_weights, ("learned",))
            return
        for weights in self.voices_by_level:
            if not isinstance(weights, tuple) or len(weights) != len(VOICES):
                wanted = f"4 numbers {VOICES}, or 4 for each of {self.levels} levels"
                raise ValueError(f"voice_weights: wanted {wanted}, got {self.voice_weights}")
            for weight in weights:
                check_number("voice_weights", weight, low=0.0)
            if weights[0] + weights[1] + weights[3] == 0:
                raise ValueError(
                    "voice_weights: wanted a voice besides top_down (the top level has none), "
                    f"got {self.voice_weights}"
                )

    def _check_hearing(self) -> None:
        for beta in self.beta if isinstance(self.beta, tuple) else (self.beta,):
            check_number("beta", beta)
        if self.beta == ():
            raise ValueError("beta: wanted a number or at least one number per step, got ()")
        check_number("lam", self.lam, low=0.0)
        if self.self_logit is not None:
            check_number("self_logit", self.self_logit)
        for samples in per_level("samples", self.samples, self.levels):
            if samples < 0 or samples != int(samples):
                raise ValueError(f"samples: wanted whole numbers >= 0, got {self.samples}")
        alone = not self.consensus_self and self.self_logit is None
        if alone and self.columns == 1:
            raise ValueError(
                "image_size: wanted at least two patches, or consensus_self=True; a single column "
                "that does not hear itself hears nobody"
            )
        for radius, samples in zip(self.radii, self.sample_counts, strict=True):
            if alone and 0 < radius < 1 and samples == 0:
                raise ValueError(
                    f"local_consensus_radius: wanted >= 1 patch, or consensus_self=True; at "
                    f"{radius} a column that does not hear itself hears nobody"
                )

    @property
    def voices_by_level(self) -> tuple[tuple[float, ...], ...]:
        """Fixed voice weights, four for each level; ValueError if they are of other levels."""
        given = check_tuple("voice_weights", self.voice_weights)
        if not any(isinstance(weights, tuple) for weights in given):
            return (given,) * self.levels
        if len(given) != self.levels:
            wanted = f"4 numbers {VOICES}, or 4 for each of {self.levels} levels"
            raise ValueError(f"voice_weights: wanted {wanted}, got {self.voice_weights}")
        return given

    @property
    def grid(self) -> tuple[int, int]:
        """(h, w): rows and columns of patches."""
        size = pair("image_size", self.image_size)
        return size[0] // self.patch[0], size[1] // self.patch[1]

    @property
    def patch(self) -> tuple[int, int]:
        """(height, width) of a patch in pixels."""
        return pair("patch_size", self.patch_size)

    @property
    def front_reach(self) -> int:
        """How many pixels around its patch a column sees; 0 if it sees its own patch only."""
        return self.front_layers * (self.front_kernel // 2) if self.front_end == "conv" else 0

    @property
    def columns(self) -> int:
        """n = h * w."""
        return self.grid[0] * self.grid[1]

    @property
    def radii(self) -> tuple[float, ...]:
        """The consensus radius of each level, in patches."""
        return per_level("local_consensus_radius", self.local_consensus_radius, self.levels)

    @property
    def sample_counts(self) -> tuple[int, ...]:
        """How many far locations each level samples."""
        return tuple(int(s) for s in per_level("samples", self.samples, self.levels))

    @property
    def location_width(self) -> int:
        """Numbers that location joins to a net's input: sine and cosine, two axes."""
        return 4 * self.bands if self.location == "fourier" else 0

    @classmethod
    def glom_pytorch(cls, **choices: Any) -> "GlomConfig":
        """The behavior of glom-pytorch 0.0.14, whose weights and numbers this reproduces.

        `choices` are its own arguments: dim, levels, image_size, patch_size, consensus_self,
        local_consensus_radius. It builds no levels=1, and neither does this.
        """
        if choices.get("levels", 6) == 1:
            raise ValueError(
                "levels: glom-pytorch wants at least 2, got 1; our own GlomConfig takes 1"
            )
        peer = dict(location="learned", location_reaches=("top_down",), learned_crop="first")
        peer |= dict(similarity="unit_keys", beta=1.0, self_logit=-5e-4)
        return cls.from_dict({**peer, **choices})


def chosen(config: GlomConfig | None, choices: Mapping[str, Any]) -> GlomConfig:
    """The config of a model: a new one of these choices, or the given one so changed."""
    if config is None:
        return GlomConfig.from_dict(choices)
    if not isinstance(config, GlomConfig):
        raise TypeError(
            f"config: wanted a GlomConfig, or choices by name as in Glom(dim=512), got {config!r}"
        )
    return config.replace(**choices)


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested dict as one flat dict; the dotted keys are the torch house's state_dict keys."""
    return dict(_leaves(tree, prefix))


def _leaves(tree: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def unflatten(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `flatten`; ValueError if one key is a branch of another ("a" and "a.b")."""
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        *path, last = key.split(".")
        node = tree
        for name in path:
            node = node.setdefault(name, {})
            if not isinstance(node, dict):
                raise ValueError(f"{key!r}: wanted a branch above it, but that is an array already")
        if last in node:
            raise ValueError(f"{key!r}: wanted an array, but it is a branch already")
        node[last] = value
    return tree
