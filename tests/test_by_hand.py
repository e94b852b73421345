"""Small enough to work out on paper. Each test says how; both houses must say the same."""

from math import erf, exp, log, pi, sqrt

import numpy as np
import pytest
import torch

from glom_numpy.config import GlomConfig
from twins import carry, find

HOUSES = ["glom_numpy", "glom_torch"]


@pytest.fixture(params=HOUSES)
def call(request):
    """call("room.function", ...) in one house, with lists as arrays, answered as an array."""

    def run(name, *args, **kwargs):
        tensors = request.param == "glom_torch"
        args, kwargs = arrays(args), arrays(kwargs)
        where = dict(dtype=torch.float64)
        out = find(request.param, name)(
            *carry(args, tensors, **where), **carry(kwargs, tensors, **where)
        )
        return np.asarray(out[0] if isinstance(out, tuple) else out)

    return run


def arrays(value):
    """Lists become arrays: of floats, unless all are whole numbers or booleans."""
    if isinstance(value, dict):
        return {name: arrays(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(arrays(inner) for inner in value)
    return np.array(value) if isinstance(value, list) else value


def close(came, wanted):
    np.testing.assert_allclose(came, wanted, rtol=1e-12, atol=1e-12)


# Two columns, one level, d = 1, for consensus: e_1 = 1 and e_2 = 2, as (b, n, l, d).
TWO = [[[[1.0]], [[2.0]]]]


def test_consensus_of_two_columns(call):
    # Scores e_i e_j: column 1 gives itself 1 and its neighbor 2, column 2 gives 2 and 4.
    # So column 1 listens to its neighbor by e^2 / (e^1 + e^2) = 1 / (1 + e^-1) = 0.731...
    to_neighbor, to_itself = 1 / (1 + exp(-1)), 1 / (1 + exp(-2))
    heard = [
        [[[1 + to_neighbor]], [[1 + to_itself]]]
    ]  # (1 - w) 1 + w 2 = 1 + w, w the weight of the 2
    close(call("attention.consensus", TWO, similarity="dot", beta=1.0), heard)


def test_backward_of_consensus_of_two_columns():
    # Column 1 hears c = e_1 + (e_2 - e_1) s, where s = sigmoid(e_1 e_2 - e_1 e_1) = 0.731...
    # dc/de_2 = s + (e_2 - e_1) s (1 - s) e_1         = s + s (1 - s)      at (1, 2)
    # dc/de_1 = 1 - s + (e_2 - e_1) s (1 - s) (e_2 - 2 e_1) = 1 - s        at (1, 2)
    vjp = find("glom_numpy", "attention.consensus_vjp")
    _, backward = vjp(np.array(TWO), similarity="dot", beta=1.0)
    only_column_1 = np.array([[[[1.0]], [[0.0]]]])
    s = 1 / (1 + exp(-1))
    close(backward(only_column_1), [[[[1 - s]], [[s + s * (1 - s)]]]])


def test_two_columns_that_do_not_hear_themselves_swap(call):
    others = [[[False, True], [True, False]]]
    close(call("attention.consensus", TWO, mask=others), [[[[2.0]], [[1.0]]]])


def test_replaced_self_logit(call):
    # With the self logit at 0 and the neighbor's at e_i e_j = 2: weights 1 and e^2, over the sum.
    weight = exp(2) / (1 + exp(2))
    came = call("attention.attention_weights", TWO, similarity="dot", self_logit=0.0)
    close(came, [[[[1 - weight, weight], [weight, 1 - weight]]]])


def test_similarities(call):
    # e_1 = (3, 4), of length 5; e_2 = (0, 2), of length 2; e_1 . e_2 = 8.
    levels = [[[[3.0, 4.0]], [[0.0, 2.0]]]]
    close(call("attention.dot", levels), [[[[25, 8], [8, 4]]]])
    close(call("attention.cosine", levels), [[[[1, 0.8], [0.8, 1]]]])
    # Only the key is made unit: row 1 is (25 / 5, 8 / 2), row 2 is (8 / 5, 4 / 2), all / sqrt 2.
    close(call("attention.unit_keys", levels), np.array([[[[5, 4], [1.6, 2]]]]) / sqrt(2))


def test_top_informed(call):
    # Three levels score 1, 10, 100; lam 0.5: the top keeps 100, then 10 + 50, then 1 + 30.
    scores = [[[[1.0]], [[10.0]], [[100.0]]]]
    close(call("attention.top_informed", scores, 0.5), [[[[31]], [[60]], [[100]]]])


def test_a_whole_step(call):
    # One level, two columns with e = 1 and 2. The bottom-up net is made to say 5 to everybody
    # (its last weights are 0, its last bias 5), and the columns hear each other, not themselves:
    # (1 + 5 + 2) / 3 and (2 + 5 + 1) / 3. One level has nobody above, so three voices, not four.
    config = GlomConfig(dim=1, levels=1, image_size=(1, 2), patch_size=1, hidden=1, channels=1)
    config = config.replace(location="none")
    layer0 = {"weight": [[[0.3]]], "bias": [[0.1]]}
    net = {"layer0": layer0, "layer1": {"weight": [[[0.0]]], "bias": [[5.0]]}}
    params = {"initial": [[0.0]], "bottom_up": net}
    tokens, code = [[[0.7], [0.2]]], np.zeros((2, 0))
    mask = [[[False, True], [True, False]]]
    out = call("step.step", params, config, tokens, TWO, code, beta=1.0, mask=mask)
    close(out, [[[[8 / 3]], [[8 / 3]]]])


def test_mean_of_four_voices_and_of_three_at_the_top(call):
    # They say 1, 2, 3 and 6 at both of two levels: (1+2+3+6) / 4 = 3, and (1+2+6) / 3 = 3.
    voices = np.array([1.0, 2.0, 3.0, 6.0])[:, None, None, None, None] * np.ones((4, 1, 1, 2, 1))
    config = GlomConfig(levels=2)
    params = {"initial": np.zeros((2, 1))}
    weights = call("step.voice_weights", params, config)
    close(weights, [[1 / 4, 1 / 3], [1 / 4, 1 / 3], [1 / 4, 0], [1 / 4, 1 / 3]])
    close(call("step.mix", voices, weights), [[[[3.0], [3.0]]]])
    uneven = config.replace(voice_weights=(1, 2, 3, 2))
    wanted = [[1 / 8, 1 / 5], [2 / 8, 2 / 5], [3 / 8, 0], [2 / 8, 2 / 5]]
    close(call("step.voice_weights", params, uneven), wanted)
    by_level = config.replace(voice_weights=((1, 2, 3, 2), (3, 0, 7, 1)))
    wanted = [[1 / 8, 3 / 4], [2 / 8, 0], [3 / 8, 0], [2 / 8, 1 / 4]]
    close(call("step.voice_weights", params, by_level), wanted)


def test_learned_voices(call):
    # Softmax of (0, 0, 0, ln 2): 1/5, 1/5, 1/5, 2/5; at the top without the third: 1/4, 1/4, 2/4.
    params = {"voices": {"logits": [[0.0, 0.0], [0.0, 0.0], [0.0, 9.0], [log(2), log(2)]]}}
    config = GlomConfig(levels=2, voice_weights="learned")
    wanted = [[1 / 5, 1 / 4], [1 / 5, 1 / 4], [1 / 5, 0], [2 / 5, 2 / 4]]
    close(call("step.voice_weights", params, config), wanted)


def test_patches_in_order(call):
    # 1 x 2 patches of 2 x 2 pixels and two channels; channel 1 is channel 0 plus 100.
    #   0 1 | 2 3      first patch, row by row, the channels of a pixel side by side:
    #   4 5 | 6 7      0 100  1 101  4 104  5 105
    img = [[[[0.0, 1, 2, 3], [4, 5, 6, 7]], [[100, 101, 102, 103], [104, 105, 106, 107]]]]
    wanted = [[[0, 100, 1, 101, 4, 104, 5, 105], [2, 102, 3, 103, 6, 106, 7, 107]]]
    close(call("patches.image_to_patches", img, (2, 2)), wanted)
    close(call("patches.patches_to_image", np.array(wanted) + 0.0, (2, 2), (1, 2)), img)


def test_convolution_of_a_tiny_image(call):
    # The kernel looks at the pixel itself (10), at its right neighbor (1) and at the pixel above
    # (100). Nothing is beyond the border. Turned around, it would look left and below.
    img = [[[[1.0, 2, 3], [4, 5, 6]]]]
    weight = [[[[0.0, 100, 0], [0, 10, 1], [0, 0, 0]]]]
    wanted = [[[[12.5, 23.5, 30.5], [145.5, 256.5, 360.5]]]]
    close(call("patches.convolve", img, weight, [0.5]), wanted)


def test_fourier_code(call):
    # Two patches side by side: rows at 1/2, columns at 1/4 and 3/4 of the picture. One band is
    # half a turn over the picture: sin of row and column, then cos of both, times pi.
    coordinates = call("positions.grid_coordinates", (1, 2), (1, 2))
    close(coordinates, [[0.5, 0.25], [0.5, 0.75]])
    s = sqrt(0.5)
    close(call("positions.fourier_code", coordinates, 1), [[1, s, 0, s], [1, s, 0, -s]])
    # The second band turns twice as fast, so (pi / 2 and pi), (pi / 4 and pi / 2) for patch one.
    wanted = [1, 0, s, 1, 0, -1, s, 0]
    close(call("positions.fourier_code", coordinates, 2)[0], wanted)
    assert pi / 2 * 2 == pi


def test_small_operations():
    ops = find("glom_numpy", "ops.gelu"), find("glom_numpy", "ops.softmax")
    # Half of 1 + erf(1 / sqrt 2) of a standard normal lies below 1: 0.8413; tanh-GELU says 0.8412.
    close(ops[0](np.array([0.0, 1.0, -1.0])), [0, 0.8413447460685429, -0.15865525393145707])
    assert 0.8413447460685429 == pytest.approx(0.5 * (1 + erf(1 / sqrt(2))))
    close(ops[1](np.log([1.0, 2.0, 5.0])), [1 / 8, 2 / 8, 5 / 8])
    close(find("glom_numpy", "ops.unit")(np.array([3.0, 4.0])), [0.6, 0.8])
    # Mean 2 and variance 1, so nearly -1 and 1; 1e-5 is added to the variance.
    wanted = np.array([-1, 1]) / sqrt(1 + 1e-5)
    close(find("glom_numpy", "ops.layer_norm")(np.array([1.0, 3.0])), wanted)
    # Matrix product by letters: (1 2) times the columns of ((3 4) (5 6)).
    einsum = find("glom_numpy", "ops.einsum")
    close(
        einsum("i j, j k -> k i", np.array([[1.0, 2]]), np.array([[3.0, 4], [5, 6]])), [[13], [16]]
    )


def test_info_nce_of_two_pairs(call):
    # Anchors (1, 0) and (0, 2); partners (3, 0) and (0.6, 0.8): cosines 1 and 0.6; 0 and 0.8.
    # Each picks its own of two: log(1 + e^(0.6 - 1)) and log(1 + e^(0 - 0.8)), in the mean.
    anchors, partners = [[1.0, 0], [0, 2]], [[3.0, 0], [0.6, 0.8]]
    wanted = (log(1 + exp(-0.4)) + log(1 + exp(-0.8))) / 2
    close(call("losses.info_nce", anchors, partners, [0, 1], 1.0), wanted)
    # At temperature 0.5 all differences count double.
    wanted = (log(1 + exp(-0.8)) + log(1 + exp(-1.6))) / 2
    close(call("losses.info_nce", anchors, partners, [0, 1], 0.5), wanted)


def test_info_nce_leaves_out_the_same_picture(call):
    # Pairs 0 and 1 are of one picture: pair 0 competes with pair 2 only, though 1 is just as near.
    anchors = [[1.0, 0], [1, 0], [0, 1]]
    wanted = (log(1 + exp(-1)) + log(1 + exp(-1)) + log(1 + 2 * exp(-1))) / 3
    close(call("losses.info_nce", anchors, anchors, [0, 0, 1], 1.0), wanted)


def test_agreement(call):
    # One column, two levels, d = 2; the consensus points to (1, 0) at both. Bottom-up: (1, 1), 45
    # degrees away, cosine sqrt(1/2), and (0, 3), cosine 0. Top-down: (-2, 0), cosine -1; the top
    # level's is not counted. Level weights 1 and 10.
    voices = np.zeros((4, 1, 1, 2, 2))
    voices[1, 0, 0] = [[1, 1], [0, 3]]
    voices[2, 0, 0] = [[-2, 0], [7, 7]]
    voices[3, 0, 0] = [[1, 0], [5, 0]]
    wanted = (1 - sqrt(0.5)) + 2 + 10 * 1
    close(call("losses.agreement", voices, [1.0, 10.0]), wanted)


def test_reconstruction(call):
    # One level, three patches of two pixels; the second is not counted. Squared errors: (1 + 0) / 2
    # and (4 + 16) / 2, in the mean 5.25; the level weighs 2.
    predicted = [[[[1.0, 0]], [[9, 9]], [[0, 4]]]]
    true = [[[0.0, 0], [0, 0], [2, 0]]]
    close(call("losses.reconstruction", predicted, true, [2.0], [[True, False, True]]), 10.5)


def test_partner_by_attention(call):
    # Location 0 hears (itself 0.2,) 0.3 and 0.5. Without itself 0.8 is left, so 1 is picked for
    # chances below 0.3 / 0.8 = 0.375.
    weights = [[[0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.0, 0.5, 0.5]]]
    came = call(
        "losses.partners_by_attention", weights, [[0, 0, 0, 1, 1]], [[0, 0.37, 0.38, 0.4, 0.6]]
    )
    assert came.tolist() == [[1, 1, 2, 0, 2]]
