"""The official record imported in two editions, an early one and all, as if it were one.

A sample of it; and all of the secretaries' travels, where CHANCERY_DATA has them.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from chancery.client import Connection
from service.exchange.records import editions, matching
from tests.cli.desk import Desk
from tests.exchange import readers
from tests.exchange.records.record import trip, xml
from tests.model.stories import data
from tests.support.server import Server

RECORD = re.compile(r"<trip .*?</trip>", re.DOTALL)
YEAR = re.compile(r"<created-datetime>(\d{4})")

# A sample: number, days, country, place and when it was recorded.
EARLY = (
    (1, "2014-06-01/2014-06-03", "Sweden", "Stockholm", "2014-07-03"),
    (2, "2014-06-18/2014-06-19", "Norway", "Oslo", "2014-07-03"),
    (3, "2014-09-02", "China", "Peking", "2014-10-03"),
)
LATE = (
    (4, "2014-06-20", "Norway", "Bergen", "2015-07-03"),  # the stay goes on
    (5, "2014-06-21", "Finland", "Helsinki", "2015-07-03"),  # another visit of the trip
    (6, "2016-02-29/2016-03-01", "Sweden", "Malmö", "2016-07-03"),
)
TOLD = "Recorded {} changes; {} were recorded before, 0 were refused, {} were merged into others"


def test_a_sample_that_is_cut_in_two_in_time_gives_the_visits_of_one(
    desk: Desk, tmp_path: Path
) -> None:
    """A stay that goes on is corrected: it keeps the day on which its begin became known."""

    def imported(who: str, *legs: tuple[int, str, str, str, str]) -> str:
        person = (who, f"Ana {who.title()}")
        records = [
            trip(number, days, country, place, who=person, role="president", created=created)
            for number, days, country, place, created in legs
        ]
        file = tmp_path / "edition.xml"
        file.write_bytes(xml(*records))
        return desk.does(f"import {file}").partition(", 0 were left out")[0]

    assert imported("qcut", *EARLY) == TOLD.format(3, 0, 0)
    assert imported("qcut", *EARLY, *LATE) == TOLD.format(3, 2, 1)
    assert imported("qone", *EARLY, *LATE) == TOLD.format(5, 0, 1)
    cut, one = rows(desk, "qcut"), rows(desk, "qone")
    stay, of_one = cut.pop("-no-2014-06-18"), one.pop("-no-2014-06-18")
    assert cut == one
    assert len(one) == 4
    assert stay == of_one | {"version": "2", "known": "2014-06-19", "effective": "2014-06-19"}
    assert (stay["end"], stay["destinations"]) == ("2014-06-20", "Oslo, NO; Bergen, NO")


def rows(desk: Desk, who: str) -> dict[str, dict[str, str]]:
    """The visits of a person, without what is of the log or of the name."""
    text = desk.does(f"list --principal 'Ana {who.title()}' --csv").removeprefix("\ufeff")
    lines = text.replace(who, "").replace(who.title(), "").splitlines()
    found = {row["visit"]: row for row in csv.DictReader(lines)}
    for row in found.values():
        del row["position"], row["recorded"]
    return found


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """All of the secretaries' travels."""
    return sorted(data("historyatstate/secretary-travels").glob("*.xml"))


def test_an_edition_that_is_cut_in_two_in_time_gives_the_visits_of_one(
    start_server: Callable[..., Server], files: list[Path], tmp_path: Path
) -> None:
    """What was recorded before 2015, then all; and then all again, which adds nothing."""
    for file in files:
        found = RECORD.findall(file.read_text(encoding="utf-8"))
        early = [each for each in found if (year := YEAR.search(each)) and int(year[1]) < 2015]
        (tmp_path / file.name).write_text(f"<trips>{''.join(early)}</trips>", encoding="utf-8")
    cut, one = start_server(), start_server()
    desk = Desk(cut.address)
    own = " ".join(str(tmp_path / file.name) for file in files)
    whole = " ".join(map(str, files))
    report = f"--report {tmp_path / 'report.csv'}"
    recorded = int(desk.does(f"import {own} {report}").split()[1])
    assert 2_000 < recorded < 3_421
    told = TOLD.format(3_421 - recorded, recorded, 18) + ", 0 were left out\n"
    assert desk.does(f"import {whole} {report}") == told
    again = TOLD.format(0, 3_421, 18) + ", 0 were left out\n"
    assert desk.does(f"import {whole} {report} --actor bob") == again
    Desk(one.address).does(f"import {whole} {report}")
    assert visits(cut) == visits(one)
    _is_the_record(cut, files)
    _is_read_by_others(desk)


def visits(server: Server) -> dict[str, str]:
    """All that a server says of each visit, but for what is of its log."""
    found = {}
    with Connection(server.address) as connection:
        for visit in connection.visits():
            for field in ("position", "create_time", "update_time"):
                visit.message.ClearField(field)
            found[visit.id] = str(visit.message)
    return found


def _is_the_record(server: Server, files: list[Path]) -> None:
    """The visits are those of the edition, and no others."""
    edition = editions.read((file.name, BytesIO(file.read_bytes())) for file in files)
    with Connection(server.address) as connection:
        recorded = {visit.id: visit for visit in connection.visits()}
        assert recorded.keys() == {each.id for each in edition.visits}
        for each in edition.visits:
            assert matching.differs(each, recorded[each.id]) == []
        stands = Counter((each.status, each.standing) for each in recorded.values())
        assert stands == {("completed", "official"): 3421}
        assert len(connection.visits(host_country="CN")) == 53
        # One more than 13 visits: the purpose of another one says Kiev.
        words = {word: len(connection.visits(word)) for word in ("Kyiv", "Kiev", "Beijing")}
        assert words == {"Kyiv": 24, "Kiev": 14, "Beijing": 49}
        known = {year: len(connection.visits(known_at=str(year))) for year in (1900, 1950, 2000)}
        assert known == {1900: 4, 1950: 127, 2000: 1893}


def _is_read_by_others(desk: Desk) -> None:
    """Each visit is an event, back to 1866, to readers that are not ours."""
    calendar = desk.does("export --format icalendar")
    events = readers.by_ical_js(calendar)
    assert events == readers.by_icalendar(calendar)
    assert len({each["uid"] for each in events}) == 3421
    assert min(each["first"] for each in events)[:4] == "1866"
    document = json.loads(desk.does("export --format jsonld"))
    nodes = readers.by_jsonld_js(document)
    assert nodes == readers.by_pyld(document)
    assert len(nodes) == 3421
