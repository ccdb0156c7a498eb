"""A gRPC server on the eventsourcing library: it prints its port.

Its arguments are FILE, or URL THREADS for PostgreSQL. ``Plain/Record`` takes the kind of a change,
the name of the visit and a text, separated by blanks, and answers the visit's version after the
commit. One thread records in a file: with more, or with grpcio's own threads, it is slower.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import uvloop

from benchmarks.plain.visits import visits


async def serve(where: str, threads: int) -> None:
    """Serve until killed."""
    application, pool = visits(where), ThreadPoolExecutor(threads)
    loop = asyncio.get_running_loop()

    async def record(request: bytes, _context: object) -> bytes:
        kind, name, text = request.decode().split(" ", 2)
        return b"%d" % await loop.run_in_executor(pool, application.record, kind, name, text)

    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Record": grpc.unary_unary_rpc_method_handler(record)
    }
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Plain", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1))
