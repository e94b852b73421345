"""How much memory a call takes at its peak, above what there was before it."""

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

PROC = Path("/proc/self")


def peak(run: Callable[[], Any]) -> int | None:
    """Bytes at the peak of `run`, above those before it; None where the system does not tell.

    On a GPU what torch has allocated there. Else what is resident: Linux keeps the highest (VmHWM)
    and lets us begin anew (clear_refs); where that is not allowed, a thread looks every millisecond
    and may miss a short peak. (`resource.getrusage` never goes down: imports would hide a step.)
    """
    gc.collect()
    if (gpu := gpu_in_use()) is not None:
        gpu.synchronize()
        gpu.reset_peak_memory_stats()
        before = gpu.memory_allocated()
        run()
        gpu.synchronize()
        return gpu.max_memory_allocated() - before
    try:
        (PROC / "clear_refs").write_text("5")
    except OSError:
        return _watched(run)
    before = _status("VmRSS")
    run()
    return _status("VmHWM") - before


def _status(name: str) -> int:
    lines = (PROC / "status").read_text(encoding="utf-8").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _watched(run: Callable[[], Any]) -> int | None:
    if not (PROC / "status").exists():
        run()
        return None
    before, seen, done = _status("VmRSS"), [0], Event()

    def look() -> None:
        while not done.wait(0.001):
            seen[0] = max(seen[0], _status("VmRSS") - before)

    watcher = Thread(target=look)
    watcher.start()
    try:
        run()
    finally:
        done.set()
        watcher.join()
    return max(seen[0], _status("VmRSS") - before)


def gpu_in_use() -> Any:
    """torch.cuda, if this process has used it."""
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
