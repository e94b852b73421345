"""How stopping early is shown: its tables, its words, its figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .tables import Line, Table, lines

OBJECTS = "objects FG-ARI"
ANEW, CARRIED, ANOTHER = "from the initial state", "carried over", "another film's state"
TOP_ANEW = "carried over, the top level anew"
WAYS = (ANEW, CARRIED, TOP_ANEW, ANOTHER)
FIT = "objects: FG-ARI"
STEPS = {"steps": "steps", "steps low": "lower quartile", "steps high": "upper quartile"}
FORMATS = dict.fromkeys((*STEPS, "first", "same t"), ".1f")
TABLES = {
    "": Table(
        columns=STEPS
        | {OBJECTS: "objects: k-means", "time": "time"}
        | {"same t": "as many for all", f"same {OBJECTS}": "objects: k-means then"}
        | {"same time": "time then"},
        formats=FORMATS,
    ),
    "fixed": Table(columns={OBJECTS: "objects: k-means"}, rows="fixed"),
    "films": Table(
        columns={"first": "steps, first frame", "steps": "steps, later frames"}
        | {key: STEPS[key] for key in ("steps low", "steps high")}
        | {OBJECTS: "objects: k-means, last frame"},
        formats=FORMATS,
        rows="films",
    ),
    "budget": Table(columns={way: f"objects: {way}" for way in WAYS}, rows="budget"),
}


def about(results: Mapping[str, Any]) -> str:
    """What was asked, and what came."""
    asked = next(iter(results["choices"].values()))["scoring"]
    said = [
        "Does stopping early pay? Each picture settles until its own update is below a tolerance, "
        f"at most {asked['iters']} steps. *update*: how far a step moved the embeddings of a "
        "level, in their own lengths, at the level that moved most. *time*: in times of all "
        f"{asked['iters']} steps for everybody, measured in turn in the same run. *as many for "
        "all*: the control, a fixed number of steps, the mean rounded up. FG-ARI of objects by "
        "k-means of the top level. *mixed*: pictures of the test split and of all splits out of "
        f"distribution. {asked['tested']} pictures of each kind and {asked['films']} films a "
        "seed; the weights are the shipped ones, so the spread is over pictures alone."
    ]
    said += [_of_pictures(results, variant) for variant in results["variants"]]
    said += [_of_films(results, variant, asked) for variant in results["variants"]]
    return " ".join(said)


def _of_pictures(results: Mapping[str, Any], variant: str) -> str:
    """How far pictures differ, and what stopping one by one gains over as many steps for all."""
    own = [line for line in lines(results) if line.variant == variant]
    pairs = [(mean(line, OBJECTS), mean(line, f"same {OBJECTS}")) for line in own]
    gains = [one - other for one, other in pairs if None not in (one, other)]
    iters = results["choices"][variant]["scoring"]["iters"]
    free = [line for line in own if mean(line, "steps high") < iters] or own
    wide = max(free, key=lambda line: mean(line, "steps high") - mean(line, "steps low"))
    low, high = (mean(wide, key) for key in ("steps low", "steps high"))
    found = (
        f"Where pictures differ most ({wide.row}), half of them need {low:.0f} to {high:.0f} steps"
    )
    if gains:
        found += f"; against as many steps for all {variant} change their score by "
        found += f"{_signed(min(gains))} to {_signed(max(gains))}"
    return f"{found}."


def _of_films(results: Mapping[str, Any], variant: str, asked: Mapping[str, Any]) -> str:
    """What carrying the state over saves, and what it costs."""
    said = []
    for way in WAYS:
        own = [film(results, variant, speed, way) for speed in asked["speeds"]]
        text = f"{way} {_from_to([mean(line, 'steps') for line in own], '.1f')} steps"
        fits = [fit for line in own if (fit := mean(line, OBJECTS)) is not None]
        said.append(f"{text} and a score of {_from_to(fits, '.2f')}" if fits else text)
    until = asked["film tolerance"]
    return f"Later frames of films of {variant}, until {until:g}: {'; '.join(said)}."


def film(results: Mapping[str, Any], variant: str, speed: float, way: str) -> Line:
    """The line of one way to begin a frame."""
    return next(x for x in lines(results, "films") if x.row == f"{_films(variant, speed)}: {way}")


def _films(variant: str, speed: float) -> str:
    return f"{variant}, {speed:g} px a frame"


def mean(line: Line, key: str) -> float | None:
    """The mean of a score; None where it is not defined."""
    spread = line.spread(key)
    return None if spread is None else spread[0]


def _from_to(values: Sequence[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"


# -------------------------------------------------------------------------------------- figure


def figure(results: Mapping[str, Any], path: Path) -> str:
    """Three panels for each world: score over time, steps frame by frame, score over steps."""
    from matplotlib.figure import Figure  # the tables need none

    from .figures import finish

    variants = results["variants"]
    fig = Figure(figsize=(11, 3.3 * len(variants) + 0.5), layout="constrained")
    panels, said = fig.subplots(len(variants), 3, squeeze=False), []
    for variant, (one, two, three) in zip(variants, panels, strict=True):
        said += [_over_time(one, results, variant), _frame_by_frame(two, results, variant)]
        said.append(_over_steps(three, results, variant))
        if one.lines:
            one.legend(frameon=False, fontsize=7, loc="lower right")
    shown = panels[0][1].get_legend_handles_labels()
    fig.legend(*shown, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    n = len(results["seeds"])
    title = f"Settling early, {n} seeds" if n > 1 else "Settling early, one seed"
    return finish(fig, title, said, path)


def _over_time(ax: Any, results: Mapping[str, Any], variant: str) -> str:
    """Each tolerance, written beside its point, and its control."""
    from .figures import COLORS, MARKERS

    own = [line for line in lines(results) if line.variant == variant]
    own = [line for line in own if None not in map(line.spread, (OBJECTS, f"same {OBJECTS}"))]
    kinds = list(dict.fromkeys(line.row.split(":")[0] for line in own))
    said = []
    for k, kind in enumerate(kinds):
        above = -12 if k else 7  # points: numbers of the second kind stand below
        few = [line for line in own if line.row.split(":")[0] == kind]
        time, fit, same_time, same_fit = (
            [mean(line, key) for line in few]
            for key in ("time", OBJECTS, "same time", f"same {OBJECTS}")
        )
        style = dict(color=COLORS[k], marker=MARKERS[k])
        ax.plot(time, fit, lw=1, ms=5, label=f"{kind}: one by one", **style)
        style |= dict(markerfacecolor="white", linestyle="none")
        ax.plot(same_time, same_fit, ms=7, label=f"{kind}: as many for all", zorder=1, **style)
        for line, x, y in zip(few, time, fit, strict=True):
            place = dict(xytext=(0, above), textcoords="offset points", ha="center")
            ax.annotate(line.row.split("until ")[-1], (x, y), fontsize=6, **place)
        ends = [f"{few[i].row} {fit[i]:.2f} in {time[i]:.2f} of the time" for i in (0, -1)]
        said.append(" and ".join(ends))
    iters = results["choices"][variant]["scoring"]["iters"]
    ax.set_ylim(0, 1.08)
    _axes(ax, f"{variant}: until a tolerance", f"time, in times of all {iters} steps", FIT)
    return f"Objects FG-ARI, {'; '.join(said)}"


def _frame_by_frame(ax: Any, results: Mapping[str, Any], variant: str) -> str:
    """Steps until the tolerance over frames, from each beginning."""
    asked = results["choices"][variant]["scoring"]
    for speed, way, style in _beginnings(asked["speeds"]):
        name = f"{_films(variant, speed)}: {way}"
        _band(ax, [x for x in lines(results, "frames") if x.row == name], "steps", style)
    ax.set_ylim(bottom=0)
    ax.set_xticks(range(1, asked["frames"] + 1))
    _axes(ax, f"{variant}: films, until {asked['film tolerance']:g}", "frame", "steps")
    return _of_films(results, variant, asked).removesuffix(".")


def _over_steps(ax: Any, results: Mapping[str, Any], variant: str) -> str:
    """The last frame's score over a fixed number of steps a frame, from each beginning."""
    asked = results["choices"][variant]["scoring"]
    said, few = [], asked["film fixed"]
    for speed, way, style in _beginnings(asked["speeds"]):
        own = [x for x in lines(results, "budget") if x.row == _films(variant, speed)]
        _band(ax, own, way, style)
        fits = [f"{fit:.2f}" for line in own if (fit := mean(line, way)) is not None]
        said.append(f"{style['label']} {', '.join(fits)}")
    ax.set_xscale("log", base=2)
    ax.set_xticks(few, [str(t) for t in few])
    ax.set_xlim(0.85 * few[0], few[-1] / 0.85)
    ax.set_ylim(0, 1.08)
    _axes(ax, f"{variant}: films, last frame", "steps a frame", FIT)
    return (
        f"Score of the last frame after {', '.join(map(str, few))} steps a frame: {'; '.join(said)}"
    )


