"""The story of one visit, played against a server of its own.

``make demo`` runs it. It starts ``chancery serve`` on a SQLite file in a temporary folder, records
the changes of ``beijing-2023.jsonl`` one by one and replays them, asks what was known on a day in
March 2023 and what is known now, requests a change that is refused, and stops the server. Its
output fits on two screens of 80 columns and 24 lines.

With ``--card`` it shows the whole visit instead, as ``chancery show`` does. With ``--web`` it shows
the status board with the story until Ctrl-C. It ends with status 0, or says what differs from the
story.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.text import Text

from chancery.client import Connection, Recorded, Visit
from chancery.client.errors import ChangeRefused
from chancery.client.words import StatusWord
from service.cli.draw import formatting
from service.cli.draw.errors import explain
from service.cli.draw.headlines import headline
from service.cli.draw.visit import card, summary
from service.cli.notation.lines import read_changes
from service.cli.terminal.output import say

STORY = Path(__file__).with_name("beijing-2023.jsonl")
VISIT = "visits/blinken-beijing-2023"
WITH_BOARD = ("--web", "127.0.0.1:0")
COLUMNS = 80
SECONDS_TO_START = 20
SECONDS_TO_STOP = 10


def main(*options: str) -> None:
    """Play the story, or show its card."""
    with (
        TemporaryDirectory(prefix="chancery-demo-") as folder,
        server(Path(folder), *(WITH_BOARD if "--web" in options else ())) as told,
        Connection(told["address"], actor="demo", timeout=10) as connection,
    ):
        if "--web" in options:
            show_board(connection, told["board"])
            return
        if "--card" in options:
            show_card(connection)
            return
        say(f"A server on a new SQLite file listens on {told['address']}")
        tell_story(connection)
        ask_what_was_known(connection)
        ask_for_too_much(connection)
    say("\nThe server was stopped, and ended with status 0.")
    say("The whole visit, with its timeline: .venv/bin/python examples/demo.py --card")
    say("On the status board, in a browser: .venv/bin/python examples/demo.py --web")


@contextmanager
def server(folder: Path, *more: str) -> Iterator[dict[str, str]]:
    """Run a server in this block, give what it tells, and demand that it ends with status 0."""
    log = folder / "server.log"
    command = [sys.executable, "-m", "service.cli", "serve"]
    options = ["--listen", "127.0.0.1:0", "--database", f"sqlite:///{folder}/demo.db"]
    with (
        log.open("w") as stderr,
        # Ctrl-C is for this process, which ends the server.
        subprocess.Popen(
            [*command, *options, *more], stderr=stderr, start_new_session=True
        ) as process,
    ):
        try:
            yield told_by(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                status = process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    demand(status == 0, f"the server ended with status {status}:\n{log.read_text()}")


def told_by(process: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    """What the server tells of itself, such as its address, as soon as its log does."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if '"listening"' in line:
                return dict(json.loads(line))
        time.sleep(0.05)
    sys.exit(f"the server did not start:\n{log.read_text()}")


def tell_story(connection: Connection) -> None:
    """Record the story, show each change on one line, and replay the log."""
    heading("The story of a visit, recorded change by change")
    positions = []
    for done in record_story(connection):
        positions.append(done.event.position)
        day = done.event.effective_time or done.event.record_time
        line = Text.assemble(f"{day:%Y-%m-%d}  ", headline(done.event.message.event))
        say(line if len(line) <= COLUMNS else line[: COLUMNS - 3] + Text("..."))
    replayed = [event.position for event in connection.events(VISIT)]
    demand(replayed == positions, "the replayed log is not the story")
    say(Text(f"Replayed from the log: the same {len(replayed)} changes, in this order", "italic"))


def record_story(connection: Connection) -> Iterator[Recorded]:
    """Record the changes of the story, one by one."""
    return map(connection.record, read_changes(STORY.read_bytes()))


def ask_what_was_known(connection: Connection) -> None:
    """Ask as of a day on which the visit was open, and as of now."""
    then = connection.visit(VISIT, known_at="2023-03-01")
    answer("What was known by the end of 1 March 2023 (UTC)?", then, "when conditions allow")
    answer("And now?", connection.visit(VISIT), "completed")


def answer(question: str, visit: Visit, expected: StatusWord) -> None:
    """Show the visit's status and what each side said last, and demand the expected status."""
    heading(question)
    say(summary(visit.message))
    for word in visit.message.words:
        say(Text(f"  {formatting.word(word)}"))
    demand(
        visit.status == expected,
        f"{question} It is {visit.status}, and should be {expected}",
    )


def ask_for_too_much(connection: Connection) -> None:
    """Request a change that the visit's status does not allow."""
    heading("A change that is refused: to postpone it, now that it is completed")
    try:
        connection.postpone(VISIT)
    except ChangeRefused as error:
        say(explain(error))
    else:
        sys.exit("a completed visit was postponed")


def show_card(connection: Connection) -> None:
    """Record the story, and show the visit as ``chancery show`` does."""
    list(record_story(connection))
    changes = [event.message for event in connection.history(VISIT)]
    say(card(connection.visit(VISIT).message, changes))


def show_board(connection: Connection, board: str) -> None:
    """Record the story, say where the status board shows it, and wait for Ctrl-C."""
    list(record_story(connection))
    say(f"The story on the status board, until Ctrl-C: {board}{VISIT}")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        signal.pause()


def heading(text: str) -> None:
    """Begin a part of the demo."""
    say(Text(f"\n{text}", "bold underline"))


def demand(is_so: bool, otherwise: str) -> None:
    """End with a message if something differs from the story."""
    if not is_so:
        sys.exit(otherwise)


if __name__ == "__main__":
    main(*sys.argv[1:])
