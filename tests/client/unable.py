"""A server that cannot serve for a while."""

from concurrent.futures import ThreadPoolExecutor

import grpc


class Unable(grpc.GenericRpcHandler):
    """A server that fails so many times, and then answers with an empty message."""

    def __init__(self, failing: int, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        self.requests: list[bytes] = []
        self._failing = failing
        self._code = code
        self._server = grpc.server(ThreadPoolExecutor(1), handlers=[self])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """The same for every method."""
        return grpc.unary_unary_rpc_method_handler(self._answer)

    def _answer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.requests.append(request)
        if len(self.requests) <= self._failing:
            context.abort(self._code, "not now")
        return b""

    def __enter__(self) -> "Unable":
        self._server.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.stop(0).wait()
