"""What experiments measure, by hand: scores, islands, looks at a state, controls, rows."""

import numpy as np
import pytest

from glom_numpy.attention import listening_mask
from glom_numpy.config import VOICES, GlomConfig
from glom_numpy.glom import Glom, settle
from glom_numpy.recipe import Recipe
from glom_numpy.worlds import Scenes, open_world, to_model
from glom_torch.glom import Glom as TorchGlom
from tutorials.experiments import controls, measure
from tutorials.experiments.scorer import Scorer


def rng(seed=0):
    return np.random.default_rng(seed)


# Two pictures of 2 x 3 columns: ground, part 1, part 2; parts 1 and 2 are objects 1 and 2.
LABELS = np.array([[0, 1, 1, 0, 2, 2], [1, 1, 2, 2, 2, 0]])
APART = np.eye(3)[LABELS]  # every segment has a direction of its own


def test_scores_by_hand():
    found = measure.score(APART, {"parts": LABELS}, rng())
    assert found == {
        "parts FG-ARI": 1.0,
        "parts contrast": 1.0,
        "parts within": 1.0,
        "parts between": 0.0,
    }
    alike = np.ones_like(APART)
    found = measure.score({"parts": APART, "objects": alike}, {"objects": LABELS}, rng())
    assert found["objects within"] == found["objects between"] == 1.0
    assert found["objects FG-ARI"] == found["objects contrast"] == 0.0
    nothing = measure.score(APART, {"parts": np.zeros_like(LABELS)}, rng())
    assert set(nothing.values()) == {None}
    assert measure.mean([None, 0.1, 0.2]) == 0.15 and measure.mean([None]) is None
    one = measure.score_labels(np.array([[5, 7, 7, 5, 9, 9], [1, 1, 1, 1, 1, 1]]), {"x": LABELS})
    assert one == {"x FG-ARI": 0.5}  # all right in the first picture, all in one in the second


def test_hidden_locations_alone_by_hand():
    wrong = APART.copy()
    wrong[0, 2] = APART[0, 4]  # one location of part 1 says what part 2 says
    seen = np.ones(LABELS.shape, dtype=bool)
    where = seen.copy()
    where[0, 2] = False
    for counted, perfect in ((seen, False), (where, True)):
        found = measure.score_some({"x": wrong}, {"x": LABELS}, counted, rng())
        assert (found["x FG-ARI there"] == 1.0) is perfect
    alone = measure.score_some({"x": wrong}, {"x": LABELS}, ~where, rng())
    assert alone == {"x FG-ARI there": None}  # one location: nothing to tell apart


def test_islands_by_hand():
    split = np.array([[1, 2, 1, 1, 2, 1]])  # 1 2 1 / 1 2 1: a bar before another
    vectors = np.eye(3)[split]
    assert measure.islands(vectors, (2, 3), 0.5, merged=False).max() == 2
    merged = measure.islands(vectors, (2, 3), 0.5)
    np.testing.assert_array_equal(merged, [[0, 1, 0, 0, 1, 0]])
    found = measure.score_islands(
        {"objects": vectors}, {"objects": split}, (2, 3), {"objects": 0.5}
    )
    assert found == {"objects islands FG-ARI": 1.0, "objects islands": 2.0}
    found = measure.score_islands({"objects": vectors}, {}, (2, 3), {"objects": 0.5})
    assert found == {"objects islands": 2.0}


def test_tau_parts_what_is_more_alike_than_it():
    # cosine 0.6 between the segments, 1 within: any tau above 0.6 is right, the lowest is taken
    ways = np.array([[1.0, 0.0], [0.6, 0.8]])
    labels = np.array([[1, 1, 2, 1, 1, 2]])
    assert measure.best_tau(ways[labels - 1], labels, (2, 3)) == 0.65
    noisy = ways[np.repeat([0, 1], 50)][None] + 0.02 * rng().standard_normal((1, 100, 2))
    assert 0.65 <= measure.best_tau(noisy, None, (10, 10)) <= 0.97
    assert measure.best_tau(np.ones((1, 6, 2)), None, (2, 3)) == 0.5  # no plateau at all


def test_nesting_by_hand():
    lower, upper = np.array([[0, 0, 1, 2, 2, 1]]), np.array([[0, 0, 1, 0, 0, 1]])
    found = measure.score_nesting(lower, upper, (2, 3), rng())
    assert found["nesting"] == 1.0 and found["nesting chance"] < 0.8


def model():
    config = GlomConfig(dim=6, levels=3, image_size=(4, 6), patch_size=2, hidden=5, beta=(1, 3))
    return Glom(config, rng=rng())


