"""Runs that results/ has already: a seed or a variant is added without making the others again.

Weights are not kept there, so such a run can be put together with new ones and not scored anew.
"""

from . import files
from .files import write_json
from .runs import Asked, Experiment, runs_of


def take_over(experiment: Experiment, asked: Asked) -> int:
    """Count as finished, in OUT, what results/NAME.json has of the runs that are asked for.

    Only runs of the same choices, and none that OUT has finished itself. Returns how many.
    """
    results = files.read_json(files.RESULTS / f"{experiment.name}.json") or {}
    known = {(run["variant"], run["seed"]): run for run in results.get("runs", ())}
    choices = results.get("choices", {})
    taken = 0
    for run in runs_of(experiment, asked):
        one = known.get((run.variant, run.seed))
        if one is None or choices.get(run.variant) != run.choices:
            continue
        if run.finished() is None:
            run.folder.mkdir(parents=True, exist_ok=True)
            # Code: None, as results/ do not say by what code it was scored.
            write_json(run.file, {"fingerprint": run.fingerprint, "code": None} | one)
            taken += 1
    return taken
