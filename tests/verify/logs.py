"""A log of many visits, recorded once by the service, and what an auditor got from it."""

import itertools
import random
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any
from unittest.mock import patch

from domain.errors import Refusal
from service.audit.export import Export
from service.audit.key_file import LogKey
from service.audit.keys import open_key
from service.audit.proofs import Prover
from service.commands.change import Change
from service.store.engines.opening import upgrade
from service.tlog import tree
from service.tlog.bundle import Bundle, BundleKind, Contents
from service.tlog.note import Checkpoint, Note, SignerKey
from tests.domain.builders import DETAILS
from tests.store.builders import change
from tests.store.serving import Service, serving
from tests.support.place import Place

ENTRIES = 700  # two complete tiles of leaves, and a part of one
COMPLETE = 512  # the last position in a complete tile
PEAKS = (512, 640, 672, 688, 696, 700)  # the last position under each peak of the tree
EARLIER = 600  # the size of the checkpoint that an auditor kept
FIRST, LAST = 300, 340  # of the bundle of a range
VISITS = 120
AT_ONCE = 16
VISIT = "visit-17"
ORIGIN = "chancery.invalid/kept"

CHANGES = [
    "scheduled",
    "postponed",
    "deferred",
    "rescheduled",
    "completed",
    "cancelled",
    "amended",
    "statement_recorded",
    "retracted",
]


@dataclass(frozen=True)
class Kept:
    """A log's place, three bundles of it by kind, and its key.

    ``public`` are the same bundles without the restricted parts. ``hashes`` are its leaf hashes:
    with the key they give a checkpoint of any size.
    """

    place: Place
    bundles: dict[BundleKind, bytes]
    public: dict[BundleKind, bytes]
    key: SignerKey
    hashes: list[bytes]

    def checkpoint(self, size: int) -> str:
        """The signed checkpoint of the log at a size."""
        root = tree.root(tree.append([], 0, self.hashes[:size]))
        return Checkpoint(self.key.name, size, root).signed(self.key)

    def since(self, size: int = EARLIER) -> Note:
        """The checkpoint of a size, as an auditor kept it."""
        return Note.parse(self.checkpoint(size))


async def kept_log(place: Place) -> Kept:
    """The same log every time, byte for byte: its randomness comes from a seed."""
    upgrade(place.url)
    place.run("UPDATE head SET origin = ?", ORIGIN)
    ticks = itertools.count(4 * 1_700_000_000_000_000)  # several changes have the same time
    with (
        patch("os.urandom", random.Random(0).randbytes),
        serving(place, clock=lambda: next(ticks) // 4) as service,
    ):
        key = _use_a_known_key(service, place)
        _record_all(service, random.Random(0))
        bundles, public = [
            await _bundles(service, service.prover(key), without_restricted=without)
            for without in (False, True)
        ]
    whole = Bundle(BytesIO(bundles[BundleKind.LOG]))
    return Kept(place, bundles, public, key, [entry.leaf_hash for _, entry in whole.entries()])


def _use_a_known_key(service: Service, place: Place) -> SignerKey:
    key = SignerKey(ORIGIN, bytes(range(32)))
    place.key.touch(0o600)
    place.key.write_text(str(LogKey(key)))
    return open_key(service.database, place.key).signer


def _record_all(service: Service, chance: random.Random) -> None:
    """Record changes of all types on many visits, many at a time; skip what the rules refuse."""
    requests = (f"request-{number}" for number in itertools.count(1))
    while missing := ENTRIES - service.log_view.head.position:
        asked = [_some_change(chance, next(requests)) for _ in range(min(missing, AT_ONCE))]
        for task in service.share(*asked):
            assert task.error is None or isinstance(task.error, Refusal)


def _some_change(chance: random.Random, request_id: str) -> Change:
    number, topic = chance.randrange(VISITS), chance.choice(CHANGES)
    aliases = (f"trip-{number // 2}", f"other-{number}")
    values: dict[str, dict[str, Any]] = {
        "scheduled": {"details": replace(DETAILS, aliases=aliases)},
        "retracted": {"retracted_version": chance.randrange(1, 5)},
    }
    asked = values.get(topic, {})
    return change(f"visit-{number}", topic, request_id, actor=f"desk-{number % 3}", **asked)


async def _bundles(
    service: Service, audit: Prover, *, without_restricted: bool
) -> dict[BundleKind, bytes]:
    _, row = await service.queries.find(VISIT)
    exports = [
        Export(audit, Contents(), ENTRIES, ENTRIES),
        Export(audit, Contents(BundleKind.RANGE, FIRST, LAST), ENTRIES, LAST - FIRST + 1, EARLIER),
        Export(audit, Contents(BundleKind.VISIT, visit_id=VISIT), ENTRIES, row.version, EARLIER),
    ]
    return {
        export.contents.kind: b"".join(
            [
                piece.data
                async for piece in replace(export, without_restricted=without_restricted).pieces()
            ]
        )
        for export in exports
    }
