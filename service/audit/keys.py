"""The key of a log, in a file outside of the database, shared by all servers of the log.

The database knows the verifier key, so that no server signs with another one. The file knows the
largest checkpoint that was signed, so that no server signs for another history.
"""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import or_, select, update

from service.audit.key_file import LogKey, create_key, read_key, replace_key
from service.store.engines.database import Database
from service.store.engines.schema import new_origin
from service.store.errors import StartupRefused
from service.store.log.tree_reader import TreeReader
from service.store.tables import head
from service.tlog.note import SignerKey, VerifierKey


def open_key(database: Database, path: Path) -> LogKey:
    """The key of the database's log. If the log has none yet, one is created.

    :raises StartupRefused: the file cannot be read or written, others may read it, it has the
        key of another log, or it has signed a checkpoint that the log does not continue.
    :raises LogDamaged: the tree of the log is not whole.
    """
    origin, known, size = _known(database)
    created = False
    if not path.exists():
        if known:
            raise StartupRefused(
                f"the key of the log is missing: there is no file {path}. Put it back; if it is "
                "lost, make another one with chancery rotate-key"
            )
        created = create_key(path, LogKey(SignerKey.new(origin)))
    key = read_key(path)
    used = [str(key.signer.verifier), *map(str, key.retired)]
    if key.signer.name != origin or (known and known not in used):
        raise StartupRefused(f"{path} is the key of another log than {origin}")
    _check_history(database, key, size)
    if known != used[0] and not database.is_read_only:
        try:
            _register(database, key, known)
        except StartupRefused:
            if created:
                path.unlink()
            raise
    return key


def rotate_key(database: Database, path: Path) -> LogKey:
    """Create another key for the log, and keep the public half of the one before.

    The largest checkpoint that was signed stays beside it: the history is the same.

    :raises StartupRefused: the file cannot be read or written, others may read it, or the log is
        not the one that it signed.
    """
    origin, known, _ = _known(database)
    signer = SignerKey.new(origin)
    if path.exists():
        before = open_key(database, path)
        key = replace(before, signer=signer, retired=(*before.retired, before.signer.verifier))
    else:
        key = LogKey(signer, (VerifierKey.parse(known),) if known else ())
    replace_key(path, key)
    _register(database, key, known)
    return key


def begin_history(database: Database, path: Path) -> LogKey:
    """Give the log another origin, and a key of its own. Its first origin stays.

    For a log that does not continue what was signed, such as an old backup: whoever follows the
    log, or keeps its checkpoints, is told that this is another one. The key before stays in the
    folder under another name.

    :raises StartupRefused: the file cannot be read or written.
    """
    if path.exists():
        before = read_key(path).signer.verifier
        kept = path.with_name(f"{path.name}.{before.key_id.hex()}")
        try:
            path.rename(kept)
        except OSError as error:
            raise StartupRefused(f"cannot move {path} to {kept.name}: {error.strerror}") from error
    with database.writer.begin() as connection:
        connection.execute(update(head).values(origin=new_origin(), public_key=None))
    return open_key(database, path)


def public_key(database: Database) -> str:
    """The verifier key that the database knows; empty until a server has made the key."""
    _, known, _ = _known(database)
    return known or ""


def _known(database: Database) -> tuple[str, str | None, int]:
    """The origin of the log, the verifier key that the database knows, if any, and the size."""
    with database.readers.connect() as connection:
        row = connection.execute(select(head.c.origin, head.c.public_key, head.c.size)).one()
    return row.origin, row.public_key, row.size


def _check_history(database: Database, key: LogKey, size: int) -> None:
    """Refuse a log that does not continue the largest checkpoint that was signed.

    :raises StartupRefused: it is shorter, or has another root there.
    """
    if key.signed is None:
        return
    what = ""
    if size < key.signed.size:
        what = f"it has {size} changes"
    elif TreeReader(database).root(key.signed.size) != key.signed.root:
        what = "it has others"
    if what:
        raise StartupRefused(
            f"this is not the log that its key has signed: a checkpoint of {key.signed.size} "
            f"changes was signed, and {what}. If an old backup is meant to go on, run chancery "
            "restore --new-origin: it becomes another log"
        )


def _register(database: Database, key: LogKey, known: str | None) -> None:
    """Store the verifier key in the database, if that still has the one that was known.

    :raises StartupRefused: another server has stored another key meanwhile.
    """
    public_key = str(key.signer.verifier)
    stored = head.c.public_key
    as_known = or_(stored.is_not_distinct_from(known), stored == public_key)
    with database.writer.begin() as connection:
        updated = connection.execute(update(head).where(as_known).values(public_key=public_key))
        if updated.rowcount != 1:
            raise StartupRefused("another server made the log's key meanwhile: take its file")
