"""A supervisor with tiny roles, to be run as a program: each process says what it does.

``python -m tests.link.roles [--edges N] [--core HOW] [--edge HOW] [--metrics HOW]`` prints a JSON
object for whatever happens: which process it is, its pid, and what it says.
"""

import argparse
import json
import os
import select
import socket
import sys
import time
from functools import partial
from typing import Any

import structlog

from service.link import supervisor
from service.link.control import ALIVE, RELOAD, Control
from service.link.notify import ServiceManager
from service.link.supervisor import StartFailed, Supervisor

KILL_AFTER = 1.0
# Seconds before a process is started again that ended at once.
PAUSE = 0.3


def say(who: str, what: str, **more: Any) -> None:
    """Print what happens, in one piece."""
    line = json.dumps({"who": who, "pid": os.getpid(), "what": what, **more})
    os.write(1, f"{line}\n".encode())


def core(control: Control, how: str) -> None:
    """Answer whatever comes over a link with its own pid, until it is told to end."""
    begin("core", control, how)
    control.send({"pid": os.getpid()})
    links: list[socket.socket] = []
    while True:
        ready = select.select([control.fileno(), *(link.fileno() for link in links)], [], [])[0]
        for link in [link for link in links if link.fileno() in ready]:
            if link.recv(100):
                link.send(b"%d" % os.getpid())
            else:
                links.remove(link)
                link.close()
        if control.fileno() in ready:
            said, new = control.receive()
            if new is not None:
                links.append(new)
            elif not end("core", said, how):
                control.send({"pid": os.getpid(), "last": True})
                return


def edge(control: Control, how: str) -> None:
    """Ask over each new link who is there, and tell, until it is told to end."""
    begin("edge", control, how)
    control.send({"pid": os.getpid()})
    while True:
        said, link = control.receive()
        if said == RELOAD:
            say("edge", "reads again")
            control.done(RELOAD)
        elif link is None:
            if not end("edge", said, how):
                return
        else:
            link.send(b"?")
            say("edge", "linked", core=int(link.recv(100)))
            if how == "ends":
                return
            if how == "unlinks":
                how = ""
                link.close()
                control.send({"unlinked": True})


def metrics(control: Control, how: str) -> None:
    """Tell what it is told, until that is the end."""
    begin("metrics", control, how)
    control.send({"pid": os.getpid()})
    while True:
        said, _ = control.receive()
        if said is None or said == "end":
            end("metrics", said, how)
            return
        say("metrics", "is told", restarts=said["restarts"])


def begin(who: str, control: Control, how: str) -> None:
    """Begin, or end at once."""
    say(who, "begins")
    if how == "refuses":
        control.send({"failed": f"the {who} has its reasons"})
        sys.exit()
    if how == "crashes":
        raise RuntimeError("on purpose")
    if how == "waits":
        time.sleep(60)


def end(who: str, said: Any, how: str) -> bool:
    """Whether to go on, with what the supervisor said; None is its end."""
    if said == ALIVE or (said == "end" and how == "stays"):
        return True
    say(who, "ends" if said == "end" else "is alone")
    return False


def main() -> None:
    """Run until SIGTERM or SIGINT, and say how it ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--edges", type=int, default=2)
    parser.add_argument("--core", default="")
    parser.add_argument("--edge", default="")
    parser.add_argument("--metrics")
    how = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    supervisor.RESTART_SECONDS = PAUSE  # type: ignore[attr-defined]
    edges = [partial(edge, how=how.edge)] * how.edges
    say("supervisor", "begins")
    try:
        beside = partial(metrics, how=how.metrics) if how.metrics is not None else None
        manager = ServiceManager(os.environ)
        running = Supervisor(
            partial(core, how=how.core), edges, KILL_AFTER, manager, metrics=beside
        )
        last = running.run(lambda report: say("supervisor", "serves", report=report))
    except StartFailed as error:
        say("supervisor", "failed", reason=str(error))
        sys.exit(1)
    say("supervisor", "ended", report=last)


if __name__ == "__main__":
    main()
