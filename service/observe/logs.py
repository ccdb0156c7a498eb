"""The server's log: one line for each event, on standard error."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partialmethod
from typing import Any, BinaryIO, Literal, cast

import msgspec
import structlog

from service.limits import LOG_SECONDS

# A pipe takes so many bytes at once: then the lines of two processes do not mix.
PIPE_BYTES = 4096


class Lines:
    """Writes lines to a stream. On an event loop those of 20 ms are encoded and written at once.

    Encoding and writing each by itself would take a tenth of a call.
    """

    # Fields that JSON does not know are written as Python shows them.
    _encode = msgspec.json.Encoder(enc_hook=repr).encode

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: list[dict[str, Any] | bytes] = []

    def msg(self, line: dict[str, Any] | bytes) -> None:
        """Write a line soon: an object, or bytes as they are."""
        self._waiting.append(line)
        if len(self._waiting) == 1:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self.flush()
            else:
                loop.call_later(LOG_SECONDS, self.flush)

    debug = info = warning = error = critical = msg

    def flush(self) -> None:
        """Write what waits."""
        lines, self._waiting = self._waiting, []
        chunk = b""
        for line in lines:
            encoded = (line if isinstance(line, bytes) else self._encode(line)) + b"\n"
            if chunk and len(chunk) + len(encoded) > PIPE_BYTES:
                self._write(chunk)
                chunk = b""
            chunk += encoded
        self._write(chunk)

    def _write(self, chunk: bytes) -> None:
        self._stream.write(chunk)
        self._stream.flush()


class JsonLogger:
    """Writes JSON objects. It takes half the time of structlog's own chain of processors."""

    def __init__(self, lines: Lines, **_: Any) -> None:
        self._lines = lines

    def _line(self, level: str, event: str, **fields: Any) -> None:
        if "exc_info" in fields:
            fields = dict(structlog.processors.format_exc_info(None, level, fields))
        self._lines.msg(fields | {"event": event, "level": level, "timestamp": datetime.now(UTC)})

    info = partialmethod(_line, "info")
    warning = partialmethod(_line, "warning")
    error = partialmethod(_line, "error")


@contextmanager
def to_stderr(log_format: Literal["json", "text"]) -> Iterator[None]:
    """Within the context, write log lines as JSON objects, or as text for people.

    Its end writes what waits. A process that is killed may lose the lines of 20 ms.
    """
    lines, text_logger = Lines(sys.stderr.buffer), structlog.make_filtering_bound_logger("info")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
            lambda _logger, _method, text: str(text).encode(),
        ],
        wrapper_class=cast(Any, JsonLogger if log_format == "json" else text_logger),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    try:
        yield
    finally:
        lines.flush()
