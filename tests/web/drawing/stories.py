"""Stories of our own, recorded on a server, for the drawings to draw. All lie in the past."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from chancery.client import Basis, Condition, Connection, Window
from chancery.client.words import SideWord, StatementWord
from service.cli.notation.lines import read_changes

BEIJING = Path(__file__).parents[3] / "examples" / "beijing-2023.jsonl"
ARABIC, CHINESE, HEBREW = "بعد انتهاء شهر رمضان", "明年初适当的时候", "לאחר החגים"
VIETNAMESE, CYRILLIC = "vào đầu năm tới, nếu điều kiện cho phép", "в начале следующего года"
LONG = "when both sides have found, " * 12


def word(side: SideWord, attribution: str = "on the record", **more: str) -> Basis:
    """On whose word: an office that speaks."""
    return Basis(side, attribution, speaker="the office", **more)  # type: ignore[arg-type]


def opened(connection: Connection, name: str, window: object, known: str = "2023-03-03") -> None:
    """Plan a visit, on the word of both sides."""
    connection.schedule(
        name,
        title="Moreau to Rwanda",
        principal="Luc Moreau",
        host="RW",
        window=window,  # type: ignore[arg-type]
        known=known,
        basis=[word("guest"), word("host")],
    )


def balloon(connection: Connection, name: str) -> None:
    """The example: a plan, a plan made exact, left open, planned again, held."""
    changes = read_changes(BEIJING.read_bytes())
    for change in changes:
        change.name = f"visits/{name}"
        change.context.request_id = ""
    for result in connection.import_changes(changes):
        assert result.error is None, result


def disputed(connection: Connection, name: str) -> None:
    """Put off by the guest; the host says that there is nothing to put off."""
    opened(connection, name, ("2023-04-12", "2023-04-13"), "2023-03-04")
    basis = word("guest")
    connection.postpone(name, known="2023-04-07T10:50:00Z", basis=basis, reason="Security")
    connection.state(
        name, "deny", "host", speaker="the government", known="2023-04-07T12:40:00Z", text="No."
    )


def left_open(connection: Connection, name: str) -> None:
    """Open for years, on conditions in other scripts."""
    opened(connection, name, Window(as_stated="after the election"), "2019-05-02")
    condition = Condition(ARABIC, "guest")
    connection.defer(name, condition=condition, known="2019-06-11", basis=word("guest"))
    for year in range(2020, 2024):
        connection.state(name, "reaffirm", "host", known=f"{year}-02-0{year % 7 + 1}", speaker="x")
    window = Window(date(2024, 5, 1), date(2024, 6, 30), approximate=True, as_stated=CHINESE)
    connection.state(name, "report", "press", known="2023-11-08", claimed_window=window)
    connection.state(
        name,
        "announce",
        "third",
        known="2023-12",
        claimed_window=Window(as_stated=HEBREW),
        speaker="a neighbour",
    )


def secret(connection: Connection, name: str) -> None:
    """Held in a month that nobody names more exactly, known later, and of a year told later."""
    connection.disclose(
        name,
        title="Kissinger to China",
        principal="Henry Kissinger",
        host="CN",
        held_window=Window(date(1971, 7, 1), date(1971, 7, 31), True, "in July"),
        effective="1971-07",
        known="1971-08-16",
        basis=word("guest", "readout"),
    )
    connection.state(name, "confirm", "host", known="1972", effective="1971-07", speaker="x")
    connection.amend(
        name, held_window=("1971-07-09", "1971-07-11"), known="2002-02-27", basis=word("press")
    )


def mistaken(connection: Connection, name: str) -> None:
    """A slip that was corrected, a change that was taken back, and a plan that was called off."""
    opened(connection, name, ("2023-06-05", "2023-06-06"))
    connection.correct(name, window=("2023-05-05", "2023-05-06"))
    connection.complete(name, effective="2023-05-06", known="2023-05-08", basis=word("press"))
    connection.retract(name, 3, known="2023-05-10")
    connection.amend(name, window=Window(date(2023, 5, 20), None, True), known="2023-05-12")
    connection.reschedule(
        name, window=Window(None, date(2023, 9, 30), True), known="2023-05-15", basis=word("host")
    )
    connection.cancel(name, known="2023-06-01", basis=[word("host", "anonymous"), word("press")])


def repeated(connection: Connection, name: str) -> None:
    """Fifty statements of several voices, most of which say the same again."""
    opened(connection, name, Window(date(2023, 9, 1), date(2023, 9, 30), True, LONG))
    kinds: tuple[StatementWord, ...] = ("confirm", "reaffirm", "decline", "deny")
    sides: tuple[SideWord, ...] = ("guest", "host", "press")
    for number in range(50):
        day = date(2023, 3, 5) + timedelta(days=3 * number)
        kind = kinds[number // 5 % 4]
        connection.state(name, kind, sides[number % 3], known=day, speaker="a spokesman")


def many_scripts(connection: Connection, name: str) -> None:
    """Days in the words of many languages, short and long."""
    opened(connection, name, Window(date(2023, 9, 1), date(2023, 9, 9), True, ARABIC))
    phrases = (CHINESE, HEBREW, VIETNAMESE, CYRILLIC, CHINESE * 9, ARABIC * 9, HEBREW * 9)
    for number, phrase in enumerate(phrases):
        first = date(2023, 6 + number // 2, 1 + number)
        window = Window(first, first + timedelta(days=number * 12), True, phrase)
        said = {"known": f"2023-04-{number + 10}", "claimed_window": window, "speaker": "x"}
        connection.state(name, "announce", "host", **said)  # type: ignore[arg-type]
    connection.reschedule(name, window=window, known="2023-05-01", basis=word("host"))


STORIES: dict[str, Callable[[Connection, str], None]] = {
    story.__name__.replace("_", "-"): story
    for story in (balloon, disputed, left_open, secret, mistaken, repeated, many_scripts)
}
