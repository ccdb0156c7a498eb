"""The key of a log: made once, kept private, and never confused with another log's."""

import errno
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from service.audit.key_file import LogKey, Signed, read_key
from service.audit.keys import begin_history, open_key, rotate_key
from service.audit.signing import Signer
from service.store import files, tables
from service.store.engines.database import Database
from service.store.errors import LogDamaged, StartupRefused, StoreUnavailable
from service.store.log.leaves import LEAF_ROWS, leaf_hash
from service.store.log.reader import Reader
from service.store.log.tree_reader import TreeReader
from service.store.log.writer import Writer
from service.tlog.note import Checkpoint, Note, SignerKey
from service.tlog.tiles import Edge
from tests.store.builders import entry


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file for its key."""
    return tmp_path / "log.key"


def test_a_key_is_made_at_the_first_start_and_found_at_the_next(
    database: Database, path: Path
) -> None:
    """Nobody else may read it, and it carries the log's name."""
    key = open_key(database, path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert key.signer.name.startswith("chancery.invalid/")
    assert open_key(database, path) == key
    assert [file.name for file in path.parent.glob("*.key*")] == [path.name]


def test_a_rotated_key_is_another_and_knows_those_before_it(database: Database, path: Path) -> None:
    first = open_key(database, path)
    second = rotate_key(database, path)
    third = rotate_key(database, path)

    assert len({str(key.signer) for key in (first, second, third)}) == 3
    assert third.retired == (first.signer.verifier, second.signer.verifier)
    assert open_key(database, path) == third
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_asked_for_and_can_be_replaced(database: Database, path: Path) -> None:
    """A new one is never made silently."""
    lost = open_key(database, path)
    path.unlink()

    with pytest.raises(StartupRefused, match=f"there is no file {path}.*rotate-key"):
        open_key(database, path)

    assert not path.exists()
    found = rotate_key(database, path)
    assert found.retired == (lost.signer.verifier,)
    assert open_key(database, path) == found


def test_a_rotation_that_the_database_does_not_know_of_yet_is_taken_up(
    database: Database, path: Path
) -> None:
    """The file is written first, and the rotation may have been interrupted after that."""
    before = open_key(database, path)
    rotated = rotate_key(database, path)
    with database.writer.begin() as connection:
        known = str(before.signer.verifier)
        connection.execute(update(tables.head).values(public_key=known))

    assert open_key(database, path) == rotated


def test_the_key_of_another_log_is_refused(database: Database, path: Path) -> None:
    """Whether it has another name, or the same name but never belonged to this log."""
    key = open_key(database, path)
    for name in ("chancery.invalid/another", key.signer.name):
        path.write_text(str(LogKey(SignerKey.new(name))))
        with pytest.raises(StartupRefused, match="is the key of another log"):
            open_key(database, path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o610])
def test_a_key_that_others_may_use_is_refused(database: Database, path: Path, mode: int) -> None:
    open_key(database, path)
    path.chmod(mode)

    with pytest.raises(StartupRefused, match="chmod 600"):
        open_key(database, path)


@pytest.mark.parametrize("text", ["", "\n", "a key\n", "PRIVATE+KEY+a+00000000+AAAA\n", "\x00"])
def test_what_is_no_key_is_refused(database: Database, path: Path, text: str) -> None:
    key = open_key(database, path)
    path.write_text(text)

    with pytest.raises(StartupRefused, match="is not the key of a log"):
        open_key(database, path)

    path.write_text(f"{key}rest\n")
    with pytest.raises(StartupRefused, match="is not the key of a log"):
        open_key(database, path)


def test_a_key_that_cannot_be_written_is_told(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StartupRefused, match=r"cannot write .*: No such file"):
        open_key(database, tmp_path / "folder" / "key")


def test_a_file_that_cannot_be_read_is_told(database: Database, path: Path) -> None:
    path.mkdir(mode=0o700)
    with pytest.raises(StartupRefused, match=r"cannot read .*: Is a directory"):
        open_key(database, path)


# What was signed


class Signing:
    """A log and its key; a checkpoint is signed of what the log holds."""

    def __init__(self, database: Database, path: Path) -> None:
        self.database = database
        self.path = path
        self.writer = Writer(database)
        self.versions = itertools.count(1)

    def record(self, changes: int) -> None:
        """Append some changes."""
        entries = [entry("beijing", next(self.versions)) for _ in range(changes)]
        self.writer.append([replace(each, row=None) for each in entries])

    def signer(self) -> Signer:
        """What signs, as a core that has just been started has it."""
        return Signer(self.path, open_key(self.database, self.path), TreeReader(self.database))

    @property
    def noted(self) -> Signed | None:
        """What is noted beside the key."""
        return read_key(self.path).signed

    def put_back(self, size: int) -> None:
        """Make the log what it was at a size, as an old backup would."""
        with self.database.writer.begin() as connection:
            connection.execute(delete(tables.log).where(tables.log.c.position > size))
            rows = connection.execute(LEAF_ROWS, {"after": 0}).all()
            edge, _ = Edge().grown([leaf_hash(row) for row in rows])
            peaks = b"".join(edge.peaks)
            last = {"size": size, "record_time": rows[-1].record_time, "peaks": peaks}
            connection.execute(update(tables.head).values(last))
        self.writer = Writer(self.database)
        self.versions = itertools.count(size + 1)


@pytest.fixture
def signing(database: Database, path: Path) -> Signing:
    """A log of ten changes, of which nothing is signed yet."""
    signing = Signing(database, path)
    signing.record(10)
    return signing


def checkpoint(note: str) -> Checkpoint:
    """The checkpoint in a note."""
    return Checkpoint.parse(Note.parse(note).text)


