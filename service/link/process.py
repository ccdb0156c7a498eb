"""A process that the supervisor runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from service.link.control import ALIVE, Control

# What a process does. It reports once it serves, and ends when it is told to.
Role = Callable[[Control], None]


@dataclass(eq=False)
class Process:
    """A process that runs a role, or will. ``report`` is what it said once it served.

    ``asked`` is what it was asked to do and has not said to be done. ``reason`` is why it could
    not go on, ``told`` the last reason that was logged, which is logged again after
    ``tell_again``.
    """

    name: str
    role: Role
    pid: int = 0
    control: Control | None = None
    report: dict[str, Any] | None = None
    asked: set[str] = field(default_factory=set)
    reason: str = ""
    told: str = ""
    tell_again: float = 0.0
    due: float = field(default_factory=time.monotonic)
    began: float = 0.0
    restarts: int = 0

    @property
    def runs(self) -> bool:
        """Whether the process has been started and has not ended."""
        return self.control is not None

    @property
    def is_alive(self) -> bool:
        """Whether the process runs, and has answered when it was last asked."""
        return self.runs and ALIVE not in self.asked

    def ask(self, what: str) -> None:
        """Ask the process to do something, unless it still has to do just that."""
        if self.control is not None and what not in self.asked:
            self.asked.add(what)
            self.control.send(what)
