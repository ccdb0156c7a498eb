"""The key of a log: made once, kept private, and never confused with another log's."""

from pathlib import Path

import pytest
from sqlalchemy import update

from service.audit.keys import LogKey, open_key, rotate_key
from service.store import tables
from service.store.engines.database import Database
from service.store.errors import StartupRefused
from service.tlog.note import SignerKey


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
