"""GLOM in PyTorch: the same rooms as `glom_numpy`, in the same order, held equal by tests.

    config      every size and every choice *         patches     picture -> tokens, back
    positions   where a column is                     nets        bottom-up and top-down
    attention   consensus between columns             step        four voices -> the next state
    glom        settle; Glom is an nn.Module          losses      fill in, agree, tell apart
    recipe      what training asks for *              look        every loss at one state
    early       settle until it hardly moves          objective   one number to make smaller
    descend     the loop around any loss              train       the same around GLOM's
    weights     drawn, or from glom-pytorch *         checkpoint  weights in and out
    islands     find, count, nest *                   scores      how well they fit the truth *
    parse       the tree they make *                  worlds      pictures whose parse is known *
    pictures    ways to bring your own *              wholes      a location tells its whole
    poses       explicit poses, votes for a whole     experts     opinions that multiply
    energy      does settling lower anything?
    fast        glom's settle, laid out for speed     lean, hear  its nets and its consensus
    near        consensus among few                   tiles, cut  within a radius; lists: drawn
    once        no second derivatives by hand         cost        what fast's settling costs
    fixed       what a compiler may bake in
    ranks       which of many processes am I          shares      one batch cut into equal parts
    relatives   slot attention, transformer, capsules, mean field: what GLOM is measured beside

Rooms marked * are doorways: facts exist once, in the NumPy house. What NumPy's house has beyond
these (ops, optim, gradcheck, every `*_vjp`) is what a framework gives you.
"""

from .config import VOICES, GlomConfig
from .glom import Glom, settle
from .recipe import Recipe

__all__ = ["VOICES", "Glom", "GlomConfig", "Recipe", "settle"]
