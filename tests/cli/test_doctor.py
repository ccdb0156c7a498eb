"""``chancery doctor``: what is to be mended, the worst first, and nothing is touched."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from chancery.v1.audit_service_pb2 import GetCheckpointRequest
from service.cli.app import build
from service.operate import findings
from service.operate.findings import Finding, Severity
from tests.support.messages import scheduled
from tests.support.place import PostgresDatabases, SqliteFile
from tests.support.server import Server

NOWHERE = "127.0.0.1:1"
SECRET = "s3cret"
Found = list[tuple[str, str, str]]


def doctor(*args: object, **variables: str) -> tuple[int, Found]:
    """The exit status, and what was found: how bad, of which part, and what."""
    status, answer = said("--json", *args, **variables)
    found = json.loads(answer)["findings"]
    return status, [(each["severity"], each["part"], each["what"]) for each in found]


def said(*args: object, **variables: str) -> tuple[int, str]:
    """The exit status, and all that was printed."""
    words = ["doctor", *map(str, args)]
    done = CliRunner().invoke(build(), words, env={"CHANCERY_TARGET": NOWHERE} | variables)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout + done.stderr


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SqliteFile:
    """A database of three changes, signed and closed, which nothing is to be said of."""
    place = SqliteFile(tmp_path_factory.mktemp("sound") / "desk.db")
    with Server(place) as server:
        for name in ("a", "b", "c"):
            server.client().record(f"visits/{name}", scheduled())
        server.client().audit.GetCheckpoint(GetCheckpointRequest())
    place.file.chmod(0o600)
    return place


@pytest.fixture
def place(sound: SqliteFile, tmp_path: Path) -> SqliteFile:
    """A copy of it for one test, in a folder of its own."""
    for path in (sound.file, sound.key):
        shutil.copy2(path, tmp_path / path.name)
    return SqliteFile(tmp_path / sound.file.name)


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All files of a folder: their modes and bytes."""
    return {each.name: (each.stat().st_mode, each.read_bytes()) for each in folder.iterdir()}


def test_of_a_sound_setup_there_is_at_most_something_to_know(place: SqliteFile) -> None:
    before = everything(place.file.parent)
    status, found = doctor("--database", place.url)
    assert status == 0
    assert {severity for severity, *_ in found} <= {"note"}
    assert everything(place.file.parent) == before


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(tmp_path: Path) -> None:
    """It says which database it looked for: perhaps another was meant."""
    status, found = doctor("--database", f"sqlite:///{tmp_path}/desk.db")
    assert status == 0
    assert ("note", "database", f"there is no {tmp_path}/desk.db yet") in found
    assert list(tmp_path.iterdir()) == []


def test_a_running_server_is_compared_with_its_database(place: SqliteFile) -> None:
    with Server(place) as server:
        for each in place.file.parent.glob("desk.db*"):
            each.chmod(0o600)
        server.client().record("visits/d", scheduled())
        names = {each.name for each in place.file.parent.iterdir()}
        status, found = doctor("--database", place.url, "--target", server.address)
        assert [each for each in found if each[0] != "note"] == []
        assert status == 0
        assert not any(part == "server" for _, part, _ in found)
        assert {each.name for each in place.file.parent.iterdir()} == names
        assert server.client().record("visits/e", scheduled()).event.position == 5


def test_what_a_killed_server_left_is_read_and_stays(place: SqliteFile) -> None:
    with Server(place) as server:
        server.client().record("visits/d", scheduled())
        server.kill_all()
    for each in place.file.parent.iterdir():
        each.chmod(0o600)
    before = everything(place.file.parent)
    assert before["desk.db-wal"][1]
    status, _ = doctor("--database", place.url)
    assert status == 0
    after = everything(place.file.parent)
    assert {name: after[name] for name in after if name != "desk.db-shm"} == {
        name: before[name] for name in before if name != "desk.db-shm"
    }
    Path(f"{place.file}-shm").unlink()
    status, found = doctor("--database", place.url)
    assert ("down", "database") in {each[:2] for each in found}
    assert not Path(f"{place.file}-shm").exists()


def open_to_others(place: SqliteFile) -> None:
    place.file.chmod(0o644)


def key_open_to_others(place: SqliteFile) -> None:
    place.key.chmod(0o640)


def database_gone(place: SqliteFile) -> None:
    place.file.unlink()


def key_gone(place: SqliteFile) -> None:
    place.key.unlink()


def not_to_be_written(place: SqliteFile) -> None:
    place.file.chmod(0o400)


def key_of_another_log(place: SqliteFile) -> None:
    place.run("UPDATE head SET origin = 'chancery.invalid/other'")


def head_astray(place: SqliteFile) -> None:
    place.run("UPDATE head SET size = 2")


def old_backup(place: SqliteFile) -> None:
    place.run("DELETE FROM log WHERE position = 3")
    ((record_time,),) = place.rows("SELECT record_time FROM log WHERE position = 2")
    place.run("UPDATE head SET size = 2, record_time = ?", record_time)


