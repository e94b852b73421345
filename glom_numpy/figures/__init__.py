"""Still figures: arrays in, matplotlib figures out. Imported only on request; needs matplotlib.

    settling    islands forming, step by step         curves      a training run
    maps        the labels of one picture             trees       a parse tree
    base        colors, borders, words, PNG files

Every figure carries its own description in words (`alt_text`), is never shown by itself and touches
no global state. Meaning never hangs on color alone: islands have borders and counts, labels have
numbers, curves have dashes. Colors are those of Okabe & Ito ("Color Universal Design", 2008).
"""

from .base import OKABE_ITO, alt_text, png, save_png
from .curves import curve
from .maps import label_map
from .settling import islands_over_time, pca_rgb
from .trees import parse_tree_figure

__all__ = [
    "OKABE_ITO",
    "alt_text",
    "curve",
    "islands_over_time",
    "label_map",
    "parse_tree_figure",
    "pca_rgb",
    "png",
    "save_png",
]
