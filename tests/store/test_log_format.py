"""Every byte of the log follows the format, whatever was written together."""

import hmac
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chancery.v1.history_service_pb2 import ReadEventsResponse
from service.store.engines.database import Database
from service.store.engines.opening import open_database
from service.store.log.entry import Entry
from service.store.log.writer import Writer
from tests.store import logbook
from tests.store.builders import NOON, entry, stored
from tests.store.serving import desk_on
from tests.support.place import Place


class Clock:
    """A clock that is set by hand, in microseconds."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Noon of 1 June 2023."""
    return Clock(NOON)


@pytest.fixture
def timed(database: Database, clock: Clock) -> Iterator[Writer]:
    """A writer that reads the clock that is set by hand."""
    writer = Writer(database, clock)
    yield writer
    writer.close()


def random_entries(chance: random.Random, versions: dict[str, int]) -> list[Entry]:
    """Up to 108 changes, on the visits with these versions."""
    entries = []
    for _ in range(chance.randint(1, 12) * chance.choice([1, 1, 1, 2, 9])):
        visit_id = chance.choice(["beijing", "kyiv", "a" * 63, "z"])
        versions[visit_id] = versions.get(visit_id, 0) + 1
        reason = "x" * chance.choice([0, 1, 63, 64, 127, 128, 4000])
        entries.append(entry(visit_id, versions[visit_id], reason=reason))
    return entries


@pytest.mark.parametrize("seed", range(4))
def test_the_log_is_sound_after_every_batch_of_any_size(
    timed: Writer, clock: Clock, place: Place, seed: int
) -> None:
    """Whatever is appended in a commit, rows, head and peaks follow the format."""
    chance = random.Random(seed)
    versions: dict[str, int] = {}
    for _ in range(12):
        clock.now += chance.randint(-5_000_000, 10_000_000)
        size = sum(versions.values())
        entries = random_entries(chance, versions)
        assert list(timed.append(entries)) == list(range(size + 1, size + 1 + len(entries)))
        assert logbook.problems(place) == []
    assert len(logbook.read(place)) > 100


def test_what_is_recorded_is_what_was_handed_over(place: Place, writer: Writer) -> None:
    """Each row holds its entry as given, at the position that was returned."""
    entries = [entry("beijing", 1), entry("kyiv", 1, actor="other"), entry("beijing", 2)]
    positions = writer.append(entries)
    columns = "position, visit_id, version, topic, body, request_id, actor"
    assert stored(place, f"SELECT {columns} FROM log ORDER BY position") == [
        (at, e.visit_id, e.version, e.topic, e.body, e.request_id, e.actor)
        for at, e in zip(positions, entries, strict=True)
    ]


def test_the_digest_of_a_request_is_stored_under_the_nonce(place: Place, writer: Writer) -> None:
    """Two requests of the same content have digests that nobody can tell to be of one content."""
    without = replace(entry("z", 1), request_digest=None)
    writer.append([entry("beijing", 1), entry("kyiv", 1), without])
    rows = stored(place, "SELECT nonce, request_digest FROM log ORDER BY position")
    digests = [digest for _, digest in rows]
    assert digests[:2] == [hmac.digest(nonce, b"digest", "sha256") for nonce, _ in rows[:2]]
    assert digests[0] != digests[1]
    assert digests[2] is None


def test_the_record_time_is_the_clock_in_microseconds(
    timed: Writer, clock: Clock, place: Place
) -> None:
    """A change is dated by the clock when it is written."""
    timed.append([entry("beijing", 1)])
    clock.now += 1
    timed.append([entry("beijing", 2)])
    assert [row.record_time for row in logbook.read(place)] == [clock.now - 1, clock.now]


def test_the_record_time_stands_still_while_the_clock_goes_back(
    timed: Writer, clock: Clock, place: Place
) -> None:
    """After the clock is set back, changes get the last record time until the clock reaches it."""
    began = clock.now
    for number, now in enumerate([began, began - 3_600_000_000, 0, -1, began + 5], start=1):
        clock.now = now
        timed.append([entry("beijing", number)])
    assert [row.record_time for row in logbook.read(place)] == [began] * 4 + [began + 5]
    assert logbook.problems(place) == []


def test_the_record_time_does_not_go_back_over_a_restart(place: Place, clock: Clock) -> None:
    """A server that starts with a slow clock continues at the last record time."""
    for version in (1, 2):
        database = open_database(place.url)
        writer = Writer(database, clock)
        writer.append([entry("beijing", version)])
        writer.close()
        database.close()
        clock.now -= 1_000_000
    first, second = logbook.read(place)
    assert second.record_time == first.record_time


