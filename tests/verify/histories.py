"""Small logs that are made by hand and signed, also such as no server would record."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from chancery.v1 import values_pb2 as values
from chancery.v1.event_pb2 import ChangeType, Scheduled, StatementRecorded, VisitEvent
from service.codec.parts import parts_of
from service.tlog import tree
from service.tlog.bundle import BundleEntry, BundleKind, Contents, gap, header
from service.tlog.note import Checkpoint, Note, SignerKey, VerifierKey
from service.tlog.parts import opened
from service.verify import Progress, Report, verify_bundle

CHANGES = VisitEvent.DESCRIPTOR.oneofs_by_name["change"].fields
KEY = SignerKey("chancery.invalid/by-hand", bytes(range(32)))
# Noon of 1 June 2024, in microseconds.
NOON = 1_717_243_200_000_000
SECOND = 1_000_000
DAY = values.Date(year=2024, month=7, day=1)
OPENING = Scheduled(
    details=values.VisitDetails(
        title="Envoy to Oslo",
        principal=values.Principal(name="A. Envoy", country="FR"),
        host=values.Host(country="NO"),
    ),
    window=values.Window(start=DAY, end=DAY),
)
STATEMENT = StatementRecorded(
    statement=values.Statement(kind=values.STATEMENT_KIND_REPORT, side=values.SIDE_PRESS)
)


def event(change: Any, version: int, visit: str = "visits/oslo", **fields: Any) -> VisitEvent:
    """A change of a visit, as a server would record it."""
    topic = next(f.name for f in CHANGES if f.message_type is change.DESCRIPTOR)
    given = {
        "visit": visit,
        "version": version,
        "change_type": ChangeType.Value(f"CHANGE_TYPE_{topic.upper()}"),
        "basis": [values.Basis(side=values.SIDE_DESK)],
        "actor": "unverified:anna",
        "request_id": f"request-{version}",
        topic: change,
    }
    return VisitEvent(**(given | fields))


# What is committed to: an event, bytes in its place, or the bytes of each part.
Change = VisitEvent | bytes | list[bytes]


def entries_of(changes: Sequence[Change], times: Sequence[int] = ()) -> list[BundleEntry]:
    """The entries of a log of these changes, a second apart unless their times are given."""
    return [
        BundleEntry.of(
            position,
            times[position - 1] if times else NOON + position * SECOND,
            opened(position.to_bytes(32, "big"), _parts(change)),
        )
        for position, change in enumerate(changes, 1)
    ]


def _parts(change: Change) -> Sequence[bytes]:
    if isinstance(change, list):
        return change
    if isinstance(change, VisitEvent):
        change = change.SerializeToString(deterministic=True)
    return parts_of(change)


def checkpoint(entries: Sequence[BundleEntry]) -> Checkpoint:
    """The checkpoint of a log of these entries."""
    root = tree.root(tree.append([], 0, [each.leaf_hash for each in entries]))
    return Checkpoint(KEY.name, len(entries), root)


def log_bundle(
    entries: Sequence[BundleEntry],
    sign: Callable[[Checkpoint], str] = lambda made: made.signed(KEY),
) -> bytes:
    """The bundle of a whole log."""
    return header(Contents(), sign(checkpoint(entries))) + b"".join(map(bytes, entries))


def visit_bundle(entries: Sequence[BundleEntry], visit_id: str, held: Sequence[int]) -> bytes:
    """The bundle of a visit, which holds these positions of the log."""

    def node(level: int, index: int) -> bytes:
        hashes = [each.leaf_hash for each in entries[index << level : (index + 1) << level]]
        return tree.root(tree.append([], 0, hashes))

    records, size = [], 0
    for position in [*held, len(entries) + 1]:
        if size < position - 1:
            records.append(gap(size, position - 1, node))
        if position <= len(entries):
            records.append(bytes(entries[position - 1]))
        size = position
    contents = Contents(BundleKind.VISIT, visit_id=visit_id)
    return header(contents, checkpoint(entries).signed(KEY)) + b"".join(records)


def verified(
    file: Path,
    data: bytes,
    keys: Sequence[VerifierKey] = (KEY.verifier,),
    since: str | None = None,
    progress: Progress = lambda done, of: None,
) -> Report:
    """The verifier's report on a bundle."""
    file.write_bytes(data)
    note = Note.parse(since) if since is not None else None
    return verify_bundle(file, keys, note, progress)
