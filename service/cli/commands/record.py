"""The commands that record one change of one visit: each says only what its change holds."""

import functools
from collections.abc import Callable
from typing import Annotated, Any

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import (
    Amended,
    Cancelled,
    Completed,
    Deferred,
    Disclosed,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
)
from chancery.v1.visit_pb2 import VisitDetails
from service.cli.draw.visit import recorded
from service.cli.notation import values
from service.cli.notation.values import MAX_INT64
from service.cli.options.change import ConditionOptions, ContextOptions, WindowOptions
from service.cli.options.client import ClientOptions, Name
from service.cli.options.details import DetailsOptions
from service.cli.options.groups import expand_groups, option_parser, usage_error
from service.cli.options.statement import StatementOptions
from service.cli.terminal import output

CLEARABLE = [*VisitDetails.DESCRIPTOR.fields_by_name, "window"]


def _records(make_change: Callable[..., Change]) -> Callable[..., None]:
    """Make a command of a function that makes a change: record it, and print the result.

    The command has the options of the function, then those of every change.
    """

    @functools.wraps(make_change)
    def record(context: ContextOptions, client: ClientOptions, **given: Any) -> None:
        change = make_change(**given)
        change.context.CopyFrom(context.context())
        with client.connect(change.context.request_id) as connection:
            done = connection.record(change)
        if client.as_json:
            output.json_document(done)
        else:
            output.say(recorded(done))

    return expand_groups(record, context=ContextOptions, client=ClientOptions)


NewName = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        parser=option_parser(values.visit_name),
        help="The visit: ID or visits/ID. The server makes one up if it is left out.",
        show_default=False,
    ),
]


@_records
def schedule(details: DetailsOptions, window: WindowOptions, name: NewName = None) -> Change:
    """Plan a visit."""
    planned = Scheduled(details=details.details(), window=window.required())
    return Change(name=name or "", scheduled=planned)


@_records
def disclose(details: DetailsOptions, window: WindowOptions, name: NewName = None) -> Change:
    """Record a visit that became known only after it took place.

    The window is when it took place.
    """
    held = Disclosed(details=details.details(), held_window=window.required())
    return Change(name=name or "", disclosed=held)


@_records
def postpone(name: Name, condition: ConditionOptions) -> Change:
    """Put a visit off, without a new date."""
    return Change(name=name, postponed=Postponed(condition=condition.condition()))


@_records
def defer(name: Name, condition: ConditionOptions) -> Change:
    """Leave a visit open until a stated condition is met."""
    return Change(name=name, deferred=Deferred(condition=condition.required()))


@_records
def reschedule(name: Name, window: WindowOptions) -> Change:
    """Give a visit a new window."""
    return Change(name=name, rescheduled=Rescheduled(window=window.required()))


@_records
def complete(name: Name, window: WindowOptions) -> Change:
    """Record that a visit took place.

    The window is when it took place. Leave it out if the visit took place as planned.
    """
    return Change(name=name, completed=Completed(held_window=window.window()))


@_records
def cancel(name: Name, condition: ConditionOptions) -> Change:
    """Call a visit off."""
    return Change(name=name, cancelled=Cancelled(condition=condition.condition()))


def _clearable(text: str) -> str:
    field = text.replace("-", "_")
    if field not in CLEARABLE:
        raise ValueError(f"unknown field {text!r}; choose from {', '.join(CLEARABLE)}")
    return field


@_records
def amend(
    name: Name,
    details: DetailsOptions,
    window: WindowOptions,
    clear: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD",
            parser=option_parser(_clearable),
            autocompletion=lambda: CLEARABLE,
            help=f"Clear a field: {', '.join(CLEARABLE)}. May be given several times.",
        ),
    ] = None,
    correction: Annotated[
        bool, typer.Option("--correction", help="The old value was wrong from the start.")
    ] = False,
) -> Change:
    """Change facts of a visit other than its status.

    Each option replaces the whole field. Without times, a correction has the times of the
    visit's first change.
    """
    new_window = window.window()
    changed = [*details.given(), *(["window"] if new_window else [])]
    cleared = clear or []
    if both := set(changed) & set(cleared):
        raise usage_error("--clear", f"{min(both)} is both set and cleared")
    paths = [field if field == "window" else f"details.{field}" for field in [*changed, *cleared]]
    return Change(
        name=name,
        amended=Amended(
            details=details.details() if details.given() else None,
            window=new_window,
            update_mask=FieldMask(paths=paths),
            correction=correction,
        ),
    )


@_records
def state(name: Name, said: StatementOptions, window: WindowOptions) -> Change:
    """Record what somebody said. This does not change the status.

    The window is the one that the speaker claims or hopes for.
    """
    statement = StatementRecorded(statement=said.statement(window.window()))
    return Change(name=name, statement_recorded=statement)


@_records
def retract(
    name: Name,
    version: Annotated[
        int,
        typer.Argument(
            metavar="VERSION",
            min=1,
            max=MAX_INT64,
            help="The version of the change that was entered in error.",
        ),
    ],
    merged_into: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            parser=option_parser(values.visit_name),
            help="When retracting the first change of a duplicate: the visit to keep.",
            show_default=False,
        ),
    ] = None,
) -> Change:
    """Mark a change as entered in error.

    Retracting a status change also retracts all status changes after it. Without times, the
    retraction counts as known at the time when the retracted change became known.
    """
    retracted = Retracted(retracted_version=version, merged_into=merged_into or "")
    return Change(name=name, retracted=retracted)
