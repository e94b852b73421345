"""Island measures: by hand on small grids, against scipy and scikit-learn, and on bad data."""

import inspect

import numpy as np
import pytest
from scipy import ndimage
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score

from glom_numpy import islands, scores

EAST, NORTH, NORTHEAST = np.array([1.0, 0.0]), np.array([0.0, 3.0]), np.array([2.0, 2.0])


def rng(seed=0):
    return np.random.default_rng(seed)


def one_hot(labels):
    """Embeddings that agree within a label (cosine 1) and are orthogonal across labels."""
    return np.eye(labels.max() + 1)[labels]


# Two rows, three columns:   E E N     cosines to the right: 1, 0 / cos 45, cos 45
#                            N X N     downward: 0, cos 45, 1        (X = northeast)
GRID = np.array([[EAST, EAST, NORTH], [NORTH, NORTHEAST, NORTH]])
HALF = np.sqrt(0.5)


def test_neighbor_cosines_by_hand():
    right, down = islands.neighbor_cosines(GRID)
    np.testing.assert_allclose(right, [[1, 0], [HALF, HALF]], atol=1e-15)
    np.testing.assert_allclose(down, [[0, HALF, 1]], atol=1e-15)


def test_find_islands_by_hand():
    np.testing.assert_array_equal(islands.find_islands(GRID, 0.9), [[0, 0, 1], [2, 3, 1]])
    # At 0.7 the northeast vector is a bridge: everything hangs together through it.
    np.testing.assert_array_equal(islands.find_islands(GRID, 0.7), [[0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(islands.find_islands(GRID, -1.0), [[0, 0, 0], [0, 0, 0]])


def test_one_location_and_one_row():
    assert islands.find_islands(np.ones((1, 1, 3)), 0.5).tolist() == [[0]]
    row = np.array([[EAST, NORTH, NORTH]])
    assert islands.find_islands(row, 0.5).tolist() == [[0, 1, 1]]
    assert islands.find_islands(row.transpose(1, 0, 2), 0.5).tolist() == [[0], [1], [1]]


def test_tau_one_joins_equal_vectors_in_spite_of_rounding():
    for v in rng().normal(size=(20, 7)):
        grid = np.stack([v, v * 3, v / 7, v * 1e5]).reshape(2, 2, 7)
        assert islands.find_islands(grid, 1.0).max() == 0


def test_diagonal_neighbors_are_not_neighbors():
    checkers = np.indices((3, 5)).sum(axis=0) % 2
    assert islands.find_islands(one_hot(checkers), 0.5).max() + 1 == 15


@pytest.mark.parametrize("seed", range(8))
def test_find_islands_against_scipy(seed):
    """On one-hot embeddings, islands are the connected regions of equal label."""
    labels = rng(seed).integers(0, 3, size=(7, 11))
    found = islands.find_islands(one_hot(labels), 0.5)
    count = 0
    for label in range(3):
        regions, n = ndimage.label(labels == label)
        count += n
        for region in range(1, n + 1):
            assert len(np.unique(found[regions == region])) == 1
    assert found.max() + 1 == count
    _, first = np.unique(found, return_index=True)
    assert (np.diff(first) > 0).all(), "numbered in reading order"


def test_island_counts_rise_with_tau_and_a_plateau_is_islands():
    labels = np.array([[0, 0, 1, 1, 1], [0, 0, 1, 1, 1], [2, 2, 2, 2, 1]])
    vectors = one_hot(labels) + 0.02 * rng().normal(size=(3, 5, 3))
    counts = islands.island_counts(vectors, np.array([-1.0, 0.2, 0.5, 0.9, 1.0]))
    assert counts.tolist() == [1, 3, 3, 3, 15]
    taus = np.linspace(-1, 1, 41)
    noise = rng(1).normal(size=(5, 7, 3))
    assert (np.diff(islands.island_counts(noise, taus)) >= 0).all()


def test_center_removes_the_shared_part_and_gives_unit_length():
    levels = rng().normal(size=(2, 15, 4, 7)) + 9.0
    mean = islands.level_mean(levels)
    np.testing.assert_allclose(mean[1], levels[:, :, 1].reshape(-1, 7).mean(axis=0))
    centered = islands.center(levels, mean)
    np.testing.assert_allclose(np.linalg.norm(centered, axis=-1), 1.0)
    np.testing.assert_array_equal(islands.center(levels[:, :, 2], mean[2]), centered[:, :, 2])
    # Before, all agree; after, they do not: a high mean cosine proves nothing.
    assert islands.cosine_to(levels[0], 3).min() > 0.9
    assert islands.cosine_to(centered[0], 3).min() < 0.0
    assert (islands.center(np.zeros((2, 7)), np.zeros(7)) == 0).all()


def test_cosine_to_by_hand_and_at_every_level():
    vectors = np.stack([EAST, NORTH, NORTHEAST, -EAST])
    np.testing.assert_allclose(islands.cosine_to(vectors, 2), [HALF, HALF, 1, -HALF])
    state = rng().normal(size=(15, 4, 7))
    every = islands.cosine_to(state, 6)
    assert every.shape == (15, 4)
    np.testing.assert_allclose(every[:, 3], islands.cosine_to(state[:, 3], 6), rtol=1e-13)


def test_contrast_by_hand():
    vectors = np.stack([EAST, EAST, NORTHEAST, NORTH, NORTH])
    labels = np.array([1, 1, 1, 2, 2])
    # within: (E,E) 1, (E,X) twice HALF, (N,N) 1; between: (E,N) four times 0, (X,N) twice HALF
    within, between = (2 + 2 * HALF) / 4, 2 * HALF / 6
    assert scores.segment_cosines(vectors, labels) == pytest.approx((within, between))
    assert scores.contrast(vectors, labels) == pytest.approx(within - between)


@pytest.mark.parametrize("background", [False, True])
def test_contrast_against_two_plain_loops(background):
    vectors, labels = rng(3).normal(size=(13, 5)), rng(4).integers(0, 4, size=13)
    same, other = [], []
    for i in range(13):
        for j in range(13):
            if i == j or (not background and 0 in (labels[i], labels[j])):
                continue
            cosine = (
                vectors[i] @ vectors[j] / np.linalg.norm(vectors[i]) / np.linalg.norm(vectors[j])
            )
            (same if labels[i] == labels[j] else other).append(cosine)
    wanted = np.mean(same) - np.mean(other)
    assert scores.contrast(vectors, labels, background=background) == pytest.approx(wanted)


def test_foreground_ari_by_hand():
    # Pairs: 6 in all, 2 together in the truth, 1 in `found`, 1 in both; expected 2 * 1 / 6.
    wanted = (1 - 1 / 3) / ((2 + 1) / 2 - 1 / 3)
    labels, found = np.array([0, 0, 1, 1, 2, 2]), np.array([5, 7, 0, 0, 1, 2])
    assert scores.foreground_ari(found, labels) == pytest.approx(wanted)
    assert scores.foreground_ari(labels + 3, labels) == 1.0


def test_foreground_ari_of_singletons_does_not_warn():
    assert scores.foreground_ari(np.arange(4), np.array([1, 2, 3, 4])) == 1.0


@pytest.mark.parametrize("method", ["average", "kmeans"])
def test_fg_ari_of_clear_clusters_is_one_and_ignores_the_background(method):
    labels = np.array([0, 1, 1, 2, 2, 2, 3, 0, 3, 1])
    vectors = one_hot(labels) + 0.01 * rng().normal(size=(10, 4))
    vectors[labels == 0] = vectors[[1, 3]]  # the background looks like segments 1 and 2
    assert scores.fg_ari(vectors, labels, method=method, rng=rng()) == 1.0


@pytest.mark.parametrize("seed", range(4))
def test_fg_ari_against_scikit_learn(seed):
    vectors, labels = rng(seed).normal(size=(29, 3)), rng(seed + 9).integers(0, 4, size=29)
    front = labels > 0
    clusters = AgglomerativeClustering(n_clusters=5, linkage="average").fit_predict(vectors[front])
    wanted = adjusted_rand_score(labels[front], clusters)
    assert scores.fg_ari(vectors, labels, k=5) == pytest.approx(wanted)


def test_kmeans_comes_from_the_generator_alone():
    vectors, labels = rng().normal(size=(40, 2)), rng(1).integers(1, 5, size=40)
    first = scores.fg_ari(vectors, labels, method="kmeans", rng=rng(7))
    assert first == scores.fg_ari(vectors, labels, method="kmeans", rng=rng(7))
    with pytest.raises(ValueError, match="rng"):
        scores.fg_ari(vectors, labels, method="kmeans")


@pytest.mark.parametrize("method", ["average", "kmeans"])
def test_collapsed_embeddings_score_zero_without_a_warning(method):
    """Splitting equal vectors in order of place would score, and say nothing of the embeddings."""
    labels = np.array([1, 1, 2, 2, 3, 3])
    assert scores.fg_ari(np.ones((6, 4)), labels, method=method, rng=rng()) == 0


def test_parents_and_nesting_by_hand():
    lower = np.array([[0, 0, 1, 1], [2, 2, 2, 3]])
    upper = np.array([[5, 5, 8, 8], [5, 5, 8, 8]])
    parent, share = islands.parents(lower, upper)
    assert parent.tolist() == [5, 8, 5, 8]
    np.testing.assert_allclose(share, [1, 1, 2 / 3, 1])
    # Islands 0 and 1 lie inside one, island 2 does not, island 3 is one location: not counted.
    share, chance = scores.nesting(lower, upper, rng=rng())
    assert share == pytest.approx(2 / 3)
    assert scores.nesting(lower, upper, rng=rng(), smallest=1)[0] == pytest.approx(3 / 4)
    # Two places of a pair agree with chance 3/7, three of a triple with chance 2 * 4/56 = 1/7.
    _, chance = scores.nesting(lower, upper, rng=rng(), permutations=4000)
    assert chance == pytest.approx((3 / 7 + 3 / 7 + 1 / 7) / 3, abs=0.02)


def test_one_upper_island_nests_everything_and_chance_says_so():
    lower = np.array([[0, 0, 1], [2, 2, 1]])
    assert scores.nesting(lower, np.zeros((2, 3), int), rng=rng()) == (1.0, 1.0)
    assert scores.nesting(np.arange(6).reshape(2, 3), lower, rng=rng()) is None


def test_effective_rank():
    assert scores.effective_rank(np.eye(5)) == pytest.approx(5)
    assert scores.effective_rank(np.outer(np.arange(1, 8), [1.0, 2, 3])) == pytest.approx(1)
    assert scores.effective_rank(np.zeros((4, 3))) is None
    p = np.array([3, 1]) / 4  # singular values 3 and 1
    wanted = np.exp(-(p * np.log(p)).sum())
    assert scores.effective_rank(np.diag([3.0, 1.0, 0.0])) == pytest.approx(wanted)


def test_neighbor_agreement_and_update_size_by_hand():
    still = np.stack([GRID, GRID, GRID + [3.0, 4.0]])
    wanted = (1 + 0 + HALF + HALF + 0 + HALF + 1) / 7
    np.testing.assert_allclose(islands.neighbor_agreement(still)[:2], wanted)
    np.testing.assert_allclose(islands.update_size(still), [0, 5])
    with pytest.raises(ValueError, match="two locations"):
        islands.neighbor_agreement(np.ones((2, 1, 1, 3)))


def test_labels_on_grid_by_hand():
    label_map = np.array([[1, 1, 0, 3], [1, 2, 3, 0], [0, 0, 4, 4], [2, 2, 4, 4]], dtype=np.uint8)
    grid = islands.labels_on_grid(label_map, (2, 2))
    assert grid.tolist() == [[1, 0], [0, 4]]  # two ties: the lower number
    batch = islands.labels_on_grid(np.stack([label_map, label_map.T]), (1, 2))
    assert batch.tolist() == [[[1, 4]], [[1, 4]]]
    assert islands.labels_on_grid(label_map, (4, 4)).tolist() == label_map.tolist()
    with pytest.raises(ValueError, match="grid"):
        islands.labels_on_grid(label_map, (3, 2))


def test_shuffling_the_columns_changes_no_score():
    vectors, labels = rng().normal(size=(15, 7)), rng(1).integers(0, 3, size=15)
    order = rng(2).permutation(15)
    for score in (scores.contrast, scores.fg_ari):
        assert score(vectors[order], labels[order]) == pytest.approx(score(vectors, labels))
    whole = scores.effective_rank(vectors)
    assert scores.effective_rank(vectors[order]) == pytest.approx(whole)


@pytest.mark.parametrize(
    "labels",
    [None, np.zeros(6, int), np.ones(6, int), np.array([0, 0, 0, 2, 2, 2])],
    ids=["no labels", "all background", "one object", "one object and background"],
)
def test_not_defined_is_none(labels):
    vectors = rng().normal(size=(6, 3))
    assert scores.contrast(vectors, labels) is None
    assert scores.fg_ari(vectors, labels) is None
    assert scores.foreground_ari(np.arange(6), labels) is None


def test_each_segment_one_location_has_no_pair_within():
    assert scores.contrast(rng().normal(size=(3, 2)), np.array([1, 2, 3])) is None


VECTORS, LABELS = np.ones((6, 3)), np.array([1, 1, 1, 2, 2, 2])
BROKEN = VECTORS.copy()
BROKEN[4, 1] = np.nan


@pytest.mark.parametrize(
    ("measure", "arguments", "said"),
    [
        ("contrast", (VECTORS, LABELS / 2), "labels: wanted whole numbers, got dtype float64"),
        ("contrast", (VECTORS, LABELS[:4]), r"labels: wanted shape \(6,\), got \(4,\)"),
        ("contrast", (VECTORS, LABELS - 2), "labels: wanted 0 .* got -1"),
        ("contrast", (BROKEN, LABELS), r"vectors: wanted finite numbers, got nan at \(4, 1\)"),
        ("fg_ari", (VECTORS, LABELS > 1), "labels: wanted whole numbers, got dtype bool"),
        ("fg_ari", (VECTORS[0], LABELS), r"vectors: wanted axes \(n d\)"),
        ("foreground_ari", (LABELS[:3], LABELS), r"found: wanted shape \(6,\)"),
        ("find_islands", (VECTORS, 0.5), r"vectors: wanted axes \(h w d\)"),
        ("find_islands", (np.ones((0, 3, 2)), 0.5), "none empty"),
        ("find_islands", (GRID, 1.5), r"tau: wanted a finite number in \[-1.0, 1.0\], got 1.5"),
        ("center", (VECTORS, np.ones(2)), r"mean: wanted the last axes of vectors \(6, 3\)"),
        ("parents", (LABELS.reshape(2, 3), LABELS.reshape(3, 2)), r"upper: wanted shape \(2, 3\)"),
        ("labels_on_grid", (np.ones((4, 4)), (2, 2)), "label_map: wanted whole numbers"),
    ],
)
def test_bad_data_is_named(as_users_run_it, measure, arguments, said):
    with pytest.raises(ValueError, match=said):
        getattr(scores if hasattr(scores, measure) else islands, measure)(*arguments)


def test_bad_choices_are_named():
    with pytest.raises(ValueError, match="method: wanted one of average, kmeans"):
        scores.fg_ari(VECTORS, LABELS, method="magic")
    with pytest.raises(ValueError, match="k: wanted at most 6"):
        scores.fg_ari(VECTORS, LABELS, k=7)
    with pytest.raises(IndexError, match="0 to 5, got 6"):
        islands.cosine_to(VECTORS, 6)


def test_the_doorway_takes_tensors_of_any_dtype():
    torch = pytest.importorskip("torch")
    from glom_torch import islands as door
    from glom_torch import scores as score_door

    for ours, theirs in ((islands, door), (scores, score_door)):
        assert theirs.__all__ == ours.__all__
        assert all(callable(getattr(theirs, name)) for name in ours.__all__)
    vectors, labels = rng().normal(size=(3, 5, 7)), rng(1).integers(0, 3, size=15)
    tensor = torch.tensor(vectors, requires_grad=True)
    wanted = islands.find_islands(vectors, 0.1)
    np.testing.assert_array_equal(door.find_islands(tensor, tau=0.1), wanted)
    flat = tensor.reshape(15, 7)
    assert score_door.contrast(flat, labels=torch.tensor(labels)) == scores.contrast(
        vectors.reshape(15, 7), labels
    )
    rounded = tensor.to(torch.bfloat16)
    assert score_door.effective_rank(rounded[0]) == scores.effective_rank(
        rounded[0].detach().double().numpy()
    )
    assert inspect.signature(score_door.contrast) == inspect.signature(scores.contrast)
