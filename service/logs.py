"""The server's log: one line for each event, on standard error."""

import asyncio
import atexit
import sys
from collections import deque
from typing import BinaryIO, Literal

import orjson
import structlog

# How many seconds a line may wait for others.
GATHER = 0.01


class Lines:
    """Lines on their way to a stream: on an event loop, those of 10 ms are written together.

    To write each as it comes would let another thread run at each.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: deque[bytes] = deque()
        self._is_due = False
        atexit.register(self._write)

    def msg(self, line: bytes) -> None:
        """Write a line, soon."""
        self._waiting.append(line)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write()
        else:
            if not self._is_due:
                self._is_due = True
                loop.call_later(GATHER, self._write)

    debug = info = warning = error = critical = msg

    def _write(self) -> None:
        self._is_due = False
        lines = []
        while self._waiting:
            lines.append(self._waiting.popleft())
        if lines:
            self._stream.write(b"\n".join((*lines, b"")))
            self._stream.flush()


def set_up(log_format: Literal["json", "text"]) -> None:
    """Write log lines as JSON objects, or as text for people."""
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if log_format == "json":
        processors += [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ]
    else:
        processors += [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
            lambda _logger, _method, text: str(text).encode(),
        ]
    lines = Lines(sys.stderr.buffer)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
