"""Makes avatars.npz: 4,000 DiceBear pixel-art avatars, 16x16, with a label for every pixel.

    pip install numpy pillow resvg-py          # and Node 18 or newer with npm, for DiceBear itself
    python tutorials/data/make_avatars.py      # writes avatars.npz beside this file
    python tutorials/data/make_avatars.py --check          # makes them again: the same arrays?
    python tutorials/data/make_avatars.py --sheet out.png  # a picture of 48 avatars, with labels

Nobody needs this to use the avatars. DiceBear is installed from npm, in the versions below, into a
folder outside the repository (`--node-folder`), once; nothing else touches the network.

What is in the file (no pickles; `np.load(path, allow_pickle=False)`):
    images      (4000, 16, 16, 3) uint8    the first 3,500 are the training split, the rest the test
    parts       (4000, 16, 16) uint8       index into part_names; 0 is background
    groups      (4000, 16, 16) uint8       index into group_names: background, head, torso
    objects     (4000, 16, 16) uint8       1 where the figure is
    test        (4000,) bool               True in the test split
    part_names, group_names                arrays of str

How a pixel gets its label: each component is rasterized alone, in DiceBear's own drawing order, and
the last one that covers the pixel by at least half owns it. So a pixel seen through a tinted lens
stays face or eyes; glasses are their frame.

Left out: an avatar equal to an earlier one (so the splits share no picture), and one in which a
part has almost the color of what it lies on (light brown hair on light brown skin), where nobody
could see the part.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

HERE = Path(__file__).resolve().parent
PACKAGES = ("@dicebear/core@9.4.3", "@dicebear/pixel-art@9.4.3")
TRAIN, TEST, SIZE = 3500, 500, 16
PARTS = ("background", "body", "face", "accessories", "clothing", "eyes", "glasses", "beard")
PARTS += ("mouth", "hair", "hat")  # in drawing order: a later one covers an earlier one
GROUPS = ("background", "head", "torso")
TORSO = ("body", "clothing")
LIES_ON = {"hair": "face", "beard": "face", "mouth": "face", "hat": "hair", "clothing": "body"}
TOO_ALIKE = 30  # of 441, the distance in RGB between black and white
# Each at least 45 away in RGB from all skins, hairs, hats and clothes: no figure melts into it.
BACKGROUNDS = "b6e3f4 c0aede d1d4f9 f2f2f2 8f9fd0 d4a5c9 9db4c0 22304a 34495e 3a5a40"
OPTIONS = {
    "backgroundColor": BACKGROUNDS.split(),
    "clip": False,  # nothing reaches beyond the 16x16 box; so the SVG is its layers and no more
    # DiceBear's own are 10, 5, 20 and 5 percent: too rare to learn these parts from 3,500 pictures.
    "accessoriesProbability": 25,
    "beardProbability": 15,
    "glassesProbability": 25,
    "hatProbability": 20,
}


def describe(seeds: list[str], node_folder: Path) -> list[dict]:
    """DiceBear's own answer for each seed: the SVG and its layers, by way of make_avatars.mjs."""
    if not (node_folder / "node_modules" / "@dicebear" / "pixel-art").is_dir():
        node_folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(node_folder)]
        subprocess.run([*install, *PACKAGES], check=True, stdout=sys.stderr)
    command = ["node", str(HERE / "make_avatars.mjs"), str(node_folder)]
    job = json.dumps({"seeds": seeds, "options": OPTIONS})
    answer = subprocess.run(command, input=job, text=True, check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in answer.stdout.splitlines()]


def rasterize(svg: str) -> np.ndarray:
    """One SVG -> (16, 16, 4) uint8, one pixel of the picture a unit of its viewBox."""
    # Beards are drawn through a luminance mask in the hair's color, so that a brown beard would be
    # a fifth opaque, too faint to call a part. Reading the mask by its alpha makes it 90 % opaque.
    svg = svg.replace("mask-type:luminance", "mask-type:alpha")
    png = resvg_py.svg_to_bytes(svg_string=svg, width=SIZE, height=SIZE, skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))


@cache
def covered(layer: str) -> np.ndarray:
    """Where one component, alone on nothing, covers a pixel by at least half: (16, 16) bool."""
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" '
    return rasterize(f'{head}shape-rendering="crispEdges">{layer}</svg>')[..., 3] >= 128


