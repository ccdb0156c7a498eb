"""Stories hold in the model, whatever the project makes of its rules."""

import pytest

from tests.model.playing import played
from tests.model.stories import OWN, data, read_stories
from tests.model.terms import Json


@pytest.mark.parametrize("story", OWN, ids=lambda story: story["id"])
def test_a_story_of_our_own_holds(story: Json) -> None:
    assert played(story) == []


def test_every_given_story_holds() -> None:
    stories = read_stories(data("stories.jsonl"))
    assert stories
    assert [fault for story in stories for fault in played(story)] == []
