"""Avatars: pictures that designers drew, with the components they drew them from."""

from pathlib import Path

import numpy as np

from ..pictures import Scenes, from_npz

AVATARS = Path(__file__).resolve().parents[2] / "tutorials" / "data" / "avatars.npz"


def avatars(split: str = "train") -> Scenes:
    """DiceBear pixel-art avatars (CC0), 16x16 RGB: `split` "train" (3,500), "test" (500) or "all".

    No picture is in both. parts are the components as drawn (part_names: body, face, eyes, hair,
    ...), groups are head and torso, objects the whole figure. tutorials/data/make_avatars.py made
    them; the label maps are per kind, so both eyes carry one label.
    Raises ValueError for an unknown split, FileNotFoundError without the repository's data folder.
    """
    if split not in ("train", "test", "all"):
        raise ValueError(f'split: wanted "train", "test" or "all", got {split!r}')
    if not AVATARS.is_file():
        raise FileNotFoundError(f"{AVATARS} is missing: git checkout it, or run make_avatars.py")
    scenes = from_npz(AVATARS)
    with np.load(AVATARS, allow_pickle=False) as file:
        test = file["test"]
    return scenes if split == "all" else scenes[test == (split == "test")]
