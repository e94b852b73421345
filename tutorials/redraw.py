"""A figure on a page of the tutorials: still, or drawn again when a control changes.

Every figure says in words what it shows, for whoever does not see it.
"""

import functools
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets
from IPython.display import Image
from matplotlib.figure import Figure

from glom_numpy.figures import alt_text, png

__all__ = ["put", "redrawn", "rendered", "say", "show", "stage"]

DPI = 110  # of figures in a page, shown at
PIXELS = 84  # that many pixels an inch


def show(fig: Figure, alt: str = "") -> Image:
    """A figure as a cell's output: a PNG with its description as alternative text.

    `alt` describes a figure that has no description of its own; ValueError if neither does.
    """
    if alt:
        fig.set_label(alt)
    data, words, width = rendered(fig)
    return Image(data, width=width, alt=words)


def rendered(fig: Figure) -> tuple[bytes, str, int]:
    """A figure as a PNG, in words, and how many pixels wide it is shown."""
    return png(fig, DPI), alt_text(fig), round(PIXELS * fig.get_figwidth())


def stage(*controls: ipywidgets.Widget) -> ipywidgets.VBox:
    """Controls in a row, over a picture with its words: the box has `.picture` and `.said`."""
    picture, said = ipywidgets.Image(format="png"), ipywidgets.HTML()
    picture.layout.max_width = "100%"
    flow = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
    box = ipywidgets.VBox([ipywidgets.HBox(list(controls), layout=flow), picture, said])
    box.picture, box.said = picture, said
    return box


def put(box: ipywidgets.VBox, drawn: tuple[bytes, str, int]) -> None:
    """Show on a stage what `rendered` made."""
    box.picture.value, words, width = drawn
    box.picture.layout.width = f"{width}px"
    say(box, words)


def say(box: ipywidgets.VBox, words: str) -> None:
    """The words below a stage's picture, which a screen reader tells as they change."""
    box.said.value = f'<div aria-live="polite" style="line-height:1.4">{escape(words)}</div>'


def redrawn(draw: Callable[..., Figure], **controls: Any) -> ipywidgets.VBox:
    """Controls (ipywidgets by name) over a picture of `draw(**values)`, drawn again at a change.

    Figures want a description, which is written below them. What was drawn once is kept, so `draw`
    must depend on its values only. A ValueError of `draw` is shown in words. A control without a
    description is called by its name. The box has `.controls` (by name), `.picture` and `.said`.
    """
    box = stage(*controls.values())

    @functools.lru_cache(maxsize=128)
    def drawn(*values: Any) -> tuple[bytes, str, int]:
        return rendered(draw(**dict(zip(controls, values, strict=True))))

    def update(_: Any = None) -> None:
        try:
            put(box, drawn(*(control.value for control in controls.values())))
        except ValueError as error:
            say(box, f"Not drawn: {error}")

    for name, control in controls.items():
        if hasattr(control, "continuous_update"):
            control.continuous_update = False  # a figure takes longer than a pointer's move
        control.description = control.description or name
        control.style.description_width = "initial"
        control.observe(update, "value")
    update()
    box.controls = dict(controls)
    return box
