"""What proving and verifying cost at a million changes.

``python -m benchmarks.audit`` measures, writes ``benchmarks/results/audit.json`` and ends with
status 1 if it misses an aim.
"""

import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import grpc

from benchmarks.big_log import make_log
from benchmarks.in_process import application, change, record
from benchmarks.load import Calls, by_callers, quantile, run
from benchmarks.processes import chancery, sqlite
from benchmarks.results import report
from chancery.v1.audit_service_pb2 import ExportBundleRequest, GetInclusionProofRequest
from chancery.v1.audit_service_pb2_grpc import AuditServiceStub
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from chancery.v1.info_service_pb2_grpc import InfoServiceStub
from service.audit.checkpoints import Checkpoints, SignedCheckpoint
from service.audit.proofs import Prover
from service.commands.application import VisitApplication
from service.live.log_view import LogView
from service.live.reads import Reads
from service.queries.freshness import Freshness
from service.store.log import writer
from service.store.log.reader import Reader
from service.store.log.tree_reader import TreeReader
from service.tlog.note import VerifierKey
from service.tlog.tiles import WIDTH, Edge
from service.verify import verify_bundle, verify_database

CHANGES = 1_000_000
NOW = SignedCheckpoint(CHANGES, "")
PROOF = "/chancery.v1.AuditService/GetInclusionProof"
MIB = 1 << 20


def main() -> None:
    """Measure everything, print the figures and write them down."""
    with TemporaryDirectory(prefix="chancery-benchmark-") as folder:
        file = Path(folder) / "chancery.db"
        began = time.perf_counter()
        make_log(file, CHANGES)
        print(f"{CHANGES} changes recorded in {time.perf_counter() - began:.0f} s", flush=True)
        measures = {
            "proofs in the process": lambda: proofs(file),
            "proofs by gRPC": lambda: proofs_by_grpc(file),
            "export and verify": lambda: export_and_verify(file),
            "verify the database": lambda: self_check(file),
            "cost of the tree on writes": write_cost,
        }
        report("audit", measures)


# Proofs


def proofs(file: Path, number: int = 20_000) -> dict[str, Any]:
    """Proofs of random changes, one after the other in one thread."""
    positions = random.Random(1).choices(range(1, CHANGES + 1), k=number)

    with application(file) as opened:
        cold = []
        for position in positions[:200]:
            audit = _prover(opened)  # has read no tile yet
            began = time.perf_counter()
            audit._inclusion(position, NOW)
            cold.append((time.perf_counter() - began) * 1000)
        warming = _a_second(audit, positions)
        for first in range(1, CHANGES + 1, WIDTH):
            audit._inclusion(first, NOW)  # now all tiles are in memory
        warm = _a_second(audit, positions)
    return {
        "cold, ms, median": round(median(cold), 3),
        "cold, ms, p99": round(quantile(cold, 0.99), 3),
        "warming up, a second": round(warming),
        "warm, a second": round(warm),
        "reaches 5 ms cold": quantile(cold, 0.99) <= 5,
        "reaches 5,000 a second warm": warm >= 5000,
    }


def _prover(opened: VisitApplication) -> Prover:
    """What makes proofs in an edge."""
    reads = Reads(Reader(opened.database))
    view = LogView(reads.reader.head(), reads)
    checkpoints = Checkpoints(_no_core, view)
    return Prover(reads, TreeReader(opened.database), Freshness(view, is_shared=False), checkpoints)


async def _no_core(size: int) -> str:
    """Nothing is signed: the core does that, and an edge keeps what it got."""
    raise NotImplementedError


def _a_second(audit: Prover, positions: Sequence[int]) -> float:
    """How many proofs are made in a second."""
    began = time.perf_counter()
    for position in positions:
        audit._inclusion(position, NOW)
    return len(positions) / (time.perf_counter() - began)


def proofs_by_grpc(file: Path, number: int = 20_000) -> dict[str, Any]:
    """The same proofs for 32 callers of a server."""
    numbers = random.Random(1).choices(range(1, CHANGES + 1), k=number)
    with chancery(file) as server:
        calls = Calls(
            server.address,
            PROOF,
            lambda n: GetInclusionProofRequest(position=numbers[n]).SerializeToString(),
        )
        run(by_callers(calls, 32, 2000))
        taken, seconds = run(by_callers(calls, 32, number))
    return {
        "a second": round(number / seconds),
        "ms, median": round(median(taken) * 1000, 3),
        "ms, p99": round(quantile(taken, 0.99) * 1000, 3),
    }