def told_apart(picture: np.ndarray, label: np.ndarray) -> bool:
    """Is each part's commonest color visibly another than that of the part it lies on?"""

    def color(name: str) -> np.ndarray:
        own = picture[label == PARTS.index(name)]
        different, count = np.unique(own, axis=0, return_counts=True)
        return different[count.argmax()].astype(float)

    present = {PARTS[index] for index in np.unique(label)}
    pairs = [pair for pair in LIES_ON.items() if present.issuperset(pair)]
    return all(np.linalg.norm(color(a) - color(b)) >= TOO_ALIKE for a, b in pairs)


def make(node_folder: Path) -> dict[str, np.ndarray]:
    """Every array of avatars.npz, as the file's own docstring lists them."""
    images, parts, seen = [], [], set()
    for split, end in (("train", TRAIN), ("test", TRAIN + TEST)):
        seeds = [f"glom-{split}-{number:04d}" for number in range(TRAIN * 5 // 4)]
        for avatar in describe(seeds, node_folder):
            picture = rasterize(avatar["svg"])
            assert (picture[..., 3] == 255).all(), "a pixel is transparent: no background drawn"
            label = np.zeros((SIZE, SIZE), np.uint8)
            for name, layer in avatar["layers"]:
                label[covered(layer)] = PARTS.index(name)
            if picture.tobytes() not in seen and told_apart(picture[..., :3], label):
                seen.add(picture.tobytes())
                images.append(picture[..., :3])
                parts.append(label)
            if len(images) == end:
                break
        assert len(images) == end, f"{split}: {end - len(images)} too few; ask for more seeds"
    parts = np.stack(parts)
    group_of_part = [0, *(GROUPS.index("torso" if p in TORSO else "head") for p in PARTS[1:])]
    return {
        "images": np.stack(images),
        "parts": parts,
        "groups": np.array(group_of_part, np.uint8)[parts],
        "objects": (parts > 0).astype(np.uint8),
        "test": np.arange(TRAIN + TEST) >= TRAIN,
        "part_names": np.array(PARTS),
        "group_names": np.array(GROUPS),
    }


def sheet(arrays: dict[str, np.ndarray], first: int = 0, scale: int = 6) -> Image.Image:
    """48 pictures, each above its part labels and its groups, enlarged."""
    wheel = "ffffff b07d62 f0c9a0 ffd700 377eb8 000000 e41a1c 7a4a12 ff00c8 4daf4a 984ea3"
    colors = np.array([list(bytes.fromhex(color)) for color in wheel.split()], np.uint8)
    chosen = slice(first, first + 48)
    cells = [arrays["images"][chosen], colors[arrays["parts"][chosen]]]
    cells.append(colors[arrays["groups"][chosen] * 4])
    cell = np.pad(np.concatenate(cells, axis=1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    grid = cell.reshape(3, 16, *cell.shape[1:]).swapaxes(1, 2)
    grid = grid.reshape(3 * cell.shape[1], 16 * cell.shape[2], 3)
    return Image.fromarray(grid.repeat(scale, axis=0).repeat(scale, axis=1))


def main() -> int:
    parser = argparse.ArgumentParser(description="Make avatars.npz (DiceBear pixel art, CC0 1.0).")
    parser.add_argument("--out", type=Path, default=HERE / "avatars.npz")
    parser.add_argument("--check", action="store_true", help="compare with --out, write nothing")
    parser.add_argument("--sheet", type=Path, help="also write a PNG of 48 of them")
    folder = Path(tempfile.gettempdir()) / "dicebear"
    parser.add_argument("--node-folder", type=Path, default=folder, help="where npm installs")
    options = parser.parse_args()
    arrays = make(options.node_folder)
    if options.sheet:
        sheet(arrays).save(options.sheet)
    if options.check:
        with np.load(options.out, allow_pickle=False) as there:
            wrong = sorted(set(arrays) ^ set(there.files))
            wrong += [k for k in arrays if k in there and not np.array_equal(arrays[k], there[k])]
        print(f"differs: {', '.join(wrong)}" if wrong else f"{options.out}: the same arrays")
        return int(bool(wrong))
    unfinished = options.out.with_name("." + options.out.name + ".part")
    with open(unfinished, "wb") as file:
        np.savez_compressed(file, **arrays)
    os.replace(unfinished, options.out)
    print(f"{options.out}: {TRAIN} + {TEST} avatars, {options.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
