"""How segmentation is shown: its tables, its words, its figure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .probe import ASKED
from .scorer import NAMES
from .tables import COST, Line, Table, fewer_seeds, lines, trained_t

ROWS = {  # of every GLOM
    "glom": "GLOM",
    "glom_alone": "GLOM without consensus, so trained",
    "glom_labels": "GLOM, taught with true labels",
    "glom_near": "GLOM behind one convolution",
    "glom_local": "GLOM whose columns see their own patch only",
    "glom_unchanged": "GLOM, trained as on spirals but for sizes",
}
TRANSFORMERS = {
    "transformer": "transformer",
    "transformer_taught": "transformer, taught as GLOM is",
}
WORDS = {
    "spirals": "spirals (two chains of four links, wound about each other; nothing but what hangs "
    "together tells them apart)",
    "spirals_still": "spirals, learned from still pictures alone (two chains of four links, wound "
    "about each other; taught with regions of one color, and with what hangs together)",
    "constellations": "constellations (two interlocking rings of five discs, alike but for how "
    "they stand)",
    "bars": "crossing bars (each of four discs; two bars share their colors, and cross; columns "
    "also see two pixels around their patch)",
    "puppets": "puppets (a trunk and three limbs each, 1.3 times as large as the world draws them "
    "by itself; they touch and hide each other, and the rim of the picture cuts off most; columns "
    "of GLOM and the transformer also see four pixels around their patch, unless the row says "
    "otherwise)",
}


# How the names begin of what must do worse than a GLOM that is not the one in question.
OTHERS = tuple(f"{name}:" for variant, name in ROWS.items() if variant != "glom")
HIDDEN = "hidden"  # in the name of every row of pictures of which a part was hidden


def headline(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    """Rows without a t; at the first t the picture is at the top; at the trained t and 4 times it.

    What is hidden is shown of the way up and of the trained t only.
    """
    t = trained_t(results, row["variant"])
    up = results["choices"][row["variant"]]["glom"].get("levels", 1)
    return row["t"] in (None, up, t) or (row["t"] == 4 * t and HIDDEN not in row["row"])


def short(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    """What the README has room for: the trained t, 4 times that of GLOM, the main controls."""
    name, t = row["row"], trained_t(results, row["variant"])
    glom = name == ROWS["glom"] or (name.startswith(ROWS["glom"]) and HIDDEN in name)
    if glom and row["t"] in (4 * t, results["choices"]["glom"]["glom"]["levels"]):
        return HIDDEN not in name
    wordy = name.endswith(("by pixel", "shuffled columns", "what is heard", "trained again"))
    return row["t"] in (None, t) and not wordy and not name.startswith(OTHERS)


def settling(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    """Every t of what settles, of whole pictures."""
    own = row["row"] in (*ROWS.values(), *TRANSFORMERS.values())
    return row["t"] is not None and own


def hidden(row: Mapping[str, Any], results: Mapping[str, Any]) -> bool:
    """Pictures with hidden patches, at every t."""
    return HIDDEN in row["row"]


def _both(score: str, heading: str) -> dict[str, str]:
    return {f"{name} {score}": f"{name}: {heading}" for name in NAMES}


ARI, ISLANDS = _both("FG-ARI", "k-means"), _both("islands FG-ARI", "islands")
NESTING = {"nesting": "nested", "nesting chance": "by chance"}
SMALL = {f"{name} {what}": ".2g" for name in NAMES for what in ("update", "disagreement")}
TENTHS = {f"{name} {what}": ".1f" for name in NAMES for what in ("islands", "rank")}
TABLES = {
    "": Table(columns=ARI | ISLANDS | NESTING, keep=headline),
    "short": Table(columns=ARI | ISLANDS, keep=short),
    "settling": Table(
        columns=ARI
        | ISLANDS
        | _both("islands", "how many islands")
        | _both("contrast", "contrast")
        | _both("update", "update")
        | _both("disagreement", "disagreement")
        | _both("rank", "effective rank"),
        formats=SMALL | TENTHS,
        keep=settling,
    ),
    "hidden": Table(
        columns=_both("FG-ARI there", "k-means, hidden locations alone") | ARI | ISLANDS,
        keep=hidden,
    ),
    "levels": Table(
        columns=ARI | _both("contrast", "contrast") | {"rank": "effective rank"},
        formats={"rank": ".1f"},
        rows="levels",
    ),
    "known": Table(columns={name: name for name in ASKED}, rows="known"),
    "beyond": Table(columns=ARI | ISLANDS | NESTING, rows="beyond"),
    "cost": COST,
}


def _scored(key: str, results: Mapping[str, Any]) -> bool:
    return any(line.spread(key) for line in lines(results))


def about(results: Mapping[str, Any]) -> str:
    """What the numbers are, in words."""
    run = results["runs"][0]
    own = f"your own pictures ({results['data']})"
    where = own if results["data"] else WORDS[results["experiment"]]
    levels, t = run["levels of"], run["trained t"]
    read = (
        f"Of a GLOM parts are read at level {levels['parts']}, objects at level "
        f"{levels['objects']} of the same state; it was trained to settle for {t} steps."
    )
    recipe = results["choices"]["glom"]["recipe"]
    if recipe.get("carried"):
        read += (
            f" A share of {recipe['carried']:g} of the batches went on from older states, up to "
            f"{recipe['longest']} steps old."
        )
    undefined = [name for name in NAMES if not _scored(f"{name} FG-ARI", results)]
    if len(undefined) == len(NAMES):
        return (
            f"What can be said of {where} without labels (or with fewer than two segments in every "
            "picture, which is nothing to score): how many islands there are at one cosine "
            "(at which their number depends least on it, on training pictures), "
            "how many directions a level uses (effective rank; near 1, it has collapsed), and "
            f"whether the state settles. {read}"
        )
    if undefined:
        read += f" Scores of {undefined[0]} are not defined: no test picture has two with a label."
    return (
        f"How well do islands part the test pictures of {where}? FG-ARI: 1 is the truth, 0 is "
        "chance, background left out; a column has the label of most of its pixels. *k-means* is "
        "told the true number of segments and clusters the vectors of the foreground; *islands* "
        "are not told: neighbors, then islands that are alike, join at one cosine, chosen with the "
        "labels of training pictures, for each seed anew. *nested*: the share of islands "
        f"for parts that lie inside one island for objects. {read}"
    )


def figure(results: Mapping[str, Any], path: Path) -> str:
    """Settling on the left, all models beside controls on the right."""
    from matplotlib.figure import Figure  # the tables need none

    from .figures import beside_controls, finish, over_time

    own = [line for line in lines(results) if line.row == ROWS["glom"]]
    panels = {
        title: scores
        for title, scores in PANELS.items()
        if any(line.spread(key) for line in own for key in scores)
    }
    bars = [line for line in lines(results) if _is_bar(line, results)]
    fig = Figure(figsize=(10 if bars else 5, 7.5), layout="constrained")
    both = dict(ncols=2, width_ratios=[2, 3]) if bars else dict(ncols=1)
    left, *right = fig.subfigures(1, squeeze=False, **both)[0]
    said = []
    axes = left.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (title, scores) in zip(axes, panels.items(), strict=True):
        said.append(f"{title}: {over_time(ax, results, ROWS['glom'], scores)}")
        ax.set_title(title, fontsize=9)
        ax.label_outer()
    if right:
        right[0].suptitle("FG-ARI at the t that each was trained to", fontsize=9)
        said.append(f"FG-ARI beside controls: {beside_controls(right[0].subplots(), bars, BARS)}")
    n = len(results["seeds"])
    over = f"{n} seeds" if n > 1 else "one seed"
    over += " (of some bars fewer)" if fewer_seeds(results) else ""
    title = f"{results['experiment']}: a GLOM settling on test pictures, {over}"
    return finish(fig, title, said, path)


def _is_bar(line: Line, results: Mapping[str, Any]) -> bool:
    """Of one GLOM alone what must do worse; of what settles the trained t."""
    if line.row.startswith(OTHERS) or not any(map(line.spread, ARI)):
        return False
    return line.t in (None, trained_t(results, line.variant))


BARS = ARI | {"objects islands FG-ARI": "objects: islands"}
PANELS = {
    "FG-ARI": ARI | ISLANDS,
    "contrast": _both("contrast", "contrast"),
    "how many islands": _both("islands", "islands"),
    "size of the update, in lengths of an embedding": _both("update", "update"),
    "disagreement with the consensus": _both("disagreement", "disagreement"),
}
