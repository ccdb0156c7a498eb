"""What a visit looks like to a person."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.desk_service_pb2 import AppliedChange
from chancery.v1.event_pb2 import (
    Amended,
    Cancelled,
    Completed,
    Corrected,
    Deferred,
    DetailItems,
    OtherNames,
    Postponed,
    RecordedEvent,
    Rescheduled,
    Retracted,
    Scheduled,
    VisitEvent,
)
from chancery.v1.values_pb2 import (
    Attribution,
    Basis,
    Condition,
    Counterpart,
    Date,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Relation,
    Side,
    Statement,
    StatementKind,
    Status,
    VisitDetails,
    Window,
)
from chancery.v1.visit_pb2 import (
    AsOf,
    ClaimedWindow,
    CurrentCondition,
    PreviousWindow,
    Stance,
    Standing,
    Visit,
    WindowEnding,
    Word,
)
from service.cli.draw import formatting, moments
from service.cli.draw.headlines import headline
from service.cli.draw.timeline import timeline
from service.cli.draw.visit import as_of_line, card, recorded, summary
from service.cli.terminal import output


def date(text: str) -> Date:
    year, month, day = map(int, text.split("-"))
    return Date(year=year, month=month, day=day)


def at(text: str) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(datetime.fromisoformat(text).astimezone(UTC))
    return moment


JUNE = Window(start=date("2023-06-18"), end=date("2023-06-19"))
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
    assert moments.window(Window(start=date(start), end=date(end))) == phrase


def test_a_window_may_be_open_at_an_end_or_have_a_phrase_alone() -> None:
    assert moments.window(Window(start=date("2023-06-01"))) == "from 1 June 2023"
    assert moments.window(Window(end=date("2023-12-31"))) == "until 31 December 2023"
    assert moments.window(Window(as_stated="after the election")) == '"after the election"'
    assert moments.window(Window()) == ""


def test_a_window_keeps_the_phrase_as_it_was_said() -> None:
    window = Window(
        start=date("2023-06-01"),
        end=date("2023-06-30"),
        approximate=True,
        as_stated="this month",
    )
    assert moments.window(window) == 'about 1 to 30 June 2023, "this month"'


def test_a_time_is_told_as_exactly_as_it_is_known() -> None:
    time = at("2023-05-31T23:59:59.999999Z")
    assert moments.when(time, "2023") == "2023"
    assert moments.when(time, "2023-05") == "May 2023"
    assert moments.when(time, "2023-05-31") == "31 May 2023"
    assert moments.when(time) == "31 May 2023, 23:59 UTC"


def test_a_day_that_has_begun_elsewhere_is_told_as_it_was_told() -> None:
    """In Tokyo it is the next day already."""
    assert moments.when(at("2023-06-17T16:00:00Z"), "2023-06-18") == "18 June 2023"


def test_in_a_list_the_day_of_an_instant_is_enough() -> None:
    assert moments.date_of(at("2023-05-31T12:00:00Z"), "") == "31 May 2023"
    assert moments.date_of(at("2023-05-31T12:00:00Z"), "2023-05") == "May 2023"


def test_the_moment_asked_about_is_told_with_all_its_times() -> None:
    as_of = AsOf(
        position=7,
        known_at=at("2023-03-01T23:59:59.999999Z"),
        valid_at=at("2023-02-10T12:00:00Z"),
    )
    assert moments.as_of(as_of) == (
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
        principal=Principal(
            name="Jens Stoltenberg",
            organisation="NATO",
            other_names=["J. Stoltenberg", "Stoltenb."],
        ),
        host=Host(
            country="CN",
            counterparts=[
                Counterpart(name="Qin Gang", office="Minister"),
                Counterpart(name="Sergei Lavrov", country="RU", other_names=["Lavrov"]),
            ],
        ),
        destinations=[Place(city="Kyiv", country="UA", other_names=["Kiev"])],
        aliases=["a", "b"],
        related=[RelatedVisit(name="visits/x", relation=Relation.RELATION_SUPERSEDES)],
    )
    assert list(formatting.facts(details)) == [
        ("principal", "Jens Stoltenberg (NATO), also J. Stoltenberg; Stoltenb."),
        ("host", "CN: Qin Gang, Minister; Sergei Lavrov (RU), also Lavrov"),
        ("destinations", "Kyiv, UA, also Kiev"),
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
        conditions=[
            CurrentCondition(
                condition=ALLOW,
                version=5,
                known_time=at("2023-02-03T23:59:59.999Z"),
                known_period="2023-02-03",
            )
        ],
        previous_windows=[
            PreviousWindow(
                window=Window(start=date("2023-02-05"), end=date("2023-02-06")),
                ending=WindowEnding.WINDOW_ENDING_PUT_OFF,
                version=5,
            )
        ],
        claimed_windows=[
            ClaimedWindow(
                side=Side.SIDE_HOST, country="CN", window=Window(as_stated="next spring"), version=6
            )
        ],
        under_way=True,
        last_heard_time=at("2023-02-06T23:59:59.999Z"),
        last_heard_period="2023-02-06",
        effective_time=END_OF_3_FEBRUARY,
        effective_period="2023-02-03",
        known_time=at("2023-02-28T23:59:59.999999Z"),
        known_period="2023-02",
        words=[
            Word(
                side=Side.SIDE_GUEST,
                country="US",
                attribution=Attribution.ATTRIBUTION_READOUT,
                known_time=at("2023-02-03T23:59:59.999Z"),
                known_period="2023-02-03",
                counts=True,
                stance=Stance.STANCE_AGREES,
            ),
            Word(side=Side.SIDE_PRESS, attribution=Attribution.ATTRIBUTION_ANONYMOUS, outlet="AP"),
        ],
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
            effective_period="2023-02-03",
            known_time=at("2023-02-28T23:59:59.999999Z"),
            known_period="2023-02",
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
    output.say(card(deferred_visit, [deferral], as_of_line(AsOf(position=12))))
    assert capsys.readouterr().out.splitlines() == [
        "Antony Blinken to CN",
        "visits/blinken-beijing",
        "As recorded up to position 12",
        "",
        "Status      when conditions allow, disputed",
        "Since       3 February 2023; known February 2023",
        "Last heard  6 February 2023",
        "Under way   yes: the principal has arrived",
        'Condition   "when conditions allow" (guest, Antony Blinken), known 3 February 2023',
        "Before      5 to 6 February 2023, put off by change 5",
        'Claimed     host, CN: "next spring"',
        "Principal   Antony Blinken",
        "Host        CN",
        "Last words  guest, US, readout (3 February 2023, agrees)",
        "            press, anonymous, AP (does not count)",
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


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scheduled": Scheduled()}, "Scheduled, without a date"),
        ({"scheduled": Scheduled(window=JUNE)}, "Scheduled for 18 to 19 June 2023"),
        (
            {"scheduled": Scheduled(window=Window(start=date("2023-06-18")))},
            "Scheduled, from 18 June 2023",
        ),
        (
            {"scheduled": Scheduled(window=Window(as_stated="after the election"))},
            'Scheduled for "after the election"',
        ),
        (
            {"postponed": Postponed(details=VisitDetails(title="T"), window_given_up=JUNE)},
            "Postponed; given up 18 to 19 June 2023",
        ),
        (
            {"cancelled": Cancelled(condition=ALLOW)},
            'Cancelled until "when conditions allow" (guest, Antony Blinken)',
        ),
        (
            {"rescheduled": Rescheduled(window=JUNE, window_given_up=Window(as_stated="in May"))},
            'Rescheduled for 18 to 19 June 2023; given up "in May"',
        ),
        ({"completed": Completed()}, "Completed"),
        ({"completed": Completed(held_window=JUNE)}, "Completed; held 18 to 19 June 2023"),
        (
            {
                "corrected": Corrected(
                    corrected_version=2,
                    update_mask=FieldMask(paths=["window", "reason", "basis", "details.trip"]),
                    window=JUNE,
                    reason="Fog",
                    basis=[Basis(side=Side.SIDE_DESK), Basis(side=Side.SIDE_PRESS)],
                )
            },
            "Corrected change 2: window 18 to 19 June 2023; reason Fog; basis desk; press; "
            "trip cleared",
        ),
        (
            {
                "amended": Amended(
                    added=DetailItems(
                        aliases=["a"],
                        related=[
                            RelatedVisit(name="visits/x", relation=Relation.RELATION_CONTINUES)
                        ],
                        principal_other_names=["Zelensky"],
                    ),
                    removed=DetailItems(
                        city_other_names=[OtherNames(name="Kyiv", other_names=["Kiev"])]
                    ),
                )
            },
            "Amended: aliases added a; related added continues visits/x; other names added "
            "Zelensky; other names of Kyiv removed Kiev",
        ),
        (
            {"retracted": Retracted(retracted_version=2, retracted_versions=[2, 3, 5])},
            "Retracted changes 2, 3 and 5",
        ),
        ({}, "A type of change that this client does not know"),
    ],
)
def test_a_change_is_told_on_one_line(change: dict[str, Any], told: str) -> None:
    assert headline(VisitEvent(**change)).plain == told


def test_a_confidential_source_and_a_note_are_told_as_such(
    deferral: RecordedEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    deferral.event.sources.append(Basis(side=Side.SIDE_HOST, speaker="a friend"))
    deferral.event.note = "Do not call"
    output.say(timeline([deferral]))
    told = capsys.readouterr().out
    assert "  Confidential: host, a friend\n" in told
    assert "  Note: Do not call\n" in told


def test_who_recorded_a_change_is_left_out_where_it_is_withheld(
    deferral: RecordedEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    deferral.event.actor = ""
    output.say(timeline([deferral]))
    assert capsys.readouterr().out.endswith("recorded 4 February 2023, 09:30:00 UTC\n")


def test_a_retracted_change_is_marked(
    deferral: RecordedEvent, capsys: pytest.CaptureFixture[str]
) -> None:
    retraction = RecordedEvent(
        event=VisitEvent(
            visit="visits/blinken-beijing", version=6, retracted=Retracted(retracted_version=5)
        )
    )
    output.say(timeline([deferral, retraction]))
    told = capsys.readouterr().out
    assert "(guest, Antony Blinken)  (retracted by change 6)" in told
    assert "Retracted change 5" in told


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
