"""A real server: processes of its own on a log, to call, stop and kill."""

import json
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import grpc
import psutil
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

from chancery.v1 import (
    audit_service_pb2_grpc,
    desk_service_pb2_grpc,
    history_service_pb2_grpc,
    info_service_pb2_grpc,
    visit_service_pb2_grpc,
)
from chancery.v1.info_service_pb2 import GetServerInfoRequest
from tests.support import messages
from tests.support.paths import is_path
from tests.support.pids import Pids, pids_of
from tests.support.place import Place, SqliteFile, place_of
from tests.support.processes import PIPE, Process
from tests.support.reasons import code_of, details_of, variables_of

# How long a call may take that names no deadline of its own.
SECONDS = 20.0
# How long to wait for what has to come: on a machine that is busy it takes a while.
PATIENCE = 60.0
ACTOR = "chancery-actor"
# What no client is to be told of the server.
LEAKS = ["Traceback", "Error(", "sqlite", "psycopg", "SELECT", "INSERT"]
LEAKS += [".py", "/home/", "/tmp/"]

# What varies in an error's message: what is in quotes, numbers, times and paths of changes.
VARIABLE = re.compile(r"'[^']*'|\d[\d:TZ.-]*|changes\[\d+\]")

# No call of a test hangs: each has this deadline where it names no other.
OPTIONS = [
    (
        "grpc.service_config",
        json.dumps({"methodConfig": [{"name": [{}], "timeout": f"{SECONDS:.0f}s"}]}),
    ),
    # No answer of any test is larger than the contract says.
    ("grpc.max_receive_message_length", 3 << 20),
    ("grpc.max_send_message_length", 64 << 20),
]


class DidNotStart(Exception):
    """The process ended before it listened: with which status, and what it said."""

    def __init__(self, status: int, said: str) -> None:
        self.status = status
        self.said = said
        super().__init__(f"exit status {status}: {said}")


