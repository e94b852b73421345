"""An experiment whose runs take no time, listed among the others for a test."""

import sys
from types import ModuleType

import numpy as np

import tutorials.experiments as experiments
from tutorials.experiments import files, tables
from tutorials.experiments.__main__ import main


class Fake(ModuleType):
    """An experiment whose runs take no time, and which knows how often it was run."""

    NAME, VARIANTS = "fake", ("a", "b")
    TABLES = {"": tables.Table(columns={"x": "how much"})}

    def __init__(self):
        super().__init__("tutorials.experiments.fake", "Does a fake experiment work?\n\nYes.")
        self.calls, self.asked, self.strike = [], {"steps": 3}, None

    def run(self, variant, seed, folder, say, *, quick=False):
        if (variant, seed) == self.strike:
            raise KeyboardInterrupt
        self.calls.append((variant, seed))
        (folder / "weights").write_text("kept")
        return {"rows": [{"row": variant, "x": np.float32(seed + (variant == "b")), "t": None}]}

    def choices(self, variant, *, quick=False):
        return self.asked | {"quick": quick}

    def about(self, results):
        return "What a fake experiment says."


def installed(monkeypatch, tmp_path):
    """The fake one listed among the others, with results in a folder of the test's own."""
    module = Fake()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(experiments.EXPERIMENTS, "fake", "fake")
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    return module


def run(tmp_path, *words):
    """Its command, with runs in a folder of the test's own; returns the exit status."""
    return main(["fake", "--out", str(tmp_path / "out"), *words])


def kept(tmp_path):
    """Its results, if there are any."""
    return files.read_json(tmp_path / "results" / "fake.json")
