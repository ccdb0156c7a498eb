"""What keywords take, and what is refused before a server is asked."""

import inspect
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from chancery.client import (
    AsOf,
    AsyncConnection,
    Basis,
    Connection,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Window,
    draft,
    questions,
)
from chancery.client.keywords import About, Facts, Opening, Then, Which, WhichChanges
from chancery.client.times import window
from chancery.v1.desk_service_pb2 import Change

NOON = datetime(2023, 3, 24, 12, tzinfo=UTC)
NAIVE = NOON.replace(tzinfo=None)
Calling = Callable[..., Any]


def planned(**keywords: Any) -> Change:
    """A draft of a visit with these facts."""
    return draft.schedule("a", **{"title": "To France", "principal": "Charles III"} | keywords)


# Times


@pytest.mark.parametrize(
    "asked",
    [
        lambda c: c.cancel("a", known=NAIVE),
        lambda c: c.cancel("a", effective=NAIVE),
        lambda c: c.cancel("a", known="2023-03-24T18:00:00"),
        lambda c: c.visit("a", known_at=NAIVE),
        lambda c: c.batch(["a"], recorded_at=NAIVE),
        lambda c: c.visits(updated_since=NAIVE),
        lambda c: c.count(quiet_since=NAIVE),
        lambda c: c.history("a", valid_at=NAIVE),
        lambda c: c.compare("a", AsOf(known_at=NAIVE)),
        lambda c: c.changes(recorded_from=NAIVE),
    ],
    ids=range(10),
)
def test_a_time_without_a_zone_is_refused(calling_at: Calling, asked: Any) -> None:
    """Before anybody is asked, with what to add."""
    with pytest.raises(ValueError, match=r"has no time zone: add one, such as Z or tzinfo=UTC"):
        calling_at("127.0.0.1:1", asked)


@pytest.mark.parametrize(
    "when",
    [
        NOON,
        NOON.astimezone(timezone(timedelta(hours=8))),
        "2023-03-24T12:00:00Z",
        "2023-03-24 14:00+02:00",
    ],
)
def test_an_instant_is_told_in_utc(when: Any) -> None:
    assert planned(known=when).context.known_time.ToDatetime(tzinfo=UTC) == NOON


@pytest.mark.parametrize(
    ("when", "period"),
    [(date(2023, 3, 24), "2023-03-24"), ("2023-03", "2023-03"), ("2023", "2023")],
)
def test_a_period_is_told_as_it_is(when: Any, period: str) -> None:
    assert planned(known=when).context.known_period == period


@pytest.mark.parametrize("when", ["yesterday", "24.3.2023", "2023-13", "2023-02-30", "", "2023-3"])
def test_a_text_that_is_no_time_is_refused(when: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time|does not exist"):
        planned(known=when)


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_that_no_year_of_utc_has_is_refused(when: str) -> None:
    for moment in (when, datetime.fromisoformat(when)):
        with pytest.raises(ValueError, match=r"is not within the years 1 to 9999 in UTC"):
            planned(known=moment)


MARCH = Window(date(2023, 3, 26), date(2023, 3, 29))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (MARCH, MARCH),
        ((date(2023, 3, 26), "2023-03-29"), MARCH),
        (("2023-03-26", None), Window(date(2023, 3, 26))),
        ((None, "2024"), Window(end=date(2024, 12, 31))),
        ("2024-02", Window(date(2024, 2, 1), date(2024, 2, 29))),
        (date(2023, 3, 26), Window(date(2023, 3, 26), date(2023, 3, 26))),
    ],
    ids=str,
)
def test_days_are_a_window_its_ends_or_a_period(days: Any, expected: Window) -> None:
    assert window(days) == expected


def test_an_instant_is_no_day() -> None:
    """It is another day elsewhere."""
    with pytest.raises(ValueError, match="is an instant: give a date, as it is at the destination"):
        window(NOON)


# Names, facts and words


@pytest.mark.parametrize("visit", ["charles-france", "visits/charles-france"])
def test_a_visit_is_named_with_or_without_visits(visit: str) -> None:
    assert draft.cancel(visit).name == "visits/charles-france"
    assert (
        draft.retract("a", 1, merged_into=visit).retracted.merged_into == draft.cancel(visit).name
    )
    related = planned(related=RelatedVisit("supersedes", visit)).scheduled.details.related
    assert related[0].name == "visits/charles-france"


def test_a_fact_may_be_told_in_short() -> None:
    short = planned(host="FR", destinations=["Paris, FR", "Brest", "IT"], aliases="king")
    full = planned(
        principal=Principal("Charles III"),
        host=Host("FR"),
        destinations=[Place("Paris", "FR"), Place("Brest"), Place(country="IT")],
        aliases=["king"],
    )
    assert short == full
    assert planned(host="NATO").scheduled.details.host.organisation == "NATO"


def test_a_word_may_have_dashes_underscores_and_capitals() -> None:
    for word in ("special envoy", "special-envoy", "Special_Envoy"):
        assert planned(kind=word) == planned(kind="special envoy")


def test_a_word_that_the_contract_does_not_have_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(ValueError, match=r"unknown side 'palace'; choose from guest, host, third"):
        draft.state("a", "deny", "palace")  # type: ignore[arg-type]


