"""Every chapter in a real JupyterLab: run all, step, slide; nothing fails, nothing leaves."""

import os
import re
import shutil

import pytest
from playwright.sync_api import sync_playwright

from browser_helpers import CHROMIUM, QUIET, REPO, lab_with, open_notebook, pixels, run_all
from lab_page import Lab, stage, status, top_tile

if CHROMIUM is None and not os.environ.get("GLOM_REQUIRE_BROWSER"):
    pytest.skip(
        "the browser tests need Chromium: apt-get install chromium", allow_module_level=True
    )

CHAPTERS = sorted(p for p in (REPO / "tutorials").glob("*.ipynb") if not p.name.startswith("00"))
WRONG = '[data-mime-type="application/vnd.jupyter.error"]'
STDERR = '[data-mime-type="application/vnd.jupyter.stderr"]'


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A browser, and where JupyterLab serves copies of all chapters."""
    folder = tmp_path_factory.mktemp("chapters")
    with lab_with(CHAPTERS[0], folder) as (url, log), sync_playwright() as playwright:
        for chapter in CHAPTERS[1:]:
            shutil.copy(chapter, folder / "copy" / "tutorials" / chapter.name)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser, url
        browser.close()
    assert not log.exists(), log.read_text()


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def lab(request, served):
    browser, url = served
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    lab = Lab(page)
    lab.name = request.param.stem
    # A workspace of its own: JupyterLab would open again what was open before.
    own = url.replace("/lab/tree/", f"/lab/workspaces/{lab.name}/tree/")
    open_notebook(page, own.replace(CHAPTERS[0].name, request.param.name))
    run_all(page, seconds=300)
    yield lab
    stop_kernels(page, url)
    page.close()
    assert lab.errors == []
    assert lab.strangers == []


def stop_kernels(page, url):
    """A kernel that lives on keeps its memory."""
    server, token = re.match(r"(http://[^/]+)/.*token=(\w+)", url).groups()
    ask = {"headers": {"Authorization": f"token {token}"}}
    for session in page.request.get(f"{server}/api/sessions", **ask).json():
        page.request.delete(f"{server}/api/sessions/{session['id']}", **ask)


def test_it_runs_and_can_be_stepped(lab):
    page = lab.page
    assert page.locator(WRONG).count() == 0, page.locator(WRONG).first.inner_text()
    assert page.locator(STDERR).count() == 0, page.locator(STDERR).first.inner_text()
    explorers = page.locator(".glom-explorer").count()
    for which in range(explorers):
        step_it(lab, lab.explorer(which))
    pictures = page.locator("img.widget-image")
    assert explorers or pictures.count(), "nothing to step"
    if pictures.count():
        slide_it(lab)


def step_it(lab, explorer):
    """Keys step it, and the notebook's active cell stays where it is."""
    if explorer.locator(".glom-stage canvas").count() == 0:
        return
    stage(explorer).focus()
    before = lab.active_cell(), lab.cells()
    lab.page.keyboard.press("Home")
    canvases = explorer.locator("canvas")
    start = [pixels(canvases.nth(k)) for k in range(canvases.count())]
    lab.page.keyboard.press("End")
    at = status(explorer)
    assert at["step"] == at["last"] > 0
    assert start != [pixels(canvases.nth(k)) for k in range(canvases.count())]
    for key in ("ArrowUp", "ArrowDown", "b", "c"):
        lab.page.keyboard.press(key)
    assert (lab.active_cell(), lab.cells()) == before
    if explorer.locator(".glom-panel").count() > 1:
        top_tile(explorer).click(position={"x": 3, "y": 3})
        assert (status(explorer)["row"], status(explorer)["column"]) == (1, 1)


def slide_it(lab):
    """A slider over a figure draws it again."""
    box = lab.page.locator(".widget-vbox", has=lab.page.locator("img.widget-image")).first
    box.scroll_into_view_if_needed()
    picture = box.locator("img.widget-image").first
    shown = picture.get_attribute("src")
    handles = box.locator(".noUi-handle")
    assert handles.count(), "no slider over the picture"
    for which in range(handles.count()):
        handle = handles.nth(which)
        handle.focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
            lab.page.keyboard.press(key)
            for _ in range(40):
                if picture.get_attribute("src") != shown:
                    return
                lab.page.wait_for_timeout(50)
    raise AssertionError("no slider changed the picture")
