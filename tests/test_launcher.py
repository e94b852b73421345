"""`python -m tutorials`: the server it starts, what it refuses, and what the doctor finds."""

import json
import os
import socket
import subprocess
import sys
import tomllib
import urllib.error
import urllib.parse
import urllib.request

import pytest

import tutorials.__main__ as launcher
from browser_helpers import REPO, offline_environment, started
from tutorials import doctor


def get(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as answer:
        return answer.read().decode()


def test_the_command_serves_the_first_notebook_with_this_python(tmp_path):
    """From another folder, as this user (root or not), without a display, with a token."""
    with started([sys.executable, "-m", "tutorials"], tmp_path) as (url, log):
        address = urllib.parse.urlsplit(url)
        assert address.hostname == "127.0.0.1"
        assert address.path == "/lab/tree/tutorials/00_start_here.ipynb"
        base = f"http://{address.netloc}"
        kernel = json.loads(get(f"{base}/api/kernelspecs?{address.query}"))["kernelspecs"][
            "python3"
        ]
        assert kernel["spec"]["argv"][0] == sys.executable
        assert kernel["spec"]["env"]["PYTHONPATH"].split(os.pathsep)[0] == str(REPO)
        file = get(f"{base}/api/contents/tutorials/00_start_here.ipynb?content=0&{address.query}")
        assert json.loads(file)["type"] == "notebook"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            get(f"{base}/api/kernelspecs")  # no token, no answer
        page = get(url)
        config = json.loads(page.split('type="application/json">')[1].split("</script>")[0])
        assert set(launcher.DISABLED) <= set(config["disabledExtensions"])
        assert config["news"] == {"disabled": True}
        own = socket.gethostbyname(socket.gethostname())
        if own != "127.0.0.1":  # nobody on the network is let in
            with pytest.raises(OSError), socket.create_connection((own, address.port), timeout=2):
                pass
    assert not log.exists(), log.read_text()
    assert not list((tmp_path / "scratch").glob("*")), "it leaves nothing behind"


def run(arguments, folder, **changes):
    environment, _ = offline_environment(folder)
    return subprocess.run(
        [sys.executable, "-m", "tutorials", *arguments],
        env={**environment, **changes},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.parametrize("arguments", [["check"], ["--docter"], ["--port", "many"]])
def test_what_it_does_not_know_gives_the_usage(arguments, tmp_path):
    done = run(arguments, tmp_path)
    assert done.returncode == 2 and "usage: python -m tutorials" in done.stderr


def test_a_port_in_use_is_said_and_another_one_found(tmp_path):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        assert not launcher.is_free(port) and launcher.free_port(port) != port
        done = run(["--port", str(port)], tmp_path)
    assert done.returncode == 1 and f"Port {port} cannot be used" in done.stdout
    assert not launcher.is_free(70_000) and not launcher.is_free(0)


def test_root_is_told_and_let_in(monkeypatch, capsys):
    for user, allowed in ((0, True), (1000, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user, raising=False)
        assert ("--allow-root" in launcher.lab_arguments(REPO, 8888, "token")) is allowed
        assert ("--allow-root" in capsys.readouterr().out) is allowed


@pytest.mark.parametrize(
    "platform, variables, display",
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ":10", "SSH_CONNECTION": "there here"}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_browser_is_opened_only_where_one_can_appear(monkeypatch, platform, variables, display):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert launcher.has_display() is display


# ---- the doctor ----


def test_the_doctor_finds_this_environment_well(tmp_path):
    done = run(["--doctor"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert all(line.startswith("[ok] ") for line in lines[:-1])
    assert lines[-1] == "All is well. Type: .venv/bin/python -m tutorials"


def test_the_doctor_says_what_to_type(monkeypatch, capsys, tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"PK")
    wanted = [("numpy", ">=99"), ("no-such-package", "")]
    monkeypatch.setattr(doctor, "requirements", lambda extra: wanted)
    monkeypatch.setattr(doctor, "WEIGHTS", doctor.HERE / "nowhere")
    monkeypatch.setattr(doctor, "CHECKS", (doctor._packages, doctor._files))
    assert doctor.examine() == 1
    told = capsys.readouterr().out
    assert "[fix] numpy" in told and 'pip install -e ".[tutorials]"' in told
    assert "[fix] no-such-package is not installed" in told
    assert "[fix] tutorials/nowhere/avatars.safetensors is missing; type: git checkout" in told


def test_a_check_that_fails_is_itself_a_finding(monkeypatch, capsys):
    def _lungs():
        raise RuntimeError("no air")
        yield

    monkeypatch.setattr(doctor, "CHECKS", (_lungs,))
    assert doctor.examine() == 1
    assert "[fix] lungs: RuntimeError: no air" in capsys.readouterr().out


@pytest.mark.parametrize(
    "version, wanted, fits",
    [
        ("2.13.0+cpu", ">=2.6,<2.14", True),
        ("2.14.0", ">=2.6,<2.14", False),
        ("2.14", "<2.14.0", False),
        ("3.9.2", ">=3.11", False),
        ("0.0.14", "==0.0.14", True),
        ("4.0.0rc1", ">=4", True),
        ("1.0", "", True),
    ],
)
def test_versions_are_compared_as_numbers(version, wanted, fits):
    assert doctor.satisfies(version, wanted) is fits


def test_the_doctor_asks_for_what_pyproject_asks_for():
    names = dict(doctor.requirements("tutorials"))
    assert {"numpy", "torch", "jupyterlab", "anywidget"} <= set(names)
    assert names["torch"].startswith(">=") and "pytest" not in names


def test_torch_is_asked_for_in_one_range():
    """The test extra says it again, for pip's sake."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = {line for extra in extras.values() for line in extra if line.startswith("torch")}
    assert len(asked) == 1 and asked < set(extras["test"])
