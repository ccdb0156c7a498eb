"""The whole cluster: made, started and stopped. ``python -m tests.cluster.cluster start|stop``."""

import json
import os
import secrets
import shutil
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import grpc
import psycopg
from cryptography import x509

from tests.cluster import network
from tests.cluster.machines import SETTINGS, USERS, Database, Server, etcd
from tests.cluster.programs import Program
from tests.support.certificates import Authority
from tests.support.processes import chancery
from tests.support.server import Client
from tests.support.waiting import wait_until

# In memory: three databases write at once, on one disk they would wait for each other.
FOLDER = Path("/dev/shm/chancery-cluster")
PATIENCE = 120.0
# Seconds between two looks: more of them would be a load.
PAUSE = 0.5
DATABASE = "chancery"
# What a cluster that loses changes has instead of these settings.
ASYNCHRONOUS = {
    "synchronous_mode: true": "synchronous_mode: false",
    "maximum_lag_on_failover: 0": "maximum_lag_on_failover: 1048576",
}
PRIMARY, SYNC, ASYNC = "leader", "sync_standby", "replica"


class Cluster:
    """The cluster of deploy/cluster on this machine, whether it runs or not.

    It can be made worse: so that a COMMIT waits for no standby, and any of them is promoted.
    """

    def __init__(self, *, is_synchronous: bool = True) -> None:
        self._roles = sorted([PRIMARY, SYNC if is_synchronous else ASYNC, ASYNC])
        self._settings = (SETTINGS / "patroni.yaml").read_text()
        if not is_synchronous:
            for good, bad in ASYNCHRONOUS.items():
                assert good in self._settings
                self._settings = self._settings.replace(good, bad)
        self._passwords = self._secrets()
        etcds, databases = network.nodes("etcd", 11, 3), network.nodes("db", 21, 3)
        servers = network.nodes("server", 31, 3) + network.nodes("reader", 41, 2)
        self.nodes = [*etcds, *databases, *servers]
        self.etcds: Sequence[Program] = [etcd(each, FOLDER / each.name) for each in etcds]
        self.databases = [Database(each, FOLDER / each.name, self._passwords) for each in databases]
        self.servers = [Server(each, FOLDER / each.name) for each in servers]
        self.ca = FOLDER / "authority.pem"

    @staticmethod
    def _secrets() -> dict[str, str]:
        """The passwords of the users, which are made with the cluster."""
        file = FOLDER / "passwords"
        if not file.exists():
            return {user: secrets.token_hex(16) for user in USERS}
        found: dict[str, str] = json.loads(file.read_text())
        return found

    @property
    def token(self) -> str:
        """The token of an operator."""
        return (FOLDER / "token").read_text().strip()

    @property
    def writing(self) -> list[Server]:
        """The servers that record."""
        return [each for each in self.servers if not each.is_reader]

    @property
    def reading(self) -> list[Server]:
        """The servers that only read."""
        return [each for each in self.servers if each.is_reader]

    # How it is

    def members(self) -> list[dict[str, Any]]:
        """What Patroni says of its members, asked of whichever answers."""
        for each in self.databases:
            with suppress(OSError, ValueError):
                address = f"http://{each.node.address}:8008/cluster"
                with urllib.request.urlopen(address, timeout=2) as answer:
                    found: list[dict[str, Any]] = json.load(answer)["members"]
                    return found
        return []

    def database(self, role: str) -> Database:
        """The database that has a role now: PRIMARY, SYNC or ASYNC."""
        named = {each["role"]: each["name"] for each in self.members()}
        (found,) = [each for each in self.databases if each.name == named.get(role)]
        return found

    def etcd_leader(self) -> Program:
        """The member of etcd that leads."""
        for each in self.etcds:
            with suppress(RuntimeError):
                endpoint = f"--endpoints=http://{each.node.address}:2379"
                said = network.run("etcdctl", "-w", "json", endpoint, "endpoint", "status")
                status = json.loads(said)[0]["Status"]
                if status["leader"] == status["header"]["member_id"]:
                    return each
        raise AssertionError("no member of etcd leads")

    @property
    def is_whole(self) -> bool:
        """Whether all nodes have their parts, and all standbys follow."""
        members = self.members()
        roles = sorted(each["role"] for each in members)
        states = {each["state"] for each in members}
        if roles != self._roles or not states <= {"running", "streaming"}:
            return False
        if len({each.get("timeline") for each in members}) != 1 or any(
            each["role"] != PRIMARY and each.get("lag") not in range(1 << 20) for each in members
        ):
            return False
        return all(each.process for each in self.etcds) and all(map(self._answers, self.servers))

    def wait_until_whole(self, seconds: float = PATIENCE) -> float:
        """Wait for that, and give the seconds that it took; fail after so many seconds."""
        return wait_until(lambda: self.is_whole, seconds, PAUSE)

    def _answers(self, server: Server) -> bool:
        """Whether a server's processes run, and its health is that of a server that works."""
        if server.pids is None:
            return False
        client = self.client(server)
        try:
            return client.head >= 0
        except grpc.RpcError:
            return False
        finally:
            client.close()

    def client(self, server: Server, *options: tuple[str, Any]) -> Client:
        """A client with a connection of its own."""
        credentials = grpc.ssl_channel_credentials(self.ca.read_bytes())
        own = ("grpc.use_local_subchannel_pool", 1)
        return Client(server.address, own, *options, token=self.token, credentials=credentials)

    def password(self, user: str) -> str:
        """The password of one of the database's users."""
        return self._passwords[user]

    def url(self, user: str, host: str = "") -> str:
        """The URL of the log for a user: at a host, or at the primary."""
        hosts = [host] if host else [each.node.address for each in self.databases]
        named = "&".join(f"host={each}:5432" for each in hosts)
        password = self.password(user)
        writes = "" if host else "&target_session_attrs=read-write"
        return f"postgresql+psycopg://{user}:{password}@/{DATABASE}?{named}{writes}"

    # Starting

    def start(self) -> None:
        """Make it anew, and start it."""
        FOLDER.mkdir(mode=0o755)
        (FOLDER / "passwords").touch(0o600)
        (FOLDER / "passwords").write_text(json.dumps(self._passwords))
        for name in ("archive", "backup"):
            (FOLDER / name).mkdir(mode=0o700)
            shutil.chown(FOLDER / name, "postgres", "postgres")
        network.create(self.nodes)
        for node in self.nodes:
            (FOLDER / node.name).mkdir()
        for each in self.etcds:
            each.start()
        wait_until(lambda: _holds(self.etcd_leader), PATIENCE)
        for database in self.databases:
            database.prepare(self._settings)
            database.patroni.start()
        self.wait_for_databases()
        self._make_log()
        self._make_files()
        self.start_servers()
        self.wait_until_whole()

    def wait_for_databases(self) -> None:
        """Wait until there is a primary, and its standbys follow."""
        roles = self._roles
        wait_until(
            lambda: sorted(each["role"] for each in self.members()) == roles, PATIENCE, PAUSE
        )

    def _make_log(self) -> None:
        """Make the database, its users and the tables, as docs/scaling.md says."""
        primary = self.database(PRIMARY)
        primary.execute(f"CREATE DATABASE {DATABASE}")
        primary.execute(said("database", "roles"), DATABASE)
        roles = {"migrator": "owner", "desk": "app", "auditor": "reader"}
        for user, role in roles.items():
            login = f"LOGIN PASSWORD '{self._passwords[user]}'"
            primary.execute(f"CREATE ROLE {user} {login} IN ROLE chancery_{role}")
        said("database", "upgrade", "--database", self.url("migrator"))

    def _make_files(self) -> None:
        """Make a token for the clients, and a certificate for each server."""
        tokens = FOLDER / "tokens"
        made = said("token", "new", "--role", "operator", "--name", "load", "--token-file", tokens)
        (FOLDER / "token").touch(0o600)
        (FOLDER / "token").write_text(made)
        authority = Authority(FOLDER)
        for each in self.servers:
            each.prepare(self._passwords, tokens)
            name = x509.IPAddress(ip_address(each.node.address))
            for made_of in authority.certify(each.name, name):
                made_of.rename(each.key.with_name(f"server{made_of.suffix}"))

    def start_servers(self) -> None:
        """Start the first, which makes the log's key, and then the others with a copy of it."""
        first, *others = self.servers
        first.program.start()
        wait_until(lambda: first.pids is not None and self._answers(first), PATIENCE)
        self.copy_key()
        for each in others:
            each.program.start()

    def copy_key(self) -> None:
        """Give all servers the key of the first one."""
        first, *others = self.servers
        for each in others:
            shutil.copy(first.key, each.key)

    # Stopping

    def stop(self) -> None:
        """Stop all that runs of it, and remove what it left."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(lambda each: each.program.end(), self.servers))
            list(pool.map(lambda each: each.patroni.end(), self.databases))
            list(pool.map(Program.end, self.etcds))
        for each in self.databases:
            each.remove()
        network.remove(self.nodes)
        shutil.rmtree(FOLDER, ignore_errors=True)


def said(*arguments: object) -> str:
    """What a command of ours prints.

    :raises AssertionError: it failed.
    """
    done = chancery(*arguments, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _holds(ask: Callable[[], object]) -> bool:
    """Whether there is an answer to that."""
    with suppress(AssertionError, RuntimeError, ValueError, psycopg.Error):
        ask()
        return True
    return False


def main() -> None:
    """Start the cluster and leave it running, or stop it."""
    assert os.geteuid() == 0, "only root makes network namespaces: use sudo"
    (what,) = sys.argv[1:]
    cluster = Cluster()
    if what == "stop":
        return cluster.stop()
    if FOLDER.exists():
        sys.exit(f"{FOLDER} is there: the cluster runs already, or make cluster-stop")
    began = time.monotonic()
    try:
        cluster.start()
    except BaseException:
        print(f"It did not start: what its programs said is in {FOLDER}/*/*.log", file=sys.stderr)
        raise
    print(f"The cluster runs, after {time.monotonic() - began:.0f} s. To use it:")
    print(f"  export CHANCERY_TOKEN=$(cat {FOLDER}/token) CHANCERY_CA={cluster.ca}")
    print(f"  .venv/bin/chancery info --target {cluster.writing[0].address}")
    print("make cluster-stop stops it, and removes what it left.")


if __name__ == "__main__":
    main()
