"""The image of ``deploy/Containerfile``, and what ``deploy/compose.yaml`` starts.

It is built on a Debian of debootstrap, since no image has to be had for that, and what pip needs
comes from a folder. The database's image is made here too, as far as the compose file uses it.
podman, buildah, runc and podman-compose must be installed. ``make packages`` runs this file;
``make test`` leaves it out, by its name.
"""

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.foreign.debian import ROOT, SECONDS, archives, debian, run
from tests.support.waiting import wait_until

BASE = "debian:bookworm-slim"
# Those of whoever runs this may be lower than what podman gives.
SETTINGS = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
"""
STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{0}/graph"\nrunroot = "{0}/run"\n'
PIP = "[global]\nno-index = true\nfind-links = /wheels\n"
DATABASE = """
FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql
RUN rm -rf /var/lib/postgresql/data && mkdir -p /var/lib/postgresql/data
COPY begin /begin
ENTRYPOINT ["/bin/bash", "/begin"]
"""
# What the image of PostgreSQL does with its environment.
BEGIN = """
set -e
cd /usr/lib/postgresql/*/bin; data=/var/lib/postgresql/data/pgdata
chown postgres /var/lib/postgresql/data
own() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
if [ ! -d $data ]; then
    echo "$POSTGRES_PASSWORD" >/tmp/word; chown postgres /tmp/word
    own ./initdb --auth=scram-sha-256 --pwfile=/tmp/word --username="$POSTGRES_USER" $data
    echo 'host all all all scram-sha-256' >>$data/pg_hba.conf
    own ./pg_ctl start -w -D $data -o "-k /tmp"
    export PGPASSWORD=$POSTGRES_PASSWORD
    ./createdb --encoding=UTF8 --template=template0 -h /tmp -U "$POSTGRES_USER" "$POSTGRES_USER"
    own ./pg_ctl stop -w -D $data
fi
exec setpriv --reuid postgres --regid postgres --clear-groups \\
    ./postgres -D $data -k /tmp -c listen_addresses='*'
"""
RUN = "podman run --detach --health-interval disable --cap-drop all --read-only --tmpfs /tmp"
SCHEDULE = ["chancery", "schedule", "x", "--title", "X", "--known", "2023-01", "--host", "FR"]
SCHEDULE += ["--principal", "A, country=GB"]


class Podman:
    """Containers that are kept apart from those of the machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "containers.conf").write_text(SETTINGS)
        (folder / "storage.conf").write_text(STORAGE.format(folder))
        self._env = os.environ | {
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "CHANCERY_DATABASE_PASSWORD": "not a secret",
        }

    def tried(self, *command: object) -> "subprocess.CompletedProcess[str]":
        """Run a command of podman, buildah or podman-compose."""
        words = [str(each) for each in command]
        return subprocess.run(
            words, env=self._env, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS * 5
        )

    def run(self, *command: object) -> str:
        """What a command says, which must succeed."""
        done = self.tried(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def build(self, tag: str, file: Path, context: Path, *options: str) -> None:
        """Build an image."""
        how = ["--isolation", "chroot", "--format", "docker", *options]
        self.run("buildah", "bud", *how, "--tag", tag, "--file", file, context)

    def inspected(self, name: str, what: str) -> Any:
        """What podman knows of a container."""
        return json.loads(self.run("podman", "inspect", name, "--format", f"{{{{json {what}}}}}"))


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """Podman with the image of the server."""
    folder = tmp_path_factory.mktemp("podman")
    found = Podman(folder)
    try:
        run("tar", "--directory", debian(), "--create", "--file", folder / "base.tar", ".")
        found.run("podman", "import", folder / "base.tar", BASE)
        (folder / "pip.conf").write_text(PIP)
        mounts = [f"{archives()}:/wheels:ro", f"{folder}/pip.conf:/etc/pip.conf:ro"]
        options = [f"--volume={mount}" for mount in mounts]
        found.build("chancery", ROOT / "deploy" / "Containerfile", ROOT, *options)
        yield found
    finally:
        found.run("podman", "system", "reset", "--force")


@pytest.fixture
def container(podman: Podman) -> Iterator[str]:
    """The name of a container that serves, as an operator would shut it in."""
    settings = ["--env", "CHANCERY_INSECURE=true"]
    name = podman.run(*RUN.split(), *settings, "chancery").split()[-1]
    wait_until(lambda: podman.tried("podman", "healthcheck", "run", name).returncode == 0, 120)
    yield name
    podman.run("podman", "rm", "--force", "--volumes", name)


def test_the_image_has_neither_pip_nor_a_compiler_and_is_not_run_by_root(
    podman: Podman, container: str
) -> None:
    within = ("podman", "exec", container, "sh", "-c")
    assert podman.run(*within, "id --user").strip() == "950"
    for program in ("pip", "cc", "/opt/chancery/bin/pip"):
        assert podman.tried(*within, f"command -v {program}").returncode != 0
    status = podman.run(*within, "cat /proc/1/status")
    assert int(re.findall(r"CapEff:\s+(\w+)", status)[0], 16) == 0


def test_it_writes_to_its_volume_alone(podman: Podman, container: str) -> None:
    within = ("podman", "exec", container, "sh", "-c")
    assert "Read-only" in podman.tried(*within, "touch /opt/new").stderr
    podman.run(*within, "test -s /var/lib/chancery/desk.db")


def test_its_health_is_that_of_the_server(podman: Podman, container: str) -> None:
    podman.run("podman", "exec", container, "chancery", "health")
    stop = "kill -STOP $(cat /proc/1/task/1/children)"
    podman.run("podman", "exec", container, "sh", "-c", stop)
    assert podman.tried("podman", "healthcheck", "run", container).returncode == 1


def test_sigterm_drains_it_and_what_was_recorded_is_there_after_its_next_start(
    podman: Podman, container: str
) -> None:
    podman.run("podman", "exec", container, *SCHEDULE)
    podman.run("podman", "stop", "--time", "20", container)
    assert podman.inspected(container, ".State.ExitCode") == 0
    said = podman.tried("podman", "logs", container)
    assert '"event":"stopped"' in said.stdout + said.stderr
    podman.run("podman", "start", container)
    shown = ("podman", "exec", container, "chancery", "show", "x")
    wait_until(lambda: podman.tried(*shown).returncode == 0, 120)


def test_it_does_not_serve_other_machines_unprotected_unless_told_to(podman: Podman) -> None:
    done = podman.tried("podman", "run", "--rm", "--health-interval", "disable", "chancery")
    assert done.returncode == 1
    assert "other machines reach 0.0.0.0:50051: callers are not known" in done.stderr


def test_the_composed_server_and_board_show_what_postgresql_keeps(podman: Podman) -> None:
    """Also after all of them were taken down and are there again."""
    folder = podman.folder / "database"
    folder.mkdir()
    (folder / "Containerfile").write_text(DATABASE)
    (folder / "begin").write_text(BEGIN)
    podman.build("postgres:17", folder / "Containerfile", folder)
    compose = ("podman-compose", "--file", "deploy/compose.yaml")
    up = (*compose, "--podman-run-args=--health-interval=disable", "up", "--detach", "--no-build")
    try:
        podman.run(*up)
        record = ("podman", "exec", "deploy_server_1", *SCHEDULE)
        wait_until(lambda: podman.tried(*record).returncode == 0, 240)
        wait_until(lambda: "visits/x" in page("visits"), 240)
        podman.run(*compose, "down")
        assert page("visits") == ""
        podman.run(*up)
        wait_until(lambda: "visits/x" in page("visits"), 240)
        info = podman.run("podman", "exec", "deploy_server_1", "chancery", "info")
        assert "PostgreSQL" in info
    finally:
        podman.tried(*compose, "down", "--volumes")


def page(path: str) -> str:
    """A page of the board; nothing while there is none."""
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:8080/{path}") as answer:
        return str(answer.read().decode())
    return ""
