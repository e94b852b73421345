"""An exercise in a real JupyterLab: a wrong answer, an endless one, a right one, all seen."""

import os
import subprocess
import sys

import nbformat
import pytest
from playwright.sync_api import sync_playwright

from browser_helpers import (
    CHROMIUM,
    QUIET,
    lab_with,
    offline_environment,
    open_notebook,
    run_all,
)
from lab_page import Lab
from test_exercises_notebook import HELPER, MINE

if CHROMIUM is None and not os.environ.get("GLOM_REQUIRE_BROWSER"):
    pytest.skip(
        "the browser tests need Chromium: apt-get install chromium", allow_module_level=True
    )

ENDLESS = """def forever(levels, *, beta=1.0):
    while True:
        pass

check("consensus", forever)"""
CELLS = [HELPER, MINE.format(axis=-2), ENDLESS, MINE.format(axis=-1), "print('alive', SHARP)"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exercise")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(book, folder / "mine.ipynb")
    with lab_with(folder / "mine.ipynb", folder / "lab") as (url, log), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        lab = Lab(browser.new_page(viewport={"width": 1280, "height": 1400}))
        open_notebook(lab.page, url)
        run_all(lab.page, seconds=120)
        yield lab.page
        browser.close()
    assert lab.errors == [] and lab.strangers == []
    assert not log.exists(), log.read_text()


def answer(page, status):
    return page.locator(f'[data-glom-check="{status}"]')


def test_a_wrong_answer_shows_the_sentence_and_a_picture(page):
    wrong = answer(page, "wrong")
    assert wrong.count() == 1 and "You normalized over the listeners" in wrong.inner_text()
    picture = wrong.locator("img")
    assert picture.get_attribute("alt").startswith("Three panels over n and d")
    assert picture.evaluate("img => img.naturalWidth") > 300


def test_an_endless_loop_is_told_and_the_kernel_lives(page):
    stopped = answer(page, "stopped")
    assert stopped.count() == 1 and "seconds" in stopped.inner_text()
    assert page.get_by_text("alive 1.0").count() == 1


def test_a_right_answer_says_what_to_look_at_and_is_kept(page, tmp_path_factory):
    right = answer(page, "right")
    assert right.count() == 1 and "chapter 3" in right.inner_text().lower()
    folder = next(tmp_path_factory.getbasetemp().glob("exercise*")) / "lab"
    environment = {**offline_environment(folder / "list")[0]}
    environment["GLOM_EXERCISES"] = str(folder / "my_glom")
    listed = subprocess.run(
        [sys.executable, "-m", "tutorials", "list"], env=environment, capture_output=True, text=True
    )
    line = next(line for line in listed.stdout.splitlines() if " consensus " in line)
    assert line.split()[-2] == "x", listed.stdout
