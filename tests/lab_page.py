"""A page with explorers on it, as the browser tests use it: what it shows, and what went wrong."""

import re
from urllib.parse import urlsplit

from browser_helpers import LOCAL, pixels

# How long a key takes to change pixels, and from one frame to the next.
PRESS_SIXTY_TIMES = """
async () => {
  const stage = document.querySelector('.glom-stage');
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const press = (key) => stage.dispatchEvent(new KeyboardEvent('keydown', { key }));
  const canvas = stage.querySelector('.glom-agreement') ||
    document.querySelector('.glom-agreement');
  const paint = [], between = [], changed = [];
  let last = performance.now();
  for (let k = 0; k < 60; k++) {
    const before = canvas.toDataURL();
    const start = performance.now();
    press(k % 12 ? 'ArrowRight' : 'Home');
    paint.push(performance.now() - start);
    changed.push(canvas.toDataURL() !== before);
    await frame();
    between.push(performance.now() - last);
    last = performance.now();
  }
  return { paint, between, changed };
}
"""


class Lab:
    """The page, and what went wrong on it."""

    def __init__(self, page):
        self.page = page
        self.errors, self.strangers = [], []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.heard)
        page.on("request", self.asked)

    def heard(self, message):
        if message.type == "error":
            self.errors.append(message.text)

    def asked(self, request):
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in LOCAL:
            self.strangers.append(request.url)

    def explorer(self, which):
        explorer = self.page.locator(".glom-explorer").nth(which)
        explorer.scroll_into_view_if_needed()
        return explorer

    def active_cell(self):
        return self.page.evaluate(
            "[...document.querySelectorAll('.jp-Notebook-cell')]"
            ".findIndex((cell) => cell.classList.contains('jp-mod-active'))"
        )

    def cells(self):
        return self.page.locator(".jp-Notebook-cell").count()


def stage(explorer):
    return explorer.locator(".glom-stage")


def status(explorer):
    """What a screen reader hears, taken apart."""
    told = stage(explorer).get_attribute("aria-label")
    step, last, level = map(int, re.search(r"step (\d+) of (\d+), level (\d+)", told).groups())
    row, column = map(int, re.search(r"row (\d+), column (\d+)", told).groups())
    return {"step": step, "last": last, "level": level, "row": row, "column": column, "told": told}


def top_tile(explorer, row="state"):
    """The top level of the trained model."""
    return explorer.locator(".glom-panel").nth(1).locator(f".glom-{row}").last


def changed_from(lab, explorer, shown):
    """Wait until the kernel has answered and the tile shows something else."""
    for _ in range(300):
        if pixels(top_tile(explorer)) != shown:
            return
        lab.page.wait_for_timeout(100)
    raise AssertionError("the tile did not change in 30 seconds")


def choose(lab, name, kind, content):
    """Press the button and choose a file."""
    with lab.page.expect_file_chooser() as chooser:
        lab.page.get_by_role("button", name="use my own picture").click()
    chooser.value.set_files({"name": name, "mimeType": kind, "buffer": content})


def go_dark(page):
    """JupyterLab's dark theme, from its menu."""
    page.locator(".lm-MenuBar-item", has_text=re.compile("^Settings$")).click()
    page.locator(".lm-Menu-item", has_text=re.compile("^Theme$")).hover()
    page.locator(".lm-Menu-item", has_text=re.compile("^JupyterLab Dark$")).click()
    page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
