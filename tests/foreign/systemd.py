"""The units under a systemd: one that has booted a Debian, where the server was installed.

``make packages`` runs this file; ``make test`` leaves it out, by its name.
"""

import re
from collections.abc import Iterator

import pytest

from tests.foreign.debian import ROOT, Machine, copied, debian, inside, run
from tests.support.waiting import wait_until

DOCUMENT = (ROOT / "docs" / "installing.md").read_text()
DATA = "/var/lib/chancery"
RATED = re.compile(r"Overall exposure level for \S+: ([\d.]+)")
SCHEDULE = "chancery schedule x --title X --host FR --principal 'A, country=GB' --known 2023-01"
# A certificate of its own, as its user may read it.
CERTIFY = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} "
    "-addext subjectAltName=DNS:localhost -keyout /etc/chancery/new.key -out /etc/chancery/new.pem "
    "2>/dev/null; chown chancery /etc/chancery/new.key; cd /etc/chancery; "
    "mv new.key tls.key; mv new.pem tls.pem"
)
SHOWN = "openssl s_client -alpn h2 -connect 127.0.0.1:50051 </dev/null 2>/dev/null | grep ^subject="


def commands(sentence: str) -> str:
    """The commands that the document shows after a sentence that ends so."""
    return DOCUMENT.partition(f"{sentence}:\n\n```sh\n")[2].partition("```")[0]