def test_a_condition_of_a_statement_may_be_told_in_the_words_of_its_speaker() -> None:
    change = draft.state("a", "doubt", "host", speaker="Wang Yi", condition="if it stays calm")
    condition = change.statement_recorded.statement.condition
    assert (condition.text, condition.speaker) == ("if it stays calm", "Wang Yi")


# Slips


CONTRADICTIONS: dict[str, Any] = {
    "purpose is both given and cleared": lambda c: c.amend("a", purpose="x", clear="purpose"),
    "unknown field 'reson'; choose from title, ": lambda c: c.correct("a", 1, clear="reson"),
    "give either position or recorded_at": lambda c: c.visit("a", position=1, recorded_at="2023"),
    "give either a visit or a range": lambda c: c.export("a", first=1),
    "the change does not say what changes": lambda c: c.record(Change(name="visits/a")),
    "nothing is given to amend: to empty a field, clear it": lambda c: c.amend("a", purpose=None),
    "nothing is given to correct: to empty a field, clear it": lambda c: c.correct("a", 1),
}


@pytest.mark.parametrize("text", CONTRADICTIONS)
def test_what_contradicts_itself_is_refused_before_anybody_is_asked(
    calling_at: Calling, text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        calling_at("127.0.0.1:1", CONTRADICTIONS[text])


SLIPS: dict[str, Any] = {
    "unexpected keyword 'knwon'; did you mean 'known'?": lambda c: c.cancel("a", knwon="2023"),
    "unexpected keyword 'known'; did you mean 'known_at'?": lambda c: c.visit("a", known="2023"),
    "unexpected keyword 'status'; did you mean 'statuses'?": lambda c: c.visits(status="x"),
    "unexpected keyword 'colour'": lambda c: c.changes(colour="red"),
    "host: give a Host, not 3": lambda c: c.schedule(title="x", principal="y", host=3),
    "title: 3 has the wrong type": lambda c: c.schedule(title=3, principal="y"),
    "condition: give a Condition, not 'if'": lambda c: c.defer("a", condition="if"),
    "basis: give a Basis, not 'guest'": lambda c: c.cancel("a", basis=["guest"]),
    "destinations: give a Place, not ('Paris', 'FR')": lambda c: c.schedule(
        title="x", principal="y", destinations=[("Paris", "FR")]
    ),
    "give the id of a visit, not None": lambda c: c.visit(None),
    "give the id of a visit, not 5": lambda c: c.batch([5]),
    "before: give an AsOf, not '2023-03'": lambda c: c.compare("a", "2023-03"),
    "after: give an AsOf, not 2023": lambda c: c.compare("a", None, 2023),
    "2023 is not a time: give a datetime, a date or text": lambda c: c.cancel("a", known=2023),
    "['2023'] is not a day: give a date or text": lambda c: c.reschedule("a", window=["2023"]),
    "give the first and the last day, not 3 days": lambda c: c.visits(days=("1", "2", "3")),
    "request_id: 5 has the wrong type": lambda c: c.cancel("a", request_id=5),
    "expected_version: '1' has the wrong type": lambda c: c.cancel("a", expected_version="1"),
}


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_is_told_and_nothing_is_asked(calling_at: Calling, text: str) -> None:
    """A keyword that was passed over would be another question, or another change."""
    with pytest.raises(TypeError) as caught:
        calling_at("127.0.0.1:1", SLIPS[text])
    assert str(caught.value) == text


@pytest.mark.parametrize("kind", [Connection, AsyncConnection])
@pytest.mark.parametrize("timeout", [0, -1.0, float("nan")])
def test_a_connection_that_gives_calls_no_time_is_refused(kind: Any, timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout: give seconds, more than 0, not "):
        kind("127.0.0.1:1", timeout=timeout)


def test_a_keyword_that_is_none_is_left_out() -> None:
    nothing: Any = dict.fromkeys([*Then.__annotations__, *Which.__annotations__])
    assert questions.list_visits("", "", **nothing) == questions.list_visits("", "")
    nothing["recorded_at"] = "2023"
    assert questions.list_visits("", "", **nothing) == questions.list_visits(
        "", "", recorded_at="2023"
    )
    nothing = dict.fromkeys(WhichChanges.__annotations__)
    assert questions.list_changes(False, **nothing) == questions.list_changes(False)
    nothing = dict.fromkeys(
        [*Opening.__annotations__, *Facts.__annotations__, *About.__annotations__]
    )
    assert draft.postpone("a", **nothing) == draft.postpone("a")


def test_one_thing_does_where_any_number_is_taken() -> None:
    palace = Basis("guest", "on the record", speaker="Buckingham Palace")
    assert planned(basis=palace) == planned(basis=[palace]) == planned(basis=iter([palace]))


@pytest.mark.parametrize("kind", [Connection, AsyncConnection])
def test_signatures_tell_every_keyword(kind: Any) -> None:
    """So editors and notebooks complete them."""
    parameters = inspect.signature(kind.schedule).parameters
    assert {"title", "window", "host", "known", "basis", "request_id"} <= parameters.keys()
    assert {"known_at", "min_position"} <= inspect.signature(kind.visit).parameters.keys()
    assert "window_given_up" in inspect.signature(draft.postpone).parameters
