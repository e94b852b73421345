"""Every exercise's files: stub and solution agree, the example is right, k needs no k + 1."""

import ast
import doctest
import itertools
import re

import numpy as np
import pytest

from exercises_in_process import module_of
from exercises_kit import BEGIN, END
from tutorials.exercises import catalog, wire
from tutorials.exercises.runner import SEEDS

NAMES = catalog.known()
ANOTHER = "# --- another way to write it ---"
each = pytest.mark.parametrize("name", NAMES)


def parts(text):
    """The text outside the marked parts, as lines; and how many parts there are."""
    outside = re.sub(rf"( *){re.escape(BEGIN)}.*?{re.escape(END)}", r"\1@", text, flags=re.S)
    return outside.split(ANOTHER)[0].rstrip().splitlines(), text.count(BEGIN)


@each
def test_stub_and_solution_agree_outside_the_marked_parts(name):
    stub, solution = parts(catalog.stub(name)), parts(catalog.solution(name))
    assert stub == solution and stub[1] == 2
    insides = re.findall(rf"{re.escape(BEGIN)}(.*?){re.escape(END)}", catalog.stub(name), re.S)
    assert [inside.strip() for inside in insides] == ["raise NotImplementedError"] * 2


@each
def test_the_tiny_example_is_right(name):
    made = module_of(catalog.solution(name), name)
    runner = doctest.DocTestRunner(verbose=False)
    numpy_name = catalog.exercise(name).functions[0]
    tests = doctest.DocTestFinder().find(getattr(made, numpy_name), numpy_name, globs=vars(made))
    examples = sum(len(test.examples) for test in tests)
    failed = sum(runner.run(test).failed for test in tests)
    assert examples and not failed


@each
def test_its_facts(name):
    about = catalog.exercise(name)
    assert about.name == name and about.title and 1 <= about.chapter <= 12
    assert 5 <= about.minutes <= 60 and about.difficulty in (1, 2, 3, 4)
    assert len(set(about.hints)) == 3 and all(20 <= len(hint) <= 500 for hint in about.hints)
    assert "chapter" in about.look.lower()
    assert catalog.reference(name) is not None
    made = ast.parse(catalog.stub(name))
    defined = [node.name for node in made.body if isinstance(node, ast.FunctionDef)]
    assert set(about.functions) <= set(defined)


@each
def test_the_cases_of_different_seeds_differ(name):
    about = catalog.exercise(name)
    drawn = [about.cases(np.random.default_rng(seed)) for seed in SEEDS]
    again = [about.cases(np.random.default_rng(seed)) for seed in SEEDS]
    for one, other in zip(drawn, again, strict=True):
        assert wire.changed(one, other) is None
    for one, other in itertools.combinations(drawn, 2):
        assert wire.changed(one, other) is not None or repr(one) != repr(other)


@each
def test_it_needs_nothing_of_a_later_one(name):
    """Neither stub nor solution uses a house's function that a later exercise builds."""
    later = [catalog.exercise(n) for n in NAMES[NAMES.index(name) + 1 :]]
    about = catalog.exercise(name)
    rooms = {one.room for one in later} - {about.room}
    assert not rooms & set(about.uses)
    text = catalog.solution(name)
    for node in ast.walk(ast.parse(text)):
        assert not isinstance(node, ast.Import) or "tutorials" not in ast.unparse(node)
        if isinstance(node, ast.ImportFrom):
            assert node.module and not node.module.startswith("tutorials")
            room = node.module.split(".", 1)[-1]
            for alias in node.names:
                assert f"{room}.{alias.name}" not in rooms, f"{room}.{alias.name} comes later"
