"""The last exercise: whose functions are trained, that they train alike, and what is shown."""

import numpy as np
import pytest
import torch

from exercises_kit import solve
from glom_numpy.figures import alt_text
from tutorials.exercises import check
from tutorials.exercises.whole import parts, showing, training
from tutorials.exercises.whole.__main__ import main


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GLOM_EXERCISES", str(tmp_path / "my_glom"))
    return tmp_path / "my_glom"


@pytest.fixture(scope="module")
def seen():
    return training.pictures("train", 20)


def test_theirs_take_part_only_as_they_were_found_right(folder):
    assert parts.own()[1] == []
    path = solve(folder, "cosine")
    path = solve(folder, "consensus")
    assert parts.own()[1] == [], "not checked yet"
    check("consensus", library="torch")
    mine, theirs = parts.own()
    assert theirs == ["consensus"] and mine.consensus.__code__.co_filename.endswith("consensus.py")
    text = path.read_text("utf-8")
    path.write_text(text.replace("beta * agreement, dim", "2 * agreement, dim"), "utf-8")
    assert parts.own()[1] == [], "changed since"
    path.write_text("not python (", "utf-8")
    assert parts.own()[1] == []


def test_both_train_alike(seen):
    """Step by step the same loss, though one is made of solutions and the other of the library."""
    mine, _ = parts.own()
    yours = training.train(mine, seen, steps=4)
    ours = training.train(parts.house(), seen, steps=4)
    np.testing.assert_allclose(yours.losses, ours.losses, rtol=1e-9)
    assert yours.losses[-1] != yours.losses[0]
    found = showing.islands_of(mine, yours.params, seen)
    assert (found == showing.islands_of(parts.house(), ours.params, seen)).all()


def test_a_wrong_part_would_show(seen):
    mine, _ = parts.own()
    right = training.train(mine, seen, steps=3).losses
    consensus = mine.consensus
    mine.consensus = lambda levels, *, beta: consensus(levels, beta=1.01 * beta)
    assert abs(training.train(mine, seen, steps=3).losses[-1] - right[-1]) > 1e-6


def test_it_stops_in_time(seen):
    assert len(training.train(parts.house(), seen, steps=50, seconds=0.0).losses) == 1


def test_pictures_and_labels_move_together(seen):
    moved = seen.scenes
    still = training.avatars("train")[:20]
    apart = [k for k in range(20) if (moved.images[k] != still.images[k]).any()]
    assert len(apart) > 10
    for k in apart:
        # What is where: every color belongs to the same parts as before.
        colors = moved.images[k].reshape(-1, 3), still.images[k].reshape(-1, 3)
        pairs = [
            {(tuple(c), p) for c, p in zip(color.tolist(), scene.parts[k].ravel(), strict=True)}
            for color, scene in zip(colors, (moved, still), strict=True)
        ]
        assert pairs[0] <= pairs[1]


def test_the_score_and_its_control(seen):
    perfect = seen.labels[:, :, showing.WHOLES].numpy()
    assert showing.score(parts.house(), perfect, seen) == pytest.approx(1)
    everything = np.zeros_like(perfect)
    assert showing.score(parts.house(), everything, seen) == pytest.approx(0)
    control = showing.one_map_for_all(seen, seen)
    assert (control == control[0]).all() and len(np.unique(control)) == 3


def test_the_picture_says_what_it_shows(seen):
    run = training.Trained({}, [2.0, 1.0])
    labels = seen.labels[:, :, showing.WHOLES].numpy()
    columns = {"true": labels, "yours": labels * 0}
    drawn = showing.draw(
        seen, columns, {"true": 1.0, "yours": 0.0}, {"yours": run, "library's": run}
    )
    assert "true, yours" in alt_text(drawn) and "yours ends at 1" in alt_text(drawn)


def test_the_command(folder, capsys, monkeypatch):
    small = training.pictures
    monkeypatch.setattr(training, "pictures", lambda split, count=None: small(split, 20))
    threads = torch.get_num_threads()
    assert main(["--steps", "2"]) == 0
    assert torch.get_num_threads() == threads
    said = capsys.readouterr().out
    assert "Yours, found right in torch: none yet." in said and "one map for all" in said
    assert "2 steps: yours took" in said and (folder / "whole.png").stat().st_size > 10_000
    with pytest.raises(SystemExit) as ended:
        main(["--steps", "0"])
    assert ended.value.code == 2
