"""An executed notebook as HTML that needs no network and no kernel: text, equations, outputs.

Explorers stay live: what they need is put into the page. Other widgets need Python; what they show
stays, and the controls become a note.
"""

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

from latex2mathml.converter import convert
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

__all__ = ["Cells", "equation"]

BINARY = ("states", "bases", "centers", "voices", "picture")
TRAITS = ("frame", "t", "tau", "selected", "level", "views")
VIEW, STATE = (
    "application/vnd.jupyter.widget-view+json",
    "application/vnd.jupyter.widget-state+json",
)
PICTURES = {"image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif"}
MATH = re.compile(r"\$\$(.+?)\$\$|(?<![\\$\w])\$(?!\s)([^$\n]+?)(?<!\s)\$(?![\w$])", re.DOTALL)
FIRST_ENOUGH = ("text/html", "image/svg+xml", *PICTURES, "text/markdown", "text/latex")


def equation(latex: str, block: bool = False) -> str:
    """LaTeX as MathML; ValueError names an equation that cannot be converted."""
    try:
        math = convert(latex.strip(), display="block" if block else "inline")
    except Exception as error:  # the converter has a kind of its own for each mistake
        raise ValueError(f"equation {latex!r} cannot be converted: {error}") from None
    if re.search(r"<m\w+>(&|\\\w+)</m\w+>", math):  # what it does not know, it copies
        raise ValueError(f"equation {latex!r} has a command that cannot be converted")
    math = math.replace("<mo>&#x23DF;</mo>", '<mo class="brace">&#x23DF;</mo>')  # a line: see .css
    return math.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")


class _Markdown(IPythonRenderer):
    """Markdown as in JupyterLab, with equations as MathML and links to what is exported."""

    def __init__(self, link: Callable[[str], str | None], **options: Any) -> None:
        super().__init__(escape=False, embed_images=True, exclude_anchor_links=True, **options)
        self.link_to = link

    def block_math(self, body: str) -> str:
        return equation(body, block=True)

    def inline_math(self, body: str) -> str:
        return equation(body)

    def latex_environment(self, name: str, body: str) -> str:
        return equation(rf"\begin{{{name}}}{body}\end{{{name}}}", block=True)

    def block_html(self, html: str) -> str:
        return super().block_html(_math_in_html(html))

    def link(self, text: str, url: str, title: str | None = None) -> str:
        target = self.link_to(url)
        if target is None:
            return f'<span title="{escape(url)} is not among these pages">{text}</span>'
        return super().link(text, target, title)


def _math_in_html(html: str) -> str:
    """Equations between tags: a folded answer is HTML, and Markdown leaves it alone."""
    pieces = re.split(r"(<code.*?</code>|<pre.*?</pre>|</?[a-z][^>]*>)", html, flags=re.DOTALL)

    def found(match: re.Match[str]) -> str:
        return equation(unescape(match[1] or match[2]), block=match[1] is not None)

    return "".join(piece if k % 2 else MATH.sub(found, piece) for k, piece in enumerate(pieces))


