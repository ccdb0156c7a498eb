"""A desk's table: each row is the change that it says."""

from datetime import date

import pytest

from chancery.client import Basis, Condition, Host, Place, Principal, Window, draft
from chancery.v1.desk_service_pb2 import Change
from service.exchange.table.columns import COLUMNS, TEMPLATE
from tests.exchange.table.table import HEADER, change, read, row, schedule


def test_a_row_says_all_that_a_plan_says() -> None:
    assert change(
        schedule(
            effective="2025-01-09",
            start="2025-02-05",
            end="2025-02-06",
            approximate="yes",
            as_stated="early in the month",
            other_names="Ana da Silva; Анна",
            office="Minister",
            represents="PT",
            host="FR",
            destinations="Paris, FR; Lyon, FR; Nice",
            kind="official-working",
            purpose="Talks",
            trip="ana-2025",
            aliases="ana-fr; silva-fr",
            side="guest",
            speaker="The ministry",
            attribution="on the record",
            outlet="Reuters",
            url="https://example.org/1",
            published="2025-01-10",
            quote="She will go.",
            reason="An invitation",
        )
    ) == draft.schedule(
        "ana-paris",
        title="Ana in Paris",
        principal=Principal("Ana Silva", "Minister", "PT", other_names=("Ana da Silva", "Анна")),
        window=Window(*draft_days(), approximate=True, as_stated="early in the month"),
        known="2025-01-10",
        effective="2025-01-09",
        host=Host("FR"),
        destinations=(Place("Paris", "FR"), Place("Lyon", "FR"), Place("Nice")),
        kind="official working",
        purpose="Talks",
        trip="ana-2025",
        aliases=("ana-fr", "silva-fr"),
        basis=Basis(
            "guest",
            "on the record",
            "The ministry",
            outlet="Reuters",
            url="https://example.org/1",
            published=draft_days()[0].replace(month=1, day=10),
            quote="She will go.",
        ),
        reason="An invitation",
    )


def draft_days() -> tuple[date, date]:
    """5 and 6 February 2025."""
    return date(2025, 2, 5), date(2025, 2, 6)


BASIS = {"side": "guest", "attribution": "on the record"}
WORD = Basis("guest", "on the record")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            row(visit="v", change="disclose", title="T", principal="P", host="NATO",
                start="2025-12"),
            draft.disclose("v", title="T", principal="P", host="NATO", held_window="2025-12"),
        ),
        (
            row(visit="v", change="postpone", known="2025-02-03T12:00:00+01:00", **BASIS),
            draft.postpone("v", known="2025-02-03T11:00:00Z", basis=WORD),
        ),
        (
            row(visit="v", change="postpone", title="T", principal="P", start="2025-02-05"),
            draft.postpone("v", title="T", principal="P", window_given_up="2025-02-05"),
        ),
        (
            row(visit="v", change="defer", condition="when it is warm", **BASIS),
            draft.defer("v", condition=Condition("when it is warm", "guest"), basis=WORD),
        ),
        (
            row(visit="v", change="reschedule", as_stated="after the election"),
            draft.reschedule("v", window=Window(as_stated="after the election")),
        ),
        (
            row(visit="v", change="reschedule", end="2025"),
            draft.reschedule("v", window=(None, "2025")),
        ),
        (
            row(visit="v", change="complete", start="2025-12-04", end="2025-12-05"),
            draft.complete("v", held_window=("2025-12-04", "2025-12-05")),
        ),
        (row(visit="v", change="complete"), draft.complete("v")),
        (row(visit="v", change="cancel", reason="Snow"), draft.cancel("v", reason="Snow")),
        (
            row(visit="v", change="amend", purpose="Talks", kind="-", start="2025-12-04"),
            draft.amend("v", purpose="Talks", clear=["kind"], window="2025-12-04"),
        ),
        (row(visit="v", change="amend", start="-"), draft.amend("v", clear=["window"])),
        (
            row(visit="v", change="report", side="press", attribution="anonymous",
                outlet="Reuters", says="Soon", claims="scheduled", start="2025-12"),
            draft.state("v", "report", "press", text="Soon", claimed_status="scheduled",
                        claimed_window="2025-12",
                        basis=Basis("press", "anonymous", outlet="Reuters")),
        ),
        (
            row(visit="visits/v", change="Deny", side="host", speaker="A spokesman"),
            draft.state("v", "deny", "host", speaker="A spokesman"),
        ),
    ],
)  # fmt: skip
def test_a_row_is_the_change_that_it_says(line: str, expected: Change) -> None:
    assert change(line) == expected


def test_days_that_are_amended_are_those_held_once_it_took_place() -> None:
    rows = [
        schedule("v", start="2025-02-05"),
        row(visit="v", change="complete", known="2025-02-06"),
        row(visit="v", change="amend", start="2025-02-06"),
    ]
    assert change(*rows) == draft.amend("v", held_window="2025-02-06")


def test_a_row_without_a_change_adds_a_source_to_the_one_above() -> None:
    found = change(
        schedule(**BASIS),
        row(side="press", attribution="anonymous", outlet="Reuters"),
        row(visit="ana-paris", side="host", attribution="readout"),
    )
    assert [basis.outlet for basis in found.context.basis] == ["", "Reuters", ""]
    assert len(found.context.basis) == 3


def test_columns_may_come_in_any_order_and_part_by_semicolon_or_tab() -> None:
    expected = draft.schedule("v", title="T, U", principal="P", host="FR")
    for header, line in (
        ("host;principal;title;change;visit", "FR;P;T, U;schedule;v"),
        ("visit\tchange\ttitle\tprincipal\thost", "v\tschedule\tT, U\tP\tFR"),
        ("\ufeffVisit,Change,Title,Principal,Host", 'v,schedule,"T, U",P,FR'),
        ("visit,change,title,principal,host", 'v,schedule,"T, U",P,FR,'.rstrip(",")),
    ):
        assert read(line, header=header) == ([expected], [])


def test_text_that_an_export_kept_from_being_run_comes_back_as_it_was() -> None:
    for text in ("=1+1", "+49 30", "-", "@home", "'=1", "'quoted'"):
        defused = f"'{text}" if text[0] in "=+-@" or text.startswith("'=") else text
        assert change(schedule(purpose=defused)).scheduled.details.purpose == text


def test_a_cell_may_have_several_lines() -> None:
    found, bad = read(schedule(purpose="Talks\nand more talks"), schedule("bob", known="never"))
    assert found[0].scheduled.details.purpose == "Talks\nand more talks"
    assert [each.line for each in bad] == [4]


def test_the_template_is_the_header_of_all_columns() -> None:
    assert f"\ufeff{HEADER}\r\n" == TEMPLATE
    assert ",".join(COLUMNS) == HEADER
    assert read(schedule(), header=TEMPLATE.strip())[1] == []


def test_empty_rows_are_passed_over() -> None:
    found, bad = read("", schedule(), "," * 20, "", schedule("bob"))
    assert ([each.name for each in found], bad) == (["visits/ana-paris", "visits/bob"], [])
