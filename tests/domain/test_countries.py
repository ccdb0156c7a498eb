"""The codes of states, and what a refusal says to somebody who wrote something else."""

import re

import pytest

from domain import countries
from domain.countries import CODES, CURRENT, FORMER, code_of, is_organisation, why_no_code


def test_the_codes_of_today_and_of_states_that_are_gone_are_taken() -> None:
    """ISO 3166-1 has 249 codes. ISO 3166-3 has 31 entries, of 25 codes that nobody has today."""
    assert len(CURRENT) == 249
    assert len(FORMER) == 25
    assert not CURRENT & FORMER
    assert CURRENT | FORMER | {"XK"} == CODES
    assert {"SU", "YU", "CS", "DD", "ZR", "BU", "TP", "AN", "YD", "VD"} <= FORMER
    assert all(re.fullmatch("[A-Z]{2}", code) for code in CODES)


def test_no_two_states_of_today_are_written_alike() -> None:
    """Each code, alpha-3 code and name means one state, and none is also an organisation."""
    written = [
        (countries._key(text), code)
        for table in (countries._STATES, countries._OTHERS)
        for code, alpha_3, names in countries._entries(table)
        for text in (code, alpha_3, *names)
    ]
    assert len({key for key, _ in written}) == len(written)
    assert not {key for key, _ in written} & countries._organisations()
    assert all(len(alpha_3) == 3 for _, alpha_3, _ in countries._entries(countries._STATES))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("UK", "GB"),
        ("EL", "GR"),
        ("cn", "CN"),
        ("uk", "GB"),
        ("USA", "US"),
        ("fra", "FR"),
        ("\uff35\uff33", "US"),
        ("U.S.A.", "US"),
        ("China", "CN"),
        ("france", "FR"),
        ("the United States", "US"),
        ("The Netherlands", "NL"),
        ("Cote d\u2019Ivoire", "CI"),
        ("St. Lucia", "LC"),
        ("Trinidad & Tobago", "TT"),
        ("Turkey", "TR"),
        ("Guinea Bissau", "GW"),
        ("Kosovo", "XK"),
        ("Soviet Union", "SU"),
        ("Czechoslovakia", "CS"),
        ("YUG", "YU"),
        ("Burma", "MM"),
        ("East Timor", "TL"),
    ],
)
def test_who_writes_a_country_in_another_way_is_told_its_code(text: str, code: str) -> None:
    """The refusal says what to write."""
    assert text not in CODES
    assert code_of(text) == code
    assert why_no_code(text) == f"{text!r} is not the code of a country: write {code}"


@pytest.mark.parametrize("text", ["EU", "UN", "NATO", "nato", "European Union", "ASEAN", "G20"])
def test_an_organisation_has_a_field_of_its_own(text: str) -> None:
    """The refusal says which."""
    assert is_organisation(text)
    assert why_no_code(text) == f"{text!r} is an organisation: put it in organisation"


@pytest.mark.parametrize("text", ["XX", "ZZ", "QQ", "EN", "-", "?", "Atlantis", "AA"])
def test_what_nobody_knows_gets_no_hint(text: str) -> None:
    """The refusal says what a code is."""
    assert code_of(text) is None
    assert why_no_code(text).endswith("(ISO 3166-1 alpha-2, in capitals)")
