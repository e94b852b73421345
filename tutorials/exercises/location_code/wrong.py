"""What is often misunderstood about location codes. Each function is wrong in one way."""

import numpy as np


def sine_beside_cosine(coordinates, bands):
    """You put each sine beside its cosine: here all sines come first, then all cosines. The order
    is a convention, but weights learned in one order mean nothing in another.
    """
    angles = _angles(coordinates, np.pi * 2.0 ** np.arange(bands))
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(angles), -1)


def row_code_then_column_code(coordinates, bands):
    """You finished the row (sines and cosines) before the column: here the sines of both stand
    first, then the cosines of both. Concatenate once, over all angles.
    """
    angles = coordinates[:, :, None] * (np.pi * 2.0 ** np.arange(bands))  # (n, 2, bands)
    both = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    return both.reshape(len(angles), -1)


def waves_before_coordinates(coordinates, bands):
    """You ordered the angles by wave, and row and column take turns within each: all waves of the
    row come first, then all of the column, so the axis of the bands is the last and fastest.
    """
    waves = np.pi * 2.0 ** np.arange(bands)
    return _both((coordinates[:, None, :] * waves[:, None]).reshape(len(coordinates), -1))


def cosines_first(coordinates, bands):
    """You put the cosines before the sines: here the sines come first."""
    angles = _angles(coordinates, np.pi * 2.0 ** np.arange(bands))
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


def evenly_faster(coordinates, bands):
    """You took the frequencies 1, 2, 3, ...: each wave is twice as fast as the one before it (1, 2,
    4, ...), so that few bands reach from the whole picture down to a single patch.
    """
    return _both(_angles(coordinates, np.pi * (np.arange(bands) + 1)))


def slowest_goes_round(coordinates, bands):
    """You let the slowest wave make a whole turn (2 pi, or m from 1): then the two ends of the
    picture get the same code. Half a turn, pi 2^0, keeps them apart.
    """
    return _both(_angles(coordinates, 2 * np.pi * 2.0 ** np.arange(bands)))


def pi_forgotten(coordinates, bands):
    """You left pi out: coordinates go from 0 to 1, and an angle of at most 1 is a sixth of a turn,
    so your slowest wave hardly changes across the picture.
    """
    return _both(_angles(coordinates, 2.0 ** np.arange(bands)))


def as_in_transformers(coordinates, bands):
    """You used the frequencies of transformers, 1 / 10000^(m / bands): they are for whole-numbered
    places in a text. Coordinates from 0 to 1 need waves that get faster: pi 2^m.
    """
    return _both(_angles(coordinates, 10000.0 ** (-np.arange(bands) / bands)))


def column_before_row(coordinates, bands):
    """You put the column before the row: `coordinates` are (row, column), and the code keeps that
    order.
    """
    return _both(_angles(coordinates[:, ::-1], np.pi * 2.0 ** np.arange(bands)))


def _angles(coordinates, waves):
    return (coordinates[:, :, None] * waves).reshape(len(coordinates), -1)


def _both(angles):
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
