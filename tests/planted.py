"""What the tests of tests share: an error is planted, and some case must raise."""

from cases import CASES


def cases(name):
    found = [case for case in CASES if case.name == name]
    assert found, name
    return found


def caught(check, *cases):
    """At least one of the cases raises; a case that is right with the error planted is no shame."""
    for case in cases:
        try:
            check(case)
        except AssertionError:
            return True
    return False
