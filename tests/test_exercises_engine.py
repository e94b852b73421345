"""The command line, the learner's folder and diary, and what a notebook hands over."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import tutorials.__main__ as launcher
from browser_helpers import REPO
from exercises_kit import NAME, SOLVED, diary, solve, write
from tutorials.exercises import catalog, check, commands, hint, overview, progress, solution
from tutorials.exercises.runner import Limits
from tutorials.exercises.source import Unreadable, from_file


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOM_EXERCISES", str(tmp_path / "my_glom"))
    return tmp_path / "my_glom"


def typed(*words, capsys):
    """Exit status and text of `python -m tutorials ...`."""
    status = launcher.main(list(words))
    return status, capsys.readouterr().out


# ---- the command line ----


def test_from_the_stub_to_the_next_exercise(folder, capsys):
    status, said = typed("next", capsys=capsys)
    first = catalog.known()[0]
    assert status == 0 and said.startswith(first) and f"check {first}" in said
    status, said = typed("check", NAME, capsys=capsys)
    assert status == 3 and "not tried yet" in said
    assert (folder / f"{NAME}.py").read_text("utf-8") == catalog.stub(NAME)
    write(folder, "return levels")
    status, said = typed("check", NAME, "--numpy", capsys=capsys)
    assert status == 1 and f"hint {NAME}" in said
    solve(folder)
    status, said = typed("check", NAME, "--numpy", capsys=capsys)
    assert status == 0 and "Look: " in said and "--torch" in said
    status, said = typed("check", NAME, capsys=capsys)  # NumPy, and torch once it is written
    assert status == 0 and "torch: right" in said and "your own NumPy version" in said
    status, said = typed("list", capsys=capsys)
    line = next(line for line in said.splitlines() if f" {NAME} " in line)
    assert status == 0 and line.split()[-2:] == ["x", "x"]
    about = catalog.exercise(NAME)
    assert str(about.minutes) in line and "*" * about.difficulty in line


def test_next_goes_through_numpy_and_then_torch(folder, capsys):
    for name in catalog.known():
        progress.note(name, "check", library="numpy", status="right", hash="1")
    first = catalog.known()[0]
    assert f"check {first} --torch" in typed("next", capsys=capsys)[1]
    for name in catalog.known():
        progress.note(name, "check", library="torch", status="right", hash="1")
    assert "All exercises are right" in typed("next", capsys=capsys)[1]


def test_torch_that_is_wrong_is_said_after_numpy(folder, capsys):
    path = solve(folder)
    text = path.read_text("utf-8")
    path.write_text(text.replace("torch.softmax(beta * agreement", "torch.softmax(agreement"))
    status, said = typed("check", NAME, capsys=capsys)
    assert status == 1 and "left `beta` out" in said and "_torch" in said.splitlines()[0]


def test_three_hints_one_at_a_time(folder, capsys):
    hints = catalog.exercise(NAME).hints
    for number, text in enumerate(hints, 1):
        assert typed("hint", NAME, capsys=capsys) == (0, f"Hint {number} of 3: {text}\n")
    said = typed("hint", NAME, capsys=capsys)[1]
    assert all(text in said for text in hints) and "These are all" in said
    assert str(hint(NAME)) == said.strip()


def test_the_solution_only_after_a_try(folder, capsys):
    status, said = typed("solution", NAME, capsys=capsys)
    assert status == 3 and "Try it once first" in said
    check(NAME)  # the stub is no try
    assert typed("solution", NAME, capsys=capsys)[0] == 3
    write(folder, "return levels")
    check(NAME)
    assert typed("solution", NAME, capsys=capsys) == (0, catalog.solution(NAME) + "\n")
    with pytest.raises(PermissionError):
        solution("cosine")


def test_reset_keeps_what_was_there(folder, capsys):
    solve(folder)
    check(NAME, library="numpy")
    progress.note("cosine", "check", library="numpy", status="right", hash="1")
    mine = write(folder, "return levels").read_text("utf-8")
    assert f"{NAME}.1.py" in typed("reset", NAME, capsys=capsys)[1]
    write(folder, "return levels + 1")
    assert f"{NAME}.2.py" in typed("reset", NAME, capsys=capsys)[1]
    assert (folder / f"{NAME}.1.py").read_text("utf-8") == mine
    assert (folder / f"{NAME}.py").read_text("utf-8") == catalog.stub(NAME)
    standing = progress.standings()
    assert standing[NAME].numpy == "" and standing["cosine"].numpy == "passed"
    assert [e["did"] for e in diary(folder)] == ["check", "check", "reset", "reset"]


@pytest.mark.parametrize(
    "words", [["check"], ["check", NAME, "--both"], ["check", NAME, "--numpy", "--torch"], ["hint"]]
)
def test_usage(words, capsys):
    with pytest.raises(SystemExit) as ended:
        launcher.main(words)
    assert ended.value.code == 2
    assert "usage: python -m tutorials" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "hint", "solution", "reset", "watch"])
def test_an_unknown_exercise_is_said_with_the_nearest(command, capsys):
    status, said = typed(command, "consensu", capsys=capsys)
    assert status == 2 and "did you mean 'consensus'?" in said


def test_the_launcher_knows_the_commands():
    assert set(launcher.EXERCISES) == set(commands.COMMANDS)


def test_the_picture_can_be_had_in_a_terminal(folder, capsys, tmp_path):
    write(folder, SOLVED.replace("beta * agreement", "agreement"))
    status, said = typed("check", NAME, "--picture", str(tmp_path / "p.png"), capsys=capsys)
    assert status == 1 and "Three panels" in said
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    status, said = typed("check", NAME, "--picture", "/nowhere/p.png", capsys=capsys)
    assert status == 2 and "/nowhere/p.png: No such file" in said


def test_without_torch_the_numpy_half_works(folder, monkeypatch):
    solve(folder)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = check(NAME, library="torch")
    assert answer.exit_code == 2 and "pip install" in answer.text
    assert check(NAME, library="numpy").status == "right"


def test_watch_checks_whenever_the_file_is_saved_and_ends_on_ctrl_c(folder):
    path = write(folder, "return levels")
    environment = {**os.environ, "PYTHONPATH": str(REPO), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "tutorials", "watch", NAME, "--numpy"]
    said = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as watching:
        reader = threading.Thread(target=lambda: said.extend(watching.stdout))
        reader.start()
        try:
            until(lambda: any("not yet right" in line for line in said), said)
            path.unlink()  # as some editors do
            time.sleep(0.3)
            solve(folder)
            until(lambda: any("NumPy: right" in line for line in said), said)
            time.sleep(0.5)
            assert sum(line.startswith("----") for line in said) == 2, "only when it is saved"
        finally:
            watching.send_signal(signal.SIGINT)
            watching.wait(30)
            reader.join()
    assert watching.returncode == 0 and said[-1] == "No longer watching.\n"
    assert not any("Traceback" in line for line in said)


def until(true, said, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "".join(said)
        time.sleep(0.05)


def test_an_interrupt_ends_the_learners_process_too(folder, monkeypatch):
    write(folder, "while True:\n    pass")
    started = []
    from tutorials.exercises import runner

    def interrupted(self, until):
        started.append(self.process)
        raise KeyboardInterrupt

    monkeypatch.setattr(runner.Running, "_wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check(NAME, library="numpy", limits=Limits(seconds=30))
    assert started[0].returncode is not None


def test_a_renamed_function_is_asked_for_by_its_name(folder):
    path = write(folder, SOLVED)
    path.write_text(path.read_text("utf-8").replace("def consensus_numpy", "def consensus_mine"))
    with pytest.raises(Unreadable, match="no `def consensus_numpy"):
        from_file(path, "consensus_numpy")


def test_the_overview_is_text(folder):
    assert repr(overview()) == str(overview()) and str(folder) in overview()


OTHER = """

def islands_torch(vectors, tau):
    return 7 + 2 * first_torch(vectors, tau)
"""


def test_torch_may_number_islands_otherwise_than_numpy(folder, capsys):
    """Any numbers will do, and so they do between the two libraries."""
    path = solve(folder, "islands")
    text = path.read_text("utf-8").replace("def islands_torch", "def first_torch", 1)
    path.write_text(text + OTHER, "utf-8")
    status, told = typed("check", "islands", "--torch", capsys=capsys)
    assert status == 0 and "It equals your own NumPy version" in told


def test_a_reader_who_has_seen_enough_is_no_error(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(REPO), "PYTHONUNBUFFERED": "1"}
    command = f"{sys.executable} -m tutorials list | head -1"
    done = subprocess.run(
        command, shell=True, env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stderr == "" and "exercise" in done.stdout
