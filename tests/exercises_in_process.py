"""The learner's process without the process: the same steps, for what the tests trust."""

import functools
import types

import numpy as np

from tutorials.exercises import child, wire
from tutorials.exercises.catalog import exercise, reference
from tutorials.exercises.checking import verdict_of
from tutorials.exercises.judging import judge, wanted_for
from tutorials.exercises.runner import SEEDS, Limits, Run, job_for, outcome_of
from tutorials.exercises.source import from_file


@functools.cache
def wanted(name):
    """The reference's answers to every seed, computed once."""
    return wanted_for(exercise(name), reference(name), SEEDS)


def check_text(name, library, path, text):
    """The verdict on a file's text, as `python -m tutorials check` gives it."""
    path.write_text(text, "utf-8")
    about = exercise(name)
    learner = from_file(path, about.functions[library == "torch"])
    job = job_for(learner, about, library, Limits())
    result = child.perform(job, child.build(job), child.build(job))
    arrays = {}
    for index, run in enumerate(result["runs"]):
        run["answer"], found = wire.pack(run["answer"])
        arrays |= {f"{index}/{key}": array for key, array in found.items()}
    outcome = outcome_of(result, arrays)
    return verdict_of(about, library, learner, outcome, Limits(), wanted(name)), outcome


def check_function(name, function):
    """The verdict on a trusted function of NumPy, on every seed."""
    runs = []
    for one in wanted(name):
        args, kwargs = wire.fresh(one.args), wire.fresh(one.kwargs)
        answer = wire.unpack(*wire.pack(function(*args, **kwargs)))
        runs.append(Run(answer, wire.changed((one.args, one.kwargs), (args, kwargs))))
    return judge(exercise(name), "numpy", wanted(name), runs)


def check_answers(name, answers):
    """The verdict on one answer for each seed."""
    runs = [Run(wire.unpack(*wire.pack(answer)), None) for answer in answers]
    return judge(exercise(name), "numpy", wanted(name), runs)


def arrays_of(answer):
    """Every array and number of an answer."""
    return list(wire.pack(answer)[1].values())


def each_array(answer, change):
    """The answer with every array and number changed."""
    if isinstance(answer, dict):
        return {key: each_array(inner, change) for key, inner in answer.items()}
    if isinstance(answer, (tuple, list)):
        return type(answer)(each_array(inner, change) for inner in answer)
    return change(np.asarray(answer))


def module_of(text, name):
    """A file's text as a module (not imported: the learner's copy is not either)."""
    made = types.ModuleType(name)
    exec(compile(text, f"{name}.py", "exec"), vars(made))
    return made
