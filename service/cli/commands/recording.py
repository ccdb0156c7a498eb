"""What all commands that record one change have in common."""

import functools
from collections.abc import Callable
from typing import Annotated, Any

import typer

from chancery.client import Connection
from chancery.v1.desk_service_pb2 import AppliedChange, Change, RecordStatementResponse
from service.cli.commands import hints
from service.cli.draw.visit import recorded, weight
from service.cli.notation import values
from service.cli.options.change import ContextOptions
from service.cli.options.client import ClientOptions
from service.cli.options.groups import expand_groups, option_parser
from service.cli.options.zone import ZoneOptions
from service.cli.terminal import output

NewName = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        parser=option_parser(values.visit_name),
        help="The visit: ID or visits/ID. If it is left out and the change is the first of a "
        "visit, the server makes one up.",
        show_default=False,
    ),
]


def records(make_change: Callable[..., Change]) -> Callable[..., None]:
    """Make a command of a function that makes a change: record it, and print the result.

    The command has the options of the function, then those of every change.
    """

    @functools.wraps(make_change)
    def record(
        context: ContextOptions, zone: ZoneOptions, client: ClientOptions, **given: Any
    ) -> None:
        change = make_change(**given)
        change.context.CopyFrom(context.context(zone.zone))
        record_one(change, client)

    return expand_groups(record, context=ContextOptions, zone=ZoneOptions, client=ClientOptions)


def record_one(change: Change, client: ClientOptions) -> None:
    """Record a change, and print the result, with hints on what may be a mistake."""
    hints.same_visit(change, client)
    with client.connect(f"--request-id {change.context.request_id}") as connection:
        done = _recorded(change, connection)
    show(done, client)
    if not done.replayed:
        hints.past_window(change)
    if isinstance(done, RecordStatementResponse):
        hints.foreign_basis(change, done)


def show(done: AppliedChange | RecordStatementResponse, client: ClientOptions) -> None:
    """Print the result of a change."""
    if client.as_json:
        output.json_document(done)
        return
    output.say(recorded(done))
    if isinstance(done, RecordStatementResponse):
        output.say(weight(done))


def _recorded(change: Change, connection: Connection) -> AppliedChange | RecordStatementResponse:
    if change.HasField("statement_recorded"):
        return connection.messages.record_statement(change)
    return connection.messages.record(change)
