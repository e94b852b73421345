"""Doorway to `glom_numpy.scores`: the same scores, for tensors. The numbers come back as NumPy."""

from glom_numpy import scores

from .islands import through

__all__ = list(scores.__all__)

globals().update({name: through(getattr(scores, name)) for name in __all__})
