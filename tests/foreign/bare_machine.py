"""docs/installing.md, typed from top to bottom on a bare machine: each step works as it says.

The tests are in the order of its sections, and each goes on where the one before it ended. ``make
packages`` runs this file; ``make test`` leaves it out, by its name.
"""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.foreign.debian import ROOT, Machine, archives, copied, debian
from tests.support.waiting import wait_until

DOCUMENT = (ROOT / "docs" / "installing.md").read_text()
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
SETTINGS, PROMETHEUS = "/etc/chancery/chancery.toml", "/etc/prometheus/prometheus.yml"
# So that nobody waits for minutes.
OFTEN = "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
SCHEDULE = "chancery schedule x --title X --host FR --principal 'A, country=GB' --known 2023-01"
SHOWN = (
    "openssl s_client -alpn h2 -connect 127.0.0.1:50051 </dev/null 2>/dev/null "
    "| openssl x509 -noout -serial"
)
TOKEN = re.compile(r"^chancery_\S+$", re.MULTILINE)
FETCH = (
    "python3 -c 'import sys, urllib.request as u, ssl; "
    'print(u.urlopen(u.Request("https://desk.example:8080/", headers={"Authorization": "Bearer " '
    '+ sys.argv[1]}), context=ssl.create_default_context(cafile="/etc/chancery/authority.pem"))'
    ".status)' "
)


def blocks(heading: str) -> list[tuple[str, str]]:
    """What a section shows: its languages and texts."""
    part = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert part
    return BLOCK.findall(part[1])


def written(path: str, text: str) -> str:
    """The command that writes a file."""
    return f"printf %s {shlex.quote(text)} >{path}"


def typed(machine: Machine, heading: str) -> list[str]:
    """Do what a section shows, and give what each of its commands said."""
    said = []
    for language, text in blocks(heading):
        match language:
            case "sh":
                said.append(machine.run(text))
            case "toml":
                machine.run(written(SETTINGS, text))
            case "yaml":
                machine.run(written(PROMETHEUS, OFTEN + text))
            case other:
                raise AssertionError(other)
    return said


