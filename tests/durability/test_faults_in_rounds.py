"""A round that fails in the middle loses nothing acknowledged, and the core does the next one."""

import os
import random
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import grpc
import pytest

from tests.durability.busy import OWN, Busy
from tests.durability.load import Acknowledged, acknowledged, differences, log_of
from tests.durability.serving import Service, check_sound, new_log, together
from tests.support import messages
from tests.support.postgresql import Cluster
from tests.support.proxy import Proxy
from tests.support.server import Client, Server, failure
from tests.support.waiting import wait_until

# `make torture` has fifty.
FAULTS = int(os.environ.get("CHANCERY_FAULTS", "2"))
SEED = int(os.environ.get("CHANCERY_SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
EDGES = ("--edges", "3")
DISK = 32 << 20
# Seconds that a fault lasts, and from its end to the next acknowledged change.
LASTS = 0.1
AGAIN = 5.0


def go_through(server: Server, busy: Busy, fault: Callable[[], None]) -> None:
    """Have the fault again and again while all work; the core is the same at the end."""
    print(f"CHANCERY_FAULTS={FAULTS} CHANCERY_SOAK_SEED={SEED}")
    chance = random.Random(SEED)
    core = server.pids.core
    again = []
    for _ in range(FAULTS):
        busy.goes_on()
        time.sleep(chance.uniform(0, 0.1))
        fault()
        again.append(busy.accepts_again())
    print(f"accepted again after {max(again):.2f} s at most")
    assert max(again) < AGAIN
    assert server.pids.core == core


# A disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own, which only root can make."""
    folder = tmp_path / "disk"
    folder.mkdir()
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    options = f"size={DISK},uid={os.geteuid()},mode=700"
    mount = [*as_root, "mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    assert done.returncode == 0, f"run this as root, who alone mounts a disk: {done.stderr}"
    yield folder
    subprocess.run([*as_root, "umount", str(folder)], check=True)


def test_a_disk_that_is_full_for_a_while_costs_nothing_acknowledged(small_disk: Path) -> None:
    """Changes are refused, reads are answered, and with new room changes are taken again."""
    with Server(small_disk / "chancery.db", *EDGES) as server, ExitStack() as stack:
        busy = Busy(server, stack)
        ballast = small_disk / "ballast"

        def fill() -> None:
            failed = len(busy.failures)
            with ballast.open("wb", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(b"x" * 4096)
            wait_until(lambda: len(busy.failures) > failed)
            time.sleep(LASTS)
            ballast.unlink()

        go_through(server, busy, fill)
        busy.check()
    assert grpc.StatusCode.RESOURCE_EXHAUSTED in busy.load.failures
    assert server.logged("append failed", reason="SQLITE_FULL")
    assert "the disk is full" in server.logged("changes at risk")["reason"]
    assert not [line for line in server.lines if "INSERT" in line or "Traceback" in line]
    assert {code for reader in busy.readers for code in reader.ended} == {grpc.StatusCode.OK}


def end_of_wal(file: Path) -> int:
    """Where the next commit is written, by the index that SQLite keeps of the file."""
    index = Path(f"{file}-shm").read_bytes()
    return 32 + int.from_bytes(index[16:20], sys.byteorder) * (24 + 4096)


def test_a_commit_that_breaks_off_costs_nothing_acknowledged(tmp_path: Path) -> None:
    """Its write fails somewhere in the middle, since the file may not grow beyond some size."""
    chance = random.Random(SEED)
    with Server(tmp_path / "chancery.db", *EDGES) as server, ExitStack() as stack:
        busy = Busy(server, stack)
        core = server.pids.core
        before = resource.prlimit(core, resource.RLIMIT_FSIZE)

        def break_off() -> None:
            failed = len(busy.failures)
            most = end_of_wal(server.file) + chance.randint(0, 50_000)
            resource.prlimit(core, resource.RLIMIT_FSIZE, (most, before[1]))
            wait_until(lambda: len(busy.failures) > failed)
            time.sleep(LASTS)
            resource.prlimit(core, resource.RLIMIT_FSIZE, before)

        go_through(server, busy, break_off)
        busy.check()
    assert busy.load.failures == {grpc.StatusCode.UNAVAILABLE}
    assert {code for reader in busy.readers for code in reader.ended} == {grpc.StatusCode.OK}


# A database


@pytest.mark.parametrize("answers_are_lost", [False, True], ids=["cut", "answers lost"])
def test_a_connection_that_is_lost_again_and_again_costs_nothing_acknowledged(
    cluster: Cluster, tmp_path: Path, answers_are_lost: bool
) -> None:
    """Also that of a commit whose answer does not come: it is not done twice."""
    name = new_log(cluster)
    with Proxy(cluster.address) as way, ExitStack() as stack:
        url = f"postgresql+psycopg://postgres@{way.address}/{name}"
        server = stack.enter_context(Service(url, tmp_path / "key", *EDGES))
        busy = Busy(server, stack)

        def cut() -> None:
            if answers_are_lost:
                way.hang_answers()
                time.sleep(LASTS)
            way.cut()
            way.resume()

        go_through(server, busy, cut)
        while not any("connection lost" in line for line in server.lines):
            go_through(server, busy, cut)  # all were between two calls
        busy.check(cluster.url(name))
    assert busy.load.failures <= {grpc.StatusCode.UNAVAILABLE}


# Another server


class Rival(threading.Thread):
    """Changes visits that others change too, each time expecting the version that it knows."""

    def __init__(self, client: Client, visits: list[str], chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.told: list[Acknowledged] = []
        self.versions: Counter[tuple[str, int]] = Counter()
        self.lost = 0
        self.wrong: list[str] = []
        self._client = client
        self._chance = chance
        self._known = dict.fromkeys(visits, 1)

    def run(self) -> None:
        """Change until so many changes are recorded."""
        while len(self.told) < 10 * FAULTS:
            visit = self._chance.choice(list(self._known))
            known = self._known[visit]
            try:
                answer = self._client.record(visit, messages.stated(), expected_version=known)
            except grpc.RpcError as error:
                self.lost += 1
                self._known[visit] = self._actual(error, known)
            else:
                self.told.append(acknowledged(answer))
                self.versions[visit, answer.visit.version] += 1
                self._known[visit] = answer.visit.version
                if answer.visit.version != known + 1:
                    self.wrong.append(f"{visit} {answer.visit.version} after {known}")

    def _actual(self, error: grpc.RpcError, known: int) -> int:
        """The version that the refusal names: a later one."""
        told = failure(error)
        if told.code is not grpc.StatusCode.ABORTED:
            self.wrong.append(str(error))
            raise error
        if int(told.metadata["actual_version"]) <= known:
            self.wrong.append(f"{told.metadata} after {known}")
        return int(told.metadata["actual_version"])


def test_a_version_that_another_server_took_is_never_taken_twice(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Eight clients of two servers race for the versions of two visits; each is told the truth."""
    url, visits = cluster.url(new_log(cluster)), ["visits/first", "visits/second"]
    servers = [Service(url, tmp_path / "key", "--edges", "2") for _ in range(2)]
    with together(*servers):
        cores = [server.pids.core for server in servers]
        client = servers[0].client()
        told = [acknowledged(client.record(visit, messages.scheduled())) for visit in visits]
        rivals = [
            Rival(servers[i % 2].client(*OWN), visits, random.Random(SEED + i)) for i in range(8)
        ]
        for rival in rivals:
            rival.start()
        for rival in rivals:
            rival.join()
        told += [each for rival in rivals for each in rival.told]
        log = log_of(client, min_position=len(told))
        assert [server.pids.core for server in servers] == cores
        ends = {visit: client.visit(visit).version for visit in visits}
    lost = [sum(rival.lost for rival in rivals[i::2]) for i in range(2)]
    print(f"{len(told)} recorded; lost on the servers: {lost}")
    assert [problem for rival in rivals for problem in rival.wrong] == []
    assert min(lost) > 0
    assert differences(told, log) == []
    assert len(log) == len(told)
    taken = sum((rival.versions for rival in rivals), Counter[tuple[str, int]]())
    assert taken == {(visit, v): 1 for visit in visits for v in range(2, ends[visit] + 1)}
    check_sound(url, log)
