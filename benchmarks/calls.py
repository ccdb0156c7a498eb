"""Parts of the speed benchmark that call a server: reads and durable changes."""

from itertools import repeat

from benchmarks.commits import commits
from benchmarks.desk import (
    ANSWER,
    CALLERS,
    SET,
    Callers,
    answer_to,
    call_all,
    changes,
    reads,
    scheduled,
    to_bare,
    to_plain,
)
from benchmarks.measuring import Aim, Bench, Part, Sample, compare, compared, server_cpu
from benchmarks.processes import HAS_EMMETT, bare, chancery, emmett, plain

MANY_CALLERS = 3 * CALLERS
# The aim for the CPU time that all processes of the server take for a change.
CPU_MICROSECONDS = 250


def get_visit(bench: Bench) -> Part:
    """GetVisit, against a bare method with as many bytes in each direction."""
    aim = Aim(f"GetVisit, {CALLERS} callers", "bare method", 0.88)
    with chancery(bench.folder / "reads.db") as ours, bare() as reference:
        call_all(ours, scheduled(), CALLERS)
        asked = next(reads())
        answer_to(reference, (SET, answer_to(ours, asked)))
        same = repeat((ANSWER, asked[1]))
        return compare(
            aim,
            bench.rounds,
            Callers(ours, reads(), CALLERS, bench.seconds),
            Callers(reference, same, CALLERS, bench.seconds),
        )


def durable_changes(bench: Bench) -> list[Part]:
    """A desk's changes, against a bare method with as many bytes in each direction."""
    parts = []
    with chancery(bench.folder / "changes.db") as ours, bare() as reference:
        calls, same = changes(), to_bare(changes())
        answer_to(reference, (SET, answer_to(ours, next(calls))))
        for callers, ratio in ((CALLERS, 0.6), (MANY_CALLERS, 0.75)):
            aim = Aim(f"Durable changes, {callers} callers", "bare method", ratio, "changes/s")
            changing = Callers(ours, calls, callers, bench.seconds)
            calling = Callers(reference, same, callers, bench.seconds)
            samples = [(changing(), calling()) for _ in range(bench.rounds)]
            parts.append(compared(aim, samples))
            if callers == CALLERS:
                name, of_ours = (
                    f"Server CPU for a change, {callers} callers",
                    [a for a, _ in samples],
                )
                parts.append(server_cpu(name, of_ours, CPU_MICROSECONDS))
    return parts


def changes_and_plain(bench: Bench) -> Part:
    """A desk's changes, against one event for each with the eventsourcing library."""
    aim = Aim(f"Durable changes, {CALLERS} callers", "plain eventsourcing", 5.0, "changes/s")
    with (
        chancery(bench.folder / "ours.db") as ours,
        plain(bench.folder / "plain.db") as reference,
    ):
        return compare(
            aim,
            bench.rounds,
            Callers(ours, changes(), CALLERS, bench.seconds),
            Callers(reference, to_plain(), CALLERS, bench.seconds),
        )


def changes_and_emmett(bench: Bench) -> list[Part]:
    """A desk's changes, against one event for each with emmett, as it is documented and faster."""
    if not HAS_EMMETT:
        return []
    name, folder, parts = f"Durable changes, {CALLERS} callers", bench.folder, []
    with (
        chancery(folder / "desk.db") as ours,
        emmett(folder / "each.db", "each") as documented,
        emmett(folder / "one.db", "one") as faster,
    ):
        changing = Callers(ours, changes(), CALLERS, bench.seconds)
        for reference, called, ratio in (
            (documented, "emmett", 10.0),
            (faster, "emmett, one connection", None),
        ):
            recording = Callers(reference, to_plain(), CALLERS, bench.seconds)
            aim = Aim(name, called, ratio, "changes/s")
            parts.append(compare(aim, bench.rounds, changing, recording))
    return parts


def one_after_another(bench: Bench) -> Part:
    """One caller's changes, against a bare call and a bare commit of the same rows for each."""
    aim = Aim(
        "One change after another, time", "bare call + commit", 1.9, "changes/s", is_time=True
    )
    file = bench.folder / "one-caller.db"
    with chancery(file) as ours, bare() as called:
        calls = changes()
        answer_to(called, (SET, answer_to(ours, next(calls))))
        changing = Callers(ours, calls, 1, bench.seconds)
        calling = Callers(called, to_bare(changes()), 1, bench.seconds)
        with commits(file, bench.folder / "commits.db") as committed:

            def reference() -> Sample:
                return Sample(1, 1 / calling().a_second + committed.seconds_each())

            return compare(aim, bench.rounds, changing, reference)
