"""Visits to look at, recorded on a server."""

from pathlib import Path

from chancery.client import Basis, Condition, Connection, Principal, Window
from service.cli.notation.lines import read_changes
from tests.support.server import Server

BEIJING = Path(__file__).parents[2] / "examples" / "beijing-2023.jsonl"
GUEST = Basis("guest", "on the record", speaker="Office of the Prime Minister")
HOST = Basis("host", "on the record", speaker="Government Spokesperson")


def beijing(server: Server) -> str:
    """The example: planned, made exact, left open, planned again, held."""
    with Connection(server.address, actor="archive", timeout=20) as connection:
        for result in connection.import_changes(read_changes(BEIJING.read_bytes())):
            assert result.error is None, result
    return "blinken-beijing-2023"


def moreau(connection: Connection, name: str) -> None:
    """Planned by both sides."""
    connection.schedule(
        name,
        title="Moreau to Rwanda",
        principal=Principal("Luc Moreau", "Prime Minister", "BE"),
        host="RW",
        destinations="Kigali, RW",
        window=("2024-12-01", "2024-12-02"),
        known="2024-11-04",
        basis=[GUEST, HOST],
    )


def disputed(connection: Connection, name: str) -> None:
    """Put off by the guest; the host says that there is nothing to put off."""
    moreau(connection, name)
    connection.postpone(
        name, known="2024-11-27T10:50:00Z", reason="The security of the delegation.", basis=GUEST
    )
    connection.state(
        name,
        "deny",
        "host",
        speaker="Government Spokesperson",
        text="There is nothing to postpone.",
        known="2024-11-27T12:40:00Z",
        basis=HOST,
    )


def mended(connection: Connection, name: str) -> None:
    """A change of status that was taken back, and a plan that was entered wrongly."""
    moreau(connection, name)
    connection.postpone(name, known="2024-11-20", basis=GUEST)
    connection.retract(name, 2, reason="Another visit was meant")
    connection.correct(name, 1, window=("2024-12-03", "2024-12-04"), reason="Misread")
    connection.amend(
        name,
        purpose="Talks",
        add_aliases=[f"{name}-alias"],
        known="2024-11-21",
        sources=Basis("press", "anonymous", speaker="a friend of the house"),
        note="Only for us",
    )


def left_open(connection: Connection, name: str, text: str = "when calm has returned") -> None:
    """Left open, under a condition of each side."""
    moreau(connection, name)
    connection.defer(name, condition=Condition(text, "guest"), known="2024-11-27", basis=GUEST)
    connection.state(
        name,
        "reaffirm",
        "host",
        condition=Condition("in conditions of mutual respect", "host"),
        known="2024-11-28",
        basis=HOST,
    )


def long(connection: Connection, name: str, changes: int) -> None:
    """A visit that is confirmed again and again."""
    moreau(connection, name)
    for number in range(2, changes + 1):
        connection.state(
            name,
            "reaffirm",
            ("guest", "host")[number % 2],
            text=f"As planned, we say it for the {number}th time",
            speaker="Spokesperson",
            known=f"{2024 + number // 300}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}",
            basis=(GUEST, HOST)[number % 2],
        )


def rough(connection: Connection, name: str, text: str) -> None:
    """A visit all the texts of which are the given one, as long as each may be."""
    short = text[:60]
    connection.schedule(
        name,
        title=short,
        principal=Principal(short, short, "BE", other_names=(short,)),
        host=short,
        destinations=short,
        purpose=text,
        trip=short,
        aliases=[f"{name} {short}"],
        window=Window(as_stated=short),
        known="2024-01-01",
        reason=text,
        basis=Basis("press", "anonymous", speaker=short, outlet=short, quote=short),
    )
    condition = Condition(short, "guest", speaker=short)
    connection.defer(
        name, condition=condition, known="2024-01-02", reason=text, basis=GUEST, note=text
    )
    connection.state(
        name, "report", "press", text=text, speaker=short, known="2024-01-03", basis=GUEST
    )
