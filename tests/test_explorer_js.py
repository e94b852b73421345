"""The explorer's arithmetic in JavaScript, against NumPy and SciPy."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import playwright
import pytest

from glom_numpy import islands
from payloads import D, T, decoded, small_image, small_model
from tutorials import HERE
from tutorials.explorer import Explorer
from tutorials.trajectory import trajectory_payload

# Playwright brings a Node of its own, so these tests never have to be skipped.
NODE = shutil.which("node") or str(Path(playwright.__file__).parent / "driver" / "node")

PURE = ("math", "state", "tree", "break", "keys")


def node(script, **given):
    """Run a script after the explorer's pure files; `out` is what comes back."""
    pure = [(HERE / f"explorer_{name}.js").read_text("utf-8") for name in PURE]
    constants = [f"const {name} = {json.dumps(value)};" for name, value in given.items()]
    text = "\n".join([*pure, *constants, script, "console.log(JSON.stringify(out));"])
    command = [NODE, "--input-type=module"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_js_reads_every_half_float():
    out = node("const out = [...halfTable()].map((x) => Number.isFinite(x) ? x : String(x));")
    want = np.arange(65536, dtype=np.uint16).view(np.float16).astype(float)
    np.testing.assert_array_equal(np.array(out, float), want)


@pytest.mark.parametrize("tau", [-1.0, 0.2, 0.6, 0.9, 1.0])
def test_js_finds_the_islands_that_scipy_finds(tau):
    rng = np.random.default_rng(5)
    field = rng.normal(size=(4, 4)).astype(np.float32)[rng.integers(0, 4, (9, 11))]
    field = field + 0.3 * rng.normal(size=field.shape).astype(np.float32)
    out = node(
        """
        const units = unitVectors(Float32Array.from(field), 4);
        const near = neighborCosines(units, 9, 11, 4);
        const labels = islandLabels(near, 9, 11, tau);
        const out = { labels: [...labels], cosines: [...cosineTo(units, 4, 20)],
          right: [...near.right], down: [...near.down], agreement: agreement(near, labels, 11),
          list: describeIslands(labels, 11) };
        """,
        field=field.ravel().tolist(),
        tau=tau,
    )
    labels = islands.find_islands(field, tau)
    np.testing.assert_array_equal(np.reshape(out["labels"], (9, 11)) - 1, labels)
    np.testing.assert_allclose(
        out["cosines"], islands.cosine_to(field.reshape(-1, 4), 20), atol=1e-6
    )
    right, down = islands.neighbor_cosines(field)
    np.testing.assert_allclose(
        np.array(out["right"], float).reshape(9, 11)[:, :-1], right, atol=1e-6
    )
    np.testing.assert_allclose(np.array(out["down"], float).reshape(9, 11)[:-1], down, atol=1e-6)
    cosines = np.concatenate([right.ravel(), down.ravel()])
    same = np.concatenate(
        [(labels[:, 1:] == labels[:, :-1]).ravel(), (labels[1:] == labels[:-1]).ravel()]
    )
    if same.all() or not same.any():
        assert out["agreement"] is None  # no border, or borders only: nothing to compare
    else:
        assert out["agreement"] == pytest.approx(cosines[same].mean() - cosines[~same].mean())
    sizes = np.bincount(labels.ravel())
    assert [island["size"] for island in out["list"]] == sizes.tolist()
    for island in out["list"]:
        assert labels.ravel()[island["at"]] == island["label"] - 1


def test_js_a_line_always_closes_around_an_island():
    """On 2 x 3: four directions 0, 40, 80, 120 degrees in a U, and 240 degrees beside it.

    The two ends of the U are far apart, but one island: no line between them.
    """
    angles = np.deg2rad([0, 120, 240, 40, 80, 240])
    out = node(
        """
        const near = neighborCosines(Float32Array.from(field), 2, 3, 2);
        const { labels, border, groups, single } = findIslands(near, { h: 2, w: 3 }, 0.7);
        const out = { labels: [...labels], groups, single, ends: near.right[0],
          right: [0, 1, 3, 4].map((i) => border(i, i + 1)),
          down: [0, 1, 2].map((i) => border(i, i + 3)) };
        """,
        field=np.stack([np.cos(angles), np.sin(angles)], axis=1).ravel().tolist(),
    )
    assert (out["labels"], out["groups"], out["single"]) == ([1, 1, 2, 1, 1, 2], 2, 0)
    assert out["ends"] < 0.7
    assert (out["right"], out["down"]) == ([False, True, False, True], [False] * 3)


def test_js_a_number_keeps_away_from_the_marked_patch():
    out = node(
        """
        const labels = [1, 1, 1, 1, 1, 2, 2, 2, 1, 1];
        const list = describeIslands(labels, 5);
        const place = (island, marked) => numberPlace(labels, list[island], 5, marked, 1, 1);
        const out = { at: list.map(({ at }) => at), far: place(0, 9), near: place(0, 2),
          none: place(1, 6), text: [-0.001, 0, -0.01, 1].map(hundredths) };
        """
    )
    assert out["at"] == [2, 6]
    assert (out["far"], out["near"], out["none"]) == (2, 0, -1)
    assert out["text"] == ["0.00", "0.00", "-0.01", "1.00"]


def test_js_unpacks_what_python_packed():
    model, image = small_model(), small_image()
    payload = trajectory_payload(model, image, iters=T)
    sent = decoded(payload)
    center = np.random.default_rng(7).normal(size=D)
    out = node(
        """
        const halves = Uint16Array.from(states);
        const field = takeField(halves, halfTable(), 2 * size.n * size.levels * size.d, size, 1);
        const after = takeField(halves, halfTable(), 3 * size.n * size.levels * size.d, size, 1);
        const pixels = patchField({ pixels: picture, height: 6, width: 15, channels: 3 }, 3, 5);
        const out = { field: [...field], colors: [...project(field, size.d, basis)],
          update: updateSize(field, after), units: [...unitVectors(field, size.d, center)],
          pixels: [...pixels.field], mean: [...meanVector(pixels.field, pixels.d)] };
        """,
        states=np.frombuffer(payload["states"], np.uint16).tolist(),
        size=payload["frame"],
        basis=sent["bases"][0, 1].ravel().tolist(),
        center=center.tolist(),
        picture=image.ravel().tolist(),
    )
    field, after = sent["states"][0, 2:4, :, 1].astype(float)
    np.testing.assert_allclose(np.reshape(out["field"], field.shape), field)
    basis = sent["bases"][0, 1]
    colors = np.clip(field @ basis[:, :D].T + basis[:, D], 0, 1)
    np.testing.assert_allclose(np.reshape(out["colors"], colors.shape), colors, atol=1e-5)
    assert out["update"] == pytest.approx(np.linalg.norm(after - field) / np.linalg.norm(after))
    units = islands.center(field, center)
    np.testing.assert_allclose(np.reshape(out["units"], units.shape), units, atol=1e-5)
    patches = image.reshape(3, 2, 5, 3, 3).transpose(0, 2, 1, 3, 4).reshape(15, -1) / 255
    np.testing.assert_allclose(np.reshape(out["pixels"], patches.shape), patches, atol=1e-6)
    np.testing.assert_allclose(out["mean"], patches.mean(axis=0), atol=1e-5)


KEYS = [  # key, moving, what changes; at step 2 of 4, level 1 of 0-2, location 7 = row 1, column 2
    ("ArrowRight", False, {"t": 3}),
    ("ArrowLeft", False, {"t": 1}),
    ("ArrowUp", False, {"level": 2}),
    ("ArrowDown", False, {"level": 0}),
    ("Home", False, {"t": 0}),
    ("End", True, {"t": 4}),
    (" ", False, {"playing": True}),
    ("Enter", False, {"moving": True}),
    ("Enter", True, {"moving": False}),
    ("Escape", True, {"moving": False}),
    ("Escape", False, None),
    ("b", False, None),
    ("n", False, {"island": 1}),
    ("p", True, {"island": -1}),
    ("x", False, {"breaking": True}),
    ("m", False, {"breaking": False}),
    ("ArrowRight", True, {"selected": 8}),
    ("ArrowLeft", True, {"selected": 6}),
    ("ArrowUp", True, {"selected": 2}),
    ("ArrowDown", True, {"selected": 12}),
]


def test_js_keys_mean_what_the_page_says():
    script = """
        const frame = { steps: 5, levels: 3, h: 3, w: 5 };
        const at = { t: 2, level: 1, selected: 7, playing: false, breakable: true };
        const edge = { t: 4, level: 2, selected: 14, moving: true };
        const out = { inside: keys.map(([key, moving]) => keyChange(key, { ...at, moving }, frame)),
          edge: ["ArrowRight", "ArrowDown"].map((key) => keyChange(key, edge, frame)),
          last: ["ArrowRight", "ArrowUp"].map((key) =>
            keyChange(key, { ...edge, moving: false }, frame)),
          whole: ["x", "m"].map((key) => keyChange(key, edge, frame)) };
    """
    out = node(script, keys=[key[:2] for key in KEYS])
    assert out["inside"] == [change for _, _, change in KEYS]
    assert out["edge"] == [{"selected": 14}] * 2  # it stays inside the picture
    assert out["last"] == [{"t": 4}, {"level": 2}]
    assert out["whole"] == [None, None]  # where nothing can be broken


def test_the_files_together_are_one_module_without_imports():
    assert Explorer._esm.count("export default") == 1
    assert not re.search(r"^\s*import\b|import\(|https?:", Explorer._esm, re.MULTILINE)
