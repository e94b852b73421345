"""Every notebook is committed without outputs, and runs from a clean state without a network."""

import os
import subprocess
import sys

import nbclient
import nbformat
import pytest

from browser_helpers import CHROMIUM, REPO, offline_environment
from tutorials import START

NOTEBOOKS = sorted((REPO / "tutorials").glob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.name)
def notebook(request):
    return request.param


def test_it_is_committed_without_outputs(notebook):
    cells = nbformat.read(notebook, as_version=4).cells
    for cell in cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None, cell.source
    assert "minutes" in cells[0].source, "the first cell says how long it takes"
    text = notebook.read_text("utf-8")
    assert nbformat.writes(nbformat.reads(text, 4), indent=1).strip() == text.strip()


def test_its_code_cells_are_short(notebook):
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 15, cell.source


def test_it_runs_without_a_network(notebook, tmp_path, monkeypatch):
    if CHROMIUM is not None and notebook != START:
        pytest.skip("test_chapters_browser.py runs it, under the same watch")
    environment, log = offline_environment(tmp_path)
    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    book = nbformat.read(notebook, as_version=4)
    kernel = tmp_path / "data" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    command = f'["{sys.executable}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    (kernel / "kernel.json").write_text(
        f'{{"argv": {command}, "display_name": "here", "language": "python"}}'
    )
    client = nbclient.NotebookClient(
        book, timeout=240, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    for cell in book.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", f"{cell.source}\n{output.text}"
    assert not log.exists(), log.read_text()


def test_the_watch_for_the_network_works(tmp_path):
    """A test of the test: 192.0.2.1 is an address that belongs to nobody."""
    environment, log = offline_environment(tmp_path)
    reach = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", reach], env=environment, capture_output=True)
    assert done.returncode == 1 and b"the test allows no network" in done.stderr
    assert "192.0.2.1" in log.read_text()