class Bearer(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Shows a token with each call."""

    def __init__(self, token: str) -> None:
        self._shown = bearer(token)

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        """Make the call with the token."""
        return continuation(self._with_token(details), request)

    def intercept_unary_stream(self, continuation: Any, details: Any, request: Any) -> Any:
        """Make the call with the token."""
        return continuation(self._with_token(details), request)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        """Make the call with the token."""
        return continuation(self._with_token(details), requests)

    def _with_token(self, details: Any) -> Any:
        return details._replace(metadata=[*(details.metadata or ()), self._shown])


def bearer(token: str) -> tuple[str, str]:
    """The metadata that shows a token."""
    return "authorization", f"Bearer {token}"


class Client:
    """Plain stubs of every service on one channel, which may have options of its own.

    With a token each call shows it. With credentials the channel is encrypted.
    """

    def __init__(
        self,
        address: str,
        *options: tuple[str, Any],
        token: str = "",
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        if credentials is None:
            self._channel = grpc.insecure_channel(address, [*OPTIONS, *options])
        else:
            self._channel = grpc.secure_channel(address, credentials, [*OPTIONS, *options])
        shown = [Bearer(token)] if token else []
        self.channel = grpc.intercept_channel(self._channel, *shown)
        self.desk = desk_service_pb2_grpc.DeskServiceStub(self.channel)
        self.visits = visit_service_pb2_grpc.VisitServiceStub(self.channel)
        self.history = history_service_pb2_grpc.HistoryServiceStub(self.channel)
        self.audit = audit_service_pb2_grpc.AuditServiceStub(self.channel)
        self.info = info_service_pb2_grpc.InfoServiceStub(self.channel)

    def record(
        self, name: str, change: Message, *, actor: str | None = None, **context: Any
    ) -> Any:
        """What DeskService answers to a change of the visit, such as ``postponed()``."""
        call = getattr(self.desk, messages.method_of(change))
        metadata = ((ACTOR, actor),) if actor is not None else ()
        return call(messages.request(name, change, **context), metadata=metadata)

    def visit(self, name: str, **as_of: Any) -> Any:
        """The visit, now or as of another moment."""
        return self.visits.GetVisit(messages.get_visit(name, **as_of)).visit

    @property
    def head(self) -> int:
        """The position of the last change in the log."""
        return int(self.info.GetServerInfo(GetServerInfoRequest()).head_position)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()


class Server:
    """A server on one log, that can be started again and again; each time on a free port.

    A path is that of a SQLite file. Options override those that the place needs. Its processes
    log side by side: the line of a call may come 20 ms after its answer.
    """

    def __init__(self, where: Place | Path, *options: str) -> None:
        self.place = place_of(where)
        self.options = options
        self.address = self.mtls_address = ""
        self.lines: list[str] = []
        self._process: Process | None = None
        self._reading: threading.Thread | None = None
        self._clients: list[Client] = []

    @property
    def file(self) -> Path:
        """The SQLite file that the log is in."""
        assert isinstance(self.place, SqliteFile)
        return self.place.file

    @property
    def process(self) -> Process:
        """The process that was started last. It supervises all others."""
        assert self._process is not None
        return self._process

    @property
    def port(self) -> int:
        """The port that the edges listen on."""
        return int(self.address.rpartition(":")[2])

    @property
    def pids(self) -> Pids:
        """The other processes, once all of them run."""
        edges = "1"
        if "--edges" in self.options:
            edges = self.options[self.options.index("--edges") + 1]
        until = time.monotonic() + PATIENCE
        while (found := pids_of(self.process.pid, self.port, int(edges))) is None:
            assert time.monotonic() < until, "not all processes run"
            time.sleep(0.01)
        return found

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log lines of all starts, the oldest first."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def logged(self, event: str, **fields: Any) -> dict[str, Any]:
        """The last log line of that event with these fields, waiting for it a little."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for line in self.log[::-1]:
                if line["event"] == event and fields.items() <= line.items():
                    return line
            time.sleep(0.01)
        raise AssertionError(f"no {event!r} with {fields} was logged")

    def start(self, listen: str = "127.0.0.1:0") -> Self:
        """Start, and wait until calls are served."""
        command = ["-m", "service.cli", "serve", "--listen", listen]
        command += ["--database", self.place.url, *self.place.options, *self.options]
        self._process = self._begin(command)
        listening = threading.Event()
        self._reading = threading.Thread(target=self._read, args=(self._process, listening))
        self._reading.start()
        listening.wait(PATIENCE)
        if not self.address:
            self.process.terminate()
            raise DidNotStart(self.ended(), "".join(self.lines))
        return self

    def _begin(self, command: list[str]) -> Process:
        """Start the process, by the arguments for Python."""
        return Process(command, stderr=PIPE)

    def _read(self, process: Process, listening: threading.Event) -> None:
        """Keep what the process says, so that it never waits for a reader."""
        self.address = ""
        assert process.stderr is not None
        for line in process.stderr:
            self.lines.append(line)
            if '"listening"' in line:
                said = json.loads(line)
                self.address, self.mtls_address = said["address"], said.get("mtls_address", "")
                listening.set()
        listening.set()

    def terminate(self) -> None:
        """Ask the process to end, and do not wait for it."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """End by SIGTERM, and give the exit status."""
        self.terminate()
        return self.ended()

    def kill(self) -> int:
        """End the supervisor by SIGKILL, wait for the others to end, and give its exit status."""
        self.process.kill()
        return self.ended()

    def kill_all(self) -> int:
        """End all processes by SIGKILL at once, as a machine's end does; see ``kill``."""
        children = psutil.Process(self.process.pid).children()
        self.process.kill()  # the first, since it would start others
        for each in children:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        return self.ended()

    def ended(self) -> int:
        """Wait for all processes to end, and give the exit status."""
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert self._reading is not None
        self._reading.join(PATIENCE)  # the stream ends with the last process that has it
        assert not self._reading.is_alive(), "a process is left"
        assert self.process.stderr is not None
        self.process.stderr.close()
        return status

    def client(self, *options: tuple[str, Any], mtls: bool = False, **shown: Any) -> Client:
        """A new client, closed with the server's last end; see ``Client`` for what it shows.

        Its calls go to the port that asks for a certificate if ``mtls`` says so.
        """
        client = Client(self.mtls_address if mtls else self.address, *options, **shown)
        self._clients.append(client)
        return client

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        for client in self._clients:
            client.close()
        if self.process.returncode is None:
            status = self.stop()
            assert status == 0, f"exit status {status}: {''.join(self.lines[-20:])}"
        defects = [line for line in self.log if line["event"] == "defect"]
        assert not defects, defects


@dataclass(frozen=True)
class Failure:
    """What a client was told: the code, and the details by their type."""

    code: grpc.StatusCode
    message: str
    details: Mapping[str, Any]
    size: int

    @property
    def reason(self) -> str:
        """The reason of the ErrorInfo, without the prefix of the enum."""
        return str(self.details["ErrorInfo"].reason)

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata of the ErrorInfo."""
        return dict(self.details["ErrorInfo"].metadata)

    @property
    def fields(self) -> list[str]:
        """The fields that BadRequest names."""
        request = self.details.get("BadRequest", error_details_pb2.BadRequest())
        return [violation.field for violation in request.field_violations]


def failure(error: grpc.RpcError) -> Failure:
    """What the error says; each detail type comes at most once."""
    trailers = {each.key: each.value for each in error.trailing_metadata() or ()}
    raw = trailers.get("grpc-status-details-bin", b"")
    details = {}
    for packed in Status.FromString(raw).details:
        name = packed.TypeName().rpartition(".")[2]
        details[name] = getattr(error_details_pb2, name)()
        packed.Unpack(details[name])
    return Failure(error.code(), error.details() or "", details, len(raw))


def refusal(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Failure:
    """How the call fails; what holds for every failure of the contract is checked here."""

    def answered() -> Any:
        answer = call(*args, **kwargs)
        return list(answer) if isinstance(answer, Iterable) else answer

    with pytest.raises(grpc.RpcError) as caught:
        answered()
    refused = failure(caught.value)
    said = f"{refused.message} {refused.details}"
    assert refused.code not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN), said
    assert refused.details["ErrorInfo"].domain == "chancery"
    assert refused.size < 4096
    for leak in LEAKS:
        assert leak not in said
    assert refused.code.name == code_of(refused.reason)
    assert refused.metadata.keys() <= variables_of(refused.reason)
    assert refused.details.keys() == details_of(refused.reason)
    for field in refused.fields:
        assert is_path(field), f"no request has a field {field}"
    facts = " ".join(refused.metadata.values())
    if not refused.fields and "..." not in f"{said} {facts}":
        for variable in VARIABLE.findall(refused.message):
            assert variable.strip("'.:") in facts, f"{variable} is not in the metadata: {said}"
    return refused
