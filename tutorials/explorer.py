"""The explorer: run a GLOM once, send the whole run to the browser, and step it there.

`explore(model, picture)` shows it; `knobs.explore_knobs` adds sliders that run the model again.
What is sent is made in `trajectory`; what is drawn, and how, stands in the explorer's .js files.
"""

from collections.abc import Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets

from . import HERE
from .breaks import MOST_STEPS, checked_breaks
from .trajectory import Run

__all__ = ["VIEWS", "Explorer", "checked_views", "explore"]

Array = np.ndarray
# One module without a bundler: the files are put one behind the other, explorer.js last.
SCRIPTS = (
    *("_math", "_state", "_tree", "_keys"),  # pure functions, which a test runs without a browser
    *("_draw", "_charts", "_break", "_style", "_page", "_view", "_listen", ""),
)
VIEWS = ("levels", "cosine", "islands", "tree", "curves", "voices", "break", "controls")


class Explorer(anywidget.AnyWidget):
    """The canvas. Python can read and set `t`, `tau`, `selected` (row-major), `level`, `views`.

    And `breaks`, a list of {"t", "patches", "kind"}: setting it runs the model again (see
    `breaks`), [] mends. `t`, `tau`, ... stay. A value outside the run that is shown, or a view that
    does not exist, is a TraitError that says what was wanted.
    """

    _esm = "\n".join((HERE / f"explorer{part}.js").read_text("utf-8") for part in SCRIPTS)

    # One run, as `trajectory_payload` makes it.
    frame = traitlets.Dict().tag(sync=True)
    states = traitlets.Bytes().tag(sync=True)
    bases = traitlets.Bytes().tag(sync=True)
    centers = traitlets.Bytes().tag(sync=True)
    voices = traitlets.Bytes().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)

    # What is looked at. No echo: an answer that comes late must not undo a later step.
    t = traitlets.Int(0).tag(sync=True, echo_update=False)
    tau = traitlets.Float(0.8).tag(sync=True, echo_update=False)
    selected = traitlets.Int(0).tag(sync=True, echo_update=False)
    level = traitlets.Int(0).tag(sync=True, echo_update=False)
    views = traitlets.List(traitlets.Unicode(), list(VIEWS)).tag(sync=True)

    # What is broken, as the browser asks for it; what could not be done about it, in words.
    breaks = traitlets.List().tag(sync=True, echo_update=False)
    note = traitlets.Unicode("").tag(sync=True)

    _run: Run | None = None

    def feed(self, run: Run, *, mend: bool = False) -> None:
        """Show a run; what is broken stays so (unless `mend`), and what will be is run by it."""
        kept = [] if mend else [one for one in self.breaks if max(one["patches"]) < run.n]
        payload = run.payload(kept)
        self._run = None  # the next line is no wish for another run
        self.breaks = kept
        self._run = run
        self.show(payload)

    @traitlets.observe("breaks")
    def _break(self, _: Any) -> None:
        if self._run is None:
            return
        try:
            self.show(self._run.payload(self.breaks))
            self.note = ""
        except (ValueError, TypeError) as error:
            self.note = f"Not run: {error}"

    def show(self, payload: dict[str, Any]) -> None:
        """Show another run; t, level and the marked patch stay, as far as it has them."""
        frame = payload["frame"]
        kept = {name: min(getattr(self, name), top) for name, top in _tops(frame).items()}
        with self.hold_sync(), self.hold_trait_notifications():
            self.set_trait("frame", frame)
            for name, value in {**payload, **kept}.items():
                self.set_trait(name, value)

    @traitlets.validate("t", "selected", "level")
    def _inside(self, proposal: dict[str, Any]) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        top = _tops(self.frame)[name]
        if not 0 <= value <= top:
            raise traitlets.TraitError(f"{name}: wanted 0 to {top}, got {value}")
        return value

    @traitlets.validate("tau")
    def _tau(self, proposal: dict[str, Any]) -> float:
        if not 0 <= proposal["value"] <= 1:
            raise traitlets.TraitError(f"tau: wanted 0 to 1, got {proposal['value']}")
        return proposal["value"]

    @traitlets.validate("views")
    def _known(self, proposal: dict[str, Any]) -> list[str]:
        try:
            return checked_views(proposal["value"])
        except (ValueError, TypeError) as error:
            raise traitlets.TraitError(str(error)) from None

    @traitlets.validate("breaks")
    def _possible(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        tops = _tops(self.frame)
        try:
            return checked_breaks(
                proposal["value"], tops["selected"] + 1, max(tops["t"], MOST_STEPS)
            )
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None


def checked_views(views: Sequence[str] | None) -> list[str]:
    """The views in their order on the page, None for all; ValueError lists those there are."""
    if isinstance(views, str):
        raise TypeError(f"views: wanted a list of names, got {views!r}; try [{views!r}]")
    chosen = VIEWS if views is None else tuple(views)
    unknown = [name for name in chosen if name not in VIEWS]
    if unknown or not chosen:
        got = f"got {', '.join(map(repr, unknown))}" if unknown else "got none"
        raise ValueError(f"views: wanted some of {', '.join(VIEWS)}; {got}")
    return [name for name in VIEWS if name in chosen]


def _tops(frame: dict[str, Any]) -> dict[str, int]:
    if not frame:
        return {"t": 0, "selected": 0, "level": 0}
    return {"t": frame["steps"] - 1, "selected": frame["n"] - 1, "level": frame["levels"] - 1}


def explore(
    model: Any,
    image: Array,
    *,
    views: Sequence[str] | None = None,
    iters: int | None = None,
    compare: Any = "untrained",
    names: Sequence[str] = ("this model", "untrained, same sizes"),
    center_on: Array | None = None,
    t: int = 0,
    tau: float = 0.8,
    level: int | None = None,
) -> Explorer:
    """Run `model` (of either house) on one picture, and show every step of it.

    `image`: (H, W, c) uint8, or (c, H, W) floats in [0, 1]. `views`: which of VIEWS, None for all.
    `compare`: another model of the same sizes, "untrained" (fresh weights, seed 0) or None; it is
    seen, and run, only with the view "controls". `center_on`: pictures (N, H, W, c) uint8, whose
    mean embedding per level can then be subtracted before cosines are taken. `iters`: None
    is 2 * levels. It opens at step `t`, islands joined at cosine >= `tau`, at `level` (None: top).
    ValueError for a view that does not exist; the other errors are those of `trajectory.Run`.
    """
    chosen = checked_views(views)
    if "controls" not in chosen:
        compare = None
    view = Explorer(views=chosen)
    view.feed(Run(model, image, iters=iters, compare=compare, names=names, center_on=center_on))
    frame = view.frame
    view.t, view.tau = t, tau
    view.level = frame["levels"] - 1 if level is None else level
    view.selected = frame["h"] // 2 * frame["w"] + frame["w"] // 2
    return view
