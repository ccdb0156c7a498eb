"""What the model answers beside the visit itself, and what the player of stories notices."""

import pytest

from tests.model.deciding import counts_for
from tests.model.desk import GUEST, HOST, PRESS, Desk, window
from tests.model.finding import is_found
from tests.model.playing import played
from tests.model.stories import OWN


def test_the_answer_to_a_statement_says_for_which_status_it_counts() -> None:
    desk = Desk()
    desk.schedule(PRESS)
    history = desk.world.history("v")
    desk.state("CONFIRM", "HOST", HOST, known="2024-02-01")
    assert counts_for(history) == "STATUS_SCHEDULED"
    desk.state("REPORT", "HOST", HOST, known="2024-02-02")
    assert counts_for(history) == ""
    desk.state("CONFIRM", "HOST", HOST, known="2024-01-05")
    assert counts_for(history) == ""


def test_former_days_are_those_that_were_given_up() -> None:
    desk = Desk()
    desk.schedule(GUEST, planned="2024-05-01")
    exact = {"window": window("2024-05-02"), "update_mask": ["window"]}
    desk.record("amended", exact, known="2024-02-01")
    desk.record("postponed", {}, known="2024-03-01")
    visit = desk.show()
    assert is_found(visit, window("2024-05-02"), of=("former",))
    assert not is_found(visit, window("2024-05-01"), of=("former",))


def test_claimed_days_are_found_when_they_are_asked_for() -> None:
    desk = Desk()
    desk.schedule(GUEST)
    desk.state("REPORT", "PRESS", PRESS, claimed_window=window("2024-07-01"))
    assert is_found(desk.show(), window("2024-07-01"), of=("claimed",))
    assert not is_found(desk.show(), window("2024-07-01"))


@pytest.mark.parametrize("wrong", ["status", "words", "exists", "accepted", "codes", "version"])
def test_a_story_that_is_told_wrongly_does_not_hold(wrong: str) -> None:
    story = next(one for one in OWN if one["id"] == "own-called-off")
    commands = [{**one, "expect": dict(one["expect"])} for one in story["commands"]]
    moments = [{**one, "expect": dict(one["expect"])} for one in story["moments"]]
    mistakes = {
        "status": lambda: moments[0]["expect"].update(status="STATUS_POSTPONED"),
        "words": lambda: moments[0]["expect"].update(words=[]),
        "exists": lambda: moments[0]["expect"].update(exists=False),
        "accepted": lambda: commands[1]["expect"].update(accepted=False, because="?", codes=[]),
        "codes": lambda: commands[2]["expect"].update(codes=["NOT_FOUND"]),
        "version": lambda: commands[1]["expect"].update(version=7),
    }
    mistakes[wrong]()
    assert len(played({**story, "commands": commands, "moments": moments})) == 1
