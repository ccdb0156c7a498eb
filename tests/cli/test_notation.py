"""The words and the compact notations of the command line."""

import pytest

from chancery.client.words import SIDE, STATUS
from chancery.v1.values_pb2 import (
    Attribution,
    Basis,
    Counterpart,
    Date,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Relation,
    Side,
    Status,
)
from service.cli.notation import values


@pytest.mark.parametrize(
    "text",
    [
        "when conditions allow",
        "when-conditions-allow",
        "When Conditions Allow",
        "WHEN_CONDITIONS_ALLOW",
    ],
)
def test_a_word_is_typed_with_spaces_or_dashes_in_capitals_or_not(text: str) -> None:
    assert STATUS.parse(text) == Status.STATUS_WHEN_CONDITIONS_ALLOW


@pytest.mark.parametrize("text", ["", "unspecified", "scuttled", "3"])
def test_a_word_that_is_none_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(ValueError, match="choose from scheduled, postponed, when conditions allow"):
        STATUS.parse(text)


def test_a_word_that_this_client_does_not_know_yet_is_shown_by_its_number() -> None:
    assert SIDE.of(Side.ValueType(99)) == "side 99"


def test_words_are_completed_with_dashes() -> None:
    assert STATUS.complete("when-c") == ["when-conditions-allow"]


@pytest.mark.parametrize("text", ["visits/blinken-beijing", "blinken-beijing"])
def test_a_visit_is_named_by_its_id_or_its_name(text: str) -> None:
    assert values.visit_name(text) == "visits/blinken-beijing"


def test_a_basis_says_side_attribution_and_parts() -> None:
    text = (
        "guest, on the record, speaker=Ned Price, outlet=CBS News, "
        "url=https://example.org/a?b=c, published=2023-02-06, quote=when conditions allow"
    )
    assert values.basis(text) == Basis(
        side=Side.SIDE_GUEST,
        attribution=Attribution.ATTRIBUTION_ON_THE_RECORD,
        speaker="Ned Price",
        outlet="CBS News",
        url="https://example.org/a?b=c",
        published=Date(year=2023, month=2, day=6),
        quote="when conditions allow",
    )


def test_a_part_may_hold_commas() -> None:
    basis = values.basis("press,anonymous,sources=3,speaker=Price, State Department,outlet=AP")
    assert (basis.speaker, basis.outlet) == ("Price, State Department", "AP")
    assert basis.source_count == 3


def test_the_desk_needs_no_attribution() -> None:
    assert values.basis("desk") == Basis(side=Side.SIDE_DESK)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "unknown side ''"),
        ("speaker=Ned Price", "unknown side ''"),
        ("the guest", "unknown side 'the guest'"),
        ("guest, loudly", "unknown attribution 'loudly'"),
        (
            "guest, background, speakr=Ned Price",
            "unknown key 'speakr'; choose from country, organisation, outlet, published",
        ),
        ("guest, background, speaker=A, outlt=AP", "unknown key 'outlt'"),
        ("guest, background, speaker=A, speaker=B", "'speaker' is given twice"),
        ("guest, background, speaker=", "'speaker' is empty"),
        ("guest, background, sources=some", "'some' is not a number"),
        ("guest, background, sources=99999999999", "not a number of sources"),
        ("guest, background, published=2023-02", "longer than a day"),
        ("guest, background, published=soon", "not a time"),
    ],
)
def test_a_basis_that_is_not_understood_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("(", "\\(")):
        values.basis(text)


def test_a_principal_has_a_name_an_office_and_whom_it_represents() -> None:
    assert values.principal("Antony Blinken (Secretary of State), country=US") == Principal(
        name="Antony Blinken", office="Secretary of State", country="US"
    )
    assert values.principal("Jens Stoltenberg, organisation=NATO") == Principal(
        name="Jens Stoltenberg", organisation="NATO"
    )


@pytest.mark.parametrize("text", ["", "(Secretary of State)", "A (B) C", "country=US"])
def test_a_person_needs_a_name_with_the_office_behind_it(text: str) -> None:
    with pytest.raises(ValueError, match="is not a person"):
        values.principal(text)


def test_a_host_is_a_country_with_whom_to_meet() -> None:
    assert values.host("CN, meeting=Qin Gang (Foreign Minister); Wang Yi") == Host(
        country="CN",
        counterparts=[
            Counterpart(name="Qin Gang", office="Foreign Minister"),
            Counterpart(name="Wang Yi"),
        ],
    )


def test_a_host_is_an_organisation_perhaps_with_its_country() -> None:
    assert values.host("NATO, country=BE") == Host(organisation="NATO", country="BE")


@pytest.mark.parametrize("name", ["EU", "UN", "NATO", "World Bank"])
def test_an_organisation_may_have_two_capitals(name: str) -> None:
    assert values.host(name) == Host(organisation=name)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("UK", "'UK' is not the code of a country: write GB"),
        ("XX", r"'XX' is not the code of a country \(ISO 3166-1"),
        ("China", "'China' is a country: write CN"),
        ("china, meeting=Qin Gang", "'china' is a country: write CN"),
        ("cn", "'cn' is a country: write CN"),
        ("USA", "'USA' is a country: write US"),
        ("NATO, country=Belgium", "'Belgium' is not the code of a country: write BE"),
    ],
)
def test_a_host_that_is_a_country_is_its_code(text: str, why: str) -> None:
    """The refusal says what to write."""
    with pytest.raises(ValueError, match=why):
        values.host(text)


def test_a_host_whose_country_is_given_may_have_the_name_of_another() -> None:
    assert values.host("Georgia, country=US") == Host(organisation="Georgia", country="US")


def test_a_principal_has_the_code_of_a_country() -> None:
    with pytest.raises(ValueError, match="'UK' is not the code of a country: write GB"):
        values.principal("David Lammy, country=UK")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Beijing, China", "'China' is a country: write \"Beijing, CN\""),
        ("Beijing, cn", "'cn' is a country: write \"Beijing, CN\""),
        ("New York, USA", "'USA' is a country: write \"New York, US\""),
        ("London, UK", "'UK' is not the code of a country: write GB"),
        ("Brussels, EU", "'EU' is an organisation"),
        ("China", "'China' is a country: write CN"),
        ("Singapore", 'write SG, or "Singapore, SG" for a city'),
        ("USA", "'USA' is a country: write US"),
    ],
)
def test_a_place_has_the_code_of_its_country(text: str, why: str) -> None:
    """The refusal says what to write."""
    with pytest.raises(ValueError, match=why):
        values.place(text)


def test_a_host_has_one_country() -> None:
    with pytest.raises(ValueError, match="twice"):
        values.host("CN, country=TW")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Beijing, CN", Place(city="Beijing", country="CN")),
        ("Beijing", Place(city="Beijing")),
        ("CN", Place(country="CN")),
        ("Washington, D.C., US", Place(city="Washington, D.C.", country="US")),
    ],
)
def test_a_place_is_a_city_or_a_country_or_both(text: str, place: Place) -> None:
    assert values.place(text) == place


def test_a_related_visit_says_how() -> None:
    assert values.related("substitute-for=sullivan-beijing") == RelatedVisit(
        relation=Relation.RELATION_SUBSTITUTE_FOR, name="visits/sullivan-beijing"
    )


@pytest.mark.parametrize("text", ["sullivan-beijing", "instead=sullivan", "supersedes="])
def test_a_related_visit_without_a_relation_or_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="supersedes"):
        values.related(text)
