"""Doorway to `glom_numpy.parse`: the same trees, for tensors. What comes back is NumPy's."""

from glom_numpy import parse
from glom_numpy.parse import Node, ParseTree

from .islands import through

__all__ = ["Node", "ParseTree", "merge_islands", "parse_tree"]

merge_islands, parse_tree = through(parse.merge_islands), through(parse.parse_tree)
