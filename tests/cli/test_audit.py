"""``chancery checkpoint`` and ``chancery export``, through a real server."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import repeat
from pathlib import Path

import pytest

from service.tlog.note import Checkpoint, Note, SignerKey
from tests.cli.desk import STORY, Desk
from tests.cli.evidence import Evidence, at_a_terminal
from tests.cli.watcher import SECONDS
from tests.support.processes import Process
from tests.support.proxy import Proxy
from tests.support.server import Server
from tests.support.waiting import wait_until

BEIJING = "blinken-beijing-2023"
# Some kilobytes each: a bundle of them has several parts.
LONG_CHANGES = "\n".join(
    json.dumps(
        {
            "name": "visits/long",
            "amended": {
                "update_mask": "details.purpose",
                "details": {"purpose": f"{number} " * 1000},
            },
        }
    )
    for number in range(100)
)


@pytest.fixture
def evidence(desk: Desk, tmp_path: Path) -> Evidence:
    """What an auditor keeps of the desk's log at the beginning of a test."""
    return Evidence.of(desk, tmp_path)


@pytest.fixture
def long_log(own_server: Server) -> Desk:
    """A desk at the test's own server, whose log is exported in several parts."""
    desk = Desk(own_server.address)
    desk.does("schedule long --title T --principal 'Ana Example' --host FR --from 2027-06-01")
    for _ in range(5):
        desk.does("apply -", LONG_CHANGES)
    return desk


