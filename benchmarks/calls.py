"""Parts of the speed benchmark that call a server: reads and durable changes."""

from contextlib import ExitStack
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
from benchmarks.processes import HAS_EMMETT, Running, bare, chancery, emmett, plain

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


def changes_and_libraries(bench: Bench) -> list[Part]:
    """A desk's changes, against one event for each with eventsourcing and with emmett.

    Emmett is measured as it is documented, and with one connection, which is faster.
    """
    name, folder, found = f"Durable changes, {CALLERS} callers", bench.folder, []
    with ExitStack() as running:
        enter = running.enter_context
        ours = enter(chancery(folder / "ours.db"))
        references: list[tuple[str, float | None, Running]] = [
            ("plain eventsourcing", 5.0, enter(plain(folder / "plain.db")))
        ]
        if HAS_EMMETT:
            references += [
                ("emmett", 10.0, enter(emmett(folder / "each.db", "each"))),
                ("emmett, one connection", None, enter(emmett(folder / "one.db", "one"))),
            ]
        changing = Callers(ours, changes(), CALLERS, bench.seconds)
        recording = [
            Callers(server, to_plain(), CALLERS, bench.seconds) for _, _, server in references
        ]
        rounds = [(changing(), [each() for each in recording]) for _ in range(bench.rounds)]
    for i, (called, ratio, _) in enumerate(references):
        aim = Aim(name, called, ratio, "changes/s")
        found.append(compared(aim, [(mine, others[i]) for mine, others in rounds]))
    return found


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
