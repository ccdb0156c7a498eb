"""The domain answers as the model does, which transcribes the rules word by word."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.dicts import Json
from tests.domain.playing import Player, answer, outcome
from tests.model import answering, telling
from tests.model.generating import Desk
from tests.model.playing import NOW, differs, unlike
from tests.model.refusal import Refused
from tests.model.stories import OWN, data, read_stories
from tests.model.telling import edges
from tests.model.terms import History
from tests.model.times import stamp
from tests.model.world import World
from tests.support.examples import examples

SECOND = timedelta(seconds=1)


# Stories with the answers in them


def concerns_one_visit(story: Json) -> bool:
    """What other visits allow, and whether they exist, is no matter of a visit."""
    return len({command["visit"] for command in story["commands"]}) == 1


def differences(story: Json) -> list[str]:
    """What does not come out as a story says."""
    player, faults, positions = Player(), [], [0]
    for number, command in enumerate(story["commands"], start=1):
        result = outcome(player.enter(command, NOW))
        positions.append(len(player.positions))
        faults += [f"command {number}: {fault}" for fault in differs(command["expect"], result)]
    for moment in story["moments"]:
        events = player.recorded(moment["visit"], positions[moment["prefix"]])
        visit = answer(events, moment.get("known_at"), moment.get("valid_at"))
        faults += [f"{moment}: {fault}" for fault in unlike(moment["expect"], visit)]
    return faults


OF_ONE_VISIT = [pytest.param(story, id=story["id"]) for story in OWN if concerns_one_visit(story)]


@pytest.mark.parametrize("story", OF_ONE_VISIT)
def test_a_story_holds(story: Json) -> None:
    """Each command is accepted or refused, and each answer is as the story says."""
    assert differences(story) == []


def test_every_given_story_holds() -> None:
    """Of the folder of data, where there is one."""
    stories = [story for story in read_stories(data("stories.jsonl")) if concerns_one_visit(story)]
    assert stories
    assert [fault for story in stories for fault in differences(story)] == []


# Random stories


def moments(history: History, random: Random) -> Iterator[Json]:
    """Questions: as of each position, now and at some moments at which an answer may change."""
    for position in range(1, len(history) + 1):
        yield {"position": position}
        times = [stamp(time) for time in edges(history[:position])]
        for _ in range(3 if times else 0):
            known_at, valid_at = random.choice(times), random.choice(times)
            yield {"position": position, "known_at": known_at}
            yield {"position": position, "valid_at": valid_at}
            yield {"position": position, "known_at": known_at, "valid_at": valid_at}


@settings(max_examples=examples(60), deadline=None)
@given(st.randoms(use_true_random=False), st.integers(3, 14))
def test_a_random_story_is_answered_as_the_model_answers_it(random: Random, length: int) -> None:
    """The same commands are accepted and refused, and every answer is the same."""
    desk, world, player = Desk(random, "r"), World(), Player()
    for now in (NOW + number * SECOND for number in range(length)):
        command = desk.command(world.history("r"))
        expected, result = world.record(command, now), outcome(player.enter(command, now))
        if isinstance(expected, Refused):
            assert isinstance(result, Refused), (command, expected)
        else:
            assert differs(telling.outcome(expected), result) == [], command
    for moment in moments(world.history("r"), random):
        expected_answer = answering.answer(world.history("r"), **moment)
        found = answer(player.recorded("r", moment.pop("position")), **moment)
        whole = {"exists": found is not None, **(found or {})}
        assert unlike(whole, expected_answer) == [], moment