# Bundles


def export_and_verify(file: Path) -> dict[str, Any]:
    """The bundle of the whole log, streamed to a file and then verified."""
    bundle = file.with_name("bundle")
    with (
        chancery(file) as server,
        grpc.insecure_channel(server.address) as channel,
        bundle.open("wb") as out,
    ):
        info = InfoServiceStub(channel).GetServerInfo(GetServerInfoRequest())
        key = VerifierKey.parse(info.public_key)
        before, highest = server.memory_bytes(), 0
        began = time.perf_counter()
        parts = AuditServiceStub(channel).ExportBundle(ExportBundleRequest())
        for number, part in enumerate(parts):
            out.write(part.data)
            if number % 20 == 0:
                highest = max(highest, server.memory_bytes())
        exporting = time.perf_counter() - began
    seconds, held = in_a_process(verify_bundle, bundle, [key])
    return {
        "size, MiB": round(bundle.stat().st_size / MIB),
        "export, s": round(exporting, 1),
        "export, memory of the server grown, MiB": round((highest - before) / MIB, 1),
        "export, memory of the server in all, MiB": round(highest / MIB, 1),
        "verify, s": round(seconds, 1),
        "verify, memory, MiB": round(held / MIB),
        "reaches 100 MB of memory": highest - before <= 100_000_000,
    }


def self_check(file: Path) -> dict[str, Any]:
    """Verifying the whole database."""
    seconds, held = in_a_process(verify_database, sqlite(file).url, [])
    return {"s": round(seconds, 1), "memory, MiB": round(held / MIB)}


def _ignore(_done: int, _total: int) -> None:
    pass


def in_a_process(work: Callable[..., object], *arguments: Any) -> tuple[float, int]:
    """The seconds that the work takes in a process of its own, and the bytes of memory it adds."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_measured, work, arguments).result()


def _measured(work: Callable[..., object], arguments: Sequence[Any]) -> tuple[float, int]:
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak
    before, began = _highest(), time.perf_counter()
    work(*arguments, None, _ignore)
    return time.perf_counter() - began, _highest() - before


def _highest() -> int:
    """The peak memory of this process, in bytes."""
    status = Path("/proc/self/status").read_text().splitlines()
    (highest,) = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
    return highest * 1024


# Writes


def write_cost(rounds: int = 5, number: int = 10_000) -> dict[str, Any]:
    """Changes a second by 64 callers of the core, with the tree and without it, in turn."""
    found: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(rounds):
        found["with"].append(_writes(number))
        with without_tree():
            found["without"].append(_writes(number))
    ratio = median(found["with"]) / median(found["without"])
    return {
        "changes a second with it": round(median(found["with"])),
        "changes a second without": round(median(found["without"])),
        "ratio": round(ratio, 3),
        "ratio of each round": [
            round(one / other, 3) for one, other in zip(*found.values(), strict=True)
        ],
        "reaches 0.9": ratio >= 0.9,
    }


def _writes(number: int) -> float:
    calls = [[change(f"visit-{each}", "scheduled")] for each in range(number)]
    with TemporaryDirectory() as folder, application(Path(folder) / "chancery.db") as recording:
        began = time.perf_counter()
        record(recording, calls, callers=64)
        return number / (time.perf_counter() - began)


@contextmanager
def without_tree() -> Iterator[None]:
    """In this context entries get no nonce, commitment, leaf, peaks or tiles."""

    class NoTree:
        leaf = leaf_hash = staticmethod(lambda *_: b"")

    def not_grown(edge: Edge, hashes: list[bytes]) -> tuple[Edge, list[Any]]:
        return Edge(edge.size + len(hashes)), []

    with (
        patch.object(writer, "tree", NoTree),
        patch.object(writer, "commitment", lambda *_: b""),
        patch.object(writer, "part_ends", lambda body: (0, len(body))),
        patch.object(os, "urandom", bytes),
        patch.object(Edge, "grown", not_grown),
    ):
        yield


if __name__ == "__main__":
    main()
