"""GLOM in NumPy, forward and backward by hand. The rooms, in reading order:

config      every size and every choice           checks      what may come in
patches     picture -> patches -> tokens, back     positions   where a column is
nets        bottom-up and top-down                attention   consensus between columns
step        four voices -> the next state         glom        settle; Glom
losses      fill in, agree, tell apart            recipe      what training asks for
objective   one number to make smaller            train       the loop, nothing hidden
weights     drawn, or brought from glom-pytorch   checkpoint  weights in and out
islands     find, count, score, nest              worlds      pictures whose parse is known
ops, optim, gradcheck   what a framework gives you
figures     arrays -> matplotlib figures (imported on request)
"""

from .config import VOICES, GlomConfig
from .glom import Glom, settle
from .recipe import Recipe

__all__ = ["VOICES", "Glom", "GlomConfig", "Recipe", "settle"]
