"""Stories hold through a real server: our own, made-up ones, and those that are given.

Each is played command by command. Which commands are refused and with which code, what each
answers, and the visit as of each moment are compared with what the story expects.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.model.playbooks import as_story
from tests.model.readings import READINGS, Reading
from tests.model.serving import served
from tests.model.stories import OWN, data, read_stories
from tests.model.telling import random_story
from tests.model.terms import Json
from tests.support.server import Client


@pytest.mark.parametrize("story", OWN, ids=lambda story: story["id"])
def test_a_story_of_our_own_holds(client: Client, story: Json) -> None:
    assert served(story, client) == []


@pytest.mark.parametrize("seed", range(12))
def test_a_random_story_holds(client: Client, seed: int) -> None:
    """What it expects is what the model makes of the same commands."""
    assert served(random_story(seed), client) == []


def test_every_given_story_holds(client: Client) -> None:
    stories = read_stories(data("stories.jsonl"))

    assert [fault for story in stories for fault in served(story, client)] == []


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.visit)
def test_a_documented_visit_has_the_status_of_its_file(client: Client, reading: Reading) -> None:
    """After each step, as it was recorded by then and as it was known by then."""
    entries = json.loads(data("playbooks/visits.json").read_text(encoding="utf-8"))
    story = as_story(entries, reading, datetime.now(UTC) - timedelta(seconds=1))

    assert served(story, client) == []
