"""What was trained and measured: one command each, results as JSON beside it. In reading order:

    __main__      the command line: `python -m tutorials.experiments NAME --seeds 5`
    runs          what an experiment is (the contract), and how its runs are made and kept
    earlier       runs that results/ has already
    files         results on disk, and what machine made them
    tables        results as tables          figures    results as pictures
    goals         what was asked of the islands, and what is reached, over all worlds
    measure       one way of scoring for everything
    controls      what needs no learning, or must do worse
    scorer        from vectors to the rows of a table
    segmentation  spirals, constellations, bars, puppets: islands at two levels without labels?
    variants      who takes part in that, and what each is trained with
    shown         its tables, words and figure
    probe         what does the vector of one location know?
    ellipses      wholes of ambiguous parts, supervised: does one location know its whole?
    ellipse_models, ellipse_rows, ellipse_scenes   its models, its scores, its columns
    ablations     one thing changed: at test, in training
    own_data      the same recipe on anybody's npz
    training      train any loss at a file, or go on there
    relatives     slot attention and a transformer, trained on the same pictures
    peers         and scored in the same rows
    slots         slot attention on a plain world: is that peer any good?
    settling      past the t a state was trained for: GLOM beside glom-pytorch
    denoiser      glom-pytorch, trained as its README says
    settled       the tables, words and figure of that
    early         stopping early, picture by picture and frame by frame: does it pay?
    stopped       the tables, words and figure of that
    astray        which parts of puppets are sorted wrongly? under true labels, too?
    avatars       the shipped model, taught with labels
    contact_sheet parse trees of many pictures
    speed         how fast and how lean is the torch house? beside glom-pytorch, NumPy, itself
    speed_contenders, speed_gpu, speed_profile   who races, and what is asked of them
    speed_process, speed_memory                  each in a process of its own
    speed_parts, speed_rows                      the races, and the rows that come of them
    speed_shown, speed_figure                    the tables, words and figure of that

configs/ is what was trained, as `python -m glom_torch.train --config` takes it; results/ is what
came out. Nobody types a number by hand: the README and the notebooks call `table`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .runs import Experiment

# By name, the module of this package that has it: an experiment is added with a line here.
EXPERIMENTS = {
    "spirals": "segmentation",
    "spirals_still": "segmentation",
    "constellations": "segmentation",
    "bars": "segmentation",
    "puppets": "segmentation",
    "slots": "slots",
    "ellipses": "ellipses",
    "ablations": "ablations",
    "settling": "settling",
    "early": "early",
    "astray": "astray",
    "avatars": "avatars",
    "speed": "speed",
}


def experiment(name: str) -> "Experiment":
    """An experiment by name; ValueError lists the known."""
    from .runs import Experiment

    if name not in EXPERIMENTS:
        raise ValueError(f"NAME: wanted one of {', '.join(EXPERIMENTS)}; got {name!r}")
    module = import_module(f"{__name__}.{EXPERIMENTS[name]}")
    return next(found for found in Experiment.of(module) if found.name == name)


def table(name: str, which: str = "", results: dict | None = None) -> str:
    """A table of an experiment's results, in markdown, with the words that belong to it.

    "goals" is that over all worlds. `which` of its TABLES ("": the first, with the experiment's own
    paragraph above it); `results` other than those in results/. Empty where nothing of it is
    defined (scores of pictures without labels). ValueError for an unknown name, FileNotFoundError
    where there are no results yet.
    """
    from . import goals, tables
    from .files import load_results

    if name == goals.NAME:
        return goals.table(load_results)
    found, results = experiment(name), load_results(name) if results is None else results
    if which not in found.tables:
        raise ValueError(f"which: wanted a table of {name}, {list(found.tables)}; got {which!r}")
    words = [found.about(results)] if found.about and not which else []
    shown = tables.markdown(results, found.tables[which])
    if not (words or shown):
        return ""
    return "\n\n".join([" ".join([*words, tables.caption(results)]), shown])
