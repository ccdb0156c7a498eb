"""What a visit looks like to a person."""

from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.desk_service_pb2 import AppliedChange
from chancery.v1.event_pb2 import Amended, Deferred, RecordedEvent, Retracted, VisitEvent
from chancery.v1.visit_pb2 import (
    PRECISION_DAY,
    PRECISION_INSTANT,
    PRECISION_MONTH,
    PRECISION_YEAR,
    AsOf,
    Attribution,
    Basis,
    Condition,
    Counterpart,
    Date,
    Host,
    Principal,
    RelatedVisit,
    Relation,
    Side,
    Standing,
    Statement,
    StatementKind,
    Status,
    Visit,
    VisitDetails,
    Window,
)
from service.cli.draw import formatting
from service.cli.draw.timeline import timeline
from service.cli.draw.visit import card, recorded, summary
from service.cli.terminal import output


def date(text: str) -> Date:
    year, month, day = map(int, text.split("-"))
    return Date(year=year, month=month, day=day)


def at(text: str) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(datetime.fromisoformat(text).astimezone(UTC))
    return moment


ALLOW = Condition(text="when conditions allow", side=Side.SIDE_GUEST, speaker="Antony Blinken")
END_OF_3_FEBRUARY = at("2023-02-03T23:59:59.999999Z")


@pytest.mark.parametrize(
    ("start", "end", "phrase"),
    [
        ("2023-06-18", "2023-06-18", "18 June 2023"),
        ("2023-06-18", "2023-06-19", "18 to 19 June 2023"),
        ("2023-05-31", "2023-06-01", "31 May to 1 June 2023"),
        ("2023-12-31", "2024-01-01", "31 December 2023 to 1 January 2024"),
        ("9999-12-31", "9999-12-31", "31 December 9999"),
    ],
)
def test_a_window_is_told_with_as_few_words_as_it_needs(start: str, end: str, phrase: str) -> None:
    assert formatting.window(Window(start=date(start), end=date(end))) == phrase


def test_a_window_keeps_the_phrase_as_it_was_said() -> None:
    window = Window(
        start=date("2023-06-01"),
        end=date("2023-06-30"),
        approximate=True,
        as_stated="this month",
    )
    assert formatting.window(window) == 'about 1 to 30 June 2023, "this month"'


def test_a_time_is_told_as_exactly_as_it_is_known() -> None:
    time = at("2023-05-31T23:59:59.999999Z")
    assert formatting.when(time, PRECISION_YEAR) == "2023"
    assert formatting.when(time, PRECISION_MONTH) == "May 2023"
    assert formatting.when(time, PRECISION_DAY) == "31 May 2023"
    assert formatting.when(time, PRECISION_INSTANT) == "31 May 2023, 23:59 UTC"


def test_the_moment_asked_about_is_told_with_all_its_times() -> None:
    as_of = AsOf(
        position=7,
        known_at=at("2023-03-01T23:59:59.999999Z"),
        valid_at=at("2023-02-10T12:00:00Z"),
    )
    assert formatting.as_of(as_of) == (
        "recorded up to position 7, known by the end of 1 March 2023 (UTC), "
        "in force at 10 February 2023, 12:00:00 UTC"
    )


def test_a_basis_tells_who_said_it_and_where() -> None:
    basis = Basis(
        side=Side.SIDE_PRESS,
        attribution=Attribution.ATTRIBUTION_ANONYMOUS,
        source_count=3,
        outlet="CBS News",
        published=date("2023-06-06"),
        quote="this month",
    )
    assert formatting.basis(basis) == (
        'press, anonymous, 3 sources: "this month"; CBS News, 6 June 2023'
    )


def test_a_statement_tells_who_claims_what() -> None:
    statement = Statement(
        kind=StatementKind.STATEMENT_KIND_DENY,
        side=Side.SIDE_THIRD,
        speaker="Foreign Ministry",
        country="FR",
        text="Not so",
        claimed_status=Status.STATUS_CANCELLED,
        claimed_window=Window(start=date("2023-06-18"), end=date("2023-06-18")),
        condition=ALLOW,
        about_version=4,
    )
    assert formatting.statement(statement) == (
        "third (Foreign Ministry, FR) denies change 4: Not so; status cancelled; "
        'window 18 June 2023; condition "when conditions allow"'
    )


def test_a_bare_statement_is_told_without_empty_parts() -> None:
    statement = Statement(kind=StatementKind.STATEMENT_KIND_DECLINE, side=Side.SIDE_HOST)
    assert formatting.statement(statement) == "host neither confirms nor denies"


def test_every_kind_of_statement_has_a_verb() -> None:
    assert set(formatting.VERBS) == set(StatementKind.values()) - {0}


