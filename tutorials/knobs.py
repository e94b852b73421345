"""Sliders that run the model again under the explorer, and a picture of your own."""

from html import escape
from typing import Any

import ipywidgets
import numpy as np

from glom_numpy.config import VOICES
from glom_numpy.worlds import picture as read_picture

from .either_house import untrained
from .explorer import explore
from .trajectory import Run

__all__ = ["explore_knobs"]

Array = np.ndarray


def explore_knobs(
    model: Any,
    image: Array,
    *,
    iters: int | None = None,
    compare: Any = "untrained",
    own_picture: bool = False,
    **options: Any,
) -> ipywidgets.VBox:
    """The explorer with sliders for `iters`, beta and the voices, which run both models again.

    The step, the level and the marked patch stay. With `own_picture` also a button that takes a
    PNG, JPEG or GIF, cut to a square and scaled to the model's size; of an animation the first
    picture, what is transparent on white. The arguments and `options` (`views`, ...) are those of
    `explore`; the box has the Explorer as `.explorer` and its `.message`.
    """
    view = explore(model, image, iters=iters, compare=compare, **options)
    for name in ("t", "tau", "level", "views"):
        options.pop(name, None)
    if "controls" not in view.views:
        compare = None
    if isinstance(compare, str) and compare == "untrained":
        compare = untrained(model)
    config = model.config
    beta = config.beta[-1] if isinstance(config.beta, tuple) else config.beta
    top = view.frame["steps"] - 1
    wide, own = {"description_width": "initial"}, ipywidgets.Layout(width="auto")
    steps = ipywidgets.IntSlider(
        top, min=min(top, config.levels), max=max(4 * top, 8 * config.levels), description="steps"
    )
    sharp = ipywidgets.FloatSlider(
        beta, min=0, max=max(30, 3 * beta), step=0.5, style=wide, description="beta (sharpness)"
    )
    heard = [ipywidgets.Checkbox(True, description=v, indent=False, layout=own) for v in VOICES]
    message = ipywidgets.HTML()
    upload = ipywidgets.FileUpload(
        accept=".png,.jpg,.jpeg,.gif", description="use my own picture", layout=own
    )
    shown = {"image": image}

    def changed(one: Any) -> Any:
        changes: dict[str, Any] = {}
        if sharp.value != beta:
            changes["beta"] = sharp.value
        if not all(box.value for box in heard):
            learned = one.config.voice_weights == "learned"
            weights = ((1.0,) * 4,) if learned else one.config.voices_by_level
            kept = [[w * box.value for w, box in zip(own, heard, strict=True)] for own in weights]
            changes["voice_weights"] = tuple(map(tuple, kept)) if len(kept) > 1 else tuple(kept[0])
        return one.with_config(**changes) if changes else one

    def run(_: Any = None, *, mend: bool = False) -> None:
        message.value = "running ..."
        try:
            other = None if compare is None else changed(compare)
            equal = "learned" == config.voice_weights and not all(box.value for box in heard)
            ran = Run(changed(model), shown["image"], iters=steps.value, compare=other, **options)
            view.feed(ran, mend=mend)
            message.value = "The learned voice weights are equal while one is muted." * equal
        except (ValueError, TypeError) as error:
            message.value = f"Not run: {error}"

    def take(_: Any) -> None:
        if not upload.value:
            return
        file = upload.value[-1]
        try:
            pixels = read_picture(bytes(file["content"]), config.image_size)
        except (ValueError, OSError):
            wrong = f"{escape(file['name'])} is not a picture that can be read."
            message.value = f"{wrong} Choose a PNG, JPEG or GIF file."
            return
        if config.channels == 1:
            pixels = pixels.mean(axis=2, keepdims=True).astype(np.uint8)
        shown["image"] = pixels
        run(mend=True)

    for knob in (steps, sharp):
        knob.continuous_update = False
    for knob in (steps, sharp, *heard):
        knob.observe(run, "value")
    upload.observe(take, "value")
    rows = [[steps, sharp], [ipywidgets.Label("voices that are heard:", layout=own), *heard]]
    if own_picture:
        rows.append([upload])
    wrap = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
    boxes = [ipywidgets.HBox(row, layout=wrap) for row in rows]
    box = ipywidgets.VBox([*boxes, message, view])
    box.explorer, box.message, box.upload = view, message, upload
    box.knobs = {"iters": steps, "beta": sharp, **dict(zip(VOICES, heard, strict=True))}
    return box
