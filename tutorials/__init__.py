"""How a learner meets GLOM: notebooks, the explorer, and the command that opens them.

Kept free of imports, so that `python -m tutorials --doctor` can speak where packages are missing.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
WEIGHTS = HERE / "weights"
START = HERE / "00_start_here.ipynb"