def test_looks_are_the_states_and_their_last_step(as_users_run_it):
    ours, images = model(), rng(1).integers(0, 256, (5, 4, 6, 3), np.uint8)
    looks = measure.looks_at(ours, images, [4, 0, 1], batch=2)
    states = ours(images.transpose(0, 3, 1, 2) / 255, iters=4, return_all=True)
    assert list(looks) == [0, 1, 4] and looks[0].update is None
    for t, look in looks.items():
        np.testing.assert_allclose(look.levels, states[t], atol=1e-12)
    moved = np.linalg.norm(states[4] - states[3], axis=-1).mean(axis=1)
    length = np.linalg.norm(states[4], axis=-1).mean(axis=1)
    np.testing.assert_allclose(looks[4].update, (moved / length).mean(axis=0))
    theirs = measure.looks_at(TorchGlom.from_numpy(ours), images, [4], batch=5)[4]
    np.testing.assert_allclose(theirs.levels, looks[4].levels, atol=1e-5)
    np.testing.assert_allclose(theirs.disagreement, looks[4].disagreement, atol=1e-5)
    about = looks[4].about({"parts": 1})
    assert set(about) == {"parts rank", "parts update", "parts disagreement"}
    vectors = looks[4].level(1)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=-1), 1)


def test_controls_by_hand():
    images = np.zeros((2, 4, 6, 3), np.uint8)
    images[0, :2, :2, 0] = 255, 51
    color = controls.by_column(images, (2, 3))["color alone"]
    assert color.shape == (2, 6, 3)
    assert color[0, 0, 0] == pytest.approx(0.6) and color[0, 1:].max() == color[1].max() == 0
    place = controls.by_column(images, (2, 3))["location alone"]
    np.testing.assert_allclose(place[1, 0], [1 / 4, 1 / 6])
    assert controls.by_pixel(images)["color and location"].shape == (2, 24, 5)
    cells = np.array([[7, 7, 1], [1, 7, 1]], np.uint8)[None, :, :, None] * 20
    by_pixel = controls.color_regions(cells)[0]
    assert len(set(by_pixel)) == 3 and by_pixel[0] == by_pixel[1] == by_pixel[4]
    assert by_pixel[2] == by_pixel[5] != by_pixel[3]
    vectors = {"x": np.arange(12.0).reshape(2, 6, 1)}
    assert (controls.another_picture(vectors)["x"] == vectors["x"][::-1]).all()
    shuffled = controls.shuffled_columns(vectors, rng())["x"]
    assert (shuffled[1] - shuffled[0] == 6).all() and (shuffled != vectors["x"]).any()


@pytest.mark.parametrize("house", [Glom, TorchGlom])
@pytest.mark.parametrize("voices", ["learned", (3.0, 1.0, 1.0, 2.0)])
def test_nobody_listens_where_consensus_is_muted(house, voices, as_users_run_it):
    ours = Glom(model().config.replace(voice_weights=voices), rng=rng())
    ours = ours if house is Glom else TorchGlom.from_numpy(ours)
    quiet = controls.muted(ours)
    images = rng(1).integers(0, 256, (1, 4, 6, 3), np.uint8)
    other = images.copy()
    other[:, :2, :2] = 255 - other[:, :2, :2]  # the first column's patch
    for tested, heard in ((ours, True), (quiet, False)):
        a, b = (measure.looks_at(tested, x, [4])[4].levels for x in (images, other))
        assert (a[:, 0] != b[:, 0]).any() and (a[:, 1:] != b[:, 1:]).any() == heard
    assert ours.config.voice_weights == voices  # the model itself is as it was


@pytest.mark.parametrize("voices", ["learned", (3.0, 1.0, 1.0, 2.0)])
@pytest.mark.parametrize("voice", VOICES)
def test_a_muted_voice_counts_for_nothing_and_the_others_as_before(voice, voices):
    ours = Glom(model().config.replace(voice_weights=voices), rng=rng())
    images = to_model(rng(1).integers(0, 256, (1, 4, 6, 3), np.uint8))
    start = rng(2).standard_normal((1, 6, ours.config.levels, ours.config.dim))
    quiet = controls.muted(ours, voice)(images, iters=1, levels=start)
    mask = listening_mask(ours.config, ours.config.grid)
    said = settle(ours.params, ours.config, images, start, iters=1, mask=mask)[1][0]
    weights = np.ones(4) if voices == "learned" else np.array(voices)
    weights = np.tile(weights[:, None], ours.config.levels)
    weights[VOICES.index(voice)] = 0
    weights[2, -1] = 0  # nobody is above the top
    expected = np.einsum("v l, v b n l d -> b n l d", weights / weights.sum(axis=0), said)
    np.testing.assert_allclose(quiet, expected, atol=1e-9)


