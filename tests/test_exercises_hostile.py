"""Whatever a learner's file does, it gets one clear sentence, and nothing else is harmed."""

import os
import resource
import sys
import time

import numpy as np
import pytest

from exercises_kit import BEGIN, SOLVED, diary, solve, write
from tutorials.exercises import check
from tutorials.exercises.progress import note, standings
from tutorials.exercises.runner import Limits

SMALL, SOON = Limits(bytes=1 << 30), Limits(seconds=1.0)
CASES = {
    # what: (body, above the imports, exit code, what is said)
    "syntax error": ("return levels *", "", 1, "Python cannot read line 29: `return levels *`"),
    "endless loop": (
        "while True:\n    pass",
        "",
        4,
        "Still running after 1 seconds, at line ",
    ),
    "20 GB": ("return np.zeros((20, 1 << 27))", "", 4, "It asked for more than 1 GB of memory"),
    "sys.exit": ("import sys\nsys.exit(0)", "", 1, "It ends Python, at line 30: `sys.exit(0)`"),
    "sys.exit above": (SOLVED, "import sys; sys.exit()\n", 1, "It ends Python, at line 1"),
    "os._exit": ("import os\nos._exit(0)", "", 4, "Python ended before your function answered"),
    "crash": ("import ctypes\nctypes.string_at(0)", "", 4, "Python itself was ended by SIGSEGV"),
    "a megabyte": (
        f"for k in range(20_000):\n    print('hello' * 12, k)\n{SOLVED}",
        "",
        0,
        "lines, the first five:",
    ),
    "prints for ever": ("while True:\n    print('x' * 10_000)", "", 4, "more than 64 MB"),
    "patches numpy": ("np.einsum = lambda *a: 0\nreturn levels", "", 1, "It replaces `np.einsum`"),
    "patches len": ("import builtins\nbuiltins.len = 3\nreturn levels", "", 1, "It replaces `len`"),
    "reference": (
        "from glom_numpy.attention import consensus\nreturn consensus(levels, beta=beta)",
        "",
        1,
        "The numbers are right, for they come from `attention.consensus`",
    ),
    "half the reference": (
        "from glom_numpy.attention import attention_weights as a\n"
        "return np.einsum('blij,bjld->bild', a(levels, beta=beta), levels)",
        "",
        1,
        "come from `attention.attention_weights`",
    ),
    "solution": (
        "from tutorials.exercises.consensus import solution\n"
        "return solution.consensus_numpy(levels, beta=beta)",
        "",
        1,
        "come from `solution.consensus_numpy`",
    ),
    "random": ("return levels + np.random.rand()", "", 1, "it gave two answers"),
    "remembers": (
        "own = consensus_numpy.__dict__\nown['k'] = own.get('k', 0) + 1\nreturn levels * own['k']",
        "",
        1,
        "it gave two answers",
    ),
    "writes": (f"levels *= 1.5\n{SOLVED}", "", 1, ""),
    "writes in the end": (
        SOLVED.replace("return ", "heard = ") + "\nlevels[:] = 0\nreturn heard",
        "",
        1,
        "It writes to its input (`levels`)",
    ),
    "list": (
        SOLVED.replace("return ", "return list(") + ")",
        "",
        1,
        "got a list of 2; make one array",
    ),
    "nested list": (SOLVED + ".tolist()", "", 1, "got a list; make one array"),
    "float32": (SOLVED + ".astype('float32')", "", 1, "Wanted float64, got float32"),
    "generator": (SOLVED.replace("return ", "yield "), "", 1, "got a generator"),
    "None": (SOLVED.replace("return ", "heard = "), "", 1, "got None; is there a `return`?"),
    "tensor": ("import torch\nreturn torch.tensor(levels)", "", 1, "got a torch tensor"),
    "number": ("return 3.0", "", 1, "got the single number 3"),
    "text": ("return 'heard'", "", 1, "got a str 'heard'"),
    "huge": ("return np.zeros(10_000_000)", "", 1, "of 10,000,000 numbers"),
    "raises": ("return levels @ levels", "", 1, "It raised ValueError: matmul"),
    "input": ("return input()", "", 1, "It waits for somebody to type"),
    "without end": (
        "return consensus_numpy(levels, beta=beta)",
        "",
        1,
        "It calls itself without end",
    ),
    "a thread": (
        f"from threading import Event, Thread\nThread(target=Event().wait).start()\n{SOLVED}",
        "",
        0,
        "right",
    ),
    "other arguments": ("return levels(3)", "", 1, "It raised TypeError"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOM_EXERCISES", str(tmp_path / "my_glom"))
    note("cosine", "check", library="numpy", status="right", hash="1234567")
    return tmp_path / "my_glom"


@pytest.mark.parametrize("what", CASES)
def test_one_clear_sentence(what, folder, capfd):
    body, top, code, said = CASES[what]
    write(folder, body, top=top)
    begun = time.perf_counter()
    answer = check("consensus", library="numpy", limits=SOON if what == "endless loop" else SMALL)
    assert answer.exit_code == code, answer
    assert said in answer.text
    assert time.perf_counter() - begun < 30
    where, sentence, *rest = answer.text.splitlines()
    assert where.startswith(str(folder / "consensus.py")) and sentence.startswith("consensus, ")
    assert len(answer.text) < 2500, "no wall of text"
    assert "exercises/child.py" not in answer.text and "Traceback" not in answer.text
    # Nothing that was reached is lost, and the try is in the diary.
    assert standings()["cosine"].numpy == "passed"
    assert [event["did"] for event in diary(folder)] == ["check", "check"]
    assert capfd.readouterr() == ("", ""), "nothing is printed into the notebook"
    assert np.einsum("i,i", np.ones(2), np.ones(2)) == 2


def test_the_lines_shown_are_the_learners(folder):
    write(folder, "def inner(x):\n    return x @ x\nreturn inner(levels)")
    answer = check("consensus", library="numpy")
    lines = answer.text.splitlines()
    place = next(k for k, line in enumerate(lines) if "in inner" in line)
    assert "line 30" in lines[place] and lines[place + 1].strip() == "return x @ x"
    assert sum(", in " in line for line in lines) == 2


def test_not_python_at_all(folder):
    path = write(folder, SOLVED)
    path.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in check("consensus", library="numpy").text
    path.write_text("def consensus_numpy(:\n", "utf-8")
    assert "line 1" in check("consensus", library="numpy").text
    path.write_text("x = 1\0", "utf-8")
    assert "Python cannot read" in check("consensus", library="numpy").text
    path.write_text("def other():\n    pass\n", "utf-8")
    assert "there is no `def consensus_numpy" in check("consensus", library="numpy").text.lower()
    path.write_text("def consensus_numpy(levels, *, beta=1.0):\n    ...\n", "utf-8")
    assert check("consensus", library="numpy").status == "not tried"


@pytest.mark.parametrize("name", ["consensus", "mlp", "settle"])
def test_a_numpy_check_is_quick_and_loads_no_torch(name, folder):
    """Under two seconds of a processor, though the file imports torch at the top."""
    path = solve(folder, name)
    text = path.read_text("utf-8")
    assert "import torch" in text
    looks = f"{BEGIN}\n    import sys\n    assert 'torch._C' not in sys.modules"
    path.write_text(text.replace(BEGIN, looks, 1), "utf-8")  # it is called for several seeds

    def spent():
        both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(one.ru_utime + one.ru_stime for one in both)

    check(name, library="numpy")  # the reference is imported now
    before = spent()
    answer = check(name, library="numpy")
    assert answer.status == "right", answer
    assert spent() - before < 2


def test_torch_is_there_for_a_numpy_function_that_asks(folder):
    write(folder, f"import torch.nn.functional as F\nF.relu(torch.ones(2))\n{SOLVED}")
    assert check("consensus", library="numpy").status == "right"


def test_its_folder_is_its_own(folder, tmp_path, monkeypatch):
    """What it writes goes to a folder that is gone afterwards."""
    monkeypatch.chdir(tmp_path)
    write(folder, f"open('left.txt', 'w').write('here')\n{SOLVED}")
    assert check("consensus", library="numpy").status == "right"
    assert not (tmp_path / "left.txt").exists() and not list(folder.glob("left.txt"))


def test_one_exercise_may_import_another_of_the_learners(folder):
    solve(folder, "cosine")
    body = SOLVED.splitlines()
    body[0] = "from cosine import cosine_numpy"
    body[1] = "agreement = cosine_numpy(levels)"
    write(folder, "\n".join(body))
    assert check("consensus", library="numpy").status == "right"
    (folder / "cosine.py").write_text(
        "def cosine_numpy(levels):\n    return levels[100]\n", "utf-8"
    )
    answer = check("consensus", library="numpy")
    assert "IndexError" in answer.text and "cosine.py, line 2" in answer.text


def test_a_diary_that_cannot_be_written_is_said(folder, monkeypatch):
    solve(folder)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tutorials.exercises.progress.note", full)
    answer = check("consensus", library="numpy")
    assert answer.status == "right" and "No space left on device" in answer.text


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_what_it_started_ends_with_it(folder):
    body = (
        "import subprocess, os\np = subprocess.Popen(['sleep', '77'])\nprint(p.pid, flush=True)\n"
    )
    write(folder, body + "while True:\n    pass")
    answer = check("consensus", library="numpy", limits=Limits(seconds=0.5))
    assert "Still running" in answer.text
    pid = int(answer.text.split("It printed:")[1].split()[0])
    with pytest.raises(ProcessLookupError):
        for _ in range(50):  # a moment, until the system has cleared it away
            os.kill(pid, 0)
            time.sleep(0.1)
