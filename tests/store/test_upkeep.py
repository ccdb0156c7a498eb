"""The core looks after its database, and tells what an operator should know."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.commands import upkeep as module
from service.commands.upkeep import Upkeep, clock_warning
from service.limits import HOLD_SECONDS, REPEAT_SECONDS, TROUBLE_SECONDS
from service.link.frames import Condition
from service.live.reads import Reads
from service.store.engines import trouble
from service.store.engines.sqlite import SqliteDatabase
from service.store.errors import DiskFull, StoreUnavailable
from tests.store.builders import Commits, broken_disk, change, logged
from tests.store.serving import Desk, desk_on
from tests.support.place import SqliteFile
from tests.support.processes import PIPE, Process

Turn = Callable[..., bool]

READ_AND_WAIT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT count(*) FROM log").fetchone()
print("reads", flush=True)
sys.stdin.read()
"""


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 1e10  # in the year 2286, later than any record time

    def monotonic(self) -> float:
        """The seconds of this clock."""
        return self.now

    def time(self) -> float:
        """The same, since 1970."""
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of what is tested, and bounds of the log that a test reaches at once."""
    clock = Clock()
    for timed in (module, trouble):
        monkeypatch.setattr(timed, "time", clock)
    monkeypatch.setattr(module, "WAL_BYTES", 100_000)
    monkeypatch.setattr(module, "WAL_HOLD_BYTES", 200_000)
    return clock


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The core on a file with one visit."""
    with desk_on(SqliteFile(tmp_path / "chancery.db")) as desk:
        desk.record("beijing", "scheduled")
        yield desk


@pytest.fixture
def told() -> list[Condition]:
    """What was told of how the core fares."""
    return []


@pytest.fixture
def turn(desk: Desk, told: list[Condition], clock: Clock) -> Turn:
    """Lets so many seconds pass, and does what is due; gives whether there is more to do."""
    upkeep = Upkeep(desk.database, desk.application.writer, told.append)

    def turn(seconds: float = 1.0) -> bool:
        clock.now += seconds
        return upkeep.turn()

    return turn


def file_of(desk: Desk) -> Path:
    assert isinstance(desk.database, SqliteDatabase)
    return desk.database.file


def fill(desk: Desk, size: int) -> None:
    """Record changes until the write-ahead log has so many bytes."""
    while desk.database.wal_bytes < size:
        desk.record("beijing", "amended")


# The write-ahead log


def test_a_log_that_grows_is_emptied_as_soon_as_nobody_reads_it(desk: Desk, turn: Turn) -> None:
    fill(desk, 100_000)
    turn()
    assert desk.database.wal_bytes == 0
    assert Path(f"{file_of(desk)}-wal").stat().st_size == 0
    desk.record("beijing", "amended")


