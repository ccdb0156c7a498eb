"""The options of every command that calls a server."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from chancery.client import ChanceryError, Connection
from domain.validation import an_actor
from service.cli.draw.errors import explain
from service.cli.notation import values
from service.cli.options.groups import option_parser, usage_error
from service.cli.terminal import output

# The environment variable with the token by which a server knows the caller.
TOKEN = "CHANCERY_TOKEN"
DEFAULT_TARGET = "127.0.0.1:50051"

_of_server = partial(typer.Option, rich_help_panel="The server")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        parser=option_parser(values.visit_name),
        help="The visit: ID or visits/ID.",
        show_default=False,
    ),
]


def _target(text: str) -> str:
    if not text.strip():
        raise ValueError("write HOST:PORT")
    return text


@dataclass(frozen=True)
class ClientOptions:
    """Which server to call, as whom, and how to print the answer."""

    target: Annotated[
        str,
        _of_server(
            envvar="CHANCERY_TARGET",
            metavar="HOST:PORT",
            parser=option_parser(_target),
            help="The server to call; https://HOST:PORT if calls are to be encrypted.",
        ),
    ] = DEFAULT_TARGET
    actor: Annotated[
        str,
        _of_server(
            envvar="CHANCERY_ACTOR",
            metavar="NAME",
            parser=option_parser(an_actor),
            help="Who you are: the name recorded with your changes. A server that knows its "
            "callers takes it from the token in CHANCERY_TOKEN, or from your certificate.",
            show_default="the login name",
        ),
    ] = ""
    ca: Annotated[
        str,
        _of_server(
            envvar="CHANCERY_CA",
            metavar="FILE",
            help="A PEM file with the authorities to trust as to who the server is. Calls are "
            "encrypted then, as they are if the target begins with https://.",
        ),
    ] = ""
    client_cert: Annotated[
        str,
        _of_server(
            envvar="CHANCERY_CLIENT_CERT",
            metavar="FILE",
            help="A PEM file with a certificate of your own, for a server that asks for one.",
        ),
    ] = ""
    client_key: Annotated[
        str,
        _of_server(
            envvar="CHANCERY_CLIENT_KEY",
            metavar="FILE",
            help="The PEM file with the key of that certificate.",
        ),
    ] = ""
    insecure: Annotated[
        bool,
        _of_server(
            "--insecure",
            envvar="CHANCERY_INSECURE",
            help="Send the token in CHANCERY_TOKEN to another machine unencrypted.",
        ),
    ] = False
    timeout: Annotated[
        float,
        _of_server(
            metavar="SECONDS",
            min=0.001,
            max=86_400,
            help="How long each call may take.",
        ),
    ] = 30.0
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print protobuf's JSON mapping, with the contract's field names."
        ),
    ] = False

    @contextmanager
    def connect(self, repeat_with: str = "") -> Iterator[Connection]:
        """Connect to the server. If a call fails, explain why and exit with status 1.

        ``repeat_with`` are the options with which a change can be repeated safely.
        """
        with self.connection() as connection:
            try:
                yield connection
            except ChanceryError as error:
                output.fail(explain(error, repeat_with))

    def connection(self) -> Connection:
        """A connection to the server, whose errors are the caller's.

        A token is no option: what is on a command line is shown to everybody on the machine.
        """
        if bool(self.client_cert) != bool(self.client_key):
            raise usage_error("--client-cert", "it needs --client-key, and the other way round")
        try:
            return Connection(
                self.target,
                actor=self.actor or _login_name(),
                token=os.environ.get(TOKEN, "").strip(),
                ca=self.ca,
                certificate=(self.client_cert, self.client_key) if self.client_cert else None,
                insecure=self.insecure,
                timeout=self.timeout,
            )
        except ValueError as error:
            what, _, problem = str(error).partition(": ")
            option = {"token": TOKEN, "ca": "--ca", "certificate": "--client-cert"}[what]
            raise usage_error(option, problem) from None


def _login_name() -> str:
    try:
        return an_actor(getpass.getuser())
    except (KeyError, OSError, ValueError):
        return "unknown"
