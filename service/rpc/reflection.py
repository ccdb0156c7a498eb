"""Reflection, v1 and v1alpha: a client that has no files of the contract gets them here."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha._async import ReflectionServicer

V1 = "grpc.reflection.v1"
V1ALPHA = "grpc.reflection.v1alpha"

Admit = Callable[["grpc.aio.ServicerContext[Any, Any]"], Awaitable[None]]

_POOL: Any = descriptor_pool.Default()


class _Symbols:
    """The descriptors of this process. Methods are found as well, which protobuf leaves out."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_POOL, name)

    def FindFileContainingSymbol(self, symbol: str) -> Any:
        """The file that has a symbol.

        :raises KeyError: no file has it.
        """
        try:
            return _POOL.FindFileContainingSymbol(symbol)
        except KeyError:
            return _POOL.FindMethodByName(symbol).containing_service.file


def add_reflection(server: grpc.aio.Server, services: Sequence[str], admit: Admit) -> None:
    """Add reflection of these services, and of itself, to a server.

    ``admit`` is awaited with the context of each call, and ends those that may not.
    """
    _load_v1()
    names = [*services, f"{V1}.ServerReflection", f"{V1ALPHA}.ServerReflection"]
    reflection: Any = ReflectionServicer(names, _Symbols())

    async def reflect(requests: Any, context: Any) -> AsyncGenerator[Any, None]:
        await admit(context)
        async for answer in reflection.ServerReflectionInfo(requests, context):
            yield answer

    # The two versions of reflection have the same messages on the wire.
    handler = grpc.stream_stream_rpc_method_handler(
        reflect,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    handlers = {"ServerReflectionInfo": handler}
    server.add_generic_rpc_handlers(
        [
            grpc.method_handlers_generic_handler(f"{version}.ServerReflection", handlers)
            for version in (V1, V1ALPHA)
        ]
    )


def _load_v1() -> None:
    """Register the descriptor of reflection v1: that of v1alpha with other names."""
    file = descriptor_pb2.FileDescriptorProto()
    reflection_pb2.DESCRIPTOR.CopyToProto(file)
    described = json_format.MessageToJson(file).replace(V1ALPHA, V1)
    v1 = json_format.Parse(described, descriptor_pb2.FileDescriptorProto())
    v1.name = "grpc/reflection/v1/reflection.proto"
    _POOL.AddSerializedFile(v1.SerializeToString())