INSTALL = commands("path of whoever logs in, and starts it at boot")
REMOVE = commands("keep the data in `/var/lib/chancery`")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine without a network and without a compiler, where the document was followed."""
    with copied(debian(), tmp_path_factory.mktemp("debian")) as root:
        before, start, rest = INSTALL.partition("systemctl enable")
        inside(root, f"! command -v cc\n{before}")
        found = Machine(root)
        try:
            found.run(start + rest)
            yield found
        finally:
            found.close()


@pytest.fixture
def served(machine: Machine) -> Iterator[Machine]:
    """The machine, with the service as the document leaves it."""
    machine.run("systemctl restart chancery")
    yield machine
    machine.run(
        "rm -rf /etc/systemd/system/chancery.service.d; systemctl daemon-reload; "
        "cp /opt/chancery/share/chancery/chancery.toml /etc/chancery/; systemctl restart chancery"
    )


def main_pid(machine: Machine) -> str:
    """The process that systemd started."""
    return machine.run("systemctl show --value --property MainPID chancery").strip()


def children(machine: Machine) -> list[str]:
    """The processes that this one started: first the core."""
    return machine.run(f"pgrep --parent {main_pid(machine)}").split()


def journal(machine: Machine) -> str:
    """What is logged of the service."""
    return machine.run("journalctl --unit chancery --output cat --no-pager")


@pytest.mark.parametrize("unit", ["chancery.service", "chancery-backup.service"])
def test_the_units_are_rated_as_safe(unit: str) -> None:
    """Without being run. Less is better, and 10 is the worst."""
    rated = RATED.search(
        run("systemd-analyze", "security", "--offline=yes", "--no-pager", ROOT / "deploy" / unit)
    )
    assert rated
    assert float(rated[1]) <= 2.0


def test_the_service_is_rated_as_safe_where_it_runs(machine: Machine) -> None:
    rated = RATED.search(machine.run("systemd-analyze security --no-pager chancery"))
    assert rated
    assert float(rated[1]) <= 2.0
    assert machine.run("systemd-analyze verify chancery.service chancery-backup.timer") == ""


def test_it_has_started_when_it_can_be_asked(served: Machine) -> None:
    """Each time at once: systemctl returns when the server listens."""
    for _ in range(3):
        assert served.run("systemctl restart chancery; chancery health") == "SERVING\n"


def test_it_runs_as_its_own_user_without_any_privilege(served: Machine) -> None:
    pid = main_pid(served)
    status = dict(
        re.findall(r"^(\w+):\s+(.*)$", served.run(f"cat /proc/{pid}/status"), re.MULTILINE)
    )
    user = served.run("id --user chancery").strip()
    assert status["Uid"].split() == [user] * 4
    assert {int(status[name], 16) for name in ("CapEff", "CapBnd", "CapAmb")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


@pytest.mark.parametrize("folder", ["/etc/chancery", "/opt/chancery", "/usr", "/var/log", "/home"])
def test_it_sees_a_system_that_is_read_only(served: Machine, folder: str) -> None:
    """As root would see it from there; what it keeps it can write."""
    within = f"nsenter --mount --target {main_pid(served)}"
    assert "ead-only" in served.tried(f"{within} touch {folder}/new").stderr
    served.run(f"{within} touch {DATA}/new; rm {DATA}/new")


def test_nobody_else_reads_what_it_keeps(served: Machine) -> None:
    assert served.run(f"stat --format %U:%a {DATA}").strip() == "chancery:700"
    modes = served.run(f"stat --format %a {DATA}/desk.db {DATA}/desk.db.key").split()
    assert modes == ["600", "600"]


def test_a_core_that_hangs_is_noticed_and_all_is_started_again(served: Machine) -> None:
    """What was recorded is there; a server that does not hang is left alone."""
    served.run(SCHEDULE)
    served.run(
        "mkdir -p /etc/systemd/system/chancery.service.d; printf '[Service]\\nWatchdogSec=3\\n"
        "RestartSec=0\\n' >/etc/systemd/system/chancery.service.d/quick.conf; "
        "systemctl daemon-reload; systemctl restart chancery"
    )
    before = main_pid(served)
    served.run("sleep 7")
    assert main_pid(served) == before
    served.run(f"kill -STOP {children(served)[0]}")
    wait_until(lambda: main_pid(served) not in ("0", before), 30)
    assert "Watchdog timeout (limit 3s)" in journal(served)
    wait_until(lambda: served.tried("chancery health").returncode == 0, 30)
    assert "scheduled, reported" in served.run("chancery show x")


def test_one_that_is_killed_is_started_again(served: Machine) -> None:
    before = main_pid(served)
    served.run(f"kill -KILL {before}")
    wait_until(lambda: main_pid(served) not in ("0", before), 30)
    wait_until(lambda: served.tried("chancery health").returncode == 0, 30)


def test_one_with_a_wrong_setting_is_not_started_again(served: Machine) -> None:
    served.run("systemctl stop chancery; echo 'edges = 0' >>/etc/chancery/chancery.toml")
    assert served.tried("systemctl start chancery").returncode != 0
    served.run("sleep 6")
    shown = "systemctl show --value --property NRestarts --property ActiveState chancery"
    assert served.run(shown).split() == ["0", "failed"]


def test_a_reload_shows_a_new_certificate_and_cuts_nobody_off(served: Machine) -> None:
    served.run(CERTIFY.format(name="first"))
    for name in ("cert", "key"):
        end = "pem" if name == "cert" else "key"
        line = f'tls_{name} = "/etc/chancery/tls.{end}"'
        served.run(f"echo '{line}' >>/etc/chancery/chancery.toml")
    served.run("systemctl restart chancery")
    pids = [main_pid(served), *children(served)]
    assert "first" in served.run(SHOWN)
    served.run(CERTIFY.format(name="second"))
    assert "second" in served.run(f"systemctl reload chancery; sleep 0.1; {SHOWN}")
    assert [main_pid(served), *children(served)] == pids


def test_a_backup_is_made_by_its_unit(served: Machine) -> None:
    served.run("systemctl start chancery-backup")
    assert "desk-" in served.run(f"ls {DATA}/backups")
    served.run("systemctl is-active chancery-backup.timer")


def test_a_person_finds_the_manual(served: Machine) -> None:
    served.run("man --where chancery-serve chancery-token-new")


def test_it_stops_as_it_should_and_nothing_of_it_is_left_running(served: Machine) -> None:
    served.run("systemctl stop chancery")
    assert (
        journal(served)
        .rstrip()
        .endswith("Stopped chancery.service - Chancery, the status service for diplomatic visits.")
    )
    assert "Deactivated successfully" in journal(served)
    assert served.tried("pgrep --uid chancery").returncode == 1


def test_it_is_removed_with_all_that_was_installed_and_the_data_stays(machine: Machine) -> None:
    """The last test of this file."""
    machine.run(REMOVE)
    left = machine.run("find / -xdev -iname '*chancery*' -not -path '/proc/*'").split()
    assert {path for path in left if not path.startswith(DATA)} <= {"/root/archives"}
    machine.run(f"test -s {DATA}/desk.db")
    assert machine.run("systemctl list-units --all --no-legend 'chancery*'") == ""
