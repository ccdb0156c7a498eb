"""Many callers at once: no change is lost or made up, and positions have no gaps."""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import grpc

from tests.durability.load import Acknowledged, Load, Writer, acknowledged, differences, log_of
from tests.store import logbook
from tests.support import messages
from tests.support.server import Server, failure

WRITERS = 16
CHANGES = 25


def test_sixteen_writers_on_sixteen_visits_fill_the_log_without_a_gap(tmp_path: Path) -> None:
    """Positions are 1 to the head, and each visit has its own changes in its own order."""
    load = Load([Writer(f"writer-{i}", f"visits/visit-{i}") for i in range(WRITERS)])
    with Server(tmp_path / "chancery.db") as server:
        told = load.schedule(server.client())
        load.start(server.client(), changes=CHANGES)
        load.join()
        log = log_of(server.client())
        visits = [server.client().visit(writer.visit) for writer in load.writers]
    told += load.told
    assert load.failures == set()
    assert sorted(each.position for each in told) == list(range(1, WRITERS * (CHANGES + 1) + 1))
    assert sorted(log) == sorted(each.position for each in told)
    assert differences(told, log) == []
    assert [visit.version for visit in visits] == [CHANGES + 1] * WRITERS
    of_visit: dict[str, list[str | None]] = {}
    for row in logbook.read(server.file):
        of_visit.setdefault(f"visits/{row.visit_id}", []).append(row.request_id)
    for writer in load.writers:
        assert of_visit[writer.visit][1:] == [f"{writer.name}-{n}" for n in range(1, CHANGES + 1)]
    assert logbook.problems(server.file) == []


class Impatient(threading.Thread):
    """A caller on a visit that others change too; every fifth call expects an old version."""

    def __init__(self, server: Server, number: int) -> None:
        super().__init__()
        self.told: list[Acknowledged] = []
        self.ended: Counter[tuple[bool, Any]] = Counter()
        self.wrong: list[str] = []
        self._client = server.client()
        self._number = number

    def run(self) -> None:
        version = 1
        for i in range(CHANGES):
            is_stale = i % 5 == 4
            try:
                answer = self._client.record(
                    "visits/beijing",
                    messages.stated(text=f"{self._number} says the {i}th thing"),
                    request_id=f"{self._number}-{i}",
                    expected_version=version - 1 if is_stale else None,
                )
            except grpc.RpcError as error:
                self.ended[is_stale, error.code()] += 1
                self._check(failure(error).metadata, version)
            else:
                self.ended[is_stale, "recorded"] += 1
                self.told.append(acknowledged(answer))
                version = answer.visit.version

    def _check(self, metadata: dict[str, str], version: int) -> None:
        expected, actual = (int(metadata[f"{v}_version"]) for v in ("expected", "actual"))
        if expected != version - 1 or actual < version:
            self.wrong.append(f"at {version}: {metadata}")


def test_sixteen_writers_on_one_visit_are_told_what_the_log_holds(tmp_path: Path) -> None:
    """A caller that expects an old version is ABORTED with both, nobody else; nothing is lost."""
    with Server(tmp_path / "chancery.db") as server:
        told = [acknowledged(server.client().record("visits/beijing", messages.scheduled()))]
        writers = [Impatient(server, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        log = log_of(server.client())
    ended = sum((writer.ended for writer in writers), Counter())
    stale = WRITERS * (CHANGES // 5)
    assert ended == {
        (True, grpc.StatusCode.ABORTED): stale,
        (False, "recorded"): WRITERS * CHANGES - stale,
    }
    assert [problem for writer in writers for problem in writer.wrong] == []
    told += [each for writer in writers for each in writer.told]
    assert differences(told, log) == []
    assert sorted(each.position for each in told) == sorted(log) == list(range(1, len(told) + 1))
    assert logbook.problems(server.file) == []


def test_who_expects_the_version_acknowledged_last_is_never_aborted(tmp_path: Path) -> None:
    """Each caller is alone on its visit and expects the last version; the cache is small."""
    aborted: list[str] = []
    with Server(tmp_path / "chancery.db", "--cached-visits", "1") as server:
        client = server.client()

        def write(name: str) -> None:
            version = client.record(name, messages.scheduled()).visit.version
            try:
                for number in range(CHANGES):
                    amended = messages.amended(title=f"Title {number}")
                    answer = client.record(name, amended, expected_version=version)
                    version = answer.visit.version
            except grpc.RpcError as error:
                aborted.append(f"{name}: {error.details()}")

        threads = [
            threading.Thread(target=write, args=(f"visits/visit-{i}",)) for i in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert aborted == []
        assert client.head == WRITERS * (CHANGES + 1)
