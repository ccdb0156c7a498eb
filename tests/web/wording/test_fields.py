"""Fields, people, countries and bases in words."""

from datetime import date

import pytest

from chancery.client import (
    Basis,
    ClaimedWindow,
    Condition,
    Counterpart,
    CurrentCondition,
    FieldChange,
    Host,
    Place,
    PreviousWindow,
    Principal,
    RelatedVisit,
    Statement,
    VisitDetails,
    Word,
)
from domain import countries
from service.web import wording
from tests.web.wording.values import EARLY, FEBRUARY, JUNE, at, basis, visit

VALUES = [
    ("status", "when conditions allow", "when conditions allow"),
    ("reason", "", ""),
    ("reason", None, ""),
    ("under_way", True, "yes"),
    ("window", JUNE, "18 to 19 June 2023"),
    ("window.start", date(2023, 6, 18), "18 June 2023"),
    ("window.as_stated", "early next year", "“early next year”"),
    ("effective_time", at("2023-06-18 12:00"), "18 June 2023"),
    ("previous_windows", (PreviousWindow(EARLY, "moved", 2), PreviousWindow(FEBRUARY)), None),
    ("conditions", (CurrentCondition(Condition("x", "host"), 2),), "the host: “x”"),
    ("claimed_windows", (ClaimedWindow("press", JUNE, 2, outlet="AP"),), "AP: 18 to 19 June 2023"),
    ("words", (Word("host", 3, statement=Statement("deny", "host")),), "The host denies"),
    ("words", (Word("guest", 3, speaker="Ned"),), "the guest stands by the status (Ned)"),
    ("details.principal", Principal("Luc", "Premier"), "Luc, Premier"),
    ("details.host", Host("CN", counterparts=(Counterpart("Qin"),)), "China: Qin"),
    ("details.host.country", "US", "United States"),
    ("details.destinations", (Place("Paris", "FR"), Place("", "DE")), "Paris, France; Germany"),
    ("details.kind", "official working", "official working visit"),
    ("details.related", (RelatedVisit("continues", "visits/a"),), "Continues a"),
    ("basis", (basis(speaker="Ned"),), "guest Ned on the record"),
    ("something.new", {"a": "b", "c": 2}, "b, 2"),
]


@pytest.mark.parametrize(("path", "content", "said"), VALUES, ids=str)
def test_the_value_of_a_field_is_told_as_a_person_reads_it(
    path: str, content: object, said: str | None
) -> None:
    told = wording.plain(wording.value(path, content))
    assert told == said or (said is None and "; 5 to 6 February 2023" in told)


def test_of_a_list_only_what_differs_is_told() -> None:
    change = FieldChange("details.aliases", ("a", "b"), ("b", "c"))
    assert wording.differing(change) == (["a"], ["c"])
    assert wording.differing(FieldChange("reason", None, "Rain")) == ([], ["Rain"])


def test_fields_have_names() -> None:
    assert wording.path("details.principal.office") == "office of the guest"
    assert wording.path("details.new_field.part") == "new field, part"


def test_every_country_that_the_contract_takes_has_a_name() -> None:
    unnamed = {code for code in countries.CODES if wording.country(code) == code}
    assert unnamed == set()


def test_the_name_of_a_country_means_its_code() -> None:
    """The names are those that people write: what the domain takes them for is the same code."""
    own = {"DR Congo": "CD"}
    for code in countries.CURRENT:
        name = wording.country(code)
        assert countries.code_of(name) == own.get(name, code)


def test_a_country_takes_its_article_in_a_sentence() -> None:
    assert wording.in_prose("US") == "the United States"
    assert wording.in_prose("CN") == "China"
    assert wording.country("something else") == "something else"


def test_a_basis_says_who_in_what_form_and_where() -> None:
    told = wording.basis(
        Basis(
            "press",
            "anonymous",
            "people familiar with the talks",
            source_count=3,
            outlet="Radio Maghreb",
            url="https://www.example.org/a?b=1&c=2",
            published=date(2023, 6, 1),
            quote="soon",
        )
    )
    assert wording.plain(told) == (
        "press three people familiar with the talks, in Radio Maghreb anonymous “soon” "
        "example.org 1 Jun 2023"
    )
    assert 'href="https://www.example.org/a?b=1&amp;c=2"' in told
    assert 'rel="noreferrer"' in told


def test_the_day_of_publication_is_left_out_where_the_page_has_it() -> None:
    published = basis(published=date(2023, 6, 1))
    assert "2023" in wording.basis(published)
    assert "2023" not in wording.basis(published, date(2023, 6, 1))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://a/b", "//a/b", "http://[", "x", ""]
)
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    assert "<a" not in wording.basis(basis(url=url))


def test_the_way_of_a_visit_names_guest_and_places() -> None:
    details = VisitDetails(
        "",
        Principal("Antony Blinken", "Secretary of State", "US"),
        Host("CN"),
        (Place("Beijing"),),
    )
    some = visit(details=details)
    assert wording.plain(wording.route(some)) == (
        "Antony Blinken, Secretary of State →to Beijing, China"
    )
    assert (wording.guest_of(some), wording.host_of(some)) == ("United States", "China")


def test_words_of_others_stay_text_and_keep_their_direction() -> None:
    assert wording.quoted("<b>&") == "“&lt;b&gt;&amp;”"
    assert wording.quoted("שלום") == "“<bdi>שלום</bdi>”"
    assert wording.quoted("a\u202eb") == "“<bdi>a\u202eb</bdi>”"