def test_an_unknown_voice_is_named():
    with pytest.raises(ValueError, match="voice: wanted one of bottom_up, consensus, .* got 'x'"):
        controls.muted(Glom(model().config, rng=rng()), "x")


def test_pictures_without_labels_have_rows_without_scores():
    scenes = Scenes(images=rng().integers(0, 256, (3, 4, 6, 3), np.uint8))
    scorer = Scorer(test=scenes, tuned=scenes, grid=(2, 3), seed=0)
    assert scorer.labels == {} and scorer.baselines() == []
    vectors = {"parts": APART[[0, 1, 0]], "objects": APART[[1, 0, 1]]}
    row = scorer.row("x", 1, vectors, scorer.taus(vectors))
    assert {"parts islands", "objects islands", "nesting"} < set(row)
    assert not any("FG-ARI" in key for key in row)


def test_a_teacher_is_scored_as_a_pupil():
    labels = np.kron(LABELS.reshape(2, 2, 3), np.ones((2, 2), int))  # columns of 2 x 2 pixels
    images = np.array([0, 90, 250], np.uint8)[labels][..., None]
    scenes = Scenes(images=images, parts=labels, objects=labels)[0]  # no part in two pieces
    scorer = Scorer(test=scenes, tuned=scenes, grid=(2, 3), seed=0)
    levels = {"parts": 0, "objects": 1}
    (row,) = scorer.teacher(Recipe(segments=("regions", "objects")), levels)
    assert row == {"row": "what it is taught with (regions)", "parts FG-ARI": 1.0}
    assert scorer.teacher(Recipe(segments=("", "parts")), levels) == []
    assert scorer.teacher(Recipe(), levels) == []


def test_what_hangs_together_whatever_its_color():
    image = np.zeros((1, 4, 6, 3), np.uint8)
    image[0, 1, 1:3] = 90  # touches the next, which has another color
    image[0, 1, 3] = 200
    image[0, 3, 5] = 90
    found = controls.connected(image).reshape(4, 6)
    assert found.max() == 2 and len({*found[1, 1:4]}) == 1 and found[3, 5] not in (0, found[1, 1])
    by_column = controls.connected(image, (2, 3))
    assert by_column.shape == (1, 6)


def test_directions_from_the_middle_are_those_of_lines():
    image = np.zeros((2, 6, 10, 3), np.uint8)
    image[0, 2, 1:8] = image[0, 0:5, 4] = 90  # a cross, its middle in row 2, column 4
    found = controls.directions(image, (6, 10), told_middle=True)[0].reshape(6, 10, 2)
    for row, column, wanted in (
        (2, 1, (1, 0)),
        (2, 7, (1, 0)),  # the other end of the same bar
        (0, 4, (-1, 0)),
        (4, 4, (-1, 0)),
        (0, 2, (0, 1)),  # between them
        (5, 1, (0, -1)),
    ):
        np.testing.assert_allclose(found[row, column], wanted, atol=1e-12)
    for told in (False, True):  # nothing but background, too
        assert np.isfinite(controls.directions(image, (3, 5), told_middle=told)).all()
    own = controls.directions(image, (3, 5)).reshape(2, 3, 5, 2)
    np.testing.assert_array_equal(own[0], own[1])  # the same in every picture
    for row, column, wanted in ((1, 0, (1, 0)), (1, 4, (1, 0)), (0, 2, (-1, 0)), (2, 3, (0, 1))):
        np.testing.assert_allclose(own[0, row, column], wanted, atol=1e-12)


def test_the_trick_of_a_world_stands_beside_its_scores():
    def tricks(world):
        scenes = open_world(world, split="test", count=20, rng=rng())
        return Scorer(test=scenes, tuned=scenes[:2], grid=(12, 12), seed=0).tricks(world)

    assert tricks("constellations") == []
    alone, told = tricks("crossing_bars")
    assert alone["row"] == "direction from the picture's middle, by column"
    assert told["row"] == "direction from the figure's middle, by column"
    assert told["objects FG-ARI"] > alone["objects FG-ARI"] + 0.1 > 0.3
    assert set(told) == {"row", "parts FG-ARI", "objects FG-ARI"}
    unlabeled = Scenes(images=open_world("crossing_bars", count=2, rng=rng()).images)
    assert (
        Scorer(test=unlabeled, tuned=unlabeled, grid=(12, 12), seed=0).tricks("crossing_bars") == []
    )
