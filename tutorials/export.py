"""`python -m tutorials export OUT/` makes every notebook a web page without kernel and network.

The notebooks are executed, and each becomes one HTML file in which nothing is missing: equations
are MathML, pictures are inside, and explorers can still be stepped and clicked.
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tqdm import tqdm

from . import HERE

__all__ = ["execute", "export", "known_notebooks", "main", "page"]

FOOTER = (
    "<footer>A page of the notebook, without Python: everything can be stepped and clicked, and "
    "nothing can be changed. <code>python -m tutorials</code> opens the notebook.</footer>"
)
TIMEOUT = 900  # seconds for one cell
# Even if something slipped in: no browser would ask for it.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
MISSING = 'Something is missing ({}). Type: .venv/bin/pip install -e ".[tutorials]"'


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status is 0, 1 (a cell failed, ...) or 2 (usage)."""
    parser = argparse.ArgumentParser(
        prog="python -m tutorials export",
        description="Make notebooks web pages that need no kernel and no network.",
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder for the pages")
    parser.add_argument(
        "notebooks", metavar="NOTEBOOK", nargs="*", help="file names or paths; default: all"
    )
    asked = parser.parse_args(argv)
    try:
        chosen = [_find(name) for name in asked.notebooks] or known_notebooks()
        if asked.out.exists() and not asked.out.is_dir():
            raise ValueError(f"OUT: wanted a folder, got the file {asked.out}")
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    try:
        export(asked.out, chosen)
    except ImportError as error:
        print(MISSING.format(error), file=sys.stderr)
        return 1
    except (ValueError, RuntimeError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Open {asked.out / 'index.html'} in any browser.")
    return 0


def known_notebooks() -> list[Path]:
    """The notebooks of the path, in its order."""
    return sorted(HERE.glob("*.ipynb"))


def _find(name: str) -> Path:
    """The notebook of a file name (with or without .ipynb) or path; ValueError if there is none."""
    for path in (Path(name), HERE / name, HERE / f"{name}.ipynb"):
        if path.suffix == ".ipynb" and path.is_file():
            return path
    known = ", ".join(path.stem for path in known_notebooks())
    raise ValueError(f"NOTEBOOK: {name} is none. There are: {known}; or a path to one.")


def export(out: Path, notebooks: Sequence[Path]) -> list[Path]:
    """Execute the notebooks and write a page of each, and index.html, to the folder `out`.

    Pages of known notebooks that are in `out` already stay, and stay listed. Returns the pages
    written. RuntimeError for a cell that fails, ValueError for one that cannot be converted,
    OSError for a folder that cannot be written.
    """
    from . import export_cells  # noqa: F401  (what is missing is said before anything runs)
    from .__main__ import settle_in

    out.mkdir(parents=True, exist_ok=True)
    books = {path: _read(path) for path in notebooks}
    there = [path for path in known_notebooks() if (out / f"{path.stem}.html").exists()]
    listed = sorted(
        {path.name: path for path in (*there, *notebooks)}.values(), key=lambda p: p.name
    )
    names = tuple(path.name for path in listed)
    cells = sum(cell.cell_type == "code" for book in books.values() for cell in book.cells)
    written = []
    with tempfile.TemporaryDirectory(prefix="glom-export-") as scratch:
        settle_in(Path(scratch))
        with tqdm(total=cells, unit="cell", disable=None) as progress:
            for path, book in books.items():
                progress.set_description(path.stem)
                execute(book, path.name, scratch, progress.update)
                where = names.index(path.name)
                beside = [names[k] if 0 <= k < len(names) else None for k in (where - 1, where + 1)]
                try:
                    text = page(book, names, beside, str(path.parent))
                except ValueError as error:
                    raise ValueError(f"{path.name}: {error}") from None
                written.append(_write(out / f"{path.stem}.html", text))
    books |= {path: _read(path) for path in listed if path not in books}
    _write(out / "index.html", _index([(path, books[path]) for path in listed]))
    return written


def _read(path: Path) -> Any:
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat, json and the codec have their own
        first = str(error).splitlines()[0][:80]
        raise ValueError(f"{path.name}: wanted a notebook, got {first}") from None


def execute(book: Any, name: str, folder: str, done: Callable[[], Any]) -> None:
    """Run all cells in `folder`, outputs and widgets into `book`; `done()` after each.

    RuntimeError names the notebook, the cell that failed and its error.
    """
    import nbclient

    if all(cell.cell_type != "code" for cell in book.cells):
        return

    def after(cell: Any, cell_index: int, **_: Any) -> None:
        at[0] = cell_index + 1
        done()

    at = [0]
    client = nbclient.NotebookClient(
        book,
        timeout=TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--log-level=40"],  # errors only: it would write into our progress bar
        resources={"metadata": {"path": folder}},
        on_cell_executed=after,
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        failed = next(
            k for k, cell in enumerate(book.cells) if _failed(cell, error.ename, error.evalue)
        )
        raise RuntimeError(f"{name}: cell {failed} failed: {error.ename}: {error.evalue}") from None
    except (nbclient.exceptions.CellTimeoutError, nbclient.exceptions.DeadKernelError) as error:
        first = str(error).splitlines()[0]
        raise RuntimeError(f"{name}: after cell {at[0]}: {first}") from None


def _failed(cell: Any, ename: str, evalue: str) -> bool:
    outputs = cell.get("outputs", [])
    return any(o.output_type == "error" and (o.ename, o.evalue) == (ename, evalue) for o in outputs)


def page(book: Any, names: Sequence[str], beside: Sequence[str | None], folder: str = "") -> str:
    """An executed notebook as one HTML page.

    `names`: the notebooks that links may lead to; `beside`: those before and after it, or None.
    `folder`: where its pictures lie. ValueError names a cell that cannot be converted.
    """
    from .explorer import Explorer
    from .export_cells import Cells

    cells = Cells(book, tuple(names), folder)
    body = cells.html()
    ways = [("index.html", "all notebooks")]
    ways += [
        (f"{Path(name).stem}.html", word + Path(name).stem)
        for name, word in zip(beside, ("before: ", "next: "), strict=True)
        if name
    ]
    nav = "".join(f'<a href="{href}">{escape(text)}</a>' for href, text in ways)
    script = ""
    if cells.explorers:
        explorer = Explorer._esm.replace("export default {", "const glom = {")
        ours = (HERE / "export_page.js").read_text("utf-8")
        script = f'<script type="module">\n{explorer}\n{ours}\nshowExplorers(glom);\n</script>'
    return _html(_title(book), f"<nav>{nav}</nav>\n<main>\n{body}\n{FOOTER}</main>\n{script}")


def _index(books: Sequence[tuple[Path, Any]]) -> str:
    rows = []
    for path, book in books:
        minutes = re.search(r"(\d+) minutes", book.cells[0].source if book.cells else "")
        told = f' <span class="minutes">{minutes[1]} minutes</span>' if minutes else ""
        rows.append(f'<li><a href="{path.stem}.html">{escape(_title(book))}</a>{told}</li>')
    head = "<h1>GLOM, step by step</h1><p>These pages need no kernel and no network.</p>"
    return _html("GLOM, step by step", f"<main>{head}<ul>{''.join(rows)}</ul></main>")


def _title(book: Any) -> str:
    source = book.cells[0].source if book.cells else ""
    found = re.search(r"^# (.+)$", source, re.MULTILINE)
    return found[1].strip() if found else "A notebook"


def _html(title: str, body: str) -> str:
    from pygments.formatters import HtmlFormatter

    style = (HERE / "export_page.css").read_text("utf-8")
    light, dark = (
        HtmlFormatter(style=name, nobackground=True).get_style_defs(".highlight")
        for name in ("default", "github-dark")
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>\n{light}\n"
        f"@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n{style}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _write(path: Path, text: str) -> Path:
    """All of the file, or none of it."""
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
    return path
