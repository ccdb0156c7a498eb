"""What docs/importing.md says of formats, tables and playbooks."""

import contextlib
import re
from io import BytesIO, StringIO
from pathlib import Path

import icalendar

from service.exchange import exporting
from service.exchange.playbooks import reading
from service.exchange.playbooks.reading import VERBS
from service.exchange.recognising import FORMATS, recognise
from service.exchange.table import rows
from service.exchange.table.columns import CHANGES, COLUMNS
from tests.cli.desk import Desk
from tests.docs.answers import ADDRESS, shown
from tests.support.server import Server

TEXT = (Path(__file__).parents[2] / "docs" / "importing.md").read_text()


def test_the_table_in_the_document_is_read_as_changes() -> None:
    match = re.search(r"```csv\n(.*?)```", TEXT, re.DOTALL)
    assert match is not None
    data = match[1].encode()
    assert recognise(data) == "rows"
    found = list(rows.read(data.splitlines(keepends=True)))
    kinds = [each.change.WhichOneof("change") for each in found if isinstance(each, rows.Row)]
    assert len(kinds) == len(found) == 6


def test_the_program_in_the_document_exports_that_table(own_server: Server, tmp_path: Path) -> None:
    match = re.search(r"```csv\n(.*?)```", TEXT, re.DOTALL)
    assert match is not None
    (tmp_path / "table.csv").write_text(match[1])
    Desk(own_server.address).does(f"import {tmp_path / 'table.csv'}")
    (program,) = shown(TEXT)
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(StringIO()) as printed:
        exec(program.program.replace(ADDRESS, own_server.address), {})
    assert printed.getvalue() == program.answer
    (event,) = icalendar.Calendar.from_ical((tmp_path / "france.ics").read_bytes()).walk("VEVENT")
    assert event["SUMMARY"] == "Postponed: Ana Silva in Paris"


def test_the_playbook_in_the_document_is_read_as_changes() -> None:
    match = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert match is not None
    data = match[1].encode()
    assert recognise(data) == "playbooks"
    found = list(reading.read(BytesIO(data)))
    assert [type(each) for each in found] == [reading.Read] * 3


def test_the_document_names_each_column_each_change_and_each_format() -> None:
    assert all(
        f"`{name}`" in TEXT for name in (*COLUMNS, *CHANGES, *FORMATS, *VERBS, *exporting.FORMATS)
    )
