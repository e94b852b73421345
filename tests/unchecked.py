"""The tests check every annotated call of both houses; here is how to leave that for a while."""

from contextlib import contextmanager

import jaxtyping


@contextmanager
def unchecked():
    """Within, annotations are not checked: as users run it, and much faster."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", before)
