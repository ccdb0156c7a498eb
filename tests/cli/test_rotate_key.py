"""``chancery rotate-key``: a new key for the log; what the old one signed stays valid."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.tlog.note import VerifierKey
from tests.cli.desk import STORY, Desk
from tests.cli.evidence import Evidence
from tests.support.processes import chancery
from tests.support.server import DidNotStart, Server


def rotate(file: Path, *options: str) -> tuple[int, str, str]:
    """The exit status of rotate-key on a database file, its output, and its error output."""
    done = chancery("rotate-key", *options, "--database", f"sqlite:///{file}")
    return done.returncode, done.stdout, done.stderr


def rotated(file: Path) -> VerifierKey:
    """The new public key of a database file."""
    status, answer, complaint = rotate(file)
    assert (status, complaint) == (0, "")
    assert answer.count("\n") == 1
    return VerifierKey.parse(answer)


def key_file(server: Server) -> Path:
    """The key file of a server."""
    return Path(f"{server.file}.key")


@pytest.fixture
def evidence(own_server: Server, tmp_path: Path) -> Evidence:
    """What an auditor keeps of a log of 16 changes: a checkpoint, a bundle and the current key."""
    desk = Desk(own_server.address)
    desk.does(f"apply {STORY}")
    folder = tmp_path / "auditor"
    folder.mkdir()
    evidence = Evidence.of(desk, folder)
    evidence.exported("before.bundle")
    return evidence


def test_what_each_key_signed_is_verified_with_it_and_the_log_goes_on_with_both(
    own_server: Server, evidence: Evidence
) -> None:
    own_server.stop()
    key = rotated(own_server.file)
    desk = Desk(own_server.start().address)
    assert desk.reads("info")["public_key"] == str(key) != str(evidence.key)
    desk.does("schedule x --title T --principal 'Ana Example' --host FR --from 2027-06-01")
    after = evidence / "after.bundle"
    desk.does(f"export --bundle {after}")

    desk.does(f"verify {evidence / 'before.bundle'} --key {evidence.key}")
    desk.does(f"verify {after} --key {key}")
    for bundle, other in ((evidence / "before.bundle", key), (after, evidence.key)):
        assert "none of the keys that were given" in desk.is_refused(
            f"verify {bundle} --key {other}"
        )
    since = f"--since {evidence / 'kept.txt'}"
    for command in (f"verify {after}", "checkpoint"):
        assert "none of the keys that were given" in desk.is_refused(
            f"{command} --key {key} {since}"
        )
        desk.does(f"{command} --key {key} --key {evidence.key} {since}")
    text = desk.does(f"verify {after} --key {key} --key {evidence.key} {since}")
    assert "Not signed by" not in text


def test_a_key_is_not_made_while_a_server_runs(own_server: Server, evidence: Evidence) -> None:
    before = key_file(own_server).read_text()
    status, answer, complaint = rotate(own_server.file)
    assert (status, answer) == (1, "")
    assert complaint.startswith("Failed: ")
    assert "another" in complaint
    assert key_file(own_server).read_text() == before


def test_the_file_of_the_key_is_for_its_owner_alone_and_keeps_the_public_key_before(
    own_server: Server, evidence: Evidence
) -> None:
    own_server.stop()
    file = key_file(own_server)
    assert file.stat().st_mode & 0o777 == 0o600
    secret = file.read_text().splitlines()[0]
    key = rotated(own_server.file)
    assert file.stat().st_mode & 0o777 == 0o600
    signer, *retired = file.read_text().splitlines()
    assert signer.startswith(f"PRIVATE+KEY+{key.name}+{key.key_id.hex()}+")
    assert retired == [str(evidence.key)]
    assert secret not in file.read_text()


def test_a_server_whose_key_is_lost_says_what_to_do_and_starts_when_that_is_done(
    own_server: Server, evidence: Evidence
) -> None:
    own_server.stop()
    key_file(own_server).unlink()
    with pytest.raises(DidNotStart) as refused:
        own_server.start()
    assert refused.value.status == 1
    told = refused.value.said.splitlines()[-1]
    assert told.startswith(
        f"Failed: the key of the log is missing: there is no file {key_file(own_server)}"
    )
    assert "chancery rotate-key" in told
    assert not key_file(own_server).exists()

    key = rotated(own_server.file)
    desk = Desk(own_server.start().address)
    since = f"--since {evidence / 'kept.txt'}"
    desk.does(f"checkpoint --key {key} --key {evidence.key} {since}")


def test_no_key_is_made_for_a_database_that_is_not_there(tmp_path: Path) -> None:
    status, answer, complaint = rotate(tmp_path / "nowhere.db")
    assert (status, answer) == (1, "")
    assert complaint == f"Failed: there is no file {tmp_path / 'nowhere.db'}\n"
    assert list(tmp_path.iterdir()) == []


def test_the_key_may_stand_elsewhere(start_server: Callable[..., Server], tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    server = start_server("--key-file", str(elsewhere))
    server.stop()
    status, answer, _ = rotate(server.file, "--key-file", str(elsewhere))
    assert status == 0
    assert elsewhere.read_text().startswith(f"PRIVATE+KEY+{VerifierKey.parse(answer).name}+")
    assert not key_file(server).exists()
