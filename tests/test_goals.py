"""The table of what was asked: verdicts by hand, on results that are made up."""

import pytest

from tutorials.experiments import goals
from tutorials.experiments.__main__ import main
from tutorials.experiments.goals import Goal


def results(glom, others=(), changes=()):
    """One seed a value of `glom`; `others`: (variant, row, value); `changes`: (t, value)."""
    rows = [[{"row": "GLOM", "t": 3, "x FG-ARI": value}] for value in glom]
    rows[0] += [{"row": "GLOM", "t": t, "x FG-ARI": value} for t, value in changes]
    runs = [{"variant": "glom", "seed": k, "rows": own} for k, own in enumerate(rows)]
    for variant, row, value in others:
        found = {"row": row, "t": None, "x FG-ARI": value}
        runs.append({"variant": variant, "seed": 0, "rows": [found]})
    variants = list(dict.fromkeys(run["variant"] for run in runs))
    choices = {variant: {"recipe": {"iters": 3}} for variant in variants}
    seeds = list(range(len(glom)))
    return {"seeds": seeds, "variants": variants, "choices": choices, "runs": runs}


def cells(monkeypatch, goal, found):
    """Of the one line of the table: GLOM, without consensus, learns nothing, peer, reached."""
    monkeypatch.setattr(goals, "GOALS", (goal,))
    line = goals.table(lambda name: found).splitlines()[-1]
    return [cell.strip() for cell in line.split("|")[4:-1]]


SCORE = Goal(name="w", what="x", score="x FG-ARI", asked=0.8)
TRANSFORMER = ("transformer", "transformer", 0.7)


@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        ([TRANSFORMER], ["", "", "0.70 (n = 1), transformer", "yes"]),
        # The best of each side counts; what is hidden, the teacher and broken states do not.
        (
            [
                ("glom_alone", "GLOM without consensus", 0.1),
                ("glom_alone", "GLOM without consensus: untrained", 0.95),
                ("glom", "color alone", 0.2),
                ("glom", "GLOM: untrained", 0.3),
                ("glom", "GLOM: shuffled columns", 0.99),
                ("glom", "what it is taught with (regions)", 0.99),
                ("transformer", "transformer, 30% of patches hidden", 0.99),
                TRANSFORMER,
            ],
            ["0.10 (n = 1)", "0.30 (n = 1), GLOM: untrained", "0.70 (n = 1), transformer", "yes"],
        ),
        (
            [("glom", "color alone", 0.9)],
            ["", "0.90 (n = 1), color alone", "", "yes, but not above all"],
        ),
        (
            [("glom_alone", "GLOM without consensus", 0.86)],
            ["0.86 (n = 1)", "", "", "yes, but not above all"],
        ),
    ],
)
def test_a_score_beside_the_best_of_others(others, wanted, monkeypatch):
    found = cells(monkeypatch, SCORE, results([0.8, 0.9], others))
    assert found == ["0.85 ± 0.07", *wanted]


@pytest.mark.parametrize(("value", "wanted"), [(0.796, "yes"), (0.794, "no")])
def test_what_is_asked_is_compared_as_it_is_written(value, wanted, monkeypatch):
    assert cells(monkeypatch, SCORE, results([value]))[-1] == wanted


@pytest.mark.parametrize(("at_12", "wanted"), [(0.88, "yes"), (0.93, "no"), (0.87, "no")])
def test_a_change_either_way_counts(at_12, wanted, monkeypatch):
    goal = Goal(name="w", what="x", score="FG-ARI", asked=0.02, of="change")
    # What it was before the trained t, and later than LATER times it, is not asked.
    found = results([0.9], changes=[(0, 0.0), (6, 0.9), (12, at_12), (13, 0.1)])
    shown, *beside, reached = cells(monkeypatch, goal, found)
    assert shown.startswith(f"{abs(at_12 - 0.9):.2f}") and reached == wanted and not any(beside)


@pytest.mark.parametrize(("other", "wanted"), [(0.8, "yes"), (0.9, "no"), (0.95, "no")])
def test_without_a_number_only_above_all_counts(other, wanted, monkeypatch):
    goal = Goal(name="w", what="x", score="x FG-ARI", asked=None)
    found = results([0.9], [("glom", "color alone", other)])
    assert cells(monkeypatch, goal, found)[-1] == wanted


def test_a_gain_is_since_t_0(monkeypatch):
    goal = Goal(name="w", what="x", score="x FG-ARI", asked=0.3, of="gain")
    found = results([0.9], changes=[(0, 0.5)])
    assert cells(monkeypatch, goal, found) == ["0.40", "", "", "", "yes"]


def test_the_command_prints_the_committed_one(capsys):
    assert main(["goals"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n| spirals |") == 8 and "| no |" in out
