"""Every size and every choice of a GLOM: facts exist once, in the NumPy house."""

from glom_numpy.config import VOICES, GlomConfig, flatten, unflatten

__all__ = ["VOICES", "GlomConfig", "flatten", "unflatten"]
