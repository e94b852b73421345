"""Pictures whose parse is known: worlds of parts and wholes, or any npz or folder of your own.

    designed    avatars, drawn by designers           bars        crossing bars
    ellipse     wholes of five ambiguous ellipses     symbols     these as numbers on a grid
    puppet      figures with limbs that occlude       pieces      tetrominoes
    shape       several simple shapes                 paint       what they all are drawn with
    by_name     all of these by name, with splits     for_models  as models take them
    constellation  rings of discs that interlock      gestalt     segments without labels
    spiral      chains wound about each other

Every drawn world is a generator: the same seed is the same scenes. What k-means on position and on
color scores there is in its docstring: a world is evidence only where such controls fail.
"""

from ..pictures import Scenes, from_folder, from_npz, picture
from .bars import crossing_bars
from .by_name import WORLDS, open_world
from .constellation import constellations
from .designed import avatars
from .ellipse import ELLIPSE_CLASSES, EllipseScenes, ellipses
from .for_models import first_frames, segment_labels, to_model
from .gestalt import common_fate, connected, layers, moving_regions, regions
from .paint import PALETTE
from .pieces import tetrominoes
from .puppet import puppets
from .shape import shapes
from .spiral import spirals
from .symbols import SymbolGrid, symbol_grid

__all__ = [
    "ELLIPSE_CLASSES",
    "PALETTE",
    "WORLDS",
    "EllipseScenes",
    "Scenes",
    "SymbolGrid",
    "avatars",
    "common_fate",
    "connected",
    "constellations",
    "crossing_bars",
    "ellipses",
    "first_frames",
    "from_folder",
    "from_npz",
    "layers",
    "moving_regions",
    "open_world",
    "picture",
    "puppets",
    "regions",
    "segment_labels",
    "shapes",
    "spirals",
    "symbol_grid",
    "tetrominoes",
    "to_model",
]
