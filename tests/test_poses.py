"""Explicit poses: by hand, what no change of viewpoint changes, bad input.

Parity and gradients of every function are in the tables (cases_of_poses.py).
"""

import numpy as np
import pytest
import torch

import glom_numpy.poses
import glom_torch.poses
from cases_of_poses import numbers
from compare import compare
from glom_numpy.poses import compose, disagreement, invert, invert_vjp, move, pose, votes
from planted import cases, caught
from vjps import against_autograd, against_finite_differences

RNG = np.random.default_rng(61)
each_house = pytest.mark.parametrize("house", [glom_numpy.poses, glom_torch.poses])


def one(angle, scale, x, y):
    return pose(np.array(angle), np.array(scale), np.array([x, y]))


def given(house, value):
    return value if house is glom_numpy.poses else torch.tensor(value)


def seen(b=2, n=5):
    """Wholes, the places of parts in them, and how the viewer sees the parts."""
    wholes, relations = pose(*numbers(b)), pose(*numbers(n))
    return wholes, relations, compose(wholes[:, None], relations)


# ------------------------------------------------------------------------------------- by hand


def test_a_pose_by_hand():
    # A quarter turn carries x to y and y to -x; twice as large; then 3 to the right, 1 on in y.
    quarter = one(np.pi / 2, 2.0, 3.0, 1.0)
    np.testing.assert_allclose(quarter, [[0, -2, 3], [2, 0, 1], [0, 0, 1]], atol=1e-15)
    there = move(quarter, np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    np.testing.assert_allclose(there, [[3, 1], [3, 3], [1, 1]], atol=1e-15)


def test_the_part_as_the_viewer_sees_it_by_hand():
    # The whole is turned by a quarter and stands at (3, 1); the nose is 1 ahead of its middle.
    whole, nose = one(np.pi / 2, 2.0, 3.0, 1.0), one(0.0, 0.5, 1.0, 0.0)
    part = compose(whole, nose)
    np.testing.assert_allclose(part, one(np.pi / 2, 1.0, 3.0, 3.0), atol=1e-15)
    vote = votes(part[None, None], nose[None])
    np.testing.assert_allclose(vote[0, 0], whole, atol=1e-15)


def test_disagreement_by_hand():
    # Votes for a whole at x = 0, 0 and 3: the mean is 1, so 1, 1 and 4.
    three = np.stack([one(0.0, 1.0, x, 0.0) for x in (0.0, 0.0, 3.0)])[None]
    np.testing.assert_allclose(disagreement(three), [[1, 1, 4]])


# ---------------------------------------------------------------------------------- properties


def test_parts_of_one_whole_vote_alike():
    wholes, relations, parts = seen()
    said = votes(parts, relations)
    compare(np.broadcast_to(wholes[:, None], said.shape), said)
    assert disagreement(said).max() < 1e-25


def test_moving_the_viewer_moves_every_vote_alike():
    _, relations, parts = seen()
    parts[..., :2, :] += 0.1 * RNG.standard_normal(parts[..., :2, :].shape)  # votes differ now
    said = votes(parts, relations)
    for zoom in (1.0, 3.0):
        viewer = one(0.7, zoom, -2.0, 0.3)
        moved = votes(compose(viewer, parts), relations)
        compare(compose(viewer, said), moved)
        compare(zoom**2 * disagreement(said), disagreement(moved))


def test_places_in_the_whole_do_not_depend_on_the_viewpoint():
    wholes, relations, parts = seen()
    viewers = pose(*numbers(2))
    moved = compose(viewers, wholes), compose(viewers[:, None], parts)
    for whole, part in ((wholes, parts), moved):
        place = compose(invert(whole)[:, None], part)
        compare(np.broadcast_to(relations, place.shape), place)


def test_there_and_back():
    wholes, _, parts = seen()
    nothing = np.broadcast_to(np.eye(3), parts.shape)
    compare(nothing, compose(parts, invert(parts)))
    compare(parts, invert(invert(parts)))
    a, b, c = pose(*numbers(3))
    compare(compose(compose(a, b), c), compose(a, compose(b, c)))
    points = RNG.standard_normal((7, 2))
    compare(move(compose(a, b), points), move(a, move(b, points)))


def test_a_displaced_part_disagrees_most():
    _, relations, parts = seen(1, 5)
    parts[0, 3, 0, 2] += 0.5
    assert disagreement(votes(parts, relations))[0].argmax() == 3


def test_a_wrong_backward_is_caught():
    def no_mean(votes):  # forgets that every vote moves the mean
        apart = votes - votes.mean(axis=1, keepdims=True)
        return disagreement(votes), lambda g: 2 * g[:, :, None, None] * apart

    def no_minus(matrices):
        back, backward = invert_vjp(matrices)
        return back, lambda g: -backward(g)

    for name, wrong in (("disagreement", no_mean), ("invert", no_minus)):
        for check in (against_finite_differences, against_autograd):
            assert caught(lambda case: check(case, vjp=wrong), *cases(f"poses.{name}"))  # noqa: B023


# ----------------------------------------------------------------------------------- bad input


@each_house
@pytest.mark.usefixtures("as_users_run_it")
def test_bad_input(house):
    def call(name, *args):
        return getattr(house, name)(*(given(house, np.array(x, dtype=float)) for x in args))

    for said, name, *args in (
        (r"scale: wanted the angle's shape \(2,\), got \(\)", "pose", [0, 1], 1, [[0, 0], [1, 1]]),
        (r"shift: wanted \(x, y\) last, \(2,\), got \(3,\)", "pose", 0, 1, [0, 0, 1]),
        ("scale: wanted numbers > 0, got -1", "pose", 0, -1, [0, 0]),
        (r"outer: wanted \(..., 3, 3\) matrices, got \(2, 2\)", "compose", np.eye(2), np.eye(3)),
        (r"inner: wanted \(..., 3, 3\)", "compose", np.eye(3), [1, 2]),
        ("poses: wanted matrices with a way back, got a determinant of 0", "invert", 0 * np.eye(3)),
        (r"votes: wanted \(..., 3, 3\)", "disagreement", np.ones((2, 5, 6))),
        (r"points: wanted \(p, 2\), got \(2,\)", "move", np.eye(3), [0, 0]),
    ):
        with pytest.raises(ValueError, match=said):
            call(name, *args)
