"""All of the secretaries' travels through a real server, where CHANCERY_DATA has them."""

import re
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from chancery.client import Connection
from service.exchange.records import editions, matching
from tests.cli.desk import Desk
from tests.model.stories import data
from tests.support.server import Server

RECORD = re.compile(r"<trip .*?</trip>", re.DOTALL)
YEAR = re.compile(r"<created-datetime>(\d{4})")


def test_an_edition_that_is_cut_in_two_in_time_gives_the_visits_of_one(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    """What was recorded before 2015, then all; and then all again, which adds nothing."""
    files = sorted(data("historyatstate/secretary-travels").glob("*.xml"))
    for file in files:
        found = RECORD.findall(file.read_text(encoding="utf-8"))
        early = [each for each in found if (year := YEAR.search(each)) and int(year[1]) < 2015]
        (tmp_path / file.name).write_text(f"<trips>{''.join(early)}</trips>", encoding="utf-8")
    server = start_server()
    desk = Desk(server.address)
    own = " ".join(str(tmp_path / file.name) for file in files)
    whole = " ".join(map(str, files))
    report = f"--report {tmp_path / 'report.csv'}"
    told = desk.does(f"import {own} {report}")
    recorded = int(told.split()[1])
    assert 2_000 < recorded < 3_421
    merged = ", 18 were merged into others, 0 were left out\n"
    assert desk.does(f"import {whole} {report}") == (
        f"Recorded {3_421 - recorded} changes; {recorded} were recorded before, "
        f"0 were refused{merged}"
    )
    again = f"Recorded 0 changes; 3421 were recorded before, 0 were refused{merged}"
    assert desk.does(f"import {whole} {report} --actor bob") == again
    _is_the_record(server, files)


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
