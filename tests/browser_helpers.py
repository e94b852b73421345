"""A real JupyterLab, served as `python -m tutorials` does, and a headless Chromium to use it."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium")
# Chromium talks to its maker by itself; what is tested is what the page asks for.
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
LOCAL = ("127.0.0.1", "localhost", "::1")

# Put before every Python that is started: refuses, and notes, whatever would leave the machine.
WATCH = """
import os, socket, sys

LOCAL = ("", "localhost", "127.0.0.1", "::1", "0.0.0.0", socket.gethostname())

def watch(event, args):
    if event == "socket.connect":
        where = args[1][0] if isinstance(args[1], tuple) else ""
    elif event == "socket.getaddrinfo":
        where = args[0] or ""
    else:
        return
    where = where.decode() if isinstance(where, bytes) else where
    if where not in LOCAL:
        with open(os.environ["GLOM_TEST_NETWORK_LOG"], "a") as log:
            log.write(f"{event} {where}\\n")
        raise OSError(f"the test allows no network: {event} {where}")

sys.addaudithook(watch)
"""


def offline_environment(folder: Path) -> tuple[dict[str, str], Path]:
    """Environment variables for a Python without network and with its own Jupyter folders.

    Returns them and the log that stays absent as long as nobody tries to leave the machine.
    """
    (folder / "watch").mkdir(parents=True)
    (folder / "watch" / "sitecustomize.py").write_text(WATCH)
    log = folder / "network.log"
    (folder / "scratch").mkdir()
    own = {
        "TMPDIR": str(folder / "scratch"),
        "GLOM_TEST_NETWORK_LOG": str(log),
        "PYTHONPATH": os.pathsep.join([str(folder / "watch"), str(REPO)]),
        "IPYTHONDIR": str(folder / "ipython"),
        "OMP_NUM_THREADS": "1",
        "GLOM_EXERCISES": str(folder / "my_glom"),
    }
    for name in ("CONFIG", "DATA", "RUNTIME"):
        own[f"JUPYTER_{name}_DIR"] = str(folder / name.lower())
    dropped = ("JUPYTER_", "DISPLAY", "WAYLAND_DISPLAY", "PYTEST_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    return {**kept, **own}, log


@contextlib.contextmanager
def started(command: list[str], folder: Path, seconds: float = 60) -> Iterator[tuple[str, Path]]:
    """Run a command that serves JupyterLab; gives the address it prints and the network log."""
    environment, log = offline_environment(folder)
    output = folder / "output.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + seconds
        while not (found := re.search(r"http://\S+token=\w+", output.read_text())):
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"no address from {command}:\n{output.read_text()}")
            time.sleep(0.1)
        yield found[0], log
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def lab_with(notebook: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """JupyterLab on a copy of the notebook: running a notebook must not change the repository."""
    copy = folder / "copy" / "tutorials" / notebook.name
    copy.parent.mkdir(parents=True)
    shutil.copy(notebook, copy)
    start = "import sys, pathlib, tutorials.__main__ as m; m.open_lab(pathlib.Path(sys.argv[1]))"
    with started([sys.executable, "-c", start, str(copy)], folder) as served:
        yield served


def open_notebook(page, url: str) -> None:
    """Open the address, and wait until the kernel is there: a Run All before that is lost."""
    page.goto(url)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.locator(".jp-StatusBar-Widget", has_text=re.compile(r"\| Idle")).wait_for(timeout=60_000)


def run_all(page, seconds: float = 90) -> None:
    """Run > Run All Cells, and wait until no cell is waiting any more."""
    page.locator(".lm-MenuBar-item", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-item", has_text=re.compile("^Run All Cells$")).first.click()
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="busy"]', timeout=10_000)
    page.wait_for_selector(
        '.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=1000 * seconds
    )


def pixels(locator) -> str:
    """What a canvas shows now, as a data URL."""
    return locator.evaluate("canvas => canvas.toDataURL()")
