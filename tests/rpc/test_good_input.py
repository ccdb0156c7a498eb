"""Input that looks odd and is allowed: every language, newlines, the year 9999, and all bounds."""

import unicodedata

import pytest

from chancery.v1.values_pb2 import (
    ATTRIBUTION_UNSPECIFIED,
    SIDE_DESK,
    SIDE_GUEST,
    Counterpart,
    Host,
    Place,
    Principal,
    Window,
)
from chancery.v1.visit_service_pb2 import GetVisitRequest, ListVisitsRequest
from tests.support.messages import (
    amended,
    basis,
    condition,
    date,
    deferred,
    postponed,
    rescheduled,
    scheduled,
    stated,
    window,
)
from tests.support.server import Client

BIRD = "\U0001f54a"


@pytest.mark.parametrize(
    "planned",
    [
        window("9999-12-30", "9999-12-31", as_stated="one day"),
        window("9999-12-31"),
        window("0001-01-01", "9999-12-31", approximate=True),
        window("2024-02-29"),
        window("2000-02-29", "2000-02-29"),
    ],
    ids=range(5),
)
def test_a_window_lies_in_the_years_1_to_9999(client: Client, name: str, planned: Window) -> None:
    for change in (scheduled(planned), postponed(), rescheduled(planned)):
        client.record(name, change)

    assert client.visit(name).window == planned
    listed = client.visits.ListVisits(ListVisitsRequest(order_by="window.start", page_size=1000))
    assert name in [v.name for v in listed.visits]


def test_text_holds_newlines_and_every_language(client: Client, name: str) -> None:
    """Zero-width joiners and right-to-left letters are not overrides. A name has one line."""
    text = "First line\nSecond line\n\n" + "布林肯 بلينكن בלינקן Блинкен ⚖️ می\u200cکنیم"

    event = client.record(
        name,
        scheduled(title="Two\n lines", purpose=text, trip=text, aliases=[text]),
        reason=text,
        basis=[basis(speaker="布林肯", quote=text)],
    ).event.event

    assert event.scheduled.details.purpose == event.reason == event.basis[0].quote == text
    assert client.visit(name).details.title == "Two lines"
    assert client.visit(f"visits/{text}").name == name


def test_text_is_kept_in_its_composed_form(client: Client, name: str) -> None:
    """Decomposed letters come back composed; either form finds the visit."""
    composed = "Ségolène à Pékin, Ṩ"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed

    event = client.record(
        name,
        scheduled(
            principal=Principal(name=decomposed, country="FR"),
            title=decomposed,
            aliases=[f"{decomposed} {name}"],
        ),
        reason=decomposed,
        basis=[basis(outlet=decomposed)],
    ).event.event

    details = event.scheduled.details
    assert details.principal.name == details.title == event.reason == composed
    assert event.basis[0].outlet == composed
    assert list(details.aliases) == [f"{composed} {name}"]
    for form in (composed, decomposed):
        assert client.visits.GetVisit(GetVisitRequest(name=f"visits/{form} {name}")).visit.name == (
            name
        )


def test_a_text_may_be_as_long_as_its_bound(client: Client, name: str) -> None:
    """4,000 characters for a text and 200 for a name: characters, not bytes."""
    facts = {
        "title": BIRD * 200,
        "principal": Principal(name=BIRD * 200, office=BIRD * 200, organisation=BIRD * 200),
        "host": Host(
            country="CN",
            organisation=BIRD * 200,
            counterparts=[Counterpart(name=BIRD * 200, office=BIRD * 200)] * 50,
        ),
        "destinations": [Place(city=BIRD * 200)] * 50,
        "purpose": BIRD * 4000,
        "trip": BIRD * 200,
        "aliases": [BIRD * 200] * 50,
    }
    word = basis(speaker=BIRD * 200, outlet=BIRD * 200, quote=BIRD * 1000)

    visit = client.record(
        name,
        scheduled(window(as_stated=BIRD * 4000), **facts),
        reason=BIRD * 4000,
        request_id=BIRD * 200,
        basis=[word] * 50,
    ).visit
    client.record(name, deferred(condition(BIRD * 4000)))
    client.record(name, stated(text=BIRD * 4000, speaker=BIRD * 200))

    assert visit.details.purpose == BIRD * 4000
    assert len(visit.details.aliases) == 50
    assert client.visit(name).conditions[0].condition.text == BIRD * 4000
    assert client.visit(f"visits/{BIRD * 200}").name == name