@dataclass
class Cells:
    """A notebook's cells as HTML. `pages`: the notebooks that are pages, by file name.

    `folder`: where its pictures lie. ValueError for what cannot be converted, naming the cell.
    """

    book: Any
    pages: tuple[str, ...] = ()
    folder: str = ""
    explorers: int = field(default=0, init=False)

    def html(self) -> str:
        """All cells, one <section> each."""
        self._states = self.book.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
        self._code = Highlight2HTML(pygments_lexer="ipython3")
        return "\n".join(self._cell(number, cell) for number, cell in enumerate(self.book.cells))

    def _cell(self, number: int, cell: Any) -> str:
        try:
            if cell.cell_type == "markdown":
                inner = self.markdown(cell.source, cell.get("attachments"))
            elif cell.cell_type == "code":
                outputs = "".join(self._output(output) for output in cell.outputs)
                shown = f'<div class="outputs">{outputs}</div>' if outputs else ""
                inner = self._code(cell.source) + shown if cell.source.strip() else shown
            else:
                inner = ""
        except ValueError as error:
            raise ValueError(f"cell {number}: {error}") from None
        return f'<section class="{cell.cell_type}">{inner}</section>' if inner else ""

    def markdown(self, source: str, attachments: Any = None) -> str:
        """Markdown as HTML."""
        renderer = _Markdown(self._link, path=self.folder, attachments=attachments)
        return MarkdownWithMath(renderer=renderer).render(source)

    def _link(self, url: str) -> str | None:
        """Where a link leads among the pages; None if it leads to what is not there."""
        if re.match(r"[a-z]+:|#|//", url):
            return url
        path, hash_, part = url.partition("#")
        name = posixpath.basename(path)
        if name in self.pages and posixpath.dirname(path) in ("", "."):
            return name.removesuffix(".ipynb") + ".html" + hash_ + part
        return None

    def _output(self, output: Any) -> str:
        if output.output_type == "stream":
            return f'<pre class="{output.name}">{ansi2html(_text(output.text))}</pre>'
        if output.output_type == "error":
            return f'<pre class="error">{ansi2html(chr(10).join(output.traceback))}</pre>'
        data = output.data
        if VIEW in data:
            html, controls = self._widget(data[VIEW]["model_id"])
            return html + _note(controls)
        kind = next((kind for kind in FIRST_ENOUGH if kind in data), "text/plain")
        shown = _text(data.get(kind, ""))
        if kind in PICTURES:
            told = output.get("metadata", {}).get(kind, {}).get("alt", "")
            return _picture(kind, shown.replace("\n", ""), told)
        if kind == "text/markdown":
            return self.markdown(shown)
        if kind == "text/latex":
            return equation(shown.strip().strip("$"), block=True)
        return shown if kind != "text/plain" else f"<pre>{ansi2html(shown)}</pre>"

    def _widget(self, model_id: str) -> tuple[str, list[str]]:
        """What a widget shows, and the names of its controls, which need Python."""
        held = self._states.get(model_id.removeprefix("IPY_MODEL_"))
        if held is None:
            return "", ["a widget that is gone"]
        state, kind = held["state"], held["model_name"].removesuffix("Model")
        if "frame" in state and held["model_module"] == "anywidget":
            return self._explorer(held), []
        if "children" in state:
            parts = [self._widget(child) for child in state["children"]]
            controls = [name for _, names in parts for name in names]
            return "".join(html for html, _ in parts), controls
        if kind == "Output":
            return "".join(self._output(_Dict(output)) for output in state["outputs"]), []
        if kind in ("HTML", "HTMLMath"):
            return f"<div>{_math_in_html(state['value'])}</div>" if state["value"] else "", []
        if kind == "Label":  # it stands before controls, and says what they are for
            return "", []
        if kind == "Image":
            return _picture(f"image/{state['format']}", _buffer(held, "value"), ""), []
        return "", [state.get("description") or kind]

    def _explorer(self, held: Mapping[str, Any]) -> str:
        """A live explorer: its data, and the place where it will be. Nothing can be broken here."""
        traits = {name: held["state"][name] for name in TRAITS}
        traits["views"] = [v for v in traits["views"] if v != "break"] or ["controls"]
        traits |= {"breaks": [], "note": ""}
        given = {"traits": traits, "binary": {name: _buffer(held, name) for name in BINARY}}
        self.explorers += 1
        data = json.dumps(given).replace("</", "<\\/")
        return (
            f'<div class="explorer"><script type="application/json">{data}</script>'
            "<noscript>This explorer needs JavaScript.</noscript></div>"
        )


class _Dict(dict):
    """The outputs inside an Output widget, readable as the notebook's own outputs are."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


def _buffer(held: Mapping[str, Any], name: str) -> str:
    """A binary trait of a widget, in base64."""
    return next((b["data"] for b in held.get("buffers", ()) if b["path"] == [name]), "")


def _text(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _picture(kind: str, data: str, alt: str) -> str:
    return f'<img src="data:{kind};base64,{data}" alt="{escape(alt)}">'


def _note(controls: list[str]) -> str:
    if not controls:
        return ""
    which = "This control needs" if len(controls) == 1 else "These controls need"
    return f'<p class="note">{which} the notebook: {escape(", ".join(controls))}.</p>'
