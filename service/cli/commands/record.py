"""The commands that record a change of one visit."""

from typing import Annotated

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
from service.cli.options.details import DetailsOptions, StatementOptions
from service.cli.options.groups import expand_groups, option_parser, usage_error
from service.cli.terminal import output

CLEARABLE = [*VisitDetails.DESCRIPTOR.fields_by_name, "window"]


def _record(change: Change, context: ContextOptions, client: ClientOptions) -> None:
    """Ask for a change under these context, and say how it went."""
    change.context.CopyFrom(context.context())
    with client.connect(change.context.request_id) as connection:
        done = connection.record(change)
    if client.as_json:
        output.json_document(done)
    else:
        output.say(recorded(done))


NewName = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        parser=option_parser(values.visit_name),
        help="The visit: ID or visits/ID; the server makes one if absent.",
        show_default=False,
    ),
]


@expand_groups
def schedule(
    details: DetailsOptions,
    window: WindowOptions,
    context: ContextOptions,
    client: ClientOptions,
    name: NewName = None,
) -> None:
    """Plan a visit."""
    change = Change(
        name=name or "", scheduled=Scheduled(details=details.details(), window=window.required())
    )
    _record(change, context, client)


@expand_groups
def disclose(
    details: DetailsOptions,
    window: WindowOptions,
    context: ContextOptions,
    client: ClientOptions,
    name: NewName = None,
) -> None:
    """Record a visit that became known after it took place.

    The window is when it took place.
    """
    change = Change(
        name=name or "",
        disclosed=Disclosed(details=details.details(), held_window=window.required()),
    )
    _record(change, context, client)


@expand_groups
def postpone(
    name: Name, condition: ConditionOptions, context: ContextOptions, client: ClientOptions
) -> None:
    """Put a visit off, with no new date."""
    change = Change(name=name, postponed=Postponed(condition=condition.condition()))
    _record(change, context, client)


@expand_groups
def defer(
    name: Name, condition: ConditionOptions, context: ContextOptions, client: ClientOptions
) -> None:
    """Leave a visit open until a named state of affairs comes about."""
    change = Change(name=name, deferred=Deferred(condition=condition.required()))
    _record(change, context, client)


@expand_groups
def reschedule(
    name: Name, window: WindowOptions, context: ContextOptions, client: ClientOptions
) -> None:
    """Give a visit a new window."""
    change = Change(name=name, rescheduled=Rescheduled(window=window.required()))
    _record(change, context, client)


@expand_groups
def complete(
    name: Name, window: WindowOptions, context: ContextOptions, client: ClientOptions
) -> None:
    """Record that a visit took place.

    The window is when it took place; it may be left out if that was as planned.
    """
    change = Change(name=name, completed=Completed(held_window=window.window()))
    _record(change, context, client)


@expand_groups
def cancel(
    name: Name, condition: ConditionOptions, context: ContextOptions, client: ClientOptions
) -> None:
    """Call a visit off."""
    change = Change(name=name, cancelled=Cancelled(condition=condition.condition()))
    _record(change, context, client)


def _clearable(text: str) -> str:
    field = text.replace("-", "_")
    if field not in CLEARABLE:
        raise ValueError(f"{text!r} is no field; there are {', '.join(CLEARABLE)}")
    return field


@expand_groups
def amend(
    name: Name,
    details: DetailsOptions,
    window: WindowOptions,
    context: ContextOptions,
    client: ClientOptions,
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
) -> None:
    """Change facts that are no status.

    Each option that is given replaces its field as a whole. Where no times are given,
    a correction counts from the visit's opening on.
    """
    new_window = window.window()
    changed = [*details.given(), *(["window"] if new_window else [])]
    cleared = clear or []
    if both := set(changed) & set(cleared):
        raise usage_error("--clear", f"{min(both)} is both set and cleared")
    paths = [field if field == "window" else f"details.{field}" for field in [*changed, *cleared]]
    change = Change(
        name=name,
        amended=Amended(
            details=details.details() if details.given() else None,
            window=new_window,
            update_mask=FieldMask(paths=paths),
            correction=correction,
        ),
    )
    _record(change, context, client)


@expand_groups
def state(
    name: Name,
    said: StatementOptions,
    window: WindowOptions,
    context: ContextOptions,
    client: ClientOptions,
) -> None:
    """Record what somebody said, which changes no status.

    A window is what they claim or hope for.
    """
    change = Change(
        name=name, statement_recorded=StatementRecorded(statement=said.statement(window.window()))
    )
    _record(change, context, client)


@expand_groups
def retract(
    name: Name,
    version: Annotated[
        int,
        typer.Argument(
            metavar="VERSION",
            min=1,
            max=MAX_INT64,
            help="The change entered in error.",
        ),
    ],
    context: ContextOptions,
    client: ClientOptions,
    merged_into: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            parser=option_parser(values.visit_name),
            help="Of a duplicate whose first change is retracted: the visit that stays.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Name a change as entered in error.

    A status change is retracted together with all status changes after it. Where no
    times are given, it is known when the change that it retracts was known.
    """
    change = Change(
        name=name, retracted=Retracted(retracted_version=version, merged_into=merged_into or "")
    )
    _record(change, context, client)
