"""The server's log: one line for each event, on standard error."""

import asyncio
import atexit
import json
import sys
from collections import deque
from typing import Any, BinaryIO, Literal

import structlog


class Lines:
    """Lines on their way to a stream: on an event loop, those of one turn are written together.

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
                loop.call_soon(self._write)

    debug = info = warning = error = critical = msg

    def _write(self) -> None:
        self._is_due = False
        lines = []
        while self._waiting:
            lines.append(self._waiting.popleft())
        if lines:
            self._stream.write(b"\n".join((*lines, b"")))
            self._stream.flush()


# Made once: to make an encoder takes as long as to use it.
_ENCODER = json.JSONEncoder(default=repr)


def _to_json(event: Any, **_: Any) -> bytes:
    return _ENCODER.encode(event).encode()


def set_up(log_format: Literal["json", "text"]) -> None:
    """Write log lines as JSON objects, or as text for people."""
    processors: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if log_format == "json":
        processors += [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_to_json),
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