def test_details_are_told_field_by_field() -> None:
    details = VisitDetails(
        principal=Principal(name="Jens Stoltenberg", organisation="NATO"),
        host=Host(country="CN", counterparts=[Counterpart(name="Qin Gang", office="Minister")]),
        aliases=["a", "b"],
        related=[RelatedVisit(name="visits/x", relation=Relation.RELATION_SUPERSEDES)],
    )
    assert list(formatting.facts(details)) == [
        ("principal", "Jens Stoltenberg (NATO)"),
        ("host", "CN: Qin Gang, Minister"),
        ("aliases", "a"),
        ("aliases", "b"),
        ("related", "supersedes visits/x"),
    ]


@pytest.fixture
def deferred_visit() -> Visit:
    return Visit(
        name="visits/blinken-beijing",
        details=VisitDetails(principal=Principal(name="Antony Blinken"), host=Host(country="CN")),
        status=Status.STATUS_WHEN_CONDITIONS_ALLOW,
        standing=Standing.STANDING_DISPUTED,
        conditions=[ALLOW],
        previous_windows=[Window(start=date("2023-02-05"), end=date("2023-02-06"))],
        effective_time=END_OF_3_FEBRUARY,
        known_time=END_OF_3_FEBRUARY,
    )


@pytest.fixture
def deferral() -> RecordedEvent:
    return RecordedEvent(
        position=12,
        record_time=at("2023-02-04T09:30:00Z"),
        event=VisitEvent(
            visit="visits/blinken-beijing",
            version=5,
            actor="unverified:anna",
            reason="A balloon",
            effective_time=END_OF_3_FEBRUARY,
            effective_precision=PRECISION_DAY,
            known_time=at("2023-02-28T23:59:59.999999Z"),
            known_precision=PRECISION_MONTH,
            basis=[Basis(side=Side.SIDE_DESK)],
            deferred=Deferred(condition=ALLOW),
        ),
    )


def test_a_summary_tells_status_standing_and_the_condition(deferred_visit: Visit) -> None:
    assert summary(deferred_visit).plain == (
        'when conditions allow, disputed: "when conditions allow" (guest, Antony Blinken)'
    )


def test_a_withdrawn_visit_has_no_status() -> None:
    assert summary(Visit(name="visits/x")).plain == "withdrawn"


def test_a_card_tells_how_the_visit_stands_and_how_it_came_about(
    deferred_visit: Visit, deferral: RecordedEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    output.say(card(deferred_visit, [deferral], AsOf(position=12)))
    assert capsys.readouterr().out.splitlines() == [
        "Antony Blinken to CN",
        "visits/blinken-beijing",
        "As recorded up to position 12",
        "",
        "Status     when conditions allow, disputed",
        "Since      3 February 2023; known February 2023",
        'Condition  "when conditions allow" (guest, Antony Blinken)',
        "Before     5 to 6 February 2023",
        "Principal  Antony Blinken",
        "Host       CN",
        "",
        "Timeline",
        '   5  3 February 2023    Left open until "when conditions allow" (guest, Antony Blinken)',
        "                         Why: A balloon",
        "                         desk",
        "                         known February 2023, recorded 4 February 2023, 09:30:00 UTC "
        "by unverified:anna",
    ]


def test_an_amendment_tells_the_new_values_and_what_was_cleared(
    capsys: pytest.CaptureFixture[str],
) -> None:
    amended = Amended(details=VisitDetails(title="New", aliases=["a", "b"]))
    amended.update_mask.paths.extend(["details.title", "aliases", "details.kind", "window"])
    event = VisitEvent(version=2, amended=amended)
    output.say(timeline([RecordedEvent(event=event)]))
    assert "Amended: title New; aliases a; b; kind cleared; window cleared" in (
        capsys.readouterr().out
    )


def test_a_retracted_change_is_marked(
    deferral: RecordedEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    retraction = RecordedEvent(
        event=VisitEvent(version=6, retracted=Retracted(retracted_version=5))
    )
    output.say(timeline([deferral, retraction]))
    told = capsys.readouterr().out
    assert "(guest, Antony Blinken)  (retracted by change 6)" in told
    assert "Retracted change 5" in told


def test_a_change_of_a_later_contract_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    output.say(timeline([RecordedEvent(event=VisitEvent(version=1))]))
    assert "A type of change that this client does not know" in capsys.readouterr().out


def test_on_a_terminal_the_status_has_colour_and_no_word_is_cut(
    deferred_visit: Visit,
    deferral: RecordedEvent,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    deferral.event.basis[0].url = "https://example.org/" + "long" * 30
    output.say(card(deferred_visit, [deferral]))
    told = capsys.readouterr().out
    assert "\x1b[1;35mwhen conditions allow\x1b[0m" in told
    assert "\u2026" not in told


def test_the_answer_to_a_change_says_what_became_of_it(
    deferred_visit: Visit, deferral: RecordedEvent
) -> None:
    done = AppliedChange(visit=deferred_visit, event=deferral)
    assert str(recorded(done)).startswith(
        "Recorded at position 12: version 5 of visits/blinken-beijing is when conditions allow"
    )
    done.replayed = True
    assert str(recorded(done)).startswith("Already recorded at position 12: ")
    done.event.position = 0
    assert str(recorded(done)).startswith("Valid, not recorded: version 5 ")
