"""Exercise 21. Adjusted Rand index: pairs, less chance.

Segments were found, and there is a truth; names do not matter, only who is together with whom. So
count pairs of locations (n locations make n (n - 1) / 2 pairs), where the truth is not background
(label 0):

    S: together in both     A: together in the truth     B: together in what was found     N: all

    ARI = (S - A B / N) / ((A + B) / 2 - A B / N)

A B / N is the S that chance would give, (A + B) / 2 the largest that these sizes allow. So 1 is the
truth under any names, and chance gets 0 on average.
"""

import numpy as np
import torch


def ari_numpy(found, labels):
    """The score of what was found, at most 1: found (n,), labels (n,) whole numbers -> a number.

    Locations with label 0 are background and do not count, whatever was found there; a `found` of
    0 is a segment like any other. There are two true segments or more.

    The table of chapter 8, and two locations of background. Together in both: 1 + 0 + 0 + 3 = 4.
    In the truth: 3 + 3 = 6. In what was found: 1 + 6 = 7. In all: 15. So chance is 6 * 7 / 15 =
    2.8, and ARI = (4 - 2.8) / (6.5 - 2.8) = 1.2 / 3.7:

    >>> labels = np.array([0, 1, 1, 1, 2, 2, 2, 0])
    >>> found = np.array([1, 0, 0, 1, 1, 1, 1, 5])
    >>> print(f"{ari_numpy(found, labels):.6f}")
    0.324324
    """
    # --- your code ---
    front = labels != 0
    _, i = np.unique(labels[front], return_inverse=True)  # numbered from 0
    _, j = np.unique(found[front], return_inverse=True)
    table = np.zeros((i.max() + 1, j.max() + 1))
    np.add.at(table, (i, j), 1)

    def pairs(sizes):
        return (sizes * (sizes - 1) / 2).sum()

    together, truth, ours = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    chance = truth * ours / pairs(table.sum())
    return (together - chance) / ((truth + ours) / 2 - chance)
    # --- end of your code ---


def ari_torch(found, labels):
    """The same on tensors: a number, or a tensor with one (float64). A score has no gradient."""
    # --- your code ---
    front = labels != 0
    one, two = labels[front], found[front]
    first, second = torch.triu_indices(len(one), len(one), offset=1)  # every pair once
    in_truth, in_found = one[first] == one[second], two[first] == two[second]

    together, truth, ours = (in_truth & in_found).sum(), in_truth.sum(), in_found.sum()
    chance = truth.double() * ours / len(first)
    return (together - chance) / ((truth + ours) / 2 - chance)
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(found, labels):
    """As the house does it: scikit-learn's, on the foreground (imported late: it is slow)."""
    from sklearn.metrics import adjusted_rand_score

    front = labels != 0
    return adjusted_rand_score(labels[front], found[front])


def another_way_torch(found, labels):
    """The table of counts from two one-hot arrays, and pairs of each of its cells."""
    front = labels != 0
    one_hot = torch.nn.functional.one_hot
    table = one_hot(labels[front]).double().T @ one_hot(found[front]).double()
    sizes = table, table.sum(dim=1), table.sum(dim=0), table.sum()
    together, truth, ours, all_pairs = ((n * (n - 1) / 2).sum() for n in sizes)
    chance = truth * ours / all_pairs
    return (together - chance) / ((truth + ours) / 2 - chance)