def test_the_rows_joined_are_one_frame_with_all_events(writer: Writer, place: Place) -> None:
    """Prefixes and bodies in turn, then the head, are the message of a whole page."""
    for version in range(1, 40):
        writer.append([entry("beijing", version, reason="y" * version * 7)])
    rows = logbook.read(place)
    joined = b"".join(row.frame_prefix + row.body for row in rows)
    built = ReadEventsResponse(events=[row.recorded for row in rows], head_position=len(rows))
    head = ReadEventsResponse(head_position=len(rows)).SerializeToString()
    assert joined + head == built.SerializeToString(deterministic=True)
    assert ReadEventsResponse.FromString(joined + head) == built


@pytest.mark.parametrize("length", [0, 100, 110, 127, 128, 16_200, 16_384, 999_000])
def test_a_body_of_any_length_makes_a_sound_row(writer: Writer, place: Place, length: int) -> None:
    """If a length takes another byte, prefix and body are still what protobuf writes."""
    for version in range(1, 30):
        writer.append([entry("beijing", version, reason="z" * (length + version))])
    assert logbook.problems(place) == []


def test_a_body_that_is_empty_makes_a_sound_frame(writer: Writer, place: Place) -> None:
    """A member with an empty event is still a member."""
    writer.append([replace(entry("beijing", 1), body=b"")])
    (row,) = logbook.read(place)
    built = ReadEventsResponse(events=[row.recorded])
    assert ReadEventsResponse.FromString(row.frame_prefix + row.body) == built


def test_what_the_desk_records_is_sound(place: Place) -> None:
    """Changes of every kind leave a log that follows the format."""
    with desk_on(place) as desk:
        for topic in ("scheduled", "amended", "statement_recorded", "postponed", "deferred"):
            desk.record("beijing", topic)
        for topic in ("rescheduled", "completed", "retracted"):
            desk.record("beijing", topic)
        desk.record("kyiv", "disclosed")
        desk.record("seoul", "scheduled")
        desk.record("seoul", "cancelled")
    assert logbook.problems(place) == []
    assert len({row.topic for row in logbook.read(place)}) == 10


OF_4 = "(SELECT {} FROM log WHERE position = 4)"
CORRUPTIONS: list[tuple[str, tuple[bytes, ...], str]] = [
    (f"UPDATE log SET body = {OF_4.format('body')} WHERE position = 3", (), "peaks"),
    ("UPDATE log SET record_time = record_time + 1 WHERE position = 5", (), "peaks"),
    ("UPDATE log SET record_time = 1 WHERE position = 3", (), "goes back"),
    ("UPDATE log SET nonce = ? WHERE position = 2", (bytes(32),), "peaks"),
    ("UPDATE log SET nonce = ? WHERE position > 3", (bytes(32),), "nonce is used twice"),
    ("UPDATE log SET nonce = ? WHERE position = 2", (bytes(31),), "32 bytes"),
    ("DELETE FROM log WHERE position = 3", (), "not dense"),
    ("DELETE FROM log WHERE position = 5", (), "the head says"),
    ("UPDATE log SET position = 6 WHERE position = 5", (), "not dense"),
    ("UPDATE log SET version = 9 WHERE position = 2", (), "another change"),
    ("UPDATE log SET topic = 'cancelled' WHERE position = 2", (), "topic"),
    ("UPDATE log SET actor = 'other' WHERE position = 2", (), "actor"),
    (
        f"UPDATE log SET frame_prefix = {OF_4.format('frame_prefix')} WHERE position = 3",
        (),
        "another frame",
    ),
    ("UPDATE log SET open_length = 4 WHERE position = 3", (), "parts"),
    ("UPDATE head SET size = 4", (), "the head says"),
    ("UPDATE head SET record_time = record_time + 1", (), "another record time"),
    ("UPDATE head SET peaks = ?", (bytes(64),), "peaks"),
]


@pytest.mark.parametrize(("corruption", "values", "found"), CORRUPTIONS)
def test_a_log_that_was_tampered_with_is_not_sound(
    place: Place, writer: Writer, corruption: str, values: tuple[bytes, ...], found: str
) -> None:
    """The check behind the other tests does find what is wrong."""
    for version in range(1, 6):
        writer.append([entry("beijing", version)])
    assert logbook.problems(place) == []
    place.run(corruption, *values)
    assert any(found in problem for problem in logbook.problems(place)), logbook.problems(place)
