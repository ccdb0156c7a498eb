"""A bare grpc.aio server: what gRPC in Python costs with no service behind it.

``Echo/Get`` answers the bytes it was asked with. ``Echo/Publish`` does the same, and hands
them to every open ``Echo/Watch``. Run as ``python -m benchmarks.bare``, it prints its port.
"""

import asyncio

import grpc
import uvloop


async def serve() -> None:
    """Serve until killed."""
    readers: set[asyncio.Queue[bytes]] = set()

    async def get(request: bytes, context: object) -> bytes:
        return request

    async def publish(request: bytes, context: object) -> bytes:
        for reader in readers:
            reader.put_nowait(request)
        return request

    async def watch(request: bytes, context: "grpc.aio.ServicerContext[bytes, bytes]") -> None:
        published: asyncio.Queue[bytes] = asyncio.Queue()
        readers.add(published)
        await context.write(b"ready")
        try:
            while True:
                await context.write(await published.get())
        finally:
            readers.discard(published)

    handlers = {
        "Get": grpc.unary_unary_rpc_method_handler(get),
        "Publish": grpc.unary_unary_rpc_method_handler(publish),
        "Watch": grpc.unary_stream_rpc_method_handler(watch),
    }
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Echo", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve())
