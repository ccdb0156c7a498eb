"""Reading the record's XML: what is taken, and how what is left out is named."""

from datetime import date

import pytest

from tests.exchange.records.record import travels, trip, visit, xml


def test_white_space_of_any_kind_is_one_blank() -> None:
    (leg,) = travels(
        xml(trip(1, "2023-06-17", "China", "\n  Beijing\u00a0", "Met\u00a0\n  two ministers."))
    ).legs
    assert (leg.place, leg.remarks) == ("Beijing", "Met two ministers.")


def test_an_accent_that_is_written_apart_is_part_of_its_letter() -> None:
    (leg,) = travels(xml(trip(1, "2023-06-17", "France", "Orle\u0301ans"))).legs
    assert leg.place == "Orl\u00e9ans"


def test_an_edition_is_of_the_day_on_which_its_last_record_was_made() -> None:
    read = travels(
        xml(trip(1, "2023-06-17", "China", created="2024-01-02")),
        xml(trip(2, "2023-06-20", "France", created="2023-07-09")),
    )
    assert read.edition == date(2024, 1, 2)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (trip(7, "2023-02-30", "China"), "start-date '2023-02-30' is not a day"),
        (trip(7, "", "China"), "start-date '' is not a day"),
        (trip(7, "2023-06-17/soon", "China"), "end-date 'soon' is not a day"),
        (trip(7, "20230617", "China"), "start-date '20230617' is not a day"),
        (trip(7, "2023-06-18/2023-06-17", "China"), "it ends on 2023-06-17, before it begins"),
        (trip(7, "2023-06-17", "China", role="envoy"), "role 'envoy' is neither secretary nor"),
        (trip(7, "2023-06-17", "China", who=("", "")), "it does not say who travelled"),
        (trip(7, "2023-06-17", "China", who=("ana", "A" * 201)), "more than 200 characters"),
        (trip(7, "2023-06-17", "China", who=("a" * 101, "Ana")), "is not an id"),
        (trip(7, "2023-06-17", "China", who=("Ana Lima", "Ana")), "'Ana Lima' is not an id"),
        (trip(7, "2023-06-17", "China", "Bei\u202ejing"), "locale: "),
        (trip(7, "2023-06-17/2123-06-17", "China"), "more than a year after the record was made"),
        (
            trip(7, "2023-06-17", "China").replace("<locale>", "<id>7</id><locale>"),
            "it has id twice",
        ),
        (visit(7, "2023-06-17", "", "China"), "it does not say who travelled"),
        (visit(7, "2023-06-17", "King Ana", "Old Norway"), "'old norway' is not an id"),
        ("<voyage><id>7</id></voyage>", "'voyage' is neither a trip nor a visit"),
    ],
)
def test_a_bad_record_is_left_out_by_its_number_and_the_rest_goes_on(record: str, why: str) -> None:
    read = travels(xml(trip(6, "2023-06-17", "China"), record, trip(8, "2023-06-20", "France")))
    assert [leg.number for leg in read.legs] == ["6", "8"]
    (left,) = read.left_out
    assert (left.file, left.record) == ("1.xml", "7")
    assert why in left.reason


def test_a_record_without_an_id_is_named_by_its_line() -> None:
    record = trip(7, "2023-06-17", "China").replace("<id>7</id>", "<id/>")
    read = travels(xml(record, record.replace("2023-06-17", "soon"), "<visit/>"))
    assert [leg.named for leg in read.legs] == ["at line 3"]
    assert [each.record for each in read.left_out] == ["at line 15", "at line 26"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_a_file_is_read_in_the_encoding_that_it_names(encoding: str) -> None:
    named = encoding.removesuffix("-sig")
    record = trip(1, "2023-06-17", "France", "Orl\u00e9ans")
    text = f'<?xml version="1.0" encoding="{named}"?><trips>{record}</trips>'
    assert travels(text.encode(encoding)).legs[0].place == "Orl\u00e9ans"


def test_names_in_a_namespace_are_read_without_a_prefix_and_left_out_with_one() -> None:
    record = trip(1, "2023-06-17", "France")
    plain = xml(record).replace(b"<trips>", b'<trips xmlns="urn:x">')
    read = travels(plain, xml(record.replace("trip ", "t:trip ").replace("/trip>", "/t:trip>")))
    assert [leg.number for leg in read.legs] == ["1"]
    assert [each.reason for each in read.left_out] == ["'t:trip' is neither a trip nor a visit"]


ENTITIES = b"""<!DOCTYPE trips [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "/etc/hostname">]>
<trips><trip><id>&a;&b;</id></trip></trips>"""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (ENTITIES, "document type"),
        (b'<!DOCTYPE trips SYSTEM "http://127.0.0.1:1/trips.dtd"><trips/>', "document type"),
        (b'<?xml version="1.0" encoding="klingon"?><trips/>', "its encoding is unknown"),
        (b"<trips>\xe9</trips>", "it is not well-formed XML"),
        (b"<trips>&nbsp;</trips>", "undefined entity"),
        (b"<trips><trip>", "line 1: it is not well-formed XML"),
        (b"", "it is not well-formed XML"),
        (b"not XML", "it is not well-formed XML"),
        (b"<a>" * 50, "nested too deeply"),
        (b"<trips><trip><id>" + b"1" * 30_000 + b"</id></trip></trips>", "more than 20000"),
    ],
)
def test_a_file_that_is_not_whole_or_could_reach_outside_is_left_out(data: bytes, why: str) -> None:
    """As a whole: half of an edition would look as if the rest were gone."""
    read = travels(data, xml(trip(1, "2023-06-17", "China")))
    (left,) = read.left_out
    assert (left.file, left.record) == ("1.xml", "")
    assert why in left.reason
    assert len(read.legs) == 1
