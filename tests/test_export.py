"""`python -m tutorials export`: notebooks as pages that work without a kernel and a network."""

import json
import os
import re
import subprocess

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import sync_playwright

from browser_helpers import CHROMIUM, QUIET, pixels
from export_pages import CELLS, run, write
from lab_page import stage, status, top_tile
from test_explorer_js import NODE
from tutorials import HERE
from tutorials.export import known_notebooks, main
from tutorials.export_cells import Cells, equation


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    other = [new_markdown_cell("# The other\n\n**7 minutes.**\n\n## Here\n\n[back](tiny.ipynb)")]
    names = [write(folder, "other.ipynb", other), write(folder, "tiny.ipynb", CELLS)]
    done = run(folder, folder / "pages", *names)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("index.html in any browser.")
    assert "Traceback" not in done.stderr and "WARNING" not in done.stderr
    return folder / "pages"


@pytest.fixture(scope="module")
def tiny(out):
    return (out / "tiny.html").read_text("utf-8")


def test_the_folder_has_the_pages_and_nothing_else(out):
    assert sorted(p.name for p in out.iterdir()) == ["index.html", "other.html", "tiny.html"]
    index = (out / "index.html").read_text("utf-8")
    assert re.findall(r'<a href="(\w+\.html)">(.*?)</a>.*?(\d+) minutes', index) == [
        ("other.html", "The other", "7"),
        ("tiny.html", "A *tiny* one", "5"),
    ]
    assert 'href="tiny.html">next: tiny' in (out / "other.html").read_text("utf-8")


def test_nothing_is_left_that_a_browser_would_ask_for(tiny):
    assert not re.search(r"(src|srcset|data|action)=\"(?!data:)|<link|@import|url\(|<iframe", tiny)
    assert "cdn" not in tiny.lower() and "require" not in re.sub(r"<pre.*?</pre>", "", tiny)
    assert "default-src 'none'" in tiny


def test_equations_are_mathml_and_code_is_left_alone(tiny):
    assert tiny.count("<math") == 4
    assert 'display="block"' in tiny and "<mfrac><mn>1</mn><mn>4</mn></mfrac>" in tiny
    assert "<code>$x$</code>" in tiny
    assert re.search(r"<summary>Answer</summary>Since <math.*?&lt;.*?</math>, see", tiny)


def test_links_lead_to_pages_or_nowhere(tiny):
    assert '<a href="other.html#here">on</a>' in tiny
    assert re.search(r"<span title=[^>]*>nowhere</span>", tiny)
    assert '<a href="https://example.org">out</a>' in tiny


def test_outputs_and_widgets_without_python(tiny):
    assert '<pre class="stdout">a &lt; b\n</pre>' in tiny
    assert '<img src="data:image/png;base64,iVBOR' in tiny and 'alt="a dot"' in tiny
    assert "inside the box" in tiny and "<i>in words</i>" in tiny
    assert "This control needs the notebook: speed." in tiny
    assert "These controls need the notebook: steps, beta (sharpness), previous, " in tiny
    assert "<strong>table</strong>" in tiny


def test_explorers_have_their_data_on_the_page(tiny):
    given = re.findall(r'<script type="application/json">(.*?)</script>', tiny, re.DOTALL)
    first, second = (json.loads(text) for text in given)
    assert first["traits"]["t"] == 3, "what a later cell has set"
    assert first["traits"]["level"] == 1 and "break" not in first["traits"]["views"]
    assert second["traits"]["views"] == ["levels"]
    assert len(first["binary"]["picture"]) == 12 * 12 * 3 * 4 / 3


def test_what_cannot_be_converted_is_named():
    with pytest.raises(ValueError, match="equation .*nosuchthing"):
        equation(r"\nosuchthing{x}")
    with pytest.raises(ValueError, match="equation"):
        equation(r"\begin{aligned} a &= b \end{aligned}")
    book = new_notebook(cells=[new_markdown_cell("fine"), new_markdown_cell(r"$\nosuchthing$")])
    with pytest.raises(ValueError, match=r"cell 1: equation '\\\\nosuchthing'"):
        Cells(book).html()


@pytest.mark.parametrize("path", known_notebooks(), ids=lambda path: path.name)
def test_every_notebook_s_text_can_be_converted(path):
    book = nbformat.read(path, as_version=4)
    html = Cells(book, tuple(p.name for p in known_notebooks()), str(path.parent)).html()
    assert not re.search(r"\$[^$<]*\\[a-z]+", re.sub(r"<(pre|code).*?</\1>", "", html, flags=re.S))
    assert html.count("<details") == sum(cell.source.count("<details") for cell in book.cells)


