"""What the README and the weights' README say is what is in the repository."""

import json
import re
from pathlib import Path

import pytest

from glom_numpy.checkpoint import load
from glom_numpy.flags import Training
from tutorials import WEIGHTS, scores
from tutorials.experiments import ellipses

REPO = Path(__file__).resolve().parents[1]
README = (REPO / "README.md").read_text(encoding="utf-8")


def test_the_table_is_the_measured_one():
    measured = json.loads(scores.SCORES.read_text(encoding="utf-8"))
    assert scores.into_readme(scores.table(measured), README) == README


def test_a_readme_without_its_markers_is_refused():
    with pytest.raises(ValueError, match="wanted the markers"):
        scores.into_readme("table", README.replace(scores.MARKS[1], ""))


def test_trained_islands_beat_every_control():
    rows = json.loads(scores.SCORES.read_text(encoding="utf-8"))["rows"]
    last = max(row["t"] for row in rows if row["row"] == "GLOM")
    for level, name in ((1, "parts FG-ARI"), (2, "groups FG-ARI")):
        ours = next(r for r in rows if (r["row"], r["level"], r["t"]) == ("GLOM", level, last))
        others = [r[name] for r in rows if r["row"] != "GLOM"]
        assert len(others) > 10
        assert ours[name] > max(others), (name, ours[name], max(others))


DOCUMENTS = ("README.md", *(f"tutorials/{at}README.md" for at in ("", "experiments/", "weights/")))
NOTEBOOKS = sorted(path.relative_to(REPO) for path in (REPO / "tutorials").glob("*.ipynb"))


@pytest.mark.parametrize("document", [*DOCUMENTS, *NOTEBOOKS], ids=str)
def test_links_lead_somewhere(document):
    text = (REPO / document).read_text(encoding="utf-8")
    if str(document).endswith(".ipynb"):
        cells = [c["source"] for c in json.loads(text)["cells"] if c["cell_type"] == "markdown"]
        text = "\n".join("".join(cell) for cell in cells)
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert links or document != "README.md"
    for link in links:
        assert ((REPO / document).parent / link).exists(), link


def test_the_two_commands_stand_alone_on_their_lines():
    for module in ("tutorials", "pytest"):
        lines = [line for line in README.splitlines() if line.endswith(f"python -m {module}")]
        assert len(lines) == 1 and lines[0].startswith("python3 -m venv .venv && "), lines


def test_the_examples_run():
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(examples) == 3
    for example in examples:
        exec(example, {})


CONFIGS = REPO / "tutorials" / "experiments" / "configs"
FROM_CONFIGS = ("constellations", "spirals", "spirals_still", "puppets", "bars")
ASKED = {name: CONFIGS / f"{name}.json" for name in FROM_CONFIGS}
ASKED |= {"avatars": WEIGHTS / "avatars.json"}
LONGER = {"constellations": {"steps": 2500}}  # than in the experiment; the weights' README says so


def test_all_weights_are_held_to_what_was_asked():
    shipped = {path.stem for path in WEIGHTS.glob("*.safetensors")}
    assert shipped == {*ASKED, "ellipses"}


@pytest.mark.parametrize("name", [*ASKED, "ellipses"])
def test_the_weights_are_those_their_config_asks_for(name):
    if name == "ellipses":
        asked = ellipses.choices("glom")
    else:
        asked = json.loads(ASKED[name].read_text(encoding="utf-8"))
    weights = load(WEIGHTS / f"{name}.safetensors")
    assert weights.extra["finished"]
    for section, made in (("glom", weights.config), ("recipe", weights.recipe)):
        assert made.replace(**asked[section]) == made
    training = Training.from_dict(weights.extra["training"])
    assert training.replace(**asked["train"] | LONGER.get(name, {})) == training
    assert (WEIGHTS / f"{name}.safetensors").stat().st_size < 3e6
