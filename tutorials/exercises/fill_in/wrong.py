"""What is often misunderstood about filling in. Each function is wrong in one way."""

import numpy as np


def every_patch_counts(predicted, patches, weights, counted):
    """You scored every patch, hidden or not: a seen patch can simply be copied, so only the hidden
    ones (counted is True) say whether the model has understood anything.
    """
    return (_errors(predicted, patches).mean(axis=(0, 1)) * weights).sum()


def the_seen_ones(predicted, patches, weights, counted):
    """You scored the patches that were seen: counted is True where a patch was hidden, and those
    are the ones to fill in.
    """
    return (_errors(predicted, patches)[~counted].mean(axis=0) * weights).sum()


def divided_by_all(predicted, patches, weights, counted):
    """You set the seen patches to 0 and then divided by all of them: the mean is over |H|, so the
    loss must not shrink when fewer patches are hidden.
    """
    errors = np.where(counted[:, :, None], _errors(predicted, patches), 0.0)
    return (errors.mean(axis=(0, 1)) * weights).sum()


def pixels_summed(predicted, patches, weights, counted):
    """You summed over the pixels of a patch: take their mean, so that larger patches do not weigh
    more.
    """
    summed = _errors(predicted, patches) * patches.shape[-1]
    return (summed[counted].mean(axis=0) * weights).sum()


def absolute_error(predicted, patches, weights, counted):
    """You took the absolute difference: the loss is its square, which hardly minds small misses and
    minds large ones very much.
    """
    errors = np.abs(predicted - patches[:, :, None, :]).mean(axis=-1)
    return (errors[counted].mean(axis=0) * weights).sum()


def weights_left_out(predicted, patches, weights, counted):
    """You left the weights of the levels out: a level with weight 0, say, must not be asked for
    pixels at all.
    """
    return _errors(predicted, patches)[counted].mean(axis=0).sum()


def mean_over_levels(predicted, patches, weights, counted):
    """You divided by the sum of the weights: the levels are summed, each times its own weight, so
    doubling all weights doubles the loss.
    """
    return (_errors(predicted, patches)[counted].mean(axis=0) * weights).sum() / weights.sum()


def mean_of_means(predicted, patches, weights, counted):
    """You took a mean for each picture first and then the mean of those: put the hidden patches of
    all pictures into one list, so that each patch counts the same.
    """
    errors = _errors(predicted, patches)
    means = [each[hidden].mean(axis=0) for each, hidden in zip(errors, counted, strict=True)]
    return (np.mean(means, axis=0) * weights).sum()


def levels_averaged(predicted, patches, weights, counted):
    """You took the mean over the levels: their weighted errors are summed, so that a further level
    with weight 0 changes nothing.
    """
    return (_errors(predicted, patches)[counted].mean(axis=0) * weights).mean()


def _errors(predicted, patches):
    return ((predicted - patches[:, :, None, :]) ** 2).mean(axis=-1)