def test_it_refuses_in_one_line(tmp_path, monkeypatch, capsys):
    for name in ("JUPYTER_CONFIG_PATH", "JUPYTER_PATH"):
        monkeypatch.setenv(name, "")  # what is set in there is taken back
    (tmp_path / "file").write_text("kept")
    name = write(tmp_path, "wrong.ipynb", [new_code_cell("x = 1"), new_code_cell("x / 0")])
    strange = write(tmp_path, "strange.ipynb", [new_markdown_cell(r"$\nosuchthing$")])
    (tmp_path / "no.ipynb").write_text("no notebook")
    for arguments, code, words in (
        ([tmp_path / "file", name], 2, "OUT: wanted a folder, got the file "),
        ([tmp_path / "new", "12_nowhere"], 2, "NOTEBOOK: 12_nowhere is none. There are: 00_start"),
        ([tmp_path / "out", name], 1, "wrong.ipynb: cell 1 failed: ZeroDivisionError: division"),
        ([tmp_path / "out", strange], 1, "strange.ipynb: cell 0: equation "),
        ([tmp_path / "out", tmp_path / "no.ipynb"], 1, "no.ipynb: wanted a notebook, got "),
    ):
        assert main([str(one) for one in arguments]) == code
        told = capsys.readouterr().err
        assert told.startswith(words) and len(told.splitlines()) == 1, told
    assert (tmp_path / "file").read_text() == "kept" and not (tmp_path / "new").exists()
    assert os.listdir(tmp_path / "out") == []
    with pytest.raises(SystemExit, match="2"):
        main([])


def test_the_stand_in_for_the_model():
    script = (
        (HERE / "export_page.js").read_text("utf-8")
        + """
        const model = new StandIn({ traits: { t: 1 }, binary: { states: "AQI=" } });
        const heard = [];
        const act = () => heard.push(model.get("t"));
        model.on("change:t change:tau", act);
        model.set("t", 2);
        model.set("t", 2);
        model.set("level", 1);
        model.off("change:t change:tau", act);
        model.set("t", 3);
        model.save_changes();
        const bytes = model.get("states");
        console.log(JSON.stringify([heard, model.get("t"), bytes.getUint8(1), bytes.byteLength]));
    """
    )
    command = [NODE, "--input-type=module"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout) == [[2], 3, 2, 2], done.stderr


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None and not os.environ.get("GLOM_REQUIRE_BROWSER"):
        pytest.skip("the browser tests need Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def test_in_a_browser_the_page_steps_and_asks_for_nothing(out, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    errors, asked = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((out / "index.html").as_uri())
    page.get_by_role("link", name="A *tiny* one").click()
    page.wait_for_selector(".glom-explorer")
    assert page.locator(".glom-explorer").count() == 2
    explorer = page.locator(".glom-explorer").first
    assert status(explorer)["step"] == 3 and explorer.locator(".glom-tool").count() == 0
    stage(explorer).focus()
    shown = pixels(top_tile(explorer))
    page.keyboard.press("ArrowRight")
    assert status(explorer)["step"] == 4 and pixels(top_tile(explorer)) != shown
    cosines = explorer.locator(".glom-panel").nth(1).locator(".glom-cosine").last
    shown = pixels(cosines)
    top_tile(explorer).click(position={"x": 3, "y": 3})
    told = status(explorer)
    assert (told["row"], told["column"], told["level"]) == (1, 1, 2) and pixels(cosines) != shown
    clicked_through_the_tree(page, explorer)
    few = page.locator(".glom-explorer").nth(1)  # its only view: levels
    assert few.locator("canvas").count() == 1 + 3 and few.locator("input").count() == 1
    answer = page.locator("details").first
    assert answer.get_attribute("open") is None
    answer.locator("summary").click()
    assert answer.locator("math").is_visible()
    page.get_by_role("link", name="on", exact=True).click()
    page.wait_for_url("**/other.html#here")
    strangers = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert (errors, strangers) == ([], [])
    page.close()


def clicked_through_the_tree(page, explorer):
    """A click on a node of the parse tree marks a patch of its island, at its level."""
    tree = explorer.locator(".glom-tree")
    shown, width = pixels(tree), tree.bounding_box()["width"]
    levels = set()
    for y in (16, 66, 116):  # the rows of levels 2, 1, 0
        for x in range(60, int(width), 24):
            tree.click(position={"x": x, "y": y})
            levels.add(status(explorer)["level"])
    assert levels == {0, 1, 2} and pixels(tree) != shown
    assert re.search(r"\d+ tree violations?", status(explorer)["told"])
    stage(explorer).focus()
    page.keyboard.press("ArrowUp")
    told = []
    for key in ("p", "n", "p"):
        page.keyboard.press(key)
        told.append(status(explorer)["told"])
    assert told[0] == told[2], "the next island, and back"


def test_a_dark_page_is_dark(out, browser):
    page = browser.new_page(color_scheme="dark")
    page.goto((out / "tiny.html").as_uri())
    page.wait_for_selector(".glom-explorer")
    light = "getComputedStyle(document.querySelector('.glom-explorer')).color"
    assert min(map(int, re.findall(r"\d+", page.evaluate(light))[:3])) > 150
    shown = pixels(page.locator(".glom-agreement").first)
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(200)
    assert pixels(page.locator(".glom-agreement").first) != shown, "it repaints with the theme"
    page.close()
