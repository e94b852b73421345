"""`python -m tutorials.contact_sheet PAGES` draws chapters.png: the main view of every chapter.

PAGES is a folder of pages, made by `python -m tutorials export PAGES`. Needs Debian's chromium and
the `test` extra (Playwright drives it).
"""

import argparse
import io
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from . import HERE

SHEET = HERE / "chapters.png"
COLUMNS, WIDTH, HEIGHT, TITLE, GAP = 4, 330, 250, 22, 8
VIEWPORT = {"width": 1100, "height": 1400}
# What a chapter is about, if it is there: an explorer, a figure with controls, any figure.
MAIN = (".glom-explorer", "img.widget-image", ".output img", "img")


def main(argv: list[str] | None = None) -> int:
    """The command line; 0, or 1 with a line that says what is missing."""
    parser = argparse.ArgumentParser(prog="python -m tutorials.contact_sheet", description=__doc__)
    parser.add_argument("pages", type=Path, help="a folder of exported pages")
    parser.add_argument("--out", type=Path, default=SHEET, help="default: tutorials/chapters.png")
    asked = parser.parse_args(argv)
    pages = sorted(asked.pages.glob("[01][0-9]_*.html"))
    chromium = shutil.which("chromium")
    if not pages or chromium is None:
        print("pages: found none there" if not pages else "chromium: apt-get install chromium")
        return 1
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport=VIEWPORT)
        shots = [photograph(tab, page) for page in tqdm(pages, unit="page")]
        browser.close()
    sheet(shots, asked.out)
    print(f"written: {asked.out}")
    return 0


def photograph(tab: Any, page: Path) -> tuple[str, Image.Image]:
    """The chapter's title and its main view, as a browser's tab shows it."""
    tab.goto(page.resolve().as_uri())
    tab.wait_for_timeout(500)  # explorers paint after they have measured themselves
    title = tab.locator("h1").first.inner_text().removesuffix("¶").strip()
    view = next(v for name in MAIN if (v := tab.locator(name)).count()).first
    view.scroll_into_view_if_needed()
    return title, Image.open(io.BytesIO(view.screenshot())).convert("RGB")


def sheet(shots: list[tuple[str, Image.Image]], out: Path) -> None:
    """All views with their titles, four in a row, as one PNG with a description."""
    rows = -(-len(shots) // COLUMNS)
    size = COLUMNS * (WIDTH + GAP) + GAP, rows * (HEIGHT + TITLE + GAP) + GAP
    whole, font = Image.new("RGB", size, "white"), ImageFont.load_default(13)
    pen = ImageDraw.Draw(whole)
    for k, (title, shot) in enumerate(shots):
        x = GAP + k % COLUMNS * (WIDTH + GAP)
        y = GAP + k // COLUMNS * (HEIGHT + TITLE + GAP)
        while font.getlength(title) > WIDTH:
            title = title.rsplit(" ", 1)[0]
        pen.text((x, y), title, fill="black", font=font)
        shot.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        whole.paste(shot, (x, y + TITLE))
    whole.quantize(128).save(out, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