def tokens(machine: Machine) -> dict[str, str]:
    """A token of each role that the section on callers makes, as it prints them."""
    desk, anna = TOKEN.findall(machine.run("cat /root/said"))
    return {"desk": desk, "anna": anna}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine without a network, which others would know by its name."""
    folder = tmp_path_factory.mktemp("debian")
    with copied(debian(), folder) as root:
        (root / "etc" / "hosts").write_text("127.0.0.1 localhost desk.example\n")
        copy_archives(root / "root" / "archives")
        found = Machine(root)
        try:
            yield found
        finally:
            found.close()


def copy_archives(to: Path) -> None:
    """Carry the archives to the machine."""
    to.mkdir()
    for each in archives().iterdir():
        (to / each.name).write_bytes(each.read_bytes())


def test_it_is_installed_and_serves(machine: Machine) -> None:
    served, doctor = typed(machine, "For the machine")
    assert served.endswith("SERVING\n")
    assert "Out of order" not in doctor
    assert "the folder of the database" not in doctor


def test_two_callers_have_a_token_and_a_role(machine: Machine) -> None:
    (said,) = typed(machine, "Who may call")
    machine.run(written("/root/said", said))
    assert set(tokens(machine)) == {"desk", "anna"}
    assert machine.run("stat --format %U:%a /var/lib/chancery/tokens") == "chancery:600\n"


def test_it_serves_over_tls_alone(machine: Machine) -> None:
    *_, served = typed(machine, "Encryption")
    assert served.endswith("SERVING\n")
    refused = machine.tried("unset CHANCERY_CA; chancery health --target 127.0.0.1:50051")
    assert refused.returncode == 1
    assert "wants encryption" in refused.stderr


def test_a_desk_reads_from_another_machine_and_may_not_record(machine: Machine) -> None:
    """Nor does anybody read without a token."""
    ((_, script),) = blocks("From other machines")
    known = tokens(machine)
    typed_in = script.replace("read -rsp", f"<<<{known['desk']} read -rsp")
    desk = machine.run(f"cd /root/authority\n{typed_in}")
    assert desk.split() == ["Visit", "Title", "Status", "Window", "Since"]
    refused = machine.tried(f"CHANCERY_TOKEN={known['desk']} {SCHEDULE}")
    assert refused.stderr in DOCUMENT.replace("`", "\n")
    assert machine.tried("chancery list").returncode == 1
    assert "scheduled" in machine.run(f"CHANCERY_TOKEN={known['anna']} {SCHEDULE}")
    assert machine.run(FETCH + known["desk"]) == "200\n"


def test_a_certificate_is_renewed_without_a_restart(machine: Machine) -> None:
    """By the commands that certified the machine first."""
    before = machine.run(SHOWN)
    _, certify, *_ = blocks("Encryption")
    machine.run(f"{certify[1]}\nsystemctl reload chancery; sleep 0.1")
    assert machine.run(SHOWN) != before
    assert machine.run("chancery health") == "SERVING\n"


def test_prometheus_reads_it_and_sounds_when_it_stops(machine: Machine) -> None:
    checked = typed(machine, "Alarms")[1]
    assert "SUCCESS: 11 rules found" in checked
    query = re.search(r"`(promtool query instant \S+) chancery_health`", DOCUMENT)
    assert query

    def shows(what: str, value: str) -> bool:
        answer = machine.tried(f"{query[1]} '{what}'").stdout
        return re.search(rf"=> {value} @", answer) is not None

    wait_until(lambda: shows("min(chancery_health)", "1"), 30)
    machine.run("systemctl stop chancery")
    sounds = 'count(ALERTS{alertname="ChanceryDown", alertstate="firing"})'
    wait_until(lambda: shows(sounds, "1"), 90)
    machine.run("systemctl start chancery")
    wait_until(lambda: not shows(sounds, "1"), 30)


def test_the_journal_has_what_the_service_says(machine: Machine) -> None:
    command = re.search(r"`(journalctl .*?)`", DOCUMENT)
    assert command
    lines = machine.run(f"{command[1]} | grep '^{{'").splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert {"listening", "certificate read", "call", "stopped"} <= set(events)


def test_a_backup_is_made_tried_and_takes_the_place_of_what_is_lost(machine: Machine) -> None:
    """With the key and the tokens that were kept, as on another machine."""
    tried, *_, restored = typed(machine, "Backups")
    assert "Restored tried.db: 1 changes, verified" in tried
    assert "Verified: the database" in tried
    assert "chancery-backup.timer" in tried
    assert "Restored desk.db: 1 changes, verified" in restored
    assert restored.endswith("SERVING\n")
    assert "scheduled" in machine.run(f"CHANCERY_TOKEN={tokens(machine)['desk']} chancery show x")


def test_it_is_upgraded_beside_the_old_one(machine: Machine) -> None:
    (said,) = typed(machine, "Upgrade")
    assert said.endswith("SERVING\n")
    pid = machine.run("systemctl show --value --property MainPID chancery").strip()
    assert machine.run(f"cat /proc/{pid}/cmdline").startswith("/opt/chancery-2/")
    machine.run("rm -r /opt/chancery-1; systemctl restart chancery; chancery health")
    assert machine.run("systemctl is-enabled chancery chancery-backup.timer") == "enabled\n" * 2


def test_it_is_removed_with_all_that_was_installed_and_the_data_stays(machine: Machine) -> None:
    """Of what the page made there stays what is of the authority, the copy, and Prometheus."""
    typed(machine, "Remove")
    left = machine.run("find / -xdev -iname '*chancery*' -not -path '/proc/*'").split()
    others = "/root/archives", "/var/lib/chancery"
    assert [path for path in left if not path.startswith(others)] == []
    machine.run("test -s /var/lib/chancery/desk.db")
    assert machine.run("systemctl list-units --all --no-legend 'chancery*'") == ""
