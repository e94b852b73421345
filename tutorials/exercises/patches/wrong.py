"""What is often misunderstood about cutting patches. Each function is wrong in one way."""


def only_reshaped(img, patch):
    """You only reshaped: that cuts the numbers as they lie in memory, so each of your "patches" is
    a piece of one channel's rows. Split H and W first, and bring the axes of a patch together.
    """
    p, q = patch
    return img.reshape(len(img), -1, p * q * img.shape[1])


def channels_first(img, patch):
    """You put a whole channel of the patch after the other (c, p, q): here each pixel keeps its
    channels together, so c is the last and fastest axis (p, q, c).
    """
    return _cut(img, patch, (0, 2, 4, 1, 3, 5))


def grid_column_by_column(img, patch):
    """You numbered the patches column by column: n runs along a row of the grid first, as one
    reads, so h stands before w when the two are joined.
    """
    return _cut(img, patch, (0, 4, 2, 3, 5, 1))


def pixels_column_by_column(img, patch):
    """You read the pixels inside a patch column by column: they stand row by row, as the patches
    do, so p (rows) comes before q (columns).
    """
    return _cut(img, patch, (0, 2, 4, 5, 3, 1))


def height_and_width_swapped(img, patch):
    """You took `patch` as (width, height): it is (height, width), as everywhere in arrays, where
    rows come before columns.
    """
    return _cut(img, patch[::-1], (0, 2, 4, 3, 5, 1))


def pixels_from_afar(img, patch):
    """You split H into (p, h) and W into (q, w), so that a patch collects pixels that lie h rows
    apart: neighbors must stay together, and for that the block's number comes first, (h, p).
    """
    b, c, height, width = img.shape
    p, q = patch
    cut = img.reshape(b, c, p, height // p, q, width // q)
    return cut.transpose(0, 3, 5, 2, 4, 1).reshape(b, -1, p * q * c)


def axes_not_moved(img, patch):
    """You split the axes and joined them again without moving c out of the way: then the patches
    of the first channel come first, and no patch has all channels of its pixels.
    """
    return _cut(img, patch, (0, 1, 2, 4, 3, 5))


def _cut(img, patch, order):
    """The six axes (b, c, h, p, w, q) in this order, joined."""
    b, c, height, width = img.shape
    p, q = patch
    cut = img.reshape(b, c, height // p, p, width // q, q)
    return cut.transpose(order).reshape(b, -1, p * q * c)
