"""Ctrl-C ends a program that uses the client, also at a bad moment."""

import signal

import pytest

from tests.support.processes import run
from tests.support.server import Server

INTERRUPTED = """
import grpc._channel
from chancery.client import Connection

def interrupt(call):
    raise KeyboardInterrupt

# gRPC has noted the call, and has not yet started the thread that waits for what comes of it.
grpc._channel._run_channel_spin_thread = interrupt

def read():
    with Connection("ADDRESS") as connection:
        list(connection.events())

"""
ENDS = "read()"
GOES_ON = """
try:
    read()
except KeyboardInterrupt:
    raise SystemExit(3)
"""


@pytest.mark.parametrize(
    ("then", "status"), [(ENDS, -signal.SIGINT), (GOES_ON, 3)], ids=["ends", "goes on"]
)
def test_a_program_ends_that_is_interrupted_while_a_call_begins(
    server: Server, then: str, status: int
) -> None:
    """Closing the channel would wait for that call without end, and so would freeing it."""
    program = INTERRUPTED.replace("ADDRESS", server.address) + then
    assert run("-c", program, timeout=20).returncode == status
