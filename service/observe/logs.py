"""The server's log: one line for each event, on standard error."""

import asyncio
import sys
from collections import deque
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO, Literal, cast

import msgspec
import structlog

from service.limits import LOG_FIELD, LOG_SECONDS
from service.observe.shown import defect_shown, fields_shown

# A pipe takes so many bytes at once: then the lines of several processes do not mix.
PIPE_BYTES = 4096

# A line: an object, or bytes as they are.
Line = dict[str, Any] | bytes


# Values that JSON does not know are written as Python shows them.
_encode = msgspec.json.Encoder(enc_hook=repr).encode


def json_line(line: dict[str, Any]) -> bytes:
    """A line as a JSON object, in which each text is as it is shown.

    JSON puts a backslash before nearly all that has to be escaped. A short line in ASCII without
    one has nothing to escape, and nothing to cut.
    """
    try:
        encoded = _encode(line)
    except UnicodeEncodeError:  # half of a character
        return _encode(fields_shown(line))
    is_long = len(encoded) > LOG_FIELD
    if is_long or b"\\" in encoded or b"\x7f" in encoded or not encoded.isascii():
        return _encode(fields_shown(line))
    return encoded


class Lines:
    """Writes lines to a stream. On an event loop, those of 20 ms are encoded and written at once.

    Doing so for each line would take a tenth of the time of a call.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: deque[Line] = deque()
        self._is_due = False

    def msg(self, line: Line) -> None:
        """Write a line soon."""
        self._waiting.append(line)
        if not self._is_due:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self.flush()
            else:
                self._is_due = True
                loop.call_later(LOG_SECONDS, self.flush)

    debug = info = warning = error = critical = msg

    def flush(self) -> None:
        """Write what waits."""
        self._is_due = False
        chunk = b""
        while self._waiting:
            line = self._waiting.popleft()
            encoded = (line if isinstance(line, bytes) else json_line(line)) + b"\n"
            if chunk and len(chunk) + len(encoded) > PIPE_BYTES:
                self._write(chunk)
                chunk = b""
            chunk += encoded
        if chunk:
            self._write(chunk)

    def _write(self, chunk: bytes) -> None:
        with suppress(OSError):  # nobody reads the lines, or there is no room for them
            self._stream.write(chunk)
            self._stream.flush()


class JsonLogger:
    """Writes JSON objects, in a fraction of the time of structlog's own chain of processors."""

    def __init__(self, lines: Lines, **_: Any) -> None:
        self._msg = lines.msg

    def info(self, event: str, **fields: Any) -> None:
        """Log what happens."""
        self._line(event, "info", fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Log what somebody should look at."""
        self._line(event, "warning", fields)

    def error(self, event: str, **fields: Any) -> None:
        """Log what went wrong."""
        self._line(event, "error", fields)

    def _line(self, event: str, level: str, fields: dict[str, Any]) -> None:
        if "exc_info" in fields:
            fields |= defect_shown(fields.pop("exc_info"))
        fields["event"], fields["level"] = event, level
        fields["timestamp"] = datetime.now(UTC)
        self._msg(fields)


def _show(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> dict[str, Any]:
    """The fields of a line of text, as they are shown."""
    if "exc_info" in fields:
        fields.update(defect_shown(fields.pop("exc_info")))
    return fields_shown(dict(fields))


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
            _show,
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
