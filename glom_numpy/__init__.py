"""GLOM in NumPy, forward and backward by hand. The rooms, in reading order:

    config      every size and every choice           checks      what may come in
    patches     picture -> patches -> tokens, back    positions   where a column is
    nets        bottom-up and top-down                attention   consensus between columns
    step        four voices -> the next state         glom        settle; Glom
    listening   who may listen to whom                early       settle until it hardly moves
    losses      fill in, agree, tell apart            hide        what is not seen of a picture
    recipe      what training asks for                look        every loss at one state
    objective   one number to make smaller            descend     the loop around any loss
    train       the same around GLOM's                weights     drawn, or from glom-pytorch
    checkpoint  weights in and out                    islands     find, count, nest
    scores      how well they fit the truth           parse       the tree they make
    worlds      pictures whose parse is known         pictures    ways to bring your own
    ops         einsum, softmax, GELU, ...            optim       from gradients to new parameters
    gradcheck   is a backward pass right?             command     the command line of train
    flags       what can be asked of it               begin       what a run begins with
    alone       one process, and no others            record      what a run leaves behind
    wholes      a location tells its whole            poses       explicit poses, votes for a whole
    experts     opinions that multiply                energy      does settling lower anything?
    choices     what configs share                    figures     matplotlib, only on request
    relatives   slot attention, transformer, capsules, mean field: what GLOM is measured beside

Every backward pass stands below its forward pass, as `*_vjp`. `python -m glom_numpy` counts lines.
"""

from .config import VOICES, GlomConfig
from .glom import Glom, settle
from .recipe import Recipe

__all__ = ["VOICES", "Glom", "GlomConfig", "Recipe", "settle"]
