"""The story of one visit, played against a server of its own.

``make demo`` runs it. It starts ``chancery serve`` on a SQLite file in a temporary
folder, records the changes of ``beijing-2023.jsonl`` one by one, replays them, asks what
was known on two days of 2023, shows a change that is refused, and stops the server. It
ends with status 0, or says what is not as the story demands.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
from rich.table import Table
from rich.text import Text

from chancery.client import Connection
from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import Postponed
from chancery.v1.history_service_pb2 import ListEventsRequest, ReadEventsRequest
from chancery.v1.visit_pb2 import AsOf, Status, Visit
from service.cli.commands.record_file import read_changes
from service.cli.draw import formatting
from service.cli.draw.errors import explain
from service.cli.draw.timeline import effective, headline
from service.cli.draw.visit import card, summary
from service.cli.notation import times
from service.cli.notation.enums import STATUS
from service.cli.terminal.output import say

STORY = Path(__file__).with_name("beijing-2023.jsonl")
VISIT = "visits/blinken-beijing-2023"
SECONDS_TO_START = 20
SECONDS_TO_STOP = 10


def main() -> None:
    """Play the story."""
    with TemporaryDirectory(prefix="chancery-demo-") as folder, server(Path(folder)) as address:
        heading(f"A server on a new SQLite file listens on {address}")
        with Connection(address, actor="demo", timeout=10) as connection:
            play(connection)
            replay(connection)
            ask_what_was_known(connection)
            ask_for_too_much(connection)
            show_all(connection)
    heading("The server was told to stop, and ended with status 0")


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The address of a server that runs meanwhile and has to end with status 0."""
    log = folder / "server.log"
    command = [sys.executable, "-m", "service.cli", "serve"]
    options = ["--listen", "127.0.0.1:0", "--database", f"sqlite:///{folder}/demo.db"]
    with log.open("w") as stderr, subprocess.Popen([*command, *options], stderr=stderr) as process:
        try:
            yield address_of(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                status = process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    demand(status == 0, f"the server ended with status {status}:\n{log.read_text()}")


def address_of(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where the server listens, as soon as its log says so."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if '"listening"' in line:
                return str(json.loads(line)["address"])
        time.sleep(0.05)
    sys.exit(f"the server did not start:\n{log.read_text()}")


def play(connection: Connection) -> None:
    """Record the story, and show after each step how the visit stands."""
    heading(f"The story, change by change, from {STORY.name}")
    for change in read_changes(STORY.read_text()):
        done = connection.record(change)
        step = Table.grid(padding=(0, 2))
        step.add_column(min_width=16)
        step.add_row(effective(done.event), headline(done.event.event))
        step.add_row("", summary(done.visit))
        say(step)


def replay(connection: Connection) -> None:
    """Read the log from its beginning."""
    heading("Its history, replayed from the log")
    events = list(connection.replay(ReadEventsRequest(visit=VISIT)))
    for event in events:
        kind = str(event.event.WhichOneof("change")).replace("_", " ")
        say(f"{event.position:>4}  {effective(event):<16}  {kind:<18}  {event.event.actor}")
    steps = len(read_changes(STORY.read_text()))
    demand([event.position for event in events] == [*range(1, steps + 1)], "a change is missing")


def ask_what_was_known(connection: Connection) -> None:
    """Ask as of two days on which the visit was open, and as of now."""
    open_still = Status.STATUS_WHEN_CONDITIONS_ALLOW
    for day, status in {"2023-03-01": open_still, "2023-06-07": open_still}.items():
        as_of = AsOf(known_at=times.asked(day))
        visit = connection.visit(VISIT, as_of).visit
        answer(f"What was {formatting.as_of(as_of)}?", visit, status)
    answer("And now?", connection.visit(VISIT).visit, Status.STATUS_COMPLETED)


def answer(question: str, visit: Visit, expected: Status.ValueType) -> None:
    """Show a visit as it stood, which has to be as the story has it."""
    heading(question)
    say(summary(visit))
    for statement in visit.statements:
        say(Text(f"  {formatting.statement(statement)}"))
    demand(
        visit.status == expected,
        f"{question} It is {STATUS.of(visit.status)}, and should be {STATUS.of(expected)}",
    )


def ask_for_too_much(connection: Connection) -> None:
    """Ask for a change that the table of changes refuses."""
    heading("A change that is refused: to postpone it, now that it is completed")
    try:
        connection.record(Change(name=VISIT, postponed=Postponed()))
    except grpc.RpcError as error:
        say(explain(error, connection))
        code = error.code()
        demand(code == grpc.StatusCode.FAILED_PRECONDITION, f"it was refused with {code}")
    else:
        sys.exit("a completed visit was postponed")


def show_all(connection: Connection) -> None:
    """Draw the visit as ``chancery show`` does."""
    heading("chancery show blinken-beijing-2023")
    visit = connection.visit(VISIT).visit
    say(card(visit, list(connection.events(ListEventsRequest(visit=VISIT)))))


def heading(text: str) -> None:
    """Begin a part of the story."""
    say(Text(f"\n{text}", "bold underline"))


def demand(true: bool, otherwise: str) -> None:
    """End with a reason where something is not as the story demands."""
    if not true:
        sys.exit(otherwise)


if __name__ == "__main__":
    main()
