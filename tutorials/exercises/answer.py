"""What the learner reads: text in a terminal, text and a picture in a notebook."""

import base64
import html
from dataclasses import dataclass
from functools import cached_property

from .judging import Verdict

__all__ = ["EXIT", "Answer"]

# What `python -m tutorials check` hands to scripts; 2 is a wrong command line.
EXIT = {"right": 0, "wrong": 1, "unusable": 2, "not tried": 3, "stopped": 4}
HEADS = {
    "right": "right",
    "wrong": "not yet right",
    "not tried": "not tried yet",
    "stopped": "stopped",
    "unusable": "cannot be checked",
}


@dataclass(frozen=True, repr=False)
class Answer:
    """The answer to one check. Print it, or let a notebook show it with its picture."""

    exercise: str
    library: str  # "NumPy" or "torch"
    where: str  # file, line, function and hash of what was run
    verdict: Verdict
    more: tuple[str, ...] = ()  # further lines: frames, what was printed, what to look at

    @property
    def status(self) -> str:
        """right, wrong, not tried, stopped or unusable."""
        return self.verdict.status

    @property
    def misconception(self) -> str:
        """The name of the misconception that was recognized, or ""."""
        return self.verdict.misconception

    @property
    def exit_code(self) -> int:
        """0 right, 1 wrong, 2 cannot be checked, 3 not tried yet, 4 out of time or memory."""
        return EXIT[self.status]

    @property
    def text(self) -> str:
        """All of it, in words."""
        head = f"{self.exercise}, {self.library}: {HEADS[self.status]}."
        return "\n".join([self.where, f"{head} {self.verdict.said}".strip(), *self.more])

    def __repr__(self) -> str:
        return self.text

    @cached_property
    def png(self) -> bytes | None:
        """Yours, wanted and the difference, drawn; None where there is nothing to draw."""
        return self._drawn[0] if self._drawn else None

    @cached_property
    def alt(self) -> str:
        """The picture in words."""
        return self._drawn[1] if self._drawn else ""

    @cached_property
    def _drawn(self) -> tuple[bytes, str] | None:
        if self.verdict.wanted is None or self.verdict.yours is None:
            return None
        try:
            from .drawing import draw
        except ModuleNotFoundError:  # no matplotlib: the words must do
            return None
        return draw(self.verdict.wanted, self.verdict.yours)

    def _repr_html_(self) -> str:
        where, *lines = self.text.split("\n")
        style = "white-space:pre-wrap;font-family:inherit;margin:0"
        parts = [
            f'<div style="{style}"><small>{html.escape(where)}</small></div>',
            f'<div style="{style}">{html.escape(chr(10).join(lines))}</div>',
        ]
        if self.png:
            data = base64.b64encode(self.png).decode()
            shape = "max-width:100%;background:white"
            parts.append(
                f'<img style="{shape}" alt="{html.escape(self.alt)}" '
                f'src="data:image/png;base64,{data}">'
            )
        return f'<div role="status" data-glom-check="{self.status}">{"".join(parts)}</div>'
