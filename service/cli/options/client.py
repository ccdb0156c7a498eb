"""The options of every command that asks a server."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import grpc
import typer
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.visit_pb2 import AsOf
from service.cli import notation, output, times
from service.cli.connection import Connection
from service.cli.draw.failures import explain
from service.cli.notation import LARGEST
from service.cli.options.spread import typed, usage

DEFAULT_TARGET = "127.0.0.1:50051"

_of_server = partial(typer.Option, rich_help_panel="The server")
_of_moment = partial(typer.Option, rich_help_panel="As of another moment")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        parser=typed(notation.visit_name),
        help="The visit: ID or visits/ID.",
        show_default=False,
    ),
]


def _target(text: str) -> str:
    if not text.strip():
        raise ValueError("write HOST:PORT")
    return text


def _header(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("an actor's name travels in a header, which holds printable ASCII only")
    return text


@dataclass(frozen=True)
class Client:
    """Which server is asked, by whom, and how the answer is written."""

    target: Annotated[
        str,
        _of_server(
            envvar="CHANCERY_TARGET",
            metavar="HOST:PORT",
            parser=typed(_target),
            help="The server to ask.",
        ),
    ] = DEFAULT_TARGET
    actor: Annotated[
        str,
        _of_server(
            envvar="CHANCERY_ACTOR",
            metavar="NAME",
            parser=typed(_header),
            help="Who asks.",
            show_default="the login name",
        ),
    ] = ""
    timeout: Annotated[
        float,
        _of_server(
            metavar="SECONDS",
            min=0.001,
            help="How long each call may take.",
        ),
    ] = 30.0
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Answer in protobuf's JSON mapping, with the contract's field names."
        ),
    ] = False

    @contextmanager
    def connect(self, request_id: str = "") -> Iterator[Connection]:
        """A connection. If a call on it fails, the command says why and ends with status 1.

        ``request_id`` is that of the change, for the advice on how to try it again.
        """
        actor = self.actor or _login_name()
        with Connection(self.target, actor=actor, timeout=self.timeout) as connection:
            try:
                yield connection
            except grpc.RpcError as error:
                output.complain(explain(error, connection, request_id))
                raise typer.Exit(1) from None


def _login_name() -> str:
    try:
        return _header(getpass.getuser())
    except (KeyError, OSError, ValueError):
        return "unknown"


@dataclass(frozen=True)
class Moment:
    """As of which moment a question is asked."""

    known_at: Annotated[
        Timestamp | None,
        _of_moment(
            metavar="TIME",
            parser=typed(times.asked),
            help="What was known to the world by then: 2023-06-07T14:30:00Z, or the end of a "
            "date, month or year, in UTC.",
        ),
    ] = None
    valid_at: Annotated[
        Timestamp | None,
        _of_moment(
            metavar="TIME",
            parser=typed(times.asked),
            help="What was in force then, likewise.",
        ),
    ] = None
    recorded_at: Annotated[
        Timestamp | None,
        _of_moment(
            metavar="TIME",
            parser=typed(times.asked),
            help="What the service had recorded by then, likewise.",
        ),
    ] = None
    position: Annotated[
        int | None,
        _of_moment(
            min=1,
            max=LARGEST,
            metavar="N",
            help="What the service had recorded up to this position of the log.",
        ),
    ] = None

    def as_of(self) -> AsOf | None:
        """The moment as the wire carries it; None is now."""
        if self.position is not None and self.recorded_at is not None:
            raise usage("--position", "give either --position or --recorded-at")
        given = {name: value for name, value in vars(self).items() if value is not None}
        return AsOf(**given) if given else None
