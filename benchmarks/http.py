"""What the contract costs over HTTP, beside plain gRPC in the same run.

``python -m benchmarks.http`` asks ``GetVisit`` of one server, in turns: over gRPC, and as JSON and
as proto over HTTP; alone, and 16 at once. It prints the medians of the rounds. With an address it
is the gateway that is measured, in a process of its own.
"""

import asyncio
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc.aio
import uvicorn
import uvloop

from benchmarks.processes import HOST, chancery, started
from chancery.client import AsyncConnection, Connection
from service.web.app import make_app
from service.web.board import Board, BoardSettings

ROUNDS, SECONDS, AT_ONCE = 9, 1.0, 16
PATH = "/chancery.v1.VisitService/GetVisit"
PROTO = b"\x0a\x08visits/x"
ASKED = {"JSON": b'{"name":"visits/x"}', "proto": PROTO}

Ask = Callable[[], Awaitable[object]]


async def serve(target: str) -> None:
    """The gateway, as a process of its own."""
    listening = socket.create_server((HOST, 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    async with AsyncConnection(target) as connection:
        app = make_app(Board(connection, BoardSettings()))
        print(listening.getsockname()[1], flush=True)
        config = uvicorn.Config(
            app,
            access_log=False,
            proxy_headers=False,
            lifespan="off",
            timeout_keep_alive=600,
            log_level="error",
        )
        await uvicorn.Server(config).serve([listening])


async def over_grpc(address: str) -> Ask:
    """Asks over gRPC, without making messages of bytes."""
    channel = grpc.aio.insecure_channel(address)
    await channel.channel_ready()
    method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(PATH)
    return lambda: method(PROTO)


async def over_http(address: str, encoding: str) -> Ask:
    """Asks over HTTP, on a connection of its own; the head of the answer is hardly looked at."""
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = ASKED[encoding]
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/{encoding.lower()}"
    )
    request = f"{head}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body

    async def ask() -> bytes:
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        length = int(answer.split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
        return await reader.readexactly(length)

    return ask


async def measured(asks: list[Ask]) -> tuple[float, float]:
    """Calls per second, and the median of their milliseconds; each of these asks one by one."""
    taken: list[float] = []
    begun = time.perf_counter()

    async def go_on(ask: Ask) -> None:
        while (at := time.perf_counter()) < begun + SECONDS:
            await ask()
            taken.append(time.perf_counter() - at)

    await asyncio.gather(*map(go_on, asks))
    return len(taken) / (time.perf_counter() - begun), statistics.median(taken) * 1000


async def compare(server: str, gateway: str) -> None:
    """Measure in turns, and print."""
    ways = {
        "gRPC": [await over_grpc(server)] * AT_ONCE,
        **{
            f"HTTP, {each}": [await over_http(gateway, each) for _ in range(AT_ONCE)]
            for each in ASKED
        },
    }
    alone: dict[str, list[float]] = {name: [] for name in ways}
    together: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, asks in ways.items():
            alone[name].append((await measured(asks[:1]))[1])
            together[name].append((await measured(asks))[0])
    for name in ways:
        ms, rate = statistics.median(alone[name]), statistics.median(together[name])
        print(f"{name:12} alone {ms:.2f} ms, {AT_ONCE} at once {rate:,.0f} a second")


def main() -> None:
    """Measure; or be what is measured."""
    if len(sys.argv) > 1:
        uvloop.run(serve(sys.argv[1]))
        return
    with (
        TemporaryDirectory(prefix="chancery-http-") as folder,
        chancery(Path(folder, "x.db")) as core,
    ):
        with Connection(core.address) as connection:
            connection.schedule("x", title="The king to Paris", principal="Charles III", host="FR")
        command = [sys.executable, "-m", "benchmarks.http", core.address]
        with started(command, r"^(\d+)\n") as gateway:
            uvloop.run(compare(core.address, gateway.address))


if __name__ == "__main__":
    main()
