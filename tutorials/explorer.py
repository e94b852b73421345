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
from .trajectory import trajectory_payload

__all__ = ["Explorer", "explore"]

Array = np.ndarray
# One module without a bundler: the files are put one behind the other, explorer.js last.
SCRIPTS = ("_math", "_draw", "_state", "_style", "_page", "_view", "_keys", "")


class Explorer(anywidget.AnyWidget):
    """The canvas. Python can read and set `t`, `tau`, `selected` (row-major) and `level`.

    A value outside the run that is shown is a TraitError that says what was wanted.
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


def _tops(frame: dict[str, Any]) -> dict[str, int]:
    if not frame:
        return {"t": 0, "selected": 0, "level": 0}
    return {"t": frame["steps"] - 1, "selected": frame["n"] - 1, "level": frame["levels"] - 1}


def explore(
    model: Any,
    image: Array,
    *,
    iters: int | None = None,
    compare: Any = "untrained",
    names: Sequence[str] = ("this model", "untrained, same sizes"),
    center_on: Array | None = None,
    t: int = 0,
    tau: float = 0.8,
    level: int | None = None,
) -> Explorer:
    """Run `model` (of either house) on one picture, and show every step of it.

    `image`: (H, W, c) uint8, or (c, H, W) floats in [0, 1]. `compare`: another model of the same
    sizes, "untrained" (fresh weights, seed 0) or None. `center_on`: pictures (N, H, W, c) uint8,
    whose mean embedding per level can then be subtracted before cosines are taken. `iters`: None
    is 2 * levels. It opens at step `t`, islands joined at cosine >= `tau`, at `level` (None: top).
    Errors are those of `trajectory_payload`.
    """
    payload = trajectory_payload(
        model, image, iters=iters, compare=compare, names=names, center_on=center_on
    )
    frame = payload["frame"]
    view = Explorer()
    view.show(payload)
    view.t, view.tau = t, tau
    view.level = frame["levels"] - 1 if level is None else level
    view.selected = frame["h"] // 2 * frame["w"] + frame["w"] // 2
    return view