def ahead_of_the_clock(place: SqliteFile) -> None:
    place.run("UPDATE log SET record_time = record_time + 1000000000000 WHERE position = 3")
    place.run("UPDATE head SET record_time = record_time + 1000000000000")


def moved(place: SqliteFile) -> None:
    place.run("UPDATE head SET closed = 'was copied to postgresql://db/chancery'")


def of_another_program(place: SqliteFile) -> None:
    place.run("UPDATE alembic_version SET version_num = '0999'")


def no_database(place: SqliteFile) -> None:
    place.file.write_bytes(b"not a database" * 100)


DAMAGES = [
    (open_to_others, "loss", "database", "others may read or write"),
    (key_open_to_others, "loss", "key", "others may read or write"),
    (database_gone, "loss", "key", "its database"),
    (key_gone, "down", "key", "the log has a key, and"),
    (not_to_be_written, "down", "database", "cannot be written"),
    (key_of_another_log, "down", "key", "is the key of another log"),
    (head_astray, "loss", "log", "the head says 2 changes, and the log ends at 3"),
    (old_backup, "loss", "key", "3 changes were signed, and the log has 2"),
    (ahead_of_the_clock, "soon", "log", "ahead of this machine's clock"),
    (moved, "down", "log", "it was copied to postgresql://db/chancery"),
    (of_another_program, "down", "database", "which this version does not know"),
    (no_database, "down", "database", "file is not a database"),
]


@pytest.mark.parametrize(
    ("damage", "severity", "part", "what"), DAMAGES, ids=[each[0].__name__ for each in DAMAGES]
)
def test_what_is_wrong_is_found_with_its_severity_and_status_1(
    place: SqliteFile,
    damage: Callable[[SqliteFile], None],
    severity: str,
    part: str,
    what: str,
) -> None:
    damage(place)
    status, found = doctor("--database", place.url)
    assert any(each[:2] == (severity, part) and what in each[2] for each in found), found
    assert status == 1


def test_the_worst_comes_first_and_each_says_what_to_do(place: SqliteFile) -> None:
    ahead_of_the_clock(place)
    key_gone(place)
    open_to_others(place)
    status, found = doctor("--database", place.url)
    order = [severity for severity, *_ in found]
    assert order == sorted(order, key=["loss", "down", "soon", "note"].index)
    assert {"loss", "down", "soon"} <= set(order)
    assert status == 1
    status, told = said("--database", place.url)
    assert f"chmod 600 {place.file}" in told
    assert "rotate-key" in told
    assert status == 1


def test_a_misspelt_variable_keeps_a_server_from_starting(place: SqliteFile) -> None:
    status, found = doctor("--database", place.url, CHANCERY_DATABSE="x")
    assert ("down", "settings") in {each[:2] for each in found}
    assert status == 1


@pytest.mark.parametrize("setting", ["--listen", "--metrics-listen"])
def test_an_address_that_others_must_not_reach_keeps_a_server_from_starting(
    place: SqliteFile, setting: str
) -> None:
    options = ("--database", place.url, setting, "0.0.0.0:50051")
    status, found = doctor(*options)
    assert any(each[:2] == ("down", "settings") and "0.0.0.0" in each[2] for each in found)
    assert status == 1
    status, found = doctor(*options, "--insecure")
    assert any(each[:2] == ("note", "settings") and "0.0.0.0" in each[2] for each in found)
    assert status == 0


def test_settings_that_lack_others_keep_a_server_from_starting(place: SqliteFile) -> None:
    status, found = doctor("--database", place.url, "--jwks", "keys.json")

    assert status == 1
    assert ("down", "settings", "--jwks needs --jwt-issuer") in found


def test_a_token_file_that_others_may_read_is_told(place: SqliteFile) -> None:
    tokens = place.file.with_name("tokens")
    tokens.touch(0o644)
    tokens.chmod(0o644)
    _, found = doctor("--database", place.url, "--token-file", tokens)
    assert ("loss", "tokens") in {each[:2] for each in found}
    tokens.chmod(0o600)
    _, found = doctor("--database", place.url, "--token-file", tokens)
    assert ("note", "tokens", "there is none, so nobody may call") in found


