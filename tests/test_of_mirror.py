"""Can the mirror test fail? Twins that differ take the place of twins."""

import jaxtyping
import pytest
import torch

import glom_torch.attention
import test_mirror
from cases import CASES


def other_default(levels, *, similarity: str = "dot", beta: float = 1.0):
    """e_i . e_j, the paper's similarity: long vectors shout."""


def other_shape(
    levels: jaxtyping.Float[torch.Tensor, "b l n d"],
) -> jaxtyping.Float[torch.Tensor, "b l n n"]:
    """e_i . e_j, the paper's similarity: long vectors shout."""


def other_name(
    state: jaxtyping.Float[torch.Tensor, "b n l d"],
) -> jaxtyping.Float[torch.Tensor, "b l n n"]:
    """e_i . e_j, the paper's similarity: long vectors shout."""


def other_words(
    levels: jaxtyping.Float[torch.Tensor, "b n l d"],
) -> jaxtyping.Float[torch.Tensor, "b l n n"]:
    """A similarity."""


@pytest.mark.parametrize("wrong", [other_default, other_shape, other_name, other_words])
def test_the_mirror_sees_a_difference(monkeypatch, wrong):
    monkeypatch.setattr(glom_torch.attention, "dot", wrong)
    with pytest.raises(AssertionError):
        test_mirror.test_same_arguments_defaults_and_shapes("attention")
        test_mirror.test_same_first_sentence_of_every_name("attention")


def test_the_mirror_sees_a_missing_name_and_a_missing_case(monkeypatch):
    monkeypatch.setattr(glom_torch.attention, "__all__", glom_torch.attention.__all__[1:])
    with pytest.raises(AssertionError):
        test_mirror.test_same_names("attention")
    few = [case for case in CASES if case.name != "nets.mlp"]
    monkeypatch.setattr(test_mirror, "CASES", few)
    with pytest.raises(AssertionError):
        test_mirror.test_every_mirrored_name_has_a_parity_case()


def test_the_mirror_sees_a_stale_exception(monkeypatch):
    monkeypatch.setitem(test_mirror.ONLY_NUMPY, "glom", "no longer true")
    with pytest.raises(AssertionError):
        test_mirror.test_same_rooms()
    for table in (test_mirror.ONLY_THERE, test_mirror.ELSEWHERE, test_mirror.TELLS_WHERE):
        with monkeypatch.context() as patch:
            patch.setitem(table, "nets.mlp", "no longer true")
            with pytest.raises(AssertionError):
                test_mirror.test_no_exception_is_stale()
                test_mirror.test_same_arguments_defaults_and_shapes("nets")
