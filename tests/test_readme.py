"""What the README and the weights' README say is what is in the repository."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from glom_numpy.checkpoint import load
from glom_numpy.flags import Training
from tutorials import WEIGHTS, scores
from tutorials.experiments import ellipses, experiment, shown, variants
from tutorials.experiments.files import load_results
from tutorials.experiments.runs import Asked, runs_of
from tutorials.experiments.tables import lines

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
# Of no file of their own: what an experiment makes of one.
ASKED_OF = {"ellipses": ellipses.choices("glom")}
ASKED_OF["puppets_labels"] = variants.choices("puppets", "glom_labels")
# Other than in the experiment, or not of seed 0; the weights' README says so.
OTHER = {"constellations": {"steps": 2500}, "puppets_labels": {"seed": 1}}


def test_all_weights_are_held_to_what_was_asked():
    shipped = {path.stem for path in WEIGHTS.glob("*.safetensors")}
    assert shipped == {*ASKED, *ASKED_OF}


@pytest.mark.parametrize("name", [*ASKED, *ASKED_OF])
def test_the_weights_are_those_their_config_asks_for(name):
    asked = ASKED_OF.get(name) or json.loads(ASKED[name].read_text(encoding="utf-8"))
    weights = load(WEIGHTS / f"{name}.safetensors")
    assert weights.extra["finished"]
    for section, made in (("glom", weights.config), ("recipe", weights.recipe)):
        assert made.replace(**asked[section]) == made
    training = Training.from_dict(weights.extra["training"])
    wanted = {"seed": 0} | asked["train"] | OTHER.get(name, {})
    assert training.replace(**wanted) == training
    assert (WEIGHTS / f"{name}.safetensors").stat().st_size < 3e6


def test_a_part_of_an_experiment_is_the_run_that_made_the_weights():
    said = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    parts = re.findall(r"experiments (\w+) --seeds (\d+) --part (\d+)/(\d+)", said)
    found = []
    for name, seeds, k, count in parts:
        runs = runs_of(experiment(name), Asked(seeds=int(seeds)))
        assert len(runs) == int(count), "one run a part"
        found.append((name, runs[int(k) - 1].variant, runs[int(k) - 1].seed))
    assert found == [("puppets", "glom_labels", 1), ("ellipses", "glom", 0)]


loaded = cache(load_results)


def value(name, row, score, t=None, rows="rows"):
    """As README writes it: the mean over the seeds of the one row of that name."""
    found = [line for line in lines(loaded(name), rows) if (line.row, line.t) == (row, t)]
    assert len(found) == 1, (name, row, t)
    return f"{found[0].spread(score)[0]:.2f}"


PARTS, OBJECTS, ISLANDS = "parts FG-ARI", "objects FG-ARI", "objects islands FG-ARI"
NO_TALK, LARGER = ellipses.ROWS["glom_alone"], ellipses.ROWS["glom_larger"]
UNCHANGED, ALONE, LABELS = (
    shown.ROWS[variant] for variant in ("glom_unchanged", "glom_alone", "glom_labels")
)
NEAR, LOCAL = shown.ROWS["glom_near"], shown.ROWS["glom_local"]
TAUGHT = shown.TRANSFORMERS["transformer_taught"]
# What README says of the worlds in words, where numbers stand between them: by world, its rows.
TOLD = {
    "k-means tells the wholes apart in every model, in GLOM {} and in the others better ({} "
    "without consensus, {} for deep sets, {} for the transformer)": (
        ("ellipses", "GLOM", OBJECTS, 7),
        ("ellipses", NO_TALK, OBJECTS, 7),
        ("ellipses", "deep sets", OBJECTS),
        ("ellipses", "transformer", OBJECTS, 7),
    ),
    "one location is right in {} of all cases": (("ellipses", "GLOM", "class accuracy", 7),),
    "GLOM fails ({}; the transformer {})": (
        ("ellipses", "GLOM: larger wholes", OBJECTS, 7, "beyond"),
        ("ellipses", "transformer: larger wholes", OBJECTS, 7, "beyond"),
    ),
    "before it has heard another parts them poorly ({})": (
        ("ellipses", "GLOM: larger wholes", OBJECTS, 3, "beyond"),
    ),
    "a GLOM without consensus does by itself ({})": (
        ("ellipses", f"{NO_TALK}: larger wholes", OBJECTS, 7, "beyond"),
    ),
    "Trained on such wholes too, it parts them ({}), but then those of the usual sizes less well "
    "({})": (
        ("ellipses", f"{LARGER}: larger wholes", OBJECTS, 7, "beyond"),
        ("ellipses", LARGER, OBJECTS, 7),
    ),
    "objects {}, which is what place alone gives ({}), parts {}": (
        ("puppets", UNCHANGED, OBJECTS, 12),
        ("puppets", "location alone, by column", OBJECTS),
        ("puppets", UNCHANGED, PARTS, 12),
    ),
    "of objects hardly more than place does ({})": (("puppets", LOCAL, OBJECTS, 6),),
    "objects have {}; behind four smaller ones, which see four pixels around, {} by k-means and {} "
    "by islands, which are not told how many; parts {}": (
        ("puppets", NEAR, OBJECTS, 6),
        ("puppets", "GLOM", OBJECTS, 6),
        ("puppets", "GLOM", ISLANDS, 6),
        ("puppets", "GLOM", PARTS, 6),
    ),
    "behind the same front end, has {} and {}": (
        ("puppets", TAUGHT, OBJECTS, 6),
        ("puppets", TAUGHT, PARTS, 6),
    ),
    "trained without consensus it has {} by k-means (islands {})": (
        ("puppets", ALONE, OBJECTS, 6),
        ("puppets", ALONE, ISLANDS, 6),
    ),
    "With true labels the same model has {} (islands {})": (
        ("puppets", LABELS, OBJECTS, 6),
        ("puppets", LABELS, ISLANDS, 6),
    ),
    "the same weights find {}, less than place does ({})": (
        ("puppets", "GLOM: smaller", OBJECTS, 6, "beyond"),
        ("puppets", "location alone, by column: smaller", OBJECTS, None, "beyond"),
    ),
    "a GLOM taught like that of puppets finds {}. So does one trained without consensus, {}": (
        ("bars", "GLOM", OBJECTS, 6),
        ("bars", ALONE, OBJECTS, 6),
    ),
    "has {} ({} if it is told where the figure's middle lies)": (
        ("bars", "direction from the picture's middle, by column", OBJECTS),
        ("bars", "direction from the figure's middle, by column", OBJECTS),
    ),
    "where consensus took part in training ({}, and {} without)": (
        ("bars", "GLOM", ISLANDS, 6),
        ("bars", ALONE, ISLANDS, 6),
    ),
    "is better here at bars ({}) and at discs; its islands are not ({})": (
        ("bars", TAUGHT, OBJECTS, 6),
        ("bars", TAUGHT, ISLANDS, 6),
    ),
}


@pytest.mark.parametrize("phrase", TOLD)
def test_numbers_in_prose_are_the_measured_ones(phrase):
    assert phrase.format(*(value(*one) for one in TOLD[phrase])) in README
