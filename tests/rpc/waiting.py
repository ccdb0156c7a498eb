"""Calls that a server holds, up to its bound."""

import time
from typing import Any

import grpc

from chancery.v1.visit_service_pb2 import GetVisitRequest
from tests.support.server import PATIENCE, Client

FAR = 2**60


def waiting_call(client: Client) -> Any:
    """A call that stays open, because it waits for a change that never comes."""
    return client.visits.GetVisit.future(GetVisitRequest(name="visits/a", min_position=FAR))


def until_refused(client: Client) -> None:
    """Wait until the server serves as many calls as it may."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            client.visit("visits/a")
        except grpc.RpcError:
            return
    raise AssertionError("it serves all calls")
