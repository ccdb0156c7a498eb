"""``chancery import`` links a secretary's visit with that of the president who was accompanied."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.desk import Desk
from tests.cli.edition import Import
from tests.exchange.records.record import trip

# A leg: number, days, country, place, and of a secretary the remarks.
Leg = Callable[..., str]


@pytest.fixture
def president(key: str) -> Leg:
    def make(number: int, days: str, country: str, place: str = "") -> str:
        who = (f"{key}-ana-b", f"Ana B. {key.title()}, Jr.")
        return trip(number, days, country, place, who=who, role="president")

    return make


@pytest.fixture
def secretary(key: str) -> Leg:
    def make(
        number: int, days: str, country: str, place: str = "", remarks: str = "", name: str = "s"
    ) -> str:
        said = remarks or f"Accompanied President {key.title()} to a summit meeting."
        return trip(
            number, days, country, place, said, who=(f"{name}{key}", f"{name.title()}o {key}")
        )

    return make


def recorded(answer: tuple[int, str, str]) -> tuple[int, int]:
    """How many changes were recorded, and how many visits stood before; nothing else is told."""
    status, told, complaint = answer
    assert (status, complaint) == (0, "")
    assert told.endswith(", 0 were left out\n")
    words = told.split()
    return int(words[1]), int(words[3])


def links(desk: Desk, id: str) -> list[str]:
    """The visits that a visit accompanies."""
    details: Any = desk.reads(f"show {id}")["visit"]["details"]
    found = details.get("related", [])
    assert all(each["relation"] == "RELATION_ACCOMPANIES" for each in found)
    return [each["name"].removeprefix("visits/") for each in found]


@pytest.mark.parametrize("order", ["together", "president first", "secretary first"])
def test_the_two_visits_are_linked_in_whatever_order_they_are_imported(
    desk: Desk, edition: Import, president: Leg, secretary: Leg, key: str, order: str
) -> None:
    """And once: again, in any order, nothing is recorded."""
    theirs = president(1, "2023-06-10/2023-06-12", "Norway", "Oslo")
    ours = secretary(2, "2023-06-11/2023-06-14", "Norway", "Bergen")
    files: dict[str, list[tuple[str, ...]]] = {
        "together": [(theirs, ours)],
        "president first": [(theirs,), (ours,)],
        "secretary first": [(ours,), (theirs,)],
    }
    for file in files[order]:
        edition(*file)
    assert links(desk, f"s{key}-no-2023-06-11") == [f"{key}-no-2023-06-10"]
    assert desk.reads(f"show s{key}-no-2023-06-11")["visit"]["version"] == 2
    assert recorded(edition(theirs, ours)) == (0, 2)
    assert recorded(edition(ours)) == (0, 1)
    assert recorded(edition(theirs, options="--actor bob")) == (0, 1)


def test_a_link_has_the_basis_of_the_visit_and_was_known_with_it(
    desk: Desk, edition: Import, president: Leg, secretary: Leg, key: str
) -> None:
    edition(president(1, "2023-06-10", "Norway"), secretary(2, "2023-06-10/2023-06-14", "Norway"))
    visit = f"s{key}-no-2023-06-10"
    amended = desk.reads(f"history {visit} --type amended")["event"]
    assert amended["basis"][0]["attribution"] == "ATTRIBUTION_OFFICIAL_RECORD"
    assert amended["known_period"] == "2023-06-14"
    assert "accompanies" in desk.does(f"show {visit}").lower()


def test_a_dry_run_counts_the_links(edition: Import, president: Leg, secretary: Leg) -> None:
    records = president(1, "2023-06-10", "Norway"), secretary(2, "2023-06-10", "Norway")
    assert edition(*records, options="--dry-run")[1].startswith("Would record 3 changes; 0 ")
    edition(*records[:1])
    assert edition(*records, options="--dry-run")[1].startswith("Would record 2 changes; 1 ")
    edition(*records)
    assert edition(*records, options="--dry-run")[1].startswith("Would record 0 changes; 2 ")


@pytest.mark.parametrize(
    ("days", "country", "remarks"),
    [
        ("2023-06-13", "Norway", ""),
        ("2023-06-11", "Sweden", ""),
        ("2023-06-11", "Norway", "Accompanied Vice President {}."),
        ("2023-06-11", "Norway", "Accompanied President Xerxes and met Mr. {}."),
        ("2023-06-11", "Norway", "Met President {}."),
    ],
)  # fmt: skip
def test_no_link_is_guessed_where_none_fits(
    desk: Desk,
    edition: Import,
    president: Leg,
    secretary: Leg,
    key: str,
    days: str,
    country: str,
    remarks: str,
) -> None:
    """It is told if the remarks name a president whose travels of that time are there."""
    ours = secretary(2, days, country, remarks=remarks.format(key.title()))
    status, answer, complaint = edition(president(1, "2023-06-10/2023-06-12", "Norway"), ours)
    assert status == 0
    assert links(desk, f"s{key}-{'no' if country == 'Norway' else 'se'}-{days}") == []
    told = ", 1 could not be linked with the visit that they were part of" in answer
    assert told == (not remarks) == (f"it accompanied President {key.title()}: none" in complaint)


def test_of_several_visits_the_one_to_the_same_city_is_meant_or_none(
    desk: Desk, edition: Import, president: Leg, secretary: Leg, key: str, tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    both = (
        president(1, "2023-06-10", "Norway", "Oslo"),
        president(3, "2023-06-12", "Norway", "Bergen"),
    )
    assert (
        edition(
            *both,
            secretary(2, "2023-06-10/2023-06-14", "Norway", "Oslo"),
            secretary(4, "2023-06-10/2023-06-14", "Norway", "Oslo, Bergen", name="t"),
            options=f"--report {report}",
        )[0]
        == 0
    )
    assert links(desk, f"s{key}-no-2023-06-10") == [f"{key}-no-2023-06-10"]
    assert links(desk, f"t{key}-no-2023-06-10") == []
    (row,) = csv.DictReader(report.read_text("utf-8-sig").splitlines())
    assert (row["where"], row["visit"], row["outcome"]) == (
        "record 4", f"t{key}-no-2023-06-10", "unlinked"
    )  # fmt: skip
    assert (
        f"it may be {key}-no-2023-06-10 and {key}-no-2023-06-12; no link was made" in row["reason"]
    )


def test_hong_kong_is_not_london(
    desk: Desk, edition: Import, president: Leg, secretary: Leg, key: str
) -> None:
    edition(
        president(1, "1987-02-28/1987-03-02", "United Kingdom", "London"),
        secretary(2, "1987-03-01", "United Kingdom", "Hong Kong"),
    )
    assert links(desk, f"s{key}-hk-1987-03-01") == []


def test_a_link_that_a_newer_edition_makes_unclear_is_taken_out_and_comes_back(
    desk: Desk, edition: Import, president: Leg, secretary: Leg, key: str
) -> None:
    """As one import of the newest edition alone would have it."""
    first = president(1, "2023-06-10/2023-06-11", "Norway")
    ours = secretary(2, "2023-06-10/2023-06-14", "Norway")
    edition(first, ours)
    edition(first, president(3, "2023-06-14", "Norway"), ours)
    assert links(desk, f"s{key}-no-2023-06-10") == []
    edition(first, ours, options="--retract-missing")
    assert links(desk, f"s{key}-no-2023-06-10") == [f"{key}-no-2023-06-10"]


def test_a_link_that_a_desk_took_out_is_not_made_again(
    desk: Desk, edition: Import, president: Leg, secretary: Leg, key: str
) -> None:
    records = president(1, "2023-06-10", "Norway"), secretary(2, "2023-06-10", "Norway")
    edition(*records)
    visit, theirs = f"s{key}-no-2023-06-10", f"{key}-no-2023-06-10"
    desk.does(f"amend {visit} --remove-related accompanies={theirs} --known 2023-08-01")
    status, answer, complaint = edition(*records)
    assert (status, links(desk, visit)) == (0, [])
    assert ", 1 stay as a desk changed them" in answer
    assert complaint == f"record 2: {visit}: a desk took out that it accompanies {theirs}\n"


def test_a_link_that_a_desk_made_stays(
    desk: Desk, edition: Import, president: Leg, secretary: Leg, key: str
) -> None:
    """And the visit is not told any more as one that could not be linked."""
    ours = secretary(2, "2023-06-13", "Norway")
    edition(ours)
    visit = f"s{key}-no-2023-06-13"
    desk.does(f"amend {visit} --add-related accompanies={key}-no-2023-06-10 --known 2023-08-01")
    assert recorded(edition(president(1, "2023-06-10", "Norway"), ours)) == (1, 1)
    assert links(desk, visit) == [f"{key}-no-2023-06-10"]


def test_a_desks_visit_that_the_record_completed_is_linked_as_well(
    desk: Desk, edition: Import, president: Leg, secretary: Leg, key: str
) -> None:
    """The president's as well as the secretary's."""
    for id, name in (("a", f"Ana B. {key.title()}, Jr."), ("b", f"So {key}")):
        desk.does(
            f"schedule {id}-{key} --title T --principal '{name}, country=US' --host NO "
            "--from 2023-06-10 --known 2023-05-01"
        )
    ours = secretary(2, "2023-06-10", "Norway")
    theirs = president(1, "2023-06-10", "Norway")
    edition(theirs, ours)
    assert links(desk, f"b-{key}") == [f"a-{key}"]
    for file in ((theirs,), (ours,), (theirs, ours)):
        assert edition(*file)[1].startswith("Recorded 0 changes; ")
    assert links(desk, f"b-{key}") == [f"a-{key}"]