def left(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


# checkpoint


def test_a_checkpoint_is_a_signed_note_of_the_whole_log(evidence: Evidence) -> None:
    note = Note.parse(evidence.desk.does("checkpoint"))
    assert note.verified_by([evidence.key]) == {evidence.key: ()}
    checkpoint = Checkpoint.parse(note.text)
    assert checkpoint.origin == evidence.key.name
    assert str(checkpoint.size) == evidence.desk.reads("info")["head_position"]


def test_a_checkpoint_in_json_is_the_answer_of_the_server(evidence: Evidence) -> None:
    answer = evidence.desk.reads("checkpoint")
    assert answer["checkpoint"] == evidence.desk.does("checkpoint")
    assert answer["view_position"] == str(evidence.kept.size)


def test_a_checkpoint_in_a_file_has_its_bytes_whatever_the_locale(
    server: Server, evidence: Evidence
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", "checkpoint", "--target", server.address],
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == (evidence / "kept.txt").read_bytes()


def test_a_checkpoint_is_given_where_the_log_goes_on_from_the_one_that_was_kept(
    evidence: Evidence, scheduled: str
) -> None:
    """Also if the two are the same."""
    size = evidence.kept.size
    command = f"checkpoint --since {evidence / 'kept.txt'} --key {evidence / 'key.txt'}"
    for _ in range(2):
        later = evidence.desk.does(command)
        evidence.written("kept.txt", later)
    assert later == evidence.desk.does("checkpoint")
    assert evidence.kept.size > size


def altered(kept: Checkpoint) -> Checkpoint:
    """A checkpoint of the same size with another root."""
    return Checkpoint(kept.origin, kept.size, bytes(32))


def of_another_log(kept: Checkpoint) -> Checkpoint:
    """The same checkpoint, for a log of another name."""
    return Checkpoint("chancery.invalid/another", kept.size, kept.root)


def of_a_longer_log(kept: Checkpoint) -> Checkpoint:
    """A checkpoint of more changes than there are now."""
    return Checkpoint(kept.origin, kept.size + 1000, kept.root)


@pytest.mark.parametrize(
    ("forged", "told"),
    [
        (altered, "the log does not extend the checkpoint you kept, of "),
        (of_another_log, "; the checkpoint is of chancery.invalid/another"),
        (of_a_longer_log, "the log was cut short or is a different log: it had "),
    ],
)
def test_no_checkpoint_is_given_where_the_log_does_not_go_on(
    evidence: Evidence, forged: Callable[[Checkpoint], Checkpoint], told: str
) -> None:
    signer = SignerKey.new(forged(evidence.kept).origin)
    kept = evidence.written("forged.txt", forged(evidence.kept).signed(signer))
    evidence.desk.does(f"state {BEIJING} report --side press")
    complaint = evidence.desk.is_refused(f"checkpoint --since {kept}")
    assert complaint.startswith("Not verified: ")
    assert told in complaint
    assert "--since" not in complaint


def test_no_checkpoint_is_given_that_is_signed_with_none_of_the_keys(evidence: Evidence) -> None:
    """Nor if only the kept one is not."""
    other = SignerKey.new(evidence.key.name)
    told = f"Not verified: none of the keys that were given signed for the log {other.name}\n"
    assert evidence.desk.is_refused(f"checkpoint --key {other.verifier}") == told
    forged = evidence.written("forged.txt", evidence.kept.signed(other))
    assert evidence.desk.is_refused(f"checkpoint --since {forged} --key {evidence.key}") == told
    evidence.desk.does(f"checkpoint --since {forged} --key {evidence.key} --key {other.verifier}")


# export


@pytest.mark.parametrize(
    ("what", "holds"),
    [
        ("", "the whole log of "),
        (BEIJING, f"changes 1 to 16 of visits/{BEIJING}\n"),
        ("blinken-china", f"changes 1 to 16 of visits/{BEIJING}\n"),
        ("--first 3 --last 7", "the changes at positions 3 to 7\n"),
        ("--last 7", "the changes at positions 1 to 7\n"),
        ("--first 16", "the changes at positions 16 to "),
    ],
)
def test_a_bundle_has_the_log_a_visit_or_a_range(
    own_server: Server, tmp_path: Path, what: str, holds: str
) -> None:
    desk = Desk(own_server.address)
    desk.does(f"apply {STORY}")
    evidence = Evidence.of(desk, tmp_path)
    bundle = evidence.exported("a.bundle", what)
    told = desk.does(f"verify {bundle} --key {evidence.key}")
    assert told.startswith(f"Verified: {holds}")


def test_an_export_says_what_was_written(evidence: Evidence) -> None:
    bundle = evidence / "a.bundle"
    size = evidence.kept.size
    told = evidence.desk.does(f"export {BEIJING} --bundle {bundle}")
    written = bundle.stat().st_size
    count = str(evidence.desk.reads(f"show {BEIJING}")["visit"]["version"])
    assert told == (
        f"Wrote {bundle}: {count} changes in {written} bytes, "
        f"with the checkpoint of {size} changes\n"
    )
    assert evidence.desk.reads(f"export {BEIJING} --bundle {bundle}") == {
        "file": str(bundle),
        "changes": str(count),
        "bytes": str(written),
        "checkpoint_size": str(size),
    }


def test_an_export_can_leave_out_who_recorded_what(evidence: Evidence) -> None:
    """The bundle says how much is withheld, and proves the rest."""
    evidence.desk.env["CHANCERY_ACTOR"] = "nobody-else"
    evidence.desk.does(f"state {BEIJING} report --side press --basis 'press, anonymous'")
    whole = evidence.exported("a.bundle")
    public = evidence.exported("b.bundle", "--without-restricted")
    assert b"nobody-else" in whole.read_bytes()
    assert b"nobody-else" not in public.read_bytes()
    count = evidence.kept.size + 1
    told = evidence.desk.does(f"verify {public} --key {evidence.key}")
    assert told.startswith(f"Verified: the whole log of {count} changes\n")
    assert re.search(f"Withheld +the restricted part of {count} changes\n", told)
    answer = evidence.desk.reads(f"verify {public} --key {evidence.key}")
    assert answer["restricted_parts_withheld"] == str(count)
    assert "Withheld" not in evidence.desk.does(f"verify {whole} --key {evidence.key}")


def test_an_export_replaces_the_file_that_is_there(evidence: Evidence) -> None:
    before = evidence.written("a.bundle", "what was there")
    evidence.exported("a.bundle")
    assert before.read_bytes().startswith(b"chancery bundle v2\n")
    assert before.stat().st_mode & 0o777 == 0o600
    assert left(evidence.folder) == ["a.bundle", "kept.txt", "key.txt"]


def test_a_bundle_of_a_visit_can_be_held_against_the_checkpoint_that_it_was_made_for(
    desk: Desk, scheduled: str, tmp_path: Path
) -> None:
    """A bundle made for none cannot, if both sizes fall among other visits' changes."""
    desk.does(f"state {BEIJING} report --side press")
    evidence = Evidence.of(desk, tmp_path)
    desk.does(f"state {BEIJING} report --side press")
    against = f"--key {evidence.key} --since {evidence / 'kept.txt'}"
    bundle = evidence.exported("a.bundle", f"{scheduled} --since {evidence / 'kept.txt'}")
    assert "Extends " in desk.does(f"verify {bundle} {against}")
    bundle = evidence.exported("b.bundle", scheduled)
    complaint = desk.is_refused(f"verify {bundle} {against}")
    assert "cannot be compared with the checkpoint that was kept" in complaint


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--first 9000", "Refused: range.first is 9000, and the log ends at "),
        ("--last 9000", "Refused: range.last is 9000, and the log ends at "),
        ("--first 4 --last 3", "Refused: the request is not valid\n  range.first: "),
        ("nobody", "Failed: there is no visit 'nobody'\n"),
        ("--target 127.0.0.1:1 --timeout 1", "Failed: cannot reach the server at 127.0.0.1:1\n"),
    ],
)
def test_an_export_that_is_refused_leaves_no_file(
    evidence: Evidence, options: str, told: str
) -> None:
    complaint = evidence.desk.is_refused(f"export --bundle {evidence / 'a.bundle'} {options}")
    assert complaint.startswith(told)
    assert left(evidence.folder) == ["kept.txt", "key.txt"]