@pytest.mark.parametrize("part", ["database", "key", "tokens", "certificates"])
def test_a_file_that_is_closed_to_the_servers_user_is_told_to_root(
    place: SqliteFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """That user is the one to whom the folder belongs. Root itself could read the file."""
    tokens, certificate = place.file.with_name("tokens"), place.file.with_name("tls.pem")
    files = {"database": place.file, "key": place.key, "tokens": tokens}
    path = files.get(part, certificate)
    for each in (tokens, certificate):
        each.touch(0o600)
    settings = ["--database", place.url, "--token-file", tokens, "--tls-cert", certificate]

    def told() -> Found:
        return [each for each in doctor(*settings)[1] if "belongs to" in each[2]]

    assert told() == []
    owned_by(monkeypatch, path, 4242)
    what = f"{path} belongs to 4242, and the folder of the database to {tmp_path.owner()}"
    assert told() == [("down", part, what)]
    tmp_path.chmod(0o777)
    assert told() == []


def owned_by(monkeypatch: pytest.MonkeyPatch, path: Path, user: int) -> None:
    """Have a file belong to another user, as only root could see to it."""
    stat = Path.stat

    def told(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = stat(self, follow_symlinks=follow_symlinks)
        if self != path:
            return found
        return os.stat_result([*found[:4], user, *found[5:10]])

    monkeypatch.setattr(Path, "stat", told)


def test_no_secret_is_printed(place: SqliteFile, tmp_path: Path) -> None:
    """Neither a password, nor the key, nor why a file with them is wrong."""
    url = f"postgresql+psycopg://anna:{SECRET}@127.0.0.1:1/chancery"
    file = tmp_path / "chancery.toml"
    file.write_text(f'database = "{url}"\n')
    file.chmod(0o644)
    status, told = said("--settings", file)
    assert SECRET not in told
    assert "chmod 600" in told
    assert status == 1
    secret = place.key.read_text().split("+")[-1].split()[0]
    place.key.write_text(f"{place.key.read_text()}{SECRET}\n")
    _, told = said("--database", place.url)
    assert SECRET not in told
    assert secret not in told


def test_a_server_of_another_log_is_told(place: SqliteFile, own_server: Server) -> None:
    status, found = doctor("--database", place.url, "--target", own_server.address)
    assert ("down", "server", "the server serves another log than that of the database") in found
    assert status == 1


def test_changes_that_the_server_has_and_the_file_has_not_are_at_stake(
    place: SqliteFile, tmp_path: Path
) -> None:
    """An old copy of the file is in place of the one that is served."""
    old = tmp_path / "old"
    old.mkdir()
    shutil.copy2(place.file, old / "desk.db")
    with Server(place) as server:
        server.client().record("visits/d", scheduled())
        (old / "desk.db").chmod(0o600)
        options = ("--database", f"sqlite:///{old}/desk.db", "--key-file", place.key)
        status, found = doctor(*options, "--target", server.address)
    what = "the server has recorded 4 changes, the database has 3"
    assert ("loss", "server", what) in found
    assert status == 1


def test_a_postgresql_database_is_looked_at_as_well(databases: PostgresDatabases) -> None:
    with databases.new() as place:
        with Server(place) as server:
            server.client().record("visits/a", scheduled())
            status, found = doctor(
                "--database", place.url, *place.options, "--target", server.address
            )
            assert (status, found) == (0, [])
        place.run("UPDATE head SET size = 7")
        _, found = doctor("--database", place.url, *place.options)
        assert ("loss", "log", "the head says 7 changes, and the log ends at 1") in found
        _, found = doctor("--database", place.url)
        assert any(each[:2] == ("down", "key") and "--key-file" in each[2] for each in found)


@pytest.fixture
def pem(tmp_path: Path) -> Callable[[int, int], Path]:
    """Makes a file with a certificate that begins and ends so many days from now."""

    def make(begin: int, end: int) -> Path:
        key, now = Ed25519PrivateKey.generate(), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now + timedelta(days=begin))
            .not_valid_after(now + timedelta(days=end, minutes=1))
            .sign(key, None)
        )
        path = tmp_path / "cert.pem"
        path.write_bytes(certificate.public_bytes(Encoding.PEM))
        return path

    return make


@pytest.mark.parametrize(
    ("begin", "end", "severities"),
    [
        (-10, 90, []),
        (-10, 20, [Severity.SOON]),
        (-10, -1, [Severity.DOWN]),
        (1, 90, [Severity.DOWN]),
    ],
)
def test_a_certificate_that_ends_is_told_a_month_before(
    pem: Callable[[int, int], Path], begin: int, end: int, severities: list[Severity]
) -> None:
    found = list(findings.certificates(pem(begin, end)))
    assert [each.severity for each in found] == severities


def test_what_is_no_certificate_is_told(tmp_path: Path) -> None:
    (found,) = findings.certificates(tmp_path / "none.pem")
    assert "No such file" in found.what


@pytest.mark.parametrize(
    ("kind", "is_told"), [("nfs4", True), ("cifs", True), ("ext4", False), ("btrfs", False)]
)
def test_a_folder_on_a_network_file_system_is_told(
    tmp_path: Path, kind: str, is_told: bool
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / nfs rw 0 0\nserver:/x {tmp_path.resolve()} {kind} rw 0 0\n")
    found = list(findings.network("database", tmp_path, mounts))
    assert [each.severity for each in found] == ([Severity.LOSS] if is_told else [])


@pytest.mark.parametrize(
    ("free", "severities"),
    [(10 << 20, [Severity.DOWN]), (500 << 20, [Severity.SOON]), (10 << 30, [])],
)
def test_a_disk_that_is_nearly_full_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, severities: list[Severity]
) -> None:
    real = os.statvfs(tmp_path)
    values = [*real[:4], free // real.f_frsize, *real[5:]]
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(values))
    found: list[Finding] = list(findings.disk("database", tmp_path, needed=0))
    assert [each.severity for each in found] == severities
