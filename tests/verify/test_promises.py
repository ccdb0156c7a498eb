"""What a file alone cannot show, and how a verification may end."""

import random
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from chancery.v1.event_pb2 import ChangeType, VisitEvent
from service.projections.rebuild import rebuild_visits
from service.store.engines.opening import open_database
from service.store.errors import LogDamaged, StartupRefused
from service.tlog.bundle import BundleKind, InvalidBundle
from service.tlog.note import COSIGNATURE, Checkpoint, Note, SignerKey
from service.tlog.tiles import Edge
from service.verify import verify_database
from tests.support.place import Hand, Place, SqliteFile
from tests.verify.bundle_edits import Gap, joined, parts_of
from tests.verify.database_edits import LEAVES, forge, leaf_hash, one, write_body
from tests.verify.logs import EARLIER, ENTRIES, Kept
from tests.verify.verifying import verified_bundle, verified_database

# The first bytes of the file declare the tables.
SCHEMA = 12_288


def make_tree_anew(hand: Hand) -> None:
    """Rebuild the tiles and the peaks from what the log holds now."""
    rows = hand.execute(f"{LEAVES} ORDER BY position").fetchall()
    edge, tiles = Edge().grown([leaf_hash(*row) for row in rows])
    hand.execute("DELETE FROM tile")
    for each in tiles:
        values = [each.level, each.index, each.hashes]
        hand.execute("INSERT INTO tile VALUES (?, ?, ?)", values)
    hand.execute(
        "UPDATE head SET size = ?, record_time = ?, peaks = ?",
        [rows[-1][0], rows[-1][1], b"".join(edge.peaks)],
    )


def rebuild(place: Place) -> None:
    """Rebuild the current states from what the log holds now."""
    with closing(open_database(place.url)) as database:
        rebuild_visits(database.writer)


def test_a_log_that_is_made_anew_as_a_whole_is_told_by_an_earlier_checkpoint_alone(
    kept: Kept,
) -> None:
    with kept.place.copy() as copy:
        with copy.edit() as hand:
            forge(hand, 400)
            make_tree_anew(hand)
        rebuild(copy)
        assert verified_database(kept, copy).changes == ENTRIES
        with pytest.raises(LogDamaged) as caught:
            verified_database(kept, copy, EARLIER)
    assert caught.value.position == EARLIER


def test_a_log_whose_end_is_left_out_is_told_by_a_later_checkpoint_alone(kept: Kept) -> None:
    with kept.place.copy() as copy:
        with copy.edit() as hand:
            hand.execute("DELETE FROM log WHERE position > ?", [EARLIER])
            make_tree_anew(hand)
        rebuild(copy)
        assert verified_database(kept, copy, EARLIER).changes == EARLIER
        with pytest.raises(LogDamaged) as caught:
            verified_database(kept, copy, ENTRIES)
    assert caught.value.position == EARLIER + 1


def test_a_log_that_a_witness_saw_before_it_was_recorded_is_damaged(kept: Kept) -> None:
    """The witness cosigned the checkpoint that was kept."""
    witness = SignerKey("witness.example/w1", bytes(32), COSIGNATURE)
    (time,) = kept.place.rows("SELECT record_time FROM log WHERE position = ?", EARLIER)[0]
    for seconds, position in ((0, None), (60, EARLIER + 1), (-60, 1)):
        note = kept.checkpoint(EARLIER)
        note += witness.sign(str(Checkpoint.parse(Note.parse(note).text)), time // 10**6 + seconds)
        keys = [kept.key.verifier, witness.verifier]
        with ExitStack() as refused:
            if position is not None:
                caught = refused.enter_context(pytest.raises(LogDamaged, match="a witness saw"))
            verify_database(kept.place.url, keys, Note.parse(note), lambda done, of: None)
        assert position is None or caught.value.position == position


def test_a_visits_bundle_does_not_prove_that_nothing_came_behind(
    kept: Kept, tmp_path: Path
) -> None:
    """Its last change can be passed off as another visit's; an earlier one cannot."""
    parts, file = parts_of(kept, BundleKind.VISIT), tmp_path / "bundle"
    last, before = parts.entries[-1], parts.entries[-2]
    for i in (last, before):
        entry = parts.records[i]
        hidden = Gap(entry.position, getattr(entry, "leaf_hash", b""))
        file.write_bytes(parts.head + joined(parts.without(i, hidden)))
        if i == last:
            assert verified_bundle(kept, file).changes == len(parts.entries) - 1
        else:
            with pytest.raises(InvalidBundle):
                verified_bundle(kept, file)


def test_the_digest_of_a_request_is_not_vouched_for(kept: Kept) -> None:
    with kept.place.copy() as copy:
        copy.run("UPDATE log SET request_digest = ? WHERE position = 7", b"\x00")
        assert verified_database(kept, copy).changes == ENTRIES


def test_a_history_that_no_desk_records_is_damage(kept: Kept) -> None:
    """A first change becomes the retraction of a missing one; the tree is rebuilt."""
    with kept.place.copy() as copy:
        with copy.edit() as hand:
            first, body = one(
                hand,
                "SELECT position, body FROM log WHERE topic = 'scheduled' "
                "ORDER BY position LIMIT 1",
            )
            event = VisitEvent.FromString(body)
            event.retracted.retracted_version = 7
            event.change_type = ChangeType.CHANGE_TYPE_RETRACTED
            write_body(hand, first, event)
            hand.execute("UPDATE log SET topic = 'retracted' WHERE position = ?", [first])
            make_tree_anew(hand)
        with pytest.raises(LogDamaged, match="the change is not by the rules") as caught:
            verified_database(kept, copy)
    assert caught.value.position == first


def test_flipped_bits_of_a_file_end_a_verification_in_no_other_way(
    kept_file: Kept, tmp_path: Path
) -> None:
    """Some bits are in unused space, and some in SQLite's own structures."""
    assert isinstance(kept_file.place, SqliteFile)
    chance, refused = random.Random(0), 0
    for number in range(100):
        data, copy = bytearray(kept_file.place.file.read_bytes()), tmp_path / f"{number}.db"
        for _ in range(10):
            data[chance.randrange(chance.choice([len(data), SCHEMA]))] ^= 1 << chance.randrange(8)
        copy.write_bytes(data)
        try:
            verified_database(kept_file, SqliteFile(copy))
        except (LogDamaged, StartupRefused):
            refused += 1
    assert refused > 90
