"""What is wrong in a desk's table is named by line and column, and the rest goes on."""

import itertools
import tracemalloc
from collections.abc import Iterator

import pytest

from service.exchange.table import rows
from service.exchange.table.columns import column_of
from tests.exchange.table.table import HEADER, read, row, schedule

GOOD = schedule("good")


@pytest.mark.parametrize(
    ("line", "column", "why"),
    [
        (schedule(known="03/04/2025"), "known", "write 2023-06-07"),
        (schedule(known="2025-02-30"), "known", "does not exist"),
        (schedule(known="2025-02-03T12:00:00"), "known", "has no time zone"),
        (schedule(start="5 Feb"), "from", "is not a day"),
        (schedule(start="2025-02-05", end="2025-02-04"), "to", "is before"),
        (schedule(approximate="perhaps", start="2025"), "approximate", "neither yes nor no"),
        (schedule(host="Germany"), "host", "write DE"),
        (schedule(host="UK"), "host", "write GB"),
        (schedule(represents="QQ"), "represents", "not the code of a country"),
        (schedule(destinations="Paris, France"), "destinations", 'write "Paris, FR"'),
        (schedule(destinations="Paris, ZZ"), "destinations", "not the code of a country"),
        (schedule(kind="festive"), "kind", "choose from"),
        (schedule(aliases="; ".join(map(str, range(51)))), "aliases", "at most 50"),
        (schedule(title="x" * 201), "title", "200"),
        (schedule(title="left\u202eright"), "title", ""),
        (schedule(side="guests"), "side", "choose from guest"),
        (schedule(outlet="Reuters"), "side", "say who speaks"),
        (schedule(side="press", outlet="Reuters"), "attribution", "in what form"),
        (schedule(side="desk", url="example.org"), "url", "http"),
        (schedule(side="desk", published="yesterday"), "published", "is not a day"),
        (schedule(title=""), "title", "the first row of a visit needs it"),
        (schedule(principal=""), "principal", "the first row of a visit needs it"),
        (schedule(principal="", office="Minister"), "principal", "together with"),
        (schedule(says="Soon"), "says", "does not fill it"),
        (schedule(""), "visit", "say which visit"),
        (schedule("Ana Paris"), "visit", "is not an id"),
        (row(visit="v", change="visit"), "change", "choose from schedule"),
        (row(visit="v", change="disclose", title="T", principal="P"), "from", "needs days"),
        (row(visit="v", change="reschedule"), "from", "needs days"),
        (row(visit="v", change="defer"), "condition", "defer needs"),
        (row(visit="v", change="defer", condition="snow"), "side", "whose condition"),
        (row(visit="v", change="postpone", start="2025"), "from", "only the first row"),
        (row(visit="v", change="complete", host="FR"), "host", "does not fill it"),
        (row(visit="v", change="amend"), "change", "fills the columns that change"),
        (row(visit="v", change="amend", office="King"), "principal", "together with"),
        (row(visit="v", change="amend", office="-"), "office", "together with"),
        (row(visit="v", change="amend", known="-"), "known", "is not a time"),
        (row(visit="v", change="deny"), "side", "say who speaks"),
        ('v,schedule,"never closed', "known", "a quote is not closed"),
        ('"v","sche""dule",,"never, closed', "effective", "a quote is not closed"),
        ('v,schedule,"a"b,', "known", "write it twice"),
        ('"v,schedule",c"d,"a"b,', "known", "write it twice"),
        (GOOD + ",more,cells", "", "it has 32 cells, and the header 30"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(line: str, column: str, why: str) -> None:
    found, bad = read(GOOD, line, schedule("after"))
    assert [each.name for each in found] == ["visits/good", "visits/after"]
    ((number, where, reason),) = bad
    assert (number, where) == (3, column)
    assert why in reason


def test_all_that_is_wrong_in_a_row_is_told_at_once() -> None:
    _, (bad,) = read(schedule(known="soon", host="Germany"))
    assert bad.column == "known"
    assert "; host: 'Germany' is a country: write DE" in bad.reason


def test_what_is_not_utf_8_is_named_with_its_cell() -> None:
    lines = [f"{HEADER}\n".encode(), schedule("v").replace("Silva", "X").encode()]
    lines[1] = lines[1].replace(b"X", b"S\xe3o") + b"\n"
    (bad,) = list(rows.read(lines))
    assert bad == (2, "principal", "it is not UTF-8 text: save the file as CSV UTF-8")


def test_a_change_whose_further_source_is_bad_waits_for_it() -> None:
    """Recorded without it, it would be another change once that is mended."""
    found, bad = read(
        GOOD,
        schedule("v", side="guest", attribution="on the record"),
        row(side="press", outlet="Reuters"),
        schedule("after"),
    )
    assert [each.name for each in found] == ["visits/good", "visits/after"]
    assert [(each.line, each.column) for each in bad] == [(4, "attribution"), (3, "change")]


@pytest.mark.parametrize(
    "line",
    [
        row(side="press", attribution="anonymous", title="T"),
        row(visit="other", side="press", attribution="anonymous"),
        row(visit="good"),
    ],
)
def test_a_row_without_a_change_that_is_no_source_is_bad_alone(line: str) -> None:
    found, (bad,) = read(GOOD, line, schedule("after"))
    assert [each.name for each in found] == ["visits/good", "visits/after"]
    assert (bad.line, bad.column) == (3, "change")
    assert "say what changes" in bad.reason


def test_the_first_row_has_a_change() -> None:
    _, (bad,) = read(row(side="press", attribution="anonymous"), GOOD)
    assert (bad.line, bad.column) == (2, "change")


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("visit,change,colour,size", "unknown columns 'colour', 'size'; there are visit, change"),
        ("visit,change,title,title", "more than one column 'title'"),
        ("title,principal", "it has no column 'visit', 'change'"),
    ],
)
def test_a_header_that_is_wrong_is_refused_by_its_columns(header: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(GOOD, header=header)


def long_table(number: int) -> Iterator[bytes]:
    """So many rows, each fourth of which is broken in one way or another."""
    broken = itertools.cycle(
        [
            schedule("v", known="03/04/2025"),
            schedule("v", host="Germany"),
            'v,schedule,"never closed',
            schedule("v", title=""),
            GOOD + ",more,cells",
            row(visit="v", change="visit"),
            "v",
            schedule("").replace("schedule", "", 1),
            'v,schedule,a,b,"c"d',
        ]
    )
    yield f"{HEADER}\n".encode()
    for n in range(1, number + 1):
        line = next(broken) if n % 4 == 0 else schedule(f"v-{n}", purpose="Talks, and a walk")
        yield f"{line}\n".encode()


def test_of_ten_thousand_rows_each_fourth_of_which_is_broken_the_others_are_taken() -> None:
    """In one go, and each broken one is named by its line."""
    good = bad = 0
    for each in rows.read(long_table(10_000)):
        if isinstance(each, rows.Row):
            good += 1
        else:
            assert each.line % 4 == 1
            bad += 1
    assert (good, bad) == (7_500, 2_500)


def test_a_longer_table_takes_no_more_memory() -> None:
    short, long = peak(300), peak(1_500)
    assert long < short + (64 << 10)


def peak(number: int) -> int:
    """The most memory that reading so many rows takes, in bytes."""
    for _ in rows.read(long_table(20)):
        """What is kept for good is there now."""
    tracemalloc.start()
    for _ in rows.read(long_table(number)):
        """None of them is kept."""
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("context.known_period", "known"),
        ("context.basis[0].url", "url"),
        ("scheduled.details.host.country", "host"),
        ("scheduled.details.principal.country", "represents"),
        ("scheduled.details.destinations[1].city", "destinations"),
        ("scheduled.window.end", "to"),
        ("deferred.condition.text", "condition"),
        ("statement_recorded.statement.text", "says"),
        ("context.request_id", ""),
    ],
)
def test_what_a_server_refuses_is_told_by_its_column(path: str, column: str) -> None:
    assert column_of(path) == column
