"""Calls that a server holds, up to its bound."""

import time
from typing import Any

import grpc

from chancery.v1.visit_service_pb2 import GetVisitRequest
from tests.support import http2
from tests.support.server import PATIENCE, Client, Server

FAR = 2**60
GET_VISIT = "chancery.v1.VisitService/GetVisit"


def waiting_call(client: Client) -> Any:
    """A call that stays open, because it waits for a change that never comes."""
    return client.visits.GetVisit.future(GetVisitRequest(name="visits/a", min_position=FAR))


class WorkingCall:
    """A call that takes a place among those that work: its request does not come."""

    def __init__(self, server: Server) -> None:
        self._connection = http2.Connection(server.address)
        self._connection.send(http2.headers(1, GET_VISIT))
        self._connection.arrive()

    def cancel(self) -> None:
        """Leave."""
        self._connection.send(http2.reset(1))
        self._connection.close()


def until_refused(client: Client) -> None:
    """Wait until the server serves as many calls as it may."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            client.visit("visits/a")
        except grpc.RpcError:
            return
    raise AssertionError("it serves all calls")
