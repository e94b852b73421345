"""Whom an anchor's attention picks, at the edges: in both houses, whatever the rounding."""

import numpy as np
import pytest
import torch

import glom_numpy.losses
import glom_torch.losses

PLACES = np.array([[0, 2, 4]])


def picked(weights, chances, dtype=torch.float64):
    """The partners that both houses pick; they must agree."""
    ours = glom_numpy.losses.partners_by_attention(weights, PLACES, chances)
    theirs = glom_torch.losses.partners_by_attention(
        torch.tensor(weights, dtype=dtype), torch.tensor(PLACES), torch.tensor(chances, dtype=dtype)
    )
    assert ours.tolist() == theirs.tolist()
    return ours.tolist()


def test_by_hand():
    weights = np.zeros((1, 5, 5))
    weights[0, 0] = [0.6, 0.1, 0.0, 0.3, 0.0]  # of the others: 1 with 1/4, 3 with 3/4
    weights[0, 2] = [0.5, 0.0, 0.5, 0.0, 0.0]
    weights[0, 4] = [0.0, 0.0, 0.2, 0.4, 0.4]
    assert picked(weights, np.array([[0.2, 0.0, 0.3]])) == [[1, 0, 2]]
    assert picked(weights, np.array([[0.3, 0.9, 0.4]])) == [[3, 0, 3]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_chance_that_rounds_to_one_picks_somebody_who_is_heard(dtype):
    weights = np.zeros((1, 5, 5))
    weights[0, :, 1] = 1.0
    assert picked(weights, np.full((1, 3), 1 - 2.0**-40), dtype) == [[1, 1, 1]]


def test_who_hears_nobody_else_has_no_partner():
    for losses, array in ((glom_numpy.losses, np.asarray), (glom_torch.losses, torch.tensor)):
        with pytest.raises(ValueError, match="weights: wanted every anchor to hear somebody else"):
            losses.partners_by_attention(array(np.eye(5)[None]), array(PLACES), array([[0.1] * 3]))