@pytest.mark.parametrize("option", ["first", "last"])
def test_a_visit_and_a_range_do_not_go_together(evidence: Evidence, option: str) -> None:
    status, _, told = evidence.desk.tries(f"export x --{option} 3 --bundle {evidence / 'a.bundle'}")
    assert f"Invalid value for '--{option}': cannot be combined with NAME" in told
    assert status == 2


@pytest.mark.parametrize("path", ["/dev/null", "/tmp"])
def test_what_is_no_file_is_not_replaced(desk: Desk, path: str) -> None:
    status, _, told = desk.tries(f"export --bundle {path}")
    assert "Invalid value for '--bundle': exists and is not a file" in told
    assert status == 2
    assert not Path(path).is_file()


def test_a_file_that_cannot_be_written_is_named(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "a.bundle"
    assert desk.is_refused(f"export --bundle {path}") == (
        f"Failed: cannot write {path}: No such file or directory\n"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_export_that_is_interrupted_leaves_what_was_there(
    evidence: Evidence, server: Server, number: signal.Signals
) -> None:
    bundle = evidence.written("a.bundle", "what was there")
    command = ["-m", "service.cli", "export", "--bundle", bundle]
    with Proxy(server.address) as proxy:
        proxy.hang_answers()
        with Process([*command, "--target", proxy.address]) as process:
            wait_until(lambda: len(left(evidence.folder)) == 4)
            process.send_signal(number)
            assert process.wait(SECONDS) not in (0, 2)
    assert left(evidence.folder) == ["a.bundle", "kept.txt", "key.txt"]
    assert bundle.read_text() == "what was there"


def test_an_export_that_is_cut_off_says_so_and_leaves_no_file(
    long_log: Desk, tmp_path: Path
) -> None:
    with Proxy(long_log.env["CHANCERY_TARGET"], repeat(500_000)) as proxy:
        (tmp_path / "cut").mkdir()
        complaint = long_log.is_refused(
            f"export --bundle {tmp_path / 'cut' / 'a.bundle'} --target {proxy.address}"
        )
    assert re.fullmatch(
        f"Failed: lost the server at {proxy.address} after [0-9]+ of 501 changes. "
        "Nothing was written: an export cannot be resumed\n",
        complaint,
    )
    assert left(tmp_path / "cut") == []


def test_an_export_on_a_terminal_shows_how_far_it_is_and_answers_as_to_a_pipe(
    server: Server, evidence: Evidence
) -> None:
    bundle = evidence / "a.bundle"
    answer, shown = at_a_terminal("export", "--bundle", bundle, "--target", server.address)
    assert "Exporting" in shown
    assert answer == evidence.desk.does(f"export --bundle {bundle}")
