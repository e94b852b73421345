"""Exercise 1. Patches: what each column sees of the picture.

A picture of H x W pixels and c channels is cut into a grid of h x w patches, p x q pixels each, so
that H = h p and W = w q. Patches are numbered row by row. Inside a patch the pixels also stand row
by row, and each pixel keeps its c channels together:

    patches[b, R w + C, (y q + x) c + k] = img[b, k, R p + y, C q + x]

(R, C): row and column of the patch in the grid; (y, x): of the pixel in the patch; k: channel.
"""

import numpy as np
import torch


def patches_numpy(img, patch):
    """Cut pictures into patches: (b, c, H, W) -> (b, n, p * q * c), with n = h * w.

    b pictures; `patch` is (p, q), its height and width in pixels.

    A picture of 2 x 4 pixels and two channels; the second channel is the first plus 10. Cut into
    two patches of 2 x 2:

        0 1 | 2 3
        4 5 | 6 7

    >>> gray = np.arange(8.0).reshape(2, 4)
    >>> img = np.stack([gray, gray + 10])[None]  # (1, 2, 2, 4)
    >>> patches_numpy(img, (2, 2)).astype(int)
    array([[[ 0, 10,  1, 11,  4, 14,  5, 15],
            [ 2, 12,  3, 13,  6, 16,  7, 17]]])
    """
    # --- your code ---
    b, c, height, width = img.shape
    p, q = patch
    cut = img.reshape(b, c, height // p, p, width // q, q)  # (b, c, h, p, w, q)
    cut = cut.transpose(0, 2, 4, 3, 5, 1)  # (b, h, w, p, q, c)
    return cut.reshape(b, -1, p * q * c)
    # --- end of your code ---


def patches_torch(img, patch):
    """The same on tensors: (b, c, H, W) -> (b, n, p * q * c)."""
    # --- your code ---
    b, c, height, width = img.shape
    p, q = patch
    cut = img.reshape(b, c, height // p, p, width // q, q)  # (b, c, h, p, w, q)
    cut = cut.permute(0, 2, 4, 3, 5, 1)  # (b, h, w, p, q, c)
    return cut.reshape(b, -1, p * q * c)
    # --- end of your code ---


# --- another way to write it ---


def another_way_numpy(img, patch):
    """einops says all three moves in one line, and the names of the axes with them."""
    from einops import rearrange

    return rearrange(img, "b c (h p) (w q) -> b (h w) (p q c)", p=patch[0], q=patch[1])


def another_way_2_numpy(img, patch):
    """With loops: slow, and nothing to get wrong."""
    p, q = patch
    corners = [(y, x) for y in range(0, img.shape[2], p) for x in range(0, img.shape[3], q)]
    pixels = np.moveaxis(img, 1, -1)  # (b, H, W, c)
    seen = [pixels[:, y : y + p, x : x + q].reshape(len(img), -1) for y, x in corners]
    return np.stack(seen, axis=1)


def another_way_torch(img, patch):
    """`unfold` cuts; it puts channels before pixels, and patches last, so turn both around."""
    b, c = img.shape[:2]
    cut = torch.nn.functional.unfold(img, patch, stride=patch)  # (b, c * p * q, n)
    return cut.reshape(b, c, -1, cut.shape[-1]).permute(0, 3, 2, 1).flatten(2)