def test_readers_are_asked_for_a_moment_in_which_the_log_is_emptied(
    desk: Desk, turn: Turn, told: list[Condition]
) -> None:
    """Those who began before may end, and nobody is told that something is wrong."""
    with closing(sqlite3.connect(file_of(desk), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT size FROM head").fetchone()
        fill(desk, 200_000)
        assert turn()
        assert told == [Condition(hold=True)]
        assert turn(0.1)
        reader.execute("COMMIT")
    assert not turn(0.1)
    assert told[1:] == [Condition()]
    assert desk.database.wal_bytes == 0


def test_a_program_that_reads_too_long_is_named_once(
    desk: Desk, turn: Turn, told: list[Condition]
) -> None:
    """In the log and to the edges, until it has ended. Nobody is held up again for a minute."""
    command = ["-c", READ_AND_WAIT, str(file_of(desk))]
    with capture_logs() as log, Process(command, stdin=PIPE, stdout=PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reads\n"
        fill(desk, 200_000)
        assert turn()
        assert not turn(HOLD_SECONDS)
        for _ in range(3):
            desk.record("beijing", "amended")
            assert not turn()
        lines = [line for line in log if line["event"] == "attention"]
        assert len(lines) == 1
        assert f"(process {reader.pid}) has been reading it too long" in lines[0]["reason"]
        assert told[1:] == [Condition(warnings=(lines[0]["reason"],))]
        reader.kill()
    turn()
    assert desk.database.wal_bytes == 0
    turn()
    assert told[2:] == [Condition()]


async def test_while_reads_are_held_none_begins_but_for_a_second(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if nobody says that they may go on."""
    monkeypatch.setattr("service.live.reads.HOLD_SECONDS", 0.05)
    reads = Reads(desk.application.reader)
    reads.hold(True)
    held = asyncio.ensure_future(reads.run(reads.reader.head))
    await asyncio.sleep(0.02)
    assert not held.done()
    await held
    reads.hold(True)
    held = asyncio.ensure_future(reads.run(reads.reader.head))
    reads.hold(False)
    await held
    reads.close()


# What fails


def fails(desk: Desk) -> object:
    (task,) = desk.share([change("beijing", "amended")])
    return type(task.error)


def test_a_disk_that_fails_is_told_until_nothing_has_failed_for_a_while(
    desk: Desk, turn: Turn, told: list[Condition]
) -> None:
    """A change that succeeds meanwhile does not end it, so health does not swing."""
    with Commits(desk.database, lambda _: True):
        assert fails(desk) is StoreUnavailable
        turn()
    assert told == [Condition("the disk fails (SQLITE_IOERR)")]
    for _ in range(5):
        desk.record("beijing", "amended")
        turn()
    assert len(told) == 1
    turn(TROUBLE_SECONDS)
    assert told[1:] == [Condition()]


def test_what_fails_is_tried_without_waiting_for_a_caller(
    desk: Desk, turn: Turn, told: list[Condition]
) -> None:
    """By a commit that changes nothing, every second. As long as that fails, it is told."""
    with Commits(desk.database, lambda _: True) as commits:
        fails(desk)
        for _ in range(30):
            turn()
        assert commits.number == 31
    assert told == [Condition("the disk fails (SQLITE_IOERR)")]
    assert len(logged(file_of(desk))) == 1
    for _ in range(12):
        turn()
    assert told[1:] == [Condition()]


def test_a_full_disk_is_told_until_there_is_room(
    desk: Desk, turn: Turn, told: list[Condition], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a commit that changes nothing may succeed."""
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorname = "SQLITE_FULL"
    monkeypatch.setattr(type(desk.database), "has_room", lambda _: False)
    assert isinstance(desk.database.failed("append failed", full), DiskFull)
    for _ in range(30):
        turn()
    assert told == [Condition("the disk is full")]
    monkeypatch.setattr(type(desk.database), "has_room", lambda _: True)
    turn(TROUBLE_SECONDS)
    assert told[1:] == [Condition()]


def test_a_checkpoint_that_fails_is_told(
    desk: Desk, turn: Turn, told: list[Condition], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> bool:
        raise broken_disk()

    fill(desk, 100_000)
    monkeypatch.setattr(type(desk.database), "empty_wal", broken)
    with capture_logs() as log:
        turn()
    assert told == [Condition("the disk fails (SQLITE_IOERR)")]
    assert [line["event"] for line in log] == ["checkpoint failed", "changes at risk"]
    desk.record("beijing", "amended")


def test_repeated_failures_are_counted_instead_of_repeated(
    desk: Desk, turn: Turn, clock: Clock
) -> None:
    """One line at once, then one with their number; no SQL, no value, no traceback."""
    with capture_logs() as log:
        with Commits(desk.database, lambda _: True):
            for _ in range(50):
                fails(desk)
        clock.now += REPEAT_SECONDS
        desk.database.trouble.log_counts()
    lines = [line for line in log if line["event"] == "append failed"]
    told = {"event": "append failed", "log_level": "error", "reason": "SQLITE_IOERR"}
    assert lines == [told | {"times": 1}, told | {"times": 49}]


async def test_reads_that_fail_are_counted_too(desk: Desk) -> None:
    """Each call is told that the database cannot be read."""

    def fail() -> None:
        raise broken_disk()

    reads = Reads(desk.application.reader)
    with capture_logs() as log:
        for _ in range(5):
            with pytest.raises(StoreUnavailable):
                await reads.run(fail)
    reads.close()
    assert [(line["event"], line["reason"]) for line in log] == [("read failed", "SQLITE_IOERR")]


# The clock


def test_a_last_record_time_ahead_of_the_clock_is_told(clock: Clock) -> None:
    """If it is more than a minute."""
    clock.now = 1000.0
    assert clock_warning(0) == ""
    assert clock_warning(int((clock.now + 60) * 1e6)) == ""
    told = clock_warning(int((clock.now + 70) * 1e6))
    assert "recorded at 1970-01-01T00:17:50+00:00, and it is not that late" in told
