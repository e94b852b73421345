"""The learner's folder and diary: nothing in them is lost."""

import json
import multiprocessing
import sys

import pytest

from exercises_kit import NAME, diary, write
from tutorials.exercises import catalog, progress


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOM_EXERCISES", str(tmp_path / "my_glom"))
    return tmp_path / "my_glom"


def test_the_folder_is_the_same_from_everywhere_in_the_repository(monkeypatch, tmp_path):
    monkeypatch.delenv("GLOM_EXERCISES")
    monkeypatch.setattr(progress, "REPO", tmp_path / "repo")
    inner = tmp_path / "repo" / "tutorials"
    inner.mkdir(parents=True)
    for here in (inner, tmp_path / "repo"):
        monkeypatch.chdir(here)
        assert progress.folder() == tmp_path / "repo" / "my_glom"
    elsewhere = tmp_path / "elsewhere" / "deeper"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    assert progress.folder() == elsewhere / "my_glom"
    (tmp_path / "elsewhere" / "my_glom").mkdir()
    assert progress.folder() == tmp_path / "elsewhere" / "my_glom"


def test_an_update_never_writes_over_the_learners_file(folder, monkeypatch):
    mine = write(folder, "return levels").read_text("utf-8")
    monkeypatch.setattr(catalog, "stub", lambda name: "a newer stub")
    assert progress.file_of(NAME).read_text("utf-8") == mine


def test_a_broken_diary_loses_only_its_broken_lines(folder):
    progress.note(NAME, "check", library="numpy", status="right", hash="1")
    with open(folder / "progress.jsonl", "a", encoding="utf-8") as file:
        file.write('{"exercise": "gone", "did": "check"}\n[1]\n{"did": 3}\nnonsense\n{"exer')
    progress.note(NAME, "hint", hint=2)
    standing = progress.standings()[NAME]
    assert standing.numpy == "passed" and standing.hints == 2
    assert json.loads((folder / "progress.jsonl").read_text("utf-8").splitlines()[-1])["hint"] == 2


def test_a_pass_is_not_undone_by_a_later_try():
    for status in ("wrong", "right", "wrong"):
        progress.note(NAME, "check", library="torch", status=status, hash="1")
    assert progress.standings()[NAME].torch == "passed"


def _many(count):
    for index in range(count):
        progress.note(NAME, "hint", hint=1, padding="x" * (index % 50))


def test_many_at_once_lose_no_line(folder):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    workers = [context.Process(target=_many, args=(50,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(diary(folder)) == 200
