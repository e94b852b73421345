"""The views of the explorer: any of them, alone or together."""

import pytest
import traitlets

from payloads import T, small_image, small_model
from tutorials.explorer import VIEWS, explore
from tutorials.knobs import explore_knobs


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def image():
    return small_image()


def test_views_are_chosen_and_keep_the_order_of_the_page(model, image):
    assert explore(model, image, iters=T).views == list(VIEWS)
    view = explore(model, image, iters=T, views=("tree", "levels"))
    assert view.views == ["levels", "tree"]
    view.views = ["curves"]
    with pytest.raises(traitlets.TraitError, match="views: wanted some of levels, cosine"):
        view.views = ["curve"]
    for wrong, error, words in (
        (["trees"], ValueError, "wanted some of levels, .* controls; got 'trees'"),
        ([], ValueError, "views: wanted some of .*; got none"),
        ("tree", TypeError, r"views: wanted a list of names, got 'tree'; try \['tree'\]"),
    ):
        with pytest.raises(error, match=words):
            explore(model, image, iters=T, views=wrong)


def test_without_controls_the_untrained_model_is_not_even_run(model, image):
    assert len(explore(model, image, iters=T).frame["models"]) == 2
    few = ["levels", "cosine"]
    assert explore(model, image, iters=T, views=few).frame["models"] == ["this model"]
    box = explore_knobs(model, image, iters=T, views=few)
    assert box.explorer.views == few
    box.knobs["beta"].value = 0.0
    assert box.explorer.frame["models"] == ["this model"] and box.message.value == ""
