"""Every chapter has the same bones: idea, equation, both houses, step, break, questions."""

import re

import nbformat
import pytest

from browser_helpers import REPO

TUTORIALS = REPO / "tutorials"
CHAPTERS = sorted(p for p in TUTORIALS.glob("[01][0-9]_*.ipynb") if not p.name.startswith("00"))
HEADINGS = [
    "The idea",
    "The equation",
    "Side by side",
    "Step it",
    "Break it",
    "What can go wrong",
    "Your turn",
    "Questions",
    "Summary",
]


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.name)
def chapter(request):
    return nbformat.read(request.param, as_version=4)


def sections(book):
    """Heading -> the text of all cells under it, code and markdown."""
    found, now = {}, "top"
    for cell in book.cells:
        pieces = re.split(r"^## (.+)$", cell.source, flags=re.M)
        if cell.cell_type == "code":
            pieces = [cell.source]
        found[now] = found.get(now, "") + "\n" + pieces[0]
        for heading, text in zip(pieces[1::2], pieces[2::2], strict=True):
            now = heading.strip()
            assert now not in found, f"{now} twice"
            found[now] = text
    return found


def test_there_are_twelve():
    assert [int(path.name[:2]) for path in CHAPTERS] == list(range(1, 13))


def test_its_bones(chapter):
    found = sections(chapter)
    assert [name for name in found if name != "top"] == HEADINGS
    title = chapter.cells[0].source.splitlines()[0]
    assert re.match(r"# \d+\. \w", title), title
    minutes = re.search(r"\*\*(\d+) minutes\.\*\*", chapter.cells[0].source)
    assert minutes and 15 <= int(minutes[1]) <= 25
    for name, text in found.items():
        assert text.strip() or name == "top", f"{name} is empty"


def test_it_shows_an_equation_and_both_houses(chapter):
    found = sections(chapter)
    assert "$" in found["The equation"]
    assert "side_by_side(" in found["Side by side"]
    assert "your_turn(" in found["Your turn"] or "check(" in found["Your turn"]


def test_its_questions_have_folded_answers(chapter):
    text = sections(chapter)["Questions"]
    asked = re.findall(r"^\d+\. [\w`*]", text, flags=re.M)
    answers = re.findall(r"<details><summary>Answer</summary>.+?</details>", text, flags=re.S)
    assert 3 <= len(asked) <= 6 and len(answers) == len(asked)


def test_every_chapter_is_on_the_path():
    path = (TUTORIALS / "README.md").read_text("utf-8")
    for book in TUTORIALS.glob("*.ipynb"):
        assert f"]({book.name})" in path, f"{book.name} is not in tutorials/README.md"
