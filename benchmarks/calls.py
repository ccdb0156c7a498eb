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
from benchmarks.measuring import Aim, Bench, Part, Sample, compare
from benchmarks.processes import bare, chancery, plain


def get_visit(bench: Bench) -> Part:
    """GetVisit, against a bare method with as many bytes in each direction."""
    aim = Aim("GetVisit, 64 callers", "bare method", 0.85)
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


def durable_changes(bench: Bench) -> Part:
    """A desk's changes, against a bare method with as many bytes in each direction."""
    aim = Aim("Durable changes, 64 callers", "bare method", 0.55, "changes")
    with chancery(bench.folder / "changes.db") as ours, bare() as reference:
        calls = changes()
        answer_to(reference, (SET, answer_to(ours, next(calls))))
        return compare(
            aim,
            bench.rounds,
            Callers(ours, calls, CALLERS, bench.seconds),
            Callers(reference, to_bare(changes()), CALLERS, bench.seconds),
        )


def changes_and_plain(bench: Bench) -> Part:
    """A desk's changes, against one event for each with the eventsourcing library."""
    aim = Aim("Durable changes, 64 callers", "plain eventsourcing", 5.0, "changes")
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


def one_after_another(bench: Bench) -> Part:
    """One caller's changes, against a bare call and a bare commit of the same rows for each."""
    aim = Aim("One change after another, time", "bare call + commit", 1.3, "changes", is_time=True)
    file = bench.folder / "one.db"
    with chancery(file) as ours, bare() as called:
        calls = changes()
        answer_to(called, (SET, answer_to(ours, next(calls))))
        changing = Callers(ours, calls, 1, bench.seconds)
        calling = Callers(called, to_bare(changes()), 1, bench.seconds)
        with commits(file, bench.folder / "commits.db") as committed:

            def reference() -> Sample:
                return Sample(1, 1 / calling().a_second + committed.seconds_each())

            return compare(aim, bench.rounds, changing, reference)