def _beginnings(speeds: Sequence[float]) -> list[tuple[float, str, dict[str, Any]]]:
    """(speed, way, how its line is drawn); what hardly depends on the speed is drawn once."""
    from .figures import COLORS, DASHES, MARKERS

    found = []
    for k, way in enumerate(WAYS):
        for s, speed in enumerate(speeds if way == CARRIED else speeds[:1]):
            style = dict(color=COLORS[k], marker=MARKERS[k], linestyle=DASHES[s % len(DASHES)])
            found.append((speed, way, style | {"label": f"{way}, {speed:g} px a frame"}))
    return found


def _band(ax: Any, own: Sequence[Line], key: str, style: Mapping[str, Any]) -> None:
    from .figures import series

    t, middle, spread = series(own, key)
    ax.plot(t, middle, lw=1.2, markersize=4, **style)
    ax.fill_between(t, middle - spread, middle + spread, color=style["color"], alpha=0.15, lw=0)


def _axes(ax: Any, title: str, x: str, y: str) -> None:
    from glom_numpy.figures.base import BACKGROUND

    ax.set_title(title, fontsize=9, loc="left")
    ax.set_xlabel(x, fontsize=8)
    ax.set_ylabel(y, fontsize=8)
    ax.tick_params(labelsize=7)
    ax.grid(color=BACKGROUND, linewidth=0.6)
    ax.set_axisbelow(True)