def test_the_largest_checkpoint_is_noted_beside_the_key(signing: Signing) -> None:
    """In the first line, so that whoever copies the key copies it as well."""
    assert signing.signer().checkpoint(10)
    assert signing.noted is not None
    assert signing.noted.size == 10
    signing.record(5)
    signer = signing.signer()
    largest = checkpoint(signer.checkpoint(15))
    assert checkpoint(signer.checkpoint(7)).size == 7
    assert signing.noted == (15, largest.root)
    first, *others = signing.path.read_text().splitlines()
    assert first.endswith(f" {signing.noted}")
    assert others == []
    assert signing.path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_reached_by_a_link_is_noted_where_it_is(
    signing: Signing, tmp_path: Path
) -> None:
    signing.signer()
    elsewhere = tmp_path / "elsewhere"
    signing.path.rename(elsewhere)
    signing.path.symlink_to(elsewhere)
    assert signing.signer().checkpoint(10)
    assert signing.path.is_symlink()
    assert signing.noted is not None
    assert read_key(elsewhere).signed == signing.noted


def test_what_is_signed_is_on_the_disk_before_the_signature_leaves(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it cannot be written, nothing is signed."""
    signer = signing.signer()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr(files, "sync", full)
        with pytest.raises(StoreUnavailable) as refused:
            signer.checkpoint(10)
    assert "cannot write" in str(refused.value.__cause__)
    assert signing.noted is None
    assert signer.checkpoint(10)
    assert signing.noted is not None


@pytest.mark.parametrize("changes", [0, 3, 5, 15])
def test_an_old_backup_is_not_served_whatever_comes_after_it(
    signing: Signing, changes: int
) -> None:
    """Shorter than what was signed, as long, and longer: it never gets a second checkpoint."""
    signing.record(5)
    signing.signer().checkpoint(15)
    signing.put_back(10)
    if changes:
        signing.record(changes)
    with pytest.raises(StartupRefused, match=r"not the log that its key has signed.*new-origin"):
        signing.signer()


def test_a_log_that_is_put_back_under_a_running_server_is_not_signed(signing: Signing) -> None:
    signing.record(5)
    signer = signing.signer()
    signer.checkpoint(15)
    signing.put_back(10)
    signing.record(20)
    for size in (12, 15, 30):
        fresh = Signer(signing.path, read_key(signing.path), TreeReader(signing.database))
        with pytest.raises(LogDamaged, match="not those of which a checkpoint was signed"):
            fresh.checkpoint(size)


def test_a_backup_of_which_no_more_was_signed_goes_on(signing: Signing) -> None:
    signing.signer().checkpoint(10)
    signing.record(5)
    signing.put_back(10)
    signing.record(7)
    assert checkpoint(signing.signer().checkpoint(17)).size == 17


def test_a_new_origin_makes_an_old_backup_another_log(signing: Signing) -> None:
    """With a key of its own; the one before stays, under a name with its id."""
    signing.record(5)
    before = checkpoint(signing.signer().checkpoint(15))
    key = read_key(signing.path)
    signing.put_back(10)

    another = begin_history(signing.database, signing.path)

    assert another.signer.name != key.signer.name
    assert another.signer.private_key != key.signer.private_key
    assert (another.retired, another.signed) == ((), None)
    now = checkpoint(signing.signer().checkpoint(10))
    assert (now.size, now.origin) == (10, another.signer.name)
    assert now.origin != before.origin
    kept = signing.path.with_name(f"{signing.path.name}.{key.signer.verifier.key_id.hex()}")
    assert read_key(kept) == key
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_first_origin_stays_however_often_another_one_is_given(signing: Signing) -> None:
    reader = Reader(signing.database)
    first = reader.head().origin
    for _ in range(2):
        another = begin_history(signing.database, signing.path)
        assert reader.head().origin == another.signer.name != first
        assert reader.head().first_origin == first


def test_a_new_origin_that_was_cut_off_can_be_given_again(signing: Signing) -> None:
    """The file was moved, and the database knows nothing of it yet."""
    signing.signer().checkpoint(10)
    signing.path.rename(signing.path.with_name("moved"))
    with pytest.raises(StartupRefused, match="is missing"):
        signing.signer()
    assert begin_history(signing.database, signing.path).signed is None
    assert signing.signer().checkpoint(10)


def test_a_rotated_key_signs_for_the_same_history_alone(signing: Signing) -> None:
    signing.record(5)
    signing.signer().checkpoint(15)
    rotated = rotate_key(signing.database, signing.path)
    assert rotated.signed is not None
    assert rotated.signed.size == 15
    signing.put_back(10)
    with pytest.raises(StartupRefused, match="not the log that its key has signed"):
        rotate_key(signing.database, signing.path)


def test_a_server_whose_key_was_rotated_signs_nothing_more(signing: Signing) -> None:
    signer = signing.signer()
    rotate_key(signing.database, signing.path)
    with pytest.raises(StoreUnavailable) as refused:
        signer.checkpoint(10)
    assert "start the server again" in str(refused.value.__cause__)


def test_two_servers_with_one_key_note_the_larger_of_what_they_sign(signing: Signing) -> None:
    one, other = signing.signer(), signing.signer()
    signing.record(5)
    assert one.checkpoint(15)
    assert other.checkpoint(10)
    assert signing.noted is not None
    assert signing.noted.size == 15


@pytest.mark.parametrize("beside", ["15", "x AAAA", "15 AAAA", "15 A", "15 AAAA x", "-1 AAAA"])
def test_what_is_beside_the_key_and_is_no_checkpoint_is_refused(
    signing: Signing, beside: str
) -> None:
    signing.signer()
    key = read_key(signing.path)
    signing.path.write_text(f"{key.signer} {beside}\n")
    with pytest.raises(StartupRefused, match="is not the key of a log"):
        open_key(signing.database, signing.path)
