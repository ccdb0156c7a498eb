"""How tests are spread over processes, and how the names of those that fail are told."""

from collections.abc import Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# They take long, so they begin first, and no process ends late.
LONG = ("tests/durability/", "tests/docs/", "tests/verify/", "tests/cli/", "tests/client/")
# The tests of these files share nothing.
ALONE = tuple(
    f"tests/durability/test_{name}.py"
    for name in (
        "core_kills",
        "edges",
        "failover",
        "faults_in_rounds",
        "hanging_connection",
        "injected_faults",
        "kill",
        "linearizable",
        "postgresql_crashes",
        "shutdown",
    )
)
# A log is made for all the files of these folders.
TOGETHER = ("tests/verify/",)


class Spreading(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a process the tests of a file, or of a folder, that run on one engine.

    They share a server or a log. Those that share nothing are given one by one.
    """

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # the order is that of longest_first

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(ALONE):
            return nodeid
        file, _, name = nodeid.partition("::")
        shared = next(filter(nodeid.startswith, TOGETHER), file)
        return f"{shared} {'[postgresql' in name}"


class FailureNames:
    """Prints the name of each test that fails, as soon as it has."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print it on a line of its own, with the part that failed if that is not the test."""
        if report.failed:
            part = "" if report.when == "call" else f" (its {report.when})"
            if isinstance(report, pytest.SubtestReport):
                part = f" ({report.context.msg})"
            self._reporter.line("")  # behind the dots
            self._reporter.write_line(f"FAILED {report.nodeid}{part}", red=True)


def begin_elsewhere(config: pytest.Config) -> None:
    """Let each process of several begin to collect at another folder.

    What one of them has compiled is there for the others when they come to it.
    """
    if config.args == config.getini("testpaths") and hasattr(config, "workerinput"):
        (tests,) = (config.rootpath / arg for arg in config.args)
        parts = sorted(map(str, [*tests.glob("[a-z]*/"), *tests.glob("test_*.py")]))
        number, of = config.workerinput["workerid"][2:], config.workerinput["workercount"]
        first = len(parts) * int(number) // of
        config.args = parts[first:] + parts[:first]


def longest_first(items: Sequence[pytest.Item]) -> list[Any]:
    """The tests in the order in which they begin, wherever their collection began."""
    return sorted(items, key=lambda item: (not item.nodeid.startswith(LONG), item.path))
