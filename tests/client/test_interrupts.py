"""Ctrl-C ends a program that uses the client, also at a bad moment."""

import signal

from tests.support.processes import run
from tests.support.server import Server

INTERRUPTED = """
import grpc._channel
from chancery.client import Connection
from chancery.v1.history_service_pb2 import ReadEventsRequest

def interrupt(call):
    raise KeyboardInterrupt

# gRPC has noted the call, and has not yet started the thread that waits for what comes of it.
grpc._channel._run_channel_spin_thread = interrupt
with Connection("ADDRESS") as connection:
    list(connection.replay(ReadEventsRequest()))
"""


def test_a_program_ends_that_is_interrupted_while_a_call_begins(server: Server) -> None:
    """Closing the channel would wait for that call without end."""
    done = run("-c", INTERRUPTED.replace("ADDRESS", server.address), timeout=20)
    assert done.returncode == -signal.SIGINT
