"""`python -m tutorials` opens JupyterLab at the first notebook; `--doctor` checks the environment.

`python -m tutorials export OUT/` makes pages of the notebooks that need no kernel (see `export`).
`python -m tutorials check | hint | solution | list | next | reset | watch` are the exercises (see
`exercises.commands`).
JupyterLab listens on this machine only, asks for a token, and no request of it leaves the machine.
"""

import argparse
import importlib.util
import json
import os
import secrets
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import webbrowser
from pathlib import Path

from . import HERE, START

LOOPBACK = "127.0.0.1"
FIRST_PORT = 8888
EXERCISES = ("check", "hint", "solution", "list", "next", "reset", "watch")
# Announcements fetch a news feed; the extension manager asks PyPI for its list.
DISABLED = (
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/extensionmanager-extension",
)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; the exit status is 0, 1 (something is missing) or 2 (usage)."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["export"]:
        from .export import main as export

        return export(argv[1:])
    if argv[:1] and argv[0] in EXERCISES:
        from .exercises.commands import main as exercises

        return exercises(argv)
    parser = argparse.ArgumentParser(
        prog="python -m tutorials",
        description="Open the GLOM tutorials in JupyterLab.",
        epilog="python -m tutorials export OUT/ makes web pages of them; "
        f"python -m tutorials {' | '.join(EXERCISES)} are the exercises; see their --help.",
    )
    parser.add_argument(
        "--doctor", action="store_true", help="check the environment, say what to type"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--port", type=int, help=f"default: the first free one from {FIRST_PORT} on"
    )
    choices = parser.parse_args(argv)
    if choices.doctor:
        from .doctor import examine

        return examine()
    if importlib.util.find_spec("jupyterlab") is None:
        print('JupyterLab is not installed here. Type: .venv/bin/pip install -e ".[tutorials]"')
        return 1
    if choices.port is not None and not is_free(choices.port):
        print(f"Port {choices.port} cannot be used. Leave --port out: a free one will be found.")
        return 1
    open_lab(START, port=choices.port, browser=has_display() and not choices.no_browser)
    return 0


def open_lab(notebook: Path, *, port: int | None = None, browser: bool = False) -> None:
    """Serve the folder above the notebook's in JupyterLab, until it is stopped (Ctrl-C)."""
    root = notebook.resolve().parent.parent
    port = port or free_port()
    token = secrets.token_hex(24)
    page = urllib.parse.quote(notebook.resolve().relative_to(root).as_posix())
    url = f"http://{LOOPBACK}:{port}/lab/tree/{page}?token={token}"
    with tempfile.TemporaryDirectory(prefix="glom-tutorials-") as scratch:
        settle_in(Path(scratch))
        print("Starting JupyterLab ...", flush=True)
        threading.Thread(target=_announce, args=(url, port, token, browser), daemon=True).start()
        from jupyterlab.labapp import LabApp

        LabApp.launch_instance(lab_arguments(root, port, token))


def lab_arguments(root: Path, port: int, token: str) -> list[str]:
    """JupyterLab's command line. In this process, so the token shows in no list of processes."""
    arguments = [
        f"--ServerApp.ip={LOOPBACK}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.open_browser=False",  # we open it, at the right page
        "--ServerApp.allow_remote_access=False",
        "--ServerApp.answer_yes=True",  # one Ctrl-C is enough
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
        f"--IdentityProvider.token={token}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        print("You are root, which Jupyter refuses by default: passing --allow-root.", flush=True)
        arguments.append("--allow-root")
    return arguments


def settle_in(scratch: Path) -> None:
    """Put our page settings and our kernel where Jupyter looks first; nothing else is changed.

    The kernel "python3" is *this* Python, whatever other kernels are installed for this user.
    """
    config, data = scratch / "config", scratch / "data"
    settings = config / "labconfig" / "page_config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"disabledExtensions": dict.fromkeys(DISABLED, True)}), "utf-8")
    from ipykernel.kernelspec import write_kernel_spec

    paths = [str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    kernel = data / "kernels" / "python3"
    kernel.parent.mkdir(parents=True)
    write_kernel_spec(kernel, overrides={"env": {"PYTHONPATH": os.pathsep.join(paths)}})
    for name, folder in (("JUPYTER_CONFIG_PATH", config), ("JUPYTER_PATH", data)):
        os.environ[name] = os.pathsep.join(filter(None, [str(folder), os.environ.get(name)]))


def _announce(url: str, port: int, token: str, browser: bool) -> None:
    """Once the server answers: print the address, and open the browser."""
    api = f"http://{LOOPBACK}:{port}/api/status?token={token}"  # answers to the token only
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback: no proxy
    for _ in range(600):
        try:
            opener.open(api, timeout=5).close()
            break
        except urllib.error.HTTPError as refused:
            if refused.code == 403:
                print(f"Port {port} belongs to another program by now. Start again.", flush=True)
                return
            time.sleep(0.1)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    else:
        print(
            "JupyterLab does not answer. Type: .venv/bin/python -m tutorials --doctor", flush=True
        )
        return
    print(f"The tutorials are at\n\n    {url}\n", flush=True)
    print("The address works on this machine only. Ctrl-C here stops it.", flush=True)
    if not (browser and webbrowser.open(url)):
        print("Paste it into a browser on this machine.", flush=True)


def has_display() -> bool:
    """True if a browser window can be expected to open here."""
    if os.environ.get("SSH_CONNECTION"):
        return False
    windows = sys.platform in ("darwin", "win32")
    return windows or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def is_free(port: int) -> bool:
    """True if this machine lets us listen on the port (1 to 65535) of the loopback address."""
    if not 0 < port < 65536:
        return False
    with socket.socket() as door:
        if os.name == "posix":  # a port that was used a moment ago is free; not so on Windows
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(first: int = FIRST_PORT) -> int:
    """The first free port from `first` on; any free one if a hundred are taken."""
    for port in range(first, first + 100):
        if is_free(port):
            return port
    with socket.socket() as door:
        door.bind((LOOPBACK, 0))
        return door.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
