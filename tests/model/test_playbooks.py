"""Documented visits have, on the day of each step, the status that their file has."""

import json

import pytest

from tests.model.playbooks import as_story
from tests.model.playing import NOW, played
from tests.model.readings import READINGS, Reading
from tests.model.stories import data

PLAYBOOKS = "playbooks/visits.json"
each_visit = pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.visit)


@each_visit
def test_a_documented_visit_has_the_status_of_its_file_after_every_step(reading: Reading) -> None:
    entries = json.loads(data(PLAYBOOKS).read_text(encoding="utf-8"))
    assert played(as_story(entries, reading, NOW)) == []


def test_every_step_of_the_file_is_read() -> None:
    entries = json.loads(data(PLAYBOOKS).read_text(encoding="utf-8"))
    read = {(reading.entry, step) for reading in READINGS for step in reading.steps}
    assert read == {(entry["id"], step["seq"]) for entry in entries for step in entry["steps"]}
