"""Log lines are all written, and those of 20 ms together."""

import asyncio
import io
import threading

from service.limits import LOG_SECONDS
from service.observe.logs import PIPE_BYTES, Lines


class Stream(io.BytesIO):
    """A stream that counts how often it is written to."""

    writes = 0

    def write(self, some: bytes) -> int:  # type: ignore[override]
        self.writes += 1
        return super().write(some)


async def test_the_lines_of_20_ms_are_written_together() -> None:
    stream = Stream()
    lines = Lines(stream)
    for number in range(100):
        lines.msg(b"%d" % number)
    await asyncio.sleep(0)
    assert stream.writes == 0

    await asyncio.sleep(2 * LOG_SECONDS)

    assert stream.writes == 1
    assert stream.getvalue().split() == [b"%d" % number for number in range(100)]


async def test_what_is_written_at_once_are_whole_lines_that_fit_into_a_pipe() -> None:
    """So the lines of several processes do not mix."""
    written: list[bytes] = []

    class Pipe(io.BytesIO):
        def write(self, some: bytes) -> int:  # type: ignore[override]
            written.append(some)
            return len(some)

    lines = Lines(Pipe())
    for number in range(100):
        lines.msg({"number": number, "text": "x" * 100})
    lines.flush()

    assert len(written) > 1
    assert all(len(some) <= PIPE_BYTES and some.endswith(b"\n") for some in written)
    assert len(b"".join(written).splitlines()) == 100


def test_without_a_loop_a_line_is_written_at_once() -> None:
    stream = Stream()
    Lines(stream).msg(b"one")
    assert stream.getvalue() == b"one\n"


async def test_lines_of_several_threads_are_all_written_once() -> None:
    stream = Stream()
    lines = Lines(stream)

    def write(name: int) -> None:
        for number in range(2000):
            lines.msg(b"%d-%d" % (name, number))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        lines.msg(b"loop")
        await asyncio.sleep(0)
    await asyncio.sleep(2 * LOG_SECONDS)

    written = [line for line in stream.getvalue().splitlines() if line != b"loop"]
    assert sorted(written) == sorted(b"%d-%d" % (t, n) for t in range(3) for n in range(2000))