@pytest.mark.parametrize("visit_id", ["a", "0", "a-b", "a--b", "x" * 63, "1" * 63])
def test_an_id_has_1_to_63_characters(client: Client, visit_id: str) -> None:
    assert client.record(f"visits/{visit_id}", scheduled()).visit.name == f"visits/{visit_id}"
    assert client.visit(f"visits/{visit_id}").version == 1


def test_the_desk_may_speak_without_an_attribution(client: Client, name: str) -> None:
    word = basis(SIDE_DESK, ATTRIBUTION_UNSPECIFIED, speaker="The night desk")

    assert list(client.record(name, scheduled(), basis=[word]).event.event.basis) == [word]


@pytest.mark.parametrize(
    ("effective", "stands_at"),
    [
        ("0001", "0001-12-31T23:59:59.999Z"),
        ("0001-01-01 00:00", "0001-01-01T00:00:00Z"),
        ("1971-07", "1971-07-31T23:59:59.999Z"),
        ("2024-02", "2024-02-29T23:59:59.999Z"),
        ("2023-12-31", "2023-12-31T23:59:59.999Z"),
        ("1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_stands_at_the_last_millisecond_of_its_period(
    client: Client, name: str, effective: str, stands_at: str
) -> None:
    """Even long before 1970; the known time takes the same value."""
    answer = client.record(name, scheduled(), effective=effective)

    assert answer.event.event.effective_time.ToJsonString() == stands_at
    assert answer.event.event.known_time.ToJsonString() == stands_at
    assert answer.visit.effective_time == answer.event.event.effective_time
    assert client.visit(name, valid_at=stands_at[:-1]).version == 1


def test_a_period_that_is_not_over_stands_at_the_time_of_the_command(
    client: Client, name: str
) -> None:
    """The current year does not claim more than is known."""
    first = client.record(name, scheduled())
    year = f"{first.event.record_time.ToDatetime().year}"

    event = client.record(name, postponed(), effective=year).event

    assert first.event.record_time.ToNanoseconds() <= event.event.effective_time.ToNanoseconds()
    assert event.event.effective_time.ToNanoseconds() <= event.record_time.ToNanoseconds()


def test_a_day_known_within_itself_is_lowered_to_what_was_known(client: Client, name: str) -> None:
    """It took effect on 3 February, and was known at 18:00 that day."""
    event = client.record(
        name, scheduled(), effective="2023-02-03", known="2023-02-03 18:00"
    ).event.event

    assert event.effective_time == event.known_time
    assert event.known_time.ToJsonString() == "2023-02-03T18:00:00Z"


def test_a_mask_may_name_a_field_in_short_and_twice(client: Client, name: str) -> None:
    client.record(name, scheduled())

    event = client.record(
        name, amended("title", "details.title", "title", "kind", title="Another")
    ).event.event

    assert list(event.amended.update_mask.paths) == ["details.title", "details.kind"]


@pytest.mark.parametrize("day", ["0001-01-01", "1971-07-09", "2023-02-03"])
def test_a_basis_was_published_on_any_day_that_has_come(
    client: Client, name: str, day: str
) -> None:
    word = basis(SIDE_GUEST, published=date(day), source_count=2**31 - 1)

    assert list(client.record(name, scheduled(), basis=[word]).event.event.basis) == [word]
