"""``chancery verify``: the report on a bundle for an auditor, and on a database for an operator."""

import re
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.cli.draw import moments, verification
from service.cli.terminal.output import say
from service.exchange import times
from service.tlog.bundle import Bundle, BundleKind, Contents, header
from service.tlog.note import COSIGNATURE, Checkpoint, Note, SignerKey
from service.verify import Report
from tests.cli.desk import STORY, Desk
from tests.cli.evidence import Evidence, at_a_terminal, flipped
from tests.support.server import Server
from tests.verify import histories

BEIJING = "blinken-beijing-2023"
NOON = 1_709_467_200  # 3 March 2024, 12:00:00 UTC, in seconds
WITNESS = replace(SignerKey.new("witness.example"), kind=COSIGNATURE)


@pytest.fixture(scope="module")
def evidence(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """Bundles of a log of 19 changes, and a checkpoint kept when it had 17.

    Whoever examines them can reach no server.
    """
    desk = Desk(server.address)
    desk.does(f"apply {STORY}")
    desk.does("schedule paris --title T --principal 'Ana Example' --host FR --from 2027-06-01")
    evidence = Evidence.of(desk, tmp_path_factory.mktemp("evidence"))
    desk.does("postpone paris")
    desk.does("schedule lisbon --title T --principal 'Ana Example' --host PT --from 2027-07-01")
    evidence.exported("log.bundle")
    evidence.exported("visit.bundle", "paris")
    evidence.exported("range.bundle", "--first 16 --last 18")
    return replace(evidence, desk=Desk("127.0.0.1:1"))


def told(text: str) -> dict[str, str]:
    """The facts of a report by name; if a name comes twice, the last one."""
    lines = (line.split("  ", 1) for line in text.splitlines() if "  " in line)
    return {name: fact.strip() for name, fact in lines}


def verify(evidence: Evidence, name: str, options: str = "") -> str:
    return f"verify {evidence / name} --key {evidence / 'key.txt'} {options}"


# The report on a bundle


def test_a_log_is_verified_change_by_change_and_told_line_by_line(evidence: Evidence) -> None:
    text = evidence.desk.does(verify(evidence, "log.bundle"))
    assert text.startswith("Verified: the whole log of 19 changes\n")
    facts = told(text)
    assert facts["Log"] == evidence.key.name
    assert facts["Checkpoint"].startswith("19 changes, root ")
    assert facts["Signed by"] == f"{evidence.key.name}, key {evidence.key.key_id.hex()}"
    assert facts["Changes"].startswith("19: ")
    assert facts["Positions"] == "1 to 19, without a gap"
    assert facts["Versions"] == "of 3 visits, each without a gap"
    assert facts["States"] == "derived from the changes: 1 completed, 1 postponed, 1 scheduled"
    assert "\nProved: When the checkpoint was signed, the log had these 19 changes and no" in text
    assert "\nNot proved: That the whole log was not rewritten before: keep this" in text


def test_of_a_visit_it_is_told_that_later_changes_may_be_left_out(evidence: Evidence) -> None:
    text = evidence.desk.does(verify(evidence, "visit.bundle"))
    assert text.startswith("Verified: changes 1 to 2 of visits/paris\n")
    assert told(text)["Positions"] == "17 to 18"
    assert told(text)["States"] == "derived from the changes: 1 postponed"
    assert "\nProved: Changes 1 to 2 of visits/paris are in the log as the bundle has" in text
    assert "\nNot proved: That change 2 is the visit's last: later ones may be left" in text


def test_of_a_range_it_is_told_that_nothing_is_proved_of_other_positions(
    evidence: Evidence,
) -> None:
    """It also lists the visits whose state could not be derived again."""
    text = evidence.desk.does(verify(evidence, "range.bundle"))
    assert text.startswith("Verified: the changes at positions 16 to 18\n")
    assert told(text)["Positions"] == "16 to 18, without a gap"
    assert "derived from the changes: 1 postponed\n" in text
    assert "  not for 1 visit whose first change is not in the bundle\n" in text
    assert "\nNot proved: Anything about changes at other positions." in text


@pytest.mark.parametrize("earlier", ["kept.txt", "visit.bundle"])
def test_a_log_is_held_against_a_checkpoint_or_a_bundle_that_was_kept(
    evidence: Evidence, earlier: str
) -> None:
    size = {"kept.txt": 17, "visit.bundle": 19}[earlier]
    text = evidence.desk.does(verify(evidence, "log.bundle", f"--since {evidence / earlier}"))
    assert f"Extends     the checkpoint you kept: {size} changes, root " in text
    assert f"None of the first {size} was altered since the checkpoint was kept." in text
    assert "rewritten" not in text


def test_a_witness_is_told_with_its_time_and_also_where_it_did_not_sign(
    evidence: Evidence,
) -> None:
    note, now = (evidence / "kept.txt").read_text(), int(time.time())
    cosigned = evidence.written("cosigned.txt", note + WITNESS.sign(Note.parse(note).text, now))
    moment = moments.moment(times.timestamp(datetime.fromtimestamp(now, UTC)))
    witness = f"witness witness.example, key {WITNESS.verifier.key_id.hex()}"
    text = evidence.desk.does(
        verify(evidence, "log.bundle", f"--key {WITNESS.verifier} --since {cosigned}")
    )
    of_the_bundle, of_what_was_kept = text.split("Extends ")
    assert f"Not signed by  {witness}\n" in of_the_bundle
    assert f"Signed by      {witness}, {moment}\n" in of_what_was_kept


def test_a_witness_that_signed_nothing_is_refused(evidence: Evidence) -> None:
    complaint = evidence.desk.is_refused(
        verify(evidence, "log.bundle", f"--key {WITNESS.verifier}")
    )
    assert complaint.startswith("Not verified: the witness witness.example, key ")
    assert complaint.endswith(", did not cosign\n")


def test_a_witness_that_saw_the_log_before_its_changes_were_recorded_is_told(
    evidence: Evidence,
) -> None:
    note = (evidence / "kept.txt").read_text()
    cosigned = evidence.written("cosigned.txt", note + WITNESS.sign(Note.parse(note).text, NOON))
    complaint = evidence.desk.is_refused(
        verify(evidence, "log.bundle", f"--key {WITNESS.verifier} --since {cosigned}")
    )
    assert complaint.startswith("Not verified: position 1: the change was recorded at ")
    assert "saw it in the log at 2024-03-03T12:00:00.000000Z already" in complaint


@pytest.mark.parametrize(
    "name",
    [
        "oslo\nVerified: the whole log of 19 changes",
        "oslo\x1b[2J",
        "oslo\r\n",
        "oslo\x85",
        "oslo\u2028x",
        "oslo\u202e",
    ],
)
def test_what_a_forged_file_says_stays_within_its_line(evidence: Evidence, name: str) -> None:
    """Whoever wrote the file chose the id; nothing of it moves the cursor or begins a line."""
    forged = Contents(BundleKind.VISIT, visit_id=name)
    with (evidence / "visit.bundle").open("rb") as file:
        note = Bundle(file).note.text
        rest = file.read()
    checkpoint = Checkpoint.parse(note)
    signer = SignerKey.new(checkpoint.origin)
    bundle = evidence.written("forged.bundle", header(forged, checkpoint.signed(signer)) + rest)
    command = f"verify {bundle} --key {signer.verifier}"
    complaint = evidence.desk.is_refused(command)
    assert complaint.startswith("Not verified: position ")
    assert complaint.count("\n") == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", complaint)


def test_the_names_in_a_history_that_somebody_signed_stay_within_their_line(
    evidence: Evidence,
) -> None:
    """The signature is good, and the visit has a name of two lines."""
    change = histories.event(histories.OPENING, 1, "visits/oslo\nVerified: the whole log")
    data = histories.log_bundle(histories.entries_of([change]))
    bundle = evidence.written("forged.bundle", data)
    complaint = evidence.desk.is_refused(f"verify {bundle} --key {histories.KEY.verifier}")
    assert complaint.count("\n") == 1
    assert complaint.startswith("Not verified: position 1: the id of the visit is not by the rules")


def test_a_key_that_was_given_and_signed_nothing_is_told(evidence: Evidence) -> None:
    unused = SignerKey.new("other.example").verifier
    text = evidence.desk.does(verify(evidence, "log.bundle", f"--key {unused}"))
    assert told(text)["Not signed by"] == f"other.example, key {unused.key_id.hex()}"


def test_the_json_has_all_that_is_told(evidence: Evidence) -> None:
    answer = evidence.desk.reads(
        verify(evidence, "range.bundle", f"--since {evidence / 'kept.txt'}")
    )
    assert answer["verified"] is True
    assert (answer["contents"], answer["first"], answer["last"]) == ("range", "16", "18")
    assert answer["origin"] == evidence.key.name
    assert answer["checkpoint"]["size"] == "19"
    assert answer["checkpoint"]["signed_by"] == [{"key": str(evidence.key)}]
    assert answer["checkpoint"]["not_signed_by"] == []
    assert answer["changes"] == "3"
    assert (answer["first_position"], answer["last_position"]) == ("16", "18")
    assert answer["first_record_time"] <= answer["last_record_time"]
    assert answer["states"] == {"postponed": "1"}
    assert answer["visits_without_their_beginning"] == "1"
    assert answer["since"]["root"] == b64encode(evidence.kept.root).decode()


def test_a_bundle_of_an_empty_log_is_verified(own_server: Server, tmp_path: Path) -> None:
    evidence = Evidence.of(Desk(own_server.address), tmp_path)
    bundle = evidence.exported("empty.bundle")
    text = evidence.desk.does(f"verify {bundle} --key {evidence.key}")
    assert text.startswith("Verified: the whole log of 0 changes\n")
    assert "first_position" not in evidence.desk.reads(f"verify {bundle} --key {evidence.key}")


def test_a_time_behind_the_end_of_the_calendar_is_told_as_that_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A log or a witness may sign any number."""
    report = Report(
        Contents(), Checkpoint("log", 1, bytes(32)), {WITNESS.verifier: ((1 << 64) - 1,)}
    )
    report.count(1, (1 << 64) - 1)
    say(verification.report_text(report, [], is_bundle=True))
    assert capsys.readouterr().out.count("the end of 31 December 9999 (UTC)") == 3
    assert verification.report_json(report, [])["last_record_time"] == "9999-12-31T23:59:59.999999Z"


# Bundles that are refused


@pytest.mark.parametrize("position", [1, 9, 18, 19])
def test_a_bundle_with_one_flipped_bit_is_refused_by_its_position(
    evidence: Evidence, position: int
) -> None:
    bundle = flipped(evidence / "log.bundle", position)
    problem = "the entry was altered: it does not match its leaf"
    command = verify(evidence, bundle.name)
    assert evidence.desk.is_refused(command) == f"Not verified: position {position}: {problem}\n"
    status, answer, _ = evidence.desk.tries(f"{command} --json")
    assert status == 1
    assert answer == (
        f'{{\n  "verified": false,\n  "position": "{position}",\n  "problem": "{problem}"\n}}\n'
    )


def test_a_bundle_that_ends_early_is_refused_by_the_position_that_is_cut_off(
    evidence: Evidence,
) -> None:
    data = (evidence / "log.bundle").read_bytes()
    evidence.written("cut.bundle", data[:-1])
    complaint = evidence.desk.is_refused(verify(evidence, "cut.bundle"))
    assert complaint.startswith("Not verified: position 19: ")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("kept.txt", "the file is not a bundle"),
        ("nowhere", "cannot read {}: No such file or directory"),
        ("", "cannot read {}: Is a directory"),
    ],
)
def test_what_is_no_bundle_is_refused(evidence: Evidence, name: str, told: str) -> None:
    complaint = evidence.desk.is_refused(verify(evidence, name))
    assert complaint == f"Not verified: {told.format(evidence / name)}\n"


def test_a_bundle_that_comes_through_a_pipe_is_refused(evidence: Evidence) -> None:
    """It is read twice."""
    command = [sys.executable, "-m", "service.cli", "verify", "/dev/stdin"]
    done = subprocess.run(
        [*command, "--key", str(evidence.key)],
        input=(evidence / "log.bundle").read_bytes(),
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"Not verified: cannot read ")


def test_a_bundle_that_the_log_did_not_sign_is_refused(evidence: Evidence) -> None:
    other = SignerKey.new(evidence.key.name).verifier
    assert evidence.desk.is_refused(f"verify {evidence / 'log.bundle'} --key {other}") == (
        f"Not verified: none of the keys that were given signed for the log {other.name}\n"
    )


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (17, "the first 17 changes are not those of the checkpoint that was kept"),
        (20, "the log was cut off: it had 20 changes at the checkpoint that was kept"),
    ],
)
def test_a_log_that_does_not_go_on_from_what_was_kept_is_refused(
    evidence: Evidence, size: int, told: str
) -> None:
    """The holder of the key may have signed both."""
    signer = SignerKey.new(evidence.key.name)
    other = evidence.written("other.txt", Checkpoint(signer.name, size, bytes(32)).signed(signer))
    options = f"--since {other} --key {signer.verifier}"
    complaint = evidence.desk.is_refused(verify(evidence, "log.bundle", options))
    assert complaint.startswith(f"Not verified: {told}")


def test_a_kept_checkpoint_that_none_of_the_keys_signed_is_refused(evidence: Evidence) -> None:
    note = evidence.kept.signed(SignerKey.new(evidence.key.name))
    forged = evidence.written("forged.txt", note)
    complaint = evidence.desk.is_refused(verify(evidence, "log.bundle", f"--since {forged}"))
    assert "the checkpoint that was kept: none of the keys that were given signed" in complaint


# What is typed


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("verify", "give either FILE or --database URL"),
        ("verify x --database sqlite:///y", "give either FILE or --database URL"),
        ("verify x", "a key is required. Ask the operator of the log for its public key (chancery"),
        (
            "verify x --key nowhere",
            "'nowhere' is neither a file nor a key: a verifier key is NAME+",
        ),
        ("verify x --key {}", "Is a directory"),
        ("verify x --key {}/log.bundle", "log.bundle: not UTF-8 text"),
        ("verify x --key {}/kept.txt", "kept.txt: line 1: a verifier key is NAME+KEYID+BASE64"),
        ("verify x --key {}/empty", "empty contains no key"),
        ("verify x --since {}/nowhere", "cannot read {}/nowhere: No such file or directory"),
        ("verify x --since {}/key.txt", "key.txt is not a checkpoint: "),
        ("verify x --since {}/latin", "latin is not a checkpoint: not UTF-8 text"),
        ("verify x --since {}/magic", "magic is not a checkpoint: "),
        ("verify x --since {}/huge", "huge is not a checkpoint: no log can have that many changes"),
        (
            "verify --database sqlite:///y --since {}/kept.txt",
            "give both --key and --since, or ",
        ),
        (
            "verify --database sqlite:///y --key {}/key.txt",
            "give both --key and --since, or ",
        ),
    ],
)
def test_a_mistake_in_usage_is_told_with_status_2(
    evidence: Evidence, command: str, told: str
) -> None:
    evidence.written("empty", "\n# none yet\n")
    evidence.written("latin", "chancery.invalid/caf\xe9\n".encode("latin-1"))
    evidence.written("magic", b"chancery bundle v2\n")
    huge = Checkpoint(evidence.key.name, 1 << 63, bytes(32))
    evidence.written("huge", huge.signed(SignerKey.new(evidence.key.name)))
    status, answer, complaint = evidence.desk.tries(command.format(evidence.folder))
    assert (status, answer) == (2, "")
    assert told.format(evidence.folder) in complaint


def test_a_key_to_sign_with_is_refused_and_not_repeated(evidence: Evidence) -> None:
    secret = str(SignerKey.new(evidence.key.name))
    for given in (secret, evidence.written("secret", f"{secret}\n")):
        status, _, complaint = evidence.desk.tries(f"verify x --key '{given}'")
        assert status == 2
        assert "this is a private key, which its server must keep secret" in complaint
        assert secret.split("+", 4)[4] not in complaint  # base64 has pluses of its own


@pytest.mark.parametrize("command", ["changes", "checkpoint", "export", "verify", "rotate-key"])
def test_each_command_of_an_audit_says_what_it_does(desk: Desk, command: str) -> None:
    assert desk.does(f"{command} --help").startswith(f"Usage: root {command} ")


def test_the_help_loads_no_database() -> None:
    script = (
        "import sys; from service.cli import main\n"
        "try: main()\n"
        "finally: print([name for name in ('sqlalchemy', 'service.verify') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--help"], capture_output=True, text=True, check=True
    )
    assert "  verify " in done.stdout
    assert done.stdout.endswith("[]\n")


def test_verifying_on_a_terminal_shows_how_far_it_is_and_answers_as_to_a_pipe(
    evidence: Evidence,
) -> None:
    answer, shown = at_a_terminal("verify", evidence / "log.bundle", "--key", evidence.key)
    assert "Verifying" in shown
    assert answer == evidence.desk.does(verify(evidence, "log.bundle"))


# A database


def test_a_database_is_verified_while_a_server_writes_to_it(
    server: Server, evidence: Evidence
) -> None:
    text = evidence.desk.does(f"verify --database sqlite:///{server.file}")
    assert text.startswith("Verified: the database\n")
    assert told(text)["Positions"] == "1 to 19, without a gap"
    assert {"Columns", "Tree", "Current states"} <= told(text).keys()
    assert "\nProved: Everything in the database follows from the changes in its log.\n" in text
    assert "keep a checkpoint elsewhere" in text


def test_a_database_is_held_against_a_checkpoint_that_was_kept(
    server: Server, evidence: Evidence
) -> None:
    text = evidence.desk.does(
        f"verify --database sqlite:///{server.file} --since {evidence / 'kept.txt'} "
        f"--key {evidence / 'key.txt'}"
    )
    assert "Extends         the checkpoint you kept: 17 changes" in text
    assert f"Signed by       {evidence.key.name}, key " in text


def test_a_database_in_which_a_change_was_altered_is_refused_by_its_position(
    own_server: Server,
) -> None:
    desk = Desk(own_server.address)
    desk.does(f"apply {STORY}")
    own_server.stop()
    with closing(sqlite3.connect(own_server.file)) as connection:
        connection.execute("UPDATE log SET actor = 'unverified:eve' WHERE position = 7")
        connection.commit()
    command = f"verify --database sqlite:///{own_server.file}"
    assert desk.is_refused(command).startswith("Not verified: the log is damaged at position 7: ")
    _, answer, _ = desk.tries(f"{command} --json")
    assert '"position": "7"' in answer


def test_a_database_that_is_not_there_is_told_and_not_made(evidence: Evidence) -> None:
    path = evidence / "nowhere.db"
    assert evidence.desk.is_refused(f"verify --database sqlite:///{path}") == (
        f"Not verified: there is no file {path}\n"
    )
    assert not path.exists()
