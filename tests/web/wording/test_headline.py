"""What a change did, for each of the eleven types."""

from datetime import date

import pytest

from chancery.client import (
    Amended,
    Cancelled,
    Completed,
    Condition,
    Corrected,
    Deferred,
    DetailItems,
    Disclosed,
    Event,
    Host,
    OtherNames,
    Postponed,
    Principal,
    RelatedVisit,
    Rescheduled,
    Retracted,
    Scheduled,
    Statement,
    StatementRecorded,
    VisitDetails,
    Window,
)
from chancery.client.event import Content
from chancery.client.words import ChangeWord
from service.web.signs import makes_status, sign
from service.web.terms import is_firm
from service.web.wording import brief, headline, notes, plain
from tests.web.wording.values import DETAILS, EARLY, FEBRUARY, JUNE, basis, event

CONDITION = Condition("when conditions allow", "guest")
AMENDED = Amended(
    ("details.purpose", "details.host", "details.principal.office"),
    VisitDetails(purpose="Talks", host=Host("CN"), principal=Principal("", "Secretary")),
)
ITEMS = Amended(
    added=DetailItems(("luc", "moreau"), (RelatedVisit("substitute for", "visits/other"),)),
    removed=DetailItems(city_other_names=(OtherNames("Kyiv", ("Kiev",)),)),
)
CORRECTED = Corrected(2, ("window", "reason"), window=JUNE)

HEADLINES: list[tuple[ChangeWord, Content | None, str]] = [
    ("scheduled", Scheduled(DETAILS, JUNE), "Planned for 18 to 19 June 2023"),
    ("scheduled", Scheduled(DETAILS), "Planned, without a date"),
    (
        "disclosed",
        Disclosed(DETAILS, JUNE),
        "Became known after it was held, 18 to 19 June 2023",
    ),
    ("postponed", Postponed(), "Put off, with no new date"),
    (
        "postponed",
        Postponed(details=DETAILS, window_given_up=JUNE),
        "Put off, with no new date; it was planned for 18 to 19 June 2023",
    ),
    ("deferred", Deferred(CONDITION), "Left open: “when conditions allow”"),
    ("deferred", Deferred(), "Left open, under no stated condition"),
    ("rescheduled", Rescheduled(JUNE), "Planned again for 18 to 19 June 2023"),
    (
        "rescheduled",
        Rescheduled(JUNE, DETAILS, FEBRUARY),
        "Planned again for 18 to 19 June 2023, instead of 5 to 6 February 2023",
    ),
    ("completed", Completed(), "Took place"),
    ("completed", Completed(JUNE), "Took place from 18 to 19 June 2023"),
    ("completed", Completed(Window(JUNE.start, JUNE.start)), "Took place on 18 June 2023"),
    ("cancelled", Cancelled(), "Called off"),
    ("cancelled", Cancelled(CONDITION), "Called off: “when conditions allow”"),
    ("amended", Amended(("window",), window=JUNE), "Made exact: 18 to 19 June 2023"),
    (
        "amended",
        AMENDED,
        "Amended: purpose Talks; host China; office of the guest Secretary",
    ),
    ("amended", Amended(("details.purpose",), VisitDetails()), "Amended: purpose cleared"),
    (
        "amended",
        ITEMS,
        "Amended: known also luc and moreau; related also In place of other; Kyiv no longer Kiev",
    ),
    (
        "corrected",
        CORRECTED,
        "Change 2 corrected: days planned 18 to 19 June 2023; reason cleared",
    ),
    (
        "statement recorded",
        StatementRecorded(Statement("deny", "host", text="There is no such visit.")),
        "The host denies: “There is no such visit”",
    ),
    (
        "statement recorded",
        StatementRecorded(Statement("confirm", "third", country="US", claimed_status="cancelled")),
        "The United States confirms: cancelled",
    ),
    (
        "statement recorded",
        StatementRecorded(Statement("arrived", "press")),
        "The press says that the guest has arrived",
    ),
    ("retracted", Retracted(5), "Change 5 taken back as entered in error"),
    ("retracted", Retracted(5, (5, 6, 7)), "Changes 5, 6 and 7 taken back as entered in error"),
    (
        "retracted",
        Retracted(1, (1,), "visits/other"),
        "Change 1 taken back: the same visit as other",
    ),
    ("scheduled", None, "The content of this change is not there any more"),
]


@pytest.mark.parametrize(("change_type", "change", "said"), HEADLINES, ids=str)
def test_a_headline_says_what_a_change_did(
    change_type: ChangeWord, change: Content | None, said: str
) -> None:
    assert plain(headline(event(change, change_type))) == said


def test_a_new_window_is_told_beside_the_one_before() -> None:
    again = event(Rescheduled(JUNE), "rescheduled")
    assert plain(headline(again, EARLY)).endswith(
        "instead of “early next year”, taken as January to March 2023"
    )
    assert plain(headline(again, JUNE)) == "Planned again for the same days, 18 to 19 June 2023"


def said_by_the_host(kind: str, attribution: str = "on the record") -> Event:
    statement = Statement(kind, "host", text="There is none.")  # type: ignore[arg-type]
    return event(
        StatementRecorded(statement),
        "statement recorded",
        basis=(basis(side="host", attribution=attribution),),
    )


def test_in_short_a_statement_is_who_does_what() -> None:
    assert plain(brief(said_by_the_host("deny"))) == "The host denies"
    assert plain(brief(event(Postponed(), "postponed"))) == "Put off, with no new date"


def test_the_press_goes_by_the_name_of_its_outlet() -> None:
    statement = StatementRecorded(Statement("report", "press", speaker="a reporter", text="Soon"))
    sources = (basis(), basis(side="press", outlet="Radio Maghreb"))
    told = headline(event(statement, "statement recorded", basis=sources))
    assert plain(told) == "Radio Maghreb reports: “Soon”"
    assert plain(headline(event(statement, "statement recorded"))) == "A reporter reports: “Soon”"


def test_a_quotation_is_cut_where_it_is_told_to_be() -> None:
    long = event(Deferred(Condition("word " * 800, "guest")), "deferred")
    assert len(plain(headline(long))) < 320
    assert len(plain(headline(long, limit=0))) > 3_900


def test_what_a_statement_names_beside_its_words_is_told() -> None:
    statement = Statement(
        "confirm",
        "host",
        text="Yes",
        claimed_status="rescheduled",
        claimed_window=Window(date(2023, 6, 17), date(2023, 6, 19)),
        condition=CONDITION,
        about_version=15,
    )
    assert [plain(note) for note in notes(statement)] == [
        "Says that the visit is: rescheduled",
        "Names days: 17 to 19 June 2023",
        "Names a condition: “when conditions allow”",
        "About change 15",
    ]


def test_a_sign_tells_a_change_of_status_a_denial_and_a_firm_word_apart() -> None:
    assert [sign(said_by_the_host(kind)) for kind in ("deny", "doubt", "confirm")] == [
        "deny",
        "doubt",
        "statement",
    ]
    assert sign(event(Deferred(), "deferred")) == "open"
    assert makes_status(event(Deferred(), "deferred"))
    assert not makes_status(said_by_the_host("deny"))
    assert is_firm(said_by_the_host("confirm"))
    assert not is_firm(said_by_the_host("decline"))
    assert not is_firm(said_by_the_host("confirm", "anonymous"))
