"""The core's process: it alone writes to the database. See docs/edge-and-core.md."""

import gc
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from service.audit.keys import open_key
from service.audit.signing import Signer
from service.commands.application import VisitApplication
from service.commands.core import Core
from service.commands.upkeep import Upkeep
from service.config import Settings
from service.limits import GC_THRESHOLDS
from service.link.control import ALIVE, Control
from service.link.core import Links
from service.link.frames import Recorded
from service.live.log_view import Committed
from service.main import check_end, check_not_lost, key_file, key_of, open_when_there, reason_of
from service.observe import logs
from service.observe.counting import Gauge, Sender
from service.observe.metrics import WAL_BYTES
from service.rpc.recording import Recording
from service.rpc.signing import Signing
from service.store.engines.database import Database
from service.store.engines.sqlite import SqliteDatabase
from service.store.log.tree_reader import TreeReader


def run(control: Control, settings: Settings, reports: socket.socket | None) -> None:
    """Record what edges ask for, until the supervisor says that it is enough or is gone.

    What is counted goes to ``reports``, if somebody shows it.
    """
    with logs.to_stderr(settings.log_format):
        try:
            _serve(control, settings, reports)
        except Exception as error:
            control.send({"failed": reason_of(error)})


def _serve(control: Control, settings: Settings, reports: socket.socket | None) -> None:
    check_not_lost(settings)
    is_ended = partial(_is_ended, control)
    database = open_when_there(is_ended, settings.database, read_only=settings.read_only)
    with closing(VisitApplication(database)) as application:
        check_end(application.writer)
        key = key_of(open_key, database, settings)
        head = application.reader.head()
        report = {
            "database": database.version,
            "position": head.position,
            "log_origin": head.origin,
            "public_key": str(key.signer.verifier),
            "closed": head.closed,
        }

        def tell(first: int, changes: Sequence[Committed]) -> None:
            said = [(*each.recent, each.state) for each in changes]
            record_time = changes[0].record_time if changes else 0
            links.tell_all(Recorded(first, record_time, said, database.closed))

        def turn() -> None:
            closed = database.closed
            core.round()
            signing.turn()
            if database.closed != closed:
                links.tell_all(end())

        def work() -> bool:
            is_busy = upkeep.turn()
            core.slice()
            if sender is not None and sender.is_due:
                sender.send(_gauges(database))
            return is_busy or not core.is_idle

        def end() -> Recorded:
            position = application.reader.head().position
            return Recorded(position + 1, closed=database.closed)

        sender = Sender("core", reports) if reports is not None else None
        core = Core(application, tell, max(1, settings.cached_visits // 10))
        signer = Signer(key_file(database, settings), key, TreeReader(database))
        signing = Signing(signer, lambda: application.reader.head().position)
        links = Links(control, Recording(core, signing.ask).take, turn, work, end)
        upkeep = Upkeep(database, application.writer, links.tell_all, database.warnings())
        gc.freeze()  # never look at the objects of the start again
        gc.set_threshold(*GC_THRESHOLDS)
        control.send(report)
        links.run()
        control.send(report | {"position": end().first - 1})


def _is_ended(control: Control, seconds: float) -> bool:
    """Wait so long for the end, and return whether it is told."""
    return control.wait(seconds) and control.receive()[0] != ALIVE


def _gauges(database: Database) -> Iterator[Gauge]:
    if isinstance(database, SqliteDatabase):
        wal = Path(f"{database.file}-wal")
        yield WAL_BYTES, (), float(wal.stat().st_size if wal.exists() else 0)
