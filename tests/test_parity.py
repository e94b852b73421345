"""Both houses give the same numbers, function by function, in both precisions, on every device."""

import pytest

from cases import CASES
from twins import DEVICES, check_parity


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_parity(case, precision, device):
    check_parity(case, precision, device)


def test_cases_have_different_names():
    names = [str(case) for case in CASES]
    assert len(set(names)) == len(names)
