"""A process in which everything is imported, and which forks one for each program to run.

A program starts in some milliseconds then, and not in a second. It is a process of its own all
the same: with its own signals, streams, working folder, environment and exit status. ``chancery``
is tried with an interpreter of its own as well, by tests/cli/test_interpreters.py.

Run as ``python -m tests.support.warm FD``, it reads from that socket what to run: one JSON
document, with the standard streams and a pipe, on which it answers with the process id and
then with the exit status, a line each. It forks only while it has one thread, which is before
gRPC or anything else has started another.
"""

import atexit
import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

REQUEST_BYTES = 1 << 18
IMPORTED = (
    "alembic.autogenerate",
    "alembic.command",
    "alembic.config",
    "service.cli.commands.database",
    "service.cli.commands.doctor",
    "service.cli.commands.server",
    "service.cli.commands.token",
    "service.cli.commands.web",
    "service.operate.move",
    "service.serve",
    "service.store.engines.postgresql",
    "service.store.engines.sqlite",
    "service.verify",
    "service.web.running",
)
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Fork until whoever started this has ended; in a forked process, run the program."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end this
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            _answer_for_ended(running)
        if requests.fileno() in ready:
            data, streams, _, _ = socket.recv_fds(requests, REQUEST_BYTES, 4)
            if not data:
                return
            assert len(os.listdir("/proc/self/task")) == 1
            pid = os.fork()
            if pid == 0:
                for fd in (requests.detach(), woken, wake, *running.values(), streams.pop()):
                    os.close(fd)
                program = json.loads(data)
                _become(program, streams)
                _end_after(functools.partial(_run, *program["arguments"]))
            *streams, running[pid] = streams
            for fd in streams:
                os.close(fd)
            os.write(running[pid], b"%d\n" % pid)


def _answer_for_ended(running: dict[int, int]) -> None:
    """Pass on the exit status of every process that has ended."""
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with contextlib.suppress(BrokenPipeError), os.fdopen(running.pop(pid), "wb") as answer:
                answer.write(b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(program: Any, streams: list[int]) -> None:
    """Take over the standard streams, the folder and the environment of a program."""
    end_with_parent()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(program["folder"])
    os.environ.clear()
    os.environ.update(program["environment"])
    sys.stdin = os.fdopen(0, errors="surrogateescape")
    sys.stdout = os.fdopen(1, "w")
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")


def _run(option: str, what: str, *arguments: str) -> None:
    """Run what ``python`` runs with these arguments: ``-m`` a module, or ``-c`` code."""
    sys.argv = [option, *arguments]
    if option == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def _end_after(run: Callable[[], None]) -> NoReturn:
    """Run, and end as the interpreter does, but for taking apart all that is imported."""
    status = 0
    try:
        run()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def end_with_parent() -> None:
    """Let the kernel kill this process when the one that started it ends, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
