"""What holds of any history, whatever is recorded in whatever order of times."""

from typing import Any

import pytest

from tests.model.answering import answer
from tests.model.deciding import decide
from tests.model.log import in_order, known, places, standing_status_changes
from tests.model.playing import NOW, played
from tests.model.refusal import Refused
from tests.model.telling import SECOND, random_history, random_moments, random_story
from tests.model.terms import History, Json
from tests.model.times import effective_of, instant, known_of, stamp

SEEDS = range(24)
LATER = NOW + 100 * SECOND
CORRECTIONS: list[tuple[Json, set[str]]] = [
    ({"reason": "mended"}, {"reason"}),
    ({"details": {"purpose": "mended"}}, {"purpose", "details"}),
    ({"details": {"title": "mended"}}, {"title", "details"}),
    ({"condition": {"text": "mended", "side": "SIDE_GUEST"}}, {"conditions"}),
    ({"held_window": {"as_stated": "mended"}}, {"held_window", "claimed_windows", "words"}),
    (
        {"window": {"as_stated": "mended"}},
        {"window", "previous_windows", "claimed_windows", "words"},
    ),
    (
        {"basis": [{"side": "SIDE_HOST", "attribution": "ATTRIBUTION_DOCUMENT"}]},
        {"words", "standing", "claimed_windows"},
    ),
]
each_history = pytest.mark.parametrize("seed", SEEDS)


def entered(history: History, change: str, message: Json, **context: Any) -> History | None:
    """The history with one more change, or None where that is refused."""
    event = decide(history, change, context, message, LATER)
    return None if isinstance(event, Refused) else [*history, event]


def differing(one: Json | None, other: Json | None) -> set[str]:
    """The fields in which two answers differ, but for how many changes were recorded."""
    if one is None or other is None:
        return set() if one is other else {"exists"}
    return {key for key in one if one[key] != other[key]} - {"version", "position"}


def answers(history: History, seed: int, **limits: Any) -> list[Json | None]:
    moments = random_moments(seed, history, 8)
    return [answer(history, **{**moment, **limits}) for moment in moments]


@each_history
def test_now_is_the_end_of_every_time(seed: int) -> None:
    history, _ = random_history(seed)
    if history:
        end = stamp(LATER)
        assert answer(history) == answer(
            history, position=len(history), recorded_at=end, known_at=end, valid_at=end
        )


@each_history
def test_what_is_recorded_later_changes_no_answer_of_a_position(seed: int) -> None:
    history, _ = random_history(seed)
    for moment in random_moments(seed, history, 6) if history else []:
        assert answer(history, **moment) == answer(history[: moment["position"]], **moment)


@each_history
def test_a_retraction_that_is_undone_is_as_if_it_had_never_been(seed: int) -> None:
    history, _ = random_history(seed)
    for known_at in ({}, {"known_period": "2024-03"}):
        for version in range(1, len(history) + 1):
            without = entered(history, "retracted", {"retracted_version": version}, **known_at)
            if without is None:
                continue
            undone = entered(without, "retracted", {"retracted_version": len(without)})
            assert undone is not None
            for moment in random_moments(seed, history, 4):
                del moment["position"]
                assert not differing(answer(history, **moment), answer(undone, **moment))


@each_history
def test_a_correction_touches_nothing_but_its_fields(seed: int) -> None:
    history, _ = random_history(seed)
    for version in range(1, len(history) + 1):
        for values, fields in CORRECTIONS:
            head, value = next(iter(values.items()))
            mask = [f"{head}.{name}" for name in value] if head == "details" else [head]
            message = {**values, "corrected_version": version, "update_mask": mask}
            after = entered(history, "corrected", message)
            if after is None:
                continue
            for moment in random_moments(seed, history, 3):
                del moment["position"]
                changed = differing(answer(history, **moment), answer(after, **moment))
                assert changed <= fields | {"all_words"}


@each_history
def test_a_correction_with_a_known_time_leaves_alone_what_was_known_before(seed: int) -> None:
    history, _ = random_history(seed)
    for version in range(1, len(history) + 1):
        message = {"corrected_version": version, "update_mask": ["reason"], "reason": "mended"}
        after = entered(history, "corrected", message, known_time="2024-04-25T00:00:00Z")
        if after is not None:
            before = "2024-04-24T23:59:59.999999Z"
            assert not differing(answer(history, known_at=before), answer(after, known_at=before))


@each_history
def test_nothing_takes_effect_after_it_is_known(seed: int) -> None:
    history, _ = random_history(seed)
    told = [event for event in history if event["change"] not in ("corrected", "retracted")]
    for event in told:
        assert effective_of(event).time <= known_of(event).time <= instant(event["record_time"])


@each_history
def test_the_order_of_places_is_total_and_never_changes(seed: int) -> None:
    history, _ = random_history(seed)
    place = places(history)
    own = [event for event in history if event["version"] in place]
    whole = [event["version"] for event in in_order(history, own)]
    for length in range(len(history)):
        earlier = in_order(history[:length], [e for e in own if e["version"] <= length])
        versions = [event["version"] for event in earlier]
        assert versions == [version for version in whole if version <= length]


@each_history
def test_standing_status_changes_are_in_the_order_in_which_they_were_recorded(seed: int) -> None:
    history, _ = random_history(seed)
    standing = standing_status_changes(history)
    assert in_order(history, standing) == standing


@each_history
def test_a_visit_is_last_heard_of_when_one_of_its_changes_became_known(seed: int) -> None:
    history, _ = random_history(seed)
    heard = {stamp(known(event, history).time) for event in history}
    for visit in answers(history, seed) if history else []:
        assert visit is None or visit["last_heard_time"] in heard


@each_history
def test_a_random_story_holds_when_it_is_played(seed: int) -> None:
    assert played(random_story(seed)) == []
