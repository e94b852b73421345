"""Pictures with the labels of their parse, and ways to bring your own: a file, a folder, an npz."""

from glom_numpy.pictures import Scenes, from_folder, from_npz, picture

__all__ = ["Scenes", "from_npz", "from_folder", "picture"]
