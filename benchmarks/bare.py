"""A bare grpc.aio server: what gRPC costs in Python without a service.

``Echo/Get`` answers its request's bytes. ``Echo/Publish`` does the same, and sends them to every
open ``Echo/Watch``. ``Echo/Answer`` always answers the last request of ``Echo/Set``.
``python -m benchmarks.bare`` prints its port.
"""

import asyncio

import grpc
import uvloop


async def serve() -> None:
    """Serve until killed."""
    readers: set[asyncio.Queue[bytes]] = set()
    answered = b""

    async def get(request: bytes, context: object) -> bytes:
        return request

    async def set_answer(request: bytes, context: object) -> bytes:
        nonlocal answered
        answered = request
        return b""

    async def answer(request: bytes, context: object) -> bytes:
        return answered

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

    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Get": grpc.unary_unary_rpc_method_handler(get),
        "Set": grpc.unary_unary_rpc_method_handler(set_answer),
        "Answer": grpc.unary_unary_rpc_method_handler(answer),
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
