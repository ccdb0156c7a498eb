"""``chancery import`` of the official record: once, again, and in newer editions."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk
from tests.cli.edition import Import
from tests.exchange.records.record import trip

# A leg of a president of this test alone: number, days, country, place, remarks.
Leg = Callable[..., str]


@pytest.fixture
def name(key: str) -> str:
    return f"Ana {key.title()}"


@pytest.fixture
def leg(key: str, name: str) -> Leg:
    def make(number: int, days: str, country: str, place: str = "", remarks: str = "") -> str:
        return trip(number, days, country, place, remarks, who=(key, name), role="president")

    return make


def counts(
    recorded: int, before: int = 0, more: str = "", *, merged: int = 0, left_out: int = 0
) -> str:
    return (
        f"Recorded {recorded} changes; {before} were recorded before, 0 were refused, "
        f"{merged} were merged into others, {left_out} were left out{more}\n"
    )


def shown(desk: Desk, id: str) -> Any:
    return desk.reads(f"show {id}")["visit"]


def purpose(desk: Desk, id: str) -> str:
    return str(shown(desk, id)["details"].get("purpose", ""))


def test_the_record_is_imported_as_visits_that_took_place(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    records = (
        leg(1, "2023-06-17/2023-06-18", "China", "Shanghai"),
        leg(2, "2023-06-19", "China", "Beijing"),
        leg(3, "2023-06-20", "France", "Paris"),
    )
    assert edition(*records) == (0, counts(2, merged=1), "")
    visit = shown(desk, f"{key}-cn-2023-06-17")
    assert (visit["status"], visit["standing"]) == ("STATUS_COMPLETED", "STANDING_OFFICIAL")
    assert visit["known_period"] == "2023-06-19"


def test_an_import_again_records_nothing_whoever_does_it(
    desk: Desk, edition: Import, leg: Leg
) -> None:
    records = [leg(n, f"2023-06-{n:02}", "Norway") for n in (1, 11, 21)]
    assert edition(*records)[1] == counts(3)
    assert edition(*records, options="--actor bob") == (0, counts(0, 3), "")


def test_what_is_left_out_is_named_by_file_and_record_and_the_rest_goes_on(
    edition: Import, leg: Leg, tmp_path: Path
) -> None:
    records = (
        leg(7, "2023-06-17", "Ruritania", "Strelsau"),
        leg(8, "2023-06-31", "Norway"),
        leg(9, "2023-07-01", "Norway"),
        leg(10, "2023-07-02", "Norway"),
    )
    report = tmp_path / "report.csv"
    status, answer, complaint = edition(*records, options=f"--report {report}")
    assert (status, answer, complaint) == (1, counts(1, merged=1, left_out=2), "")
    rows = list(csv.DictReader(report.read_text("utf-8-sig").splitlines()))
    assert [(row["where"], row["outcome"]) for row in rows] == [
        ("record 8", "left out"),
        ("record 7", "left out"),
        ("record 10", "merged"),
    ]
    assert rows[0]["file"] == str(tmp_path / "edition.xml")
    assert "2023-06-31" in rows[0]["reason"]
    assert "Ruritania" in rows[1]["reason"]
    assert "record 8: start-date '2023-06-31' is not a day" in edition(*records)[2]


def test_a_dry_run_says_what_would_be_and_records_nothing(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    record = leg(1, "2023-06-17", "Norway")
    none = ", 0 would be merged into others, 0 would be left out\n"
    answer = f"Would record 1 changes; 0 were recorded before, 0 would be refused{none}"
    assert edition(record, options="--dry-run") == (0, answer, "")
    assert "no visit" in desk.is_refused(f"show {key}-no-2023-06-17")
    edition(record)
    answer = f"Would record 0 changes; 1 were recorded before, 0 would be refused{none}"
    assert edition(record, options="--dry-run") == (0, answer, "")


def test_a_name_may_be_as_long_as_a_name_and_remarks_as_long_as_they_like(
    desk: Desk, edition: Import, tmp_path: Path
) -> None:
    """What is too long for the service is cut; it stops no other record."""
    who = ("x" * 99, "A" * 200)
    remarks = "Met. " * 1_500
    record = trip(1, "2023-06-17", "Norway", "Oslo", remarks, who=who, role="president")
    assert edition(record) == (0, counts(1), "")
    assert purpose(desk, f"{'x' * 40}-no-2023-06-17").endswith("…")
    assert edition(record) == (0, counts(0, 1), "")


# Newer editions


def test_what_an_edition_changed_is_corrected_with_basis_and_edition(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    """Known when the visit was: it is an error of the record, and no news."""
    edition(leg(1, "2023-06-17", "Norway", "Oslo", "Met."))
    assert edition(leg(9, "2023-06-17", "Norway", "Bergen", "Met the King.")) == (0, counts(1), "")
    visit = shown(desk, f"{key}-no-2023-06-17")
    assert visit["details"]["purpose"] == "Met the King."
    assert [place["city"] for place in visit["details"]["destinations"]] == ["Bergen"]
    assert (visit["version"], visit["known_period"]) == (2, "2023-06-17")
    (line,) = desk.does(f"history {key}-no-2023-06-17 --type corrected --json").splitlines()
    event = json.loads(line)["event"]
    assert event["reason"] == "Edition of 2023-07-03 of the official record"
    assert event["basis"][0]["attribution"] == "ATTRIBUTION_OFFICIAL_RECORD"
    assert edition(leg(9, "2023-06-17", "Norway", "Bergen", "Met the King."))[1] == counts(0, 1)


def test_days_are_corrected_and_the_visit_keeps_its_id(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    edition(leg(1, "2023-06-17/2023-06-18", "Norway"))
    assert edition(leg(1, "2023-06-16/2023-06-19", "Norway"))[1] == counts(1)
    window = shown(desk, f"{key}-no-2023-06-17")["held_window"]
    assert (window["start"]["day"], window["end"]["day"]) == (16, 19)
    assert edition(leg(1, "2023-06-16/2023-06-19", "Norway"))[1] == counts(0, 1)


def test_what_a_desk_changed_is_kept_and_told(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    id = f"{key}-no-2023-06-17"
    edition(leg(1, "2023-06-17", "Norway", "Oslo", "Met."))
    desk.does(f"amend {id} --purpose 'Talks about fish' --known 2023-08-01")
    newer = leg(1, "2023-06-17", "Norway", "Bergen", "Met the King.")
    status, answer, complaint = edition(newer)
    assert (status, answer) == (0, counts(1, more=", 1 stay as a desk changed them"))
    assert complaint == (
        f"record 1: {id}: a desk changed its purpose; the edition has Met the King.\n"
    )
    assert purpose(desk, id) == "Talks about fish"
    assert shown(desk, id)["details"]["destinations"][0]["city"] == "Bergen"


def test_what_a_desk_changed_and_no_edition_did_is_not_even_told(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    record = leg(1, "2023-06-17", "Norway", "Oslo", "Met.")
    edition(record)
    desk.does(f"amend {key}-no-2023-06-17 --purpose 'Talks about fish' --known 2023-08-01")
    assert edition(record) == (0, counts(0, 1), "")


def test_a_trip_keeps_the_label_that_any_of_its_visits_has(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    later = leg(2, "2023-06-18", "Norway")
    edition(later)
    assert edition(leg(1, "2023-06-17", "Sweden"), later)[1] == counts(1, 1)
    for id in (f"{key}-se-2023-06-17", f"{key}-no-2023-06-18"):
        assert shown(desk, id)["details"]["trip"] == f"{key}-2023-06-18"


def test_what_is_gone_is_told_and_retracted_only_if_asked_for(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    stays, goes = leg(1, "2023-06-01", "Norway"), leg(2, "2023-06-17", "Sweden")
    edition(stays, goes)
    status, answer, complaint = edition(stays)
    assert (status, answer) == (0, counts(0, 1, ", 1 are gone from this edition"))
    assert complaint == f"{key}-se-2023-06-17: it is gone from the edition\n"
    assert edition(stays, options="--retract-missing") == (0, counts(1, 1), "")
    assert "withdrawn" in desk.is_refused(f"show {key}-se-2023-06-17")
    assert edition(stays, options="--retract-missing") == (0, counts(0, 1), "")


def test_what_an_edition_has_again_comes_back(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    """As often as it goes, and with what changed once the edition is imported again."""
    stays, goes = leg(1, "2023-06-01", "Norway"), leg(2, "2023-06-17", "Sweden")
    edition(stays, goes)
    for back in (goes, leg(3, "2023-06-17", "Sweden", "Malm\u00f6")):
        edition(stays, options="--retract-missing")
        assert edition(stays, back, options="--dry-run")[1].startswith("Would record 1 changes; 1 ")
        assert edition(stays, back) == (0, counts(1, 1), "")
        assert shown(desk, f"{key}-se-2023-06-17")["status"] == "STATUS_COMPLETED"
    assert edition(stays, back) == (0, counts(1, 1), "")
    assert shown(desk, f"{key}-se-2023-06-17")["details"]["destinations"][0]["city"] == "Malm\u00f6"
    assert edition(stays, back) == (0, counts(0, 2), "")


def test_what_a_desk_changed_is_not_retracted(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    stays, goes = leg(1, "2023-06-01", "Norway"), leg(2, "2023-06-17", "Sweden")
    edition(stays, goes)
    desk.does(f"state {key}-se-2023-06-17 confirm --side host --known 2023-06-18")
    _, answer, complaint = edition(stays, options="--retract-missing")
    assert answer == counts(0, 1, ", 1 are gone from this edition")
    assert "a desk has changed it" in complaint


def test_nothing_is_retracted_if_records_were_left_out(edition: Import, leg: Leg) -> None:
    """What seems to be gone may be one of them."""
    stays = leg(1, "2023-06-01", "Norway")
    edition(stays, leg(2, "2023-06-17", "Sweden"))
    broken = leg(2, "2023-06-17/2023-06-16", "Sweden")
    status, answer, _ = edition(stays, broken, options="--retract-missing")
    assert status == 1
    assert answer == counts(0, 1, ", 1 are gone from this edition", left_out=1)


def test_a_visit_that_a_desk_withdrew_is_not_recorded_again(
    desk: Desk, edition: Import, leg: Leg, key: str
) -> None:
    edition(leg(1, "2023-06-17", "Norway", "Oslo"))
    desk.does(f"retract {key}-no-2023-06-17 1")
    status, answer, complaint = edition(leg(1, "2023-06-17", "Norway", "Bergen"))
    assert (status, answer) == (0, counts(0, more=", 1 stay as a desk changed them"))
    assert "a desk withdrew it" in complaint
    assert edition(leg(1, "2023-06-17", "Norway", "Oslo"))[1:] == (answer, complaint)


# What a desk recorded itself


@pytest.fixture
def planned(desk: Desk, key: str, name: str) -> str:
    """A visit that a desk planned for 18 and 19 June."""
    desk.does(
        f"schedule d-{key} --title T --principal '{name} (President), country=US' --host NO "
        "--from 2023-06-18 --to 2023-06-19 --known 2023-05-01"
    )
    return f"d-{key}"


@pytest.mark.parametrize("days", ["2023-06-17/2023-06-18", "2023-06-21"])
def test_a_desks_planned_visit_is_completed_on_the_word_of_the_record(
    desk: Desk, edition: Import, leg: Leg, planned: str, days: str
) -> None:
    assert edition(leg(1, days, "Norway", "Oslo")) == (0, counts(1), "")
    visit = shown(desk, planned)
    assert (visit["status"], visit["standing"]) == ("STATUS_COMPLETED", "STANDING_OFFICIAL")
    assert visit["held_window"]["start"]["day"] == int(days[8:10])
    assert edition(leg(1, days, "Norway", "Oslo")) == (0, counts(0, 1), "")


def test_a_visit_that_was_put_off_and_took_place_all_the_same_is_completed(
    desk: Desk, edition: Import, leg: Leg, planned: str
) -> None:
    desk.does(f"postpone {planned} --known 2023-06-10")
    assert edition(leg(1, "2023-06-18", "Norway")) == (0, counts(1), "")
    assert shown(desk, planned)["status"] == "STATUS_COMPLETED"


def test_somebody_of_that_name_from_another_country_is_another_person(
    desk: Desk, edition: Import, leg: Leg, key: str, name: str
) -> None:
    desk.does(
        f"schedule f-{key} --title T --principal '{name}, country=PT' --host NO "
        "--from 2023-06-18 --known 2023-05-01"
    )
    edition(leg(1, "2023-06-18", "Norway"))
    assert shown(desk, f"f-{key}")["status"] == "STATUS_SCHEDULED"
    assert shown(desk, f"{key}-no-2023-06-18")["version"] == 1


def test_days_that_a_newer_edition_changed_are_corrected_in_the_desks_visit(
    desk: Desk, edition: Import, leg: Leg, planned: str
) -> None:
    edition(leg(1, "2023-06-18/2023-06-19", "Norway"))
    assert edition(leg(1, "2023-06-18/2023-06-20", "Norway"))[1] == counts(1)
    assert shown(desk, planned)["held_window"]["end"]["day"] == 20


def test_a_desks_visit_three_days_away_is_another_one(
    edition: Import, desk: Desk, leg: Leg, key: str, planned: str
) -> None:
    edition(leg(1, "2023-06-22", "Norway"))
    assert shown(desk, planned)["status"] == "STATUS_SCHEDULED"
    assert shown(desk, f"{key}-no-2023-06-22")["status"] == "STATUS_COMPLETED"


def test_a_desks_visit_to_another_host_is_another_one(
    edition: Import, desk: Desk, leg: Leg, planned: str
) -> None:
    edition(leg(1, "2023-06-18", "Sweden"))
    assert shown(desk, planned)["status"] == "STATUS_SCHEDULED"


def test_the_record_confirms_a_visit_that_a_desk_completed(
    desk: Desk, edition: Import, leg: Leg, planned: str
) -> None:
    """With its own days, which may differ by one; those of the desk stay."""
    desk.does(f"complete {planned} --known 2023-06-19")
    record = leg(1, "2023-06-17/2023-06-18", "Norway")
    assert edition(record) == (0, counts(1), "")
    visit = shown(desk, planned)
    assert visit["held_window"]["start"]["day"] == 18
    assert visit["standing"] == "STANDING_OFFICIAL"
    assert visit["claimed_windows"][0]["window"]["start"]["day"] == 17
    assert edition(record) == (0, counts(0, 1), "")
    assert edition(leg(1, "2023-06-17/2023-06-19", "Norway"))[1] == counts(1)


def test_a_visit_that_a_desk_has_as_cancelled_is_left_and_told(
    desk: Desk, edition: Import, leg: Leg, planned: str
) -> None:
    desk.does(f"cancel {planned} --known 2023-06-10")
    status, answer, complaint = edition(leg(1, "2023-06-18", "Norway"))
    assert (status, answer) == (0, counts(0, more=", 1 stay as a desk changed them"))
    assert complaint == f"record 1: {planned}: a desk has it as cancelled; nothing was done\n"


def test_of_two_visits_that_may_be_meant_neither_is_touched(
    desk: Desk, edition: Import, leg: Leg, key: str, name: str, planned: str
) -> None:
    desk.does(
        f"schedule e-{key} --title T --principal '{name}' --host NO --from 2023-06-20 "
        "--known 2023-05-01"
    )
    status, answer, complaint = edition(leg(1, "2023-06-19", "Norway"))
    assert (status, answer) == (1, counts(0, more=", 1 may be one of several visits"))
    assert planned in complaint
    assert f"e-{key}" in complaint
    assert shown(desk, planned)["status"] == "STATUS_SCHEDULED"


def test_of_two_visits_in_the_record_the_nearer_is_the_desks(
    desk: Desk, edition: Import, leg: Leg, key: str, planned: str
) -> None:
    records = (
        leg(1, "2023-06-17", "Norway"),
        leg(2, "2023-06-18", "Sweden"),
        leg(3, "2023-06-19", "Norway"),
    )
    assert edition(*records)[1] == counts(3)
    assert shown(desk, planned)["held_window"]["start"]["day"] == 19
    assert shown(desk, f"{key}-no-2023-06-17")["version"] == 1
    assert edition(*records)[1] == counts(0, 3)
