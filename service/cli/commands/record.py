"""The commands that record one change of one visit: each says only what its change holds."""

from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import (
    Cancelled,
    Completed,
    Deferred,
    Disclosed,
    Postponed,
    Rescheduled,
    Scheduled,
    StatementRecorded,
)
from service.cli.commands.recording import NewName, records
from service.cli.options.change import ConditionOptions
from service.cli.options.client import Name
from service.cli.options.details import DetailsOptions
from service.cli.options.groups import usage_error
from service.cli.options.statement import StatementOptions
from service.cli.options.windows import GivenUpOptions, WindowOptions


@records
def schedule(details: DetailsOptions, window: WindowOptions, name: NewName = None) -> Change:
    """Plan a visit.

    Leave the window out if no date is known.
    """
    planned = Scheduled(details=details.details(), window=window.window())
    return Change(name=name or "", scheduled=planned)


@records
def disclose(details: DetailsOptions, window: WindowOptions, name: NewName = None) -> Change:
    """Record a visit that became known only after it took place.

    The window is when it took place. Without --effective, it took effect on its last day.
    """
    held = Disclosed(details=details.details(), held_window=window.required())
    return Change(name=name or "", disclosed=held)


@records
def postpone(
    condition: ConditionOptions,
    details: DetailsOptions,
    given_up: GivenUpOptions,
    name: NewName = None,
) -> Change:
    """Put a visit off, without a new date.

    Give --title, --principal and other facts only if the visit was not recorded before.
    """
    postponed = Postponed(
        condition=condition.condition(),
        details=details.details_if_any(),
        window_given_up=given_up.window_given_up(),
    )
    return Change(name=_name(name, details), postponed=postponed)


@records
def defer(
    condition: ConditionOptions,
    details: DetailsOptions,
    given_up: GivenUpOptions,
    name: NewName = None,
) -> Change:
    """Leave a visit open until a stated condition is met.

    Give --title, --principal and other facts only if the visit was not recorded before.
    """
    deferred = Deferred(
        condition=condition.required(),
        details=details.details_if_any(),
        window_given_up=given_up.window_given_up(),
    )
    return Change(name=_name(name, details), deferred=deferred)


@records
def reschedule(
    window: WindowOptions,
    details: DetailsOptions,
    given_up: GivenUpOptions,
    name: NewName = None,
) -> Change:
    """Give a visit a new window.

    Give --title, --principal and other facts only if the visit was not recorded before.
    """
    rescheduled = Rescheduled(
        window=window.required(),
        details=details.details_if_any(),
        window_given_up=given_up.window_given_up(),
    )
    return Change(name=_name(name, details), rescheduled=rescheduled)


@records
def complete(name: Name, window: WindowOptions) -> Change:
    """Record that a visit took place.

    The window is when it took place. Leave it out if the visit took place as planned.
    """
    return Change(name=name, completed=Completed(held_window=window.window()))


@records
def cancel(
    condition: ConditionOptions,
    details: DetailsOptions,
    given_up: GivenUpOptions,
    name: NewName = None,
) -> Change:
    """Call a visit off.

    Give --title, --principal and other facts only if the visit was not recorded before.
    """
    cancelled = Cancelled(
        condition=condition.condition(),
        details=details.details_if_any(),
        window_given_up=given_up.window_given_up(),
    )
    return Change(name=_name(name, details), cancelled=cancelled)


@records
def state(name: Name, said: StatementOptions, window: WindowOptions) -> Change:
    """Record what somebody said. This does not change the status.

    The window is the one that the speaker claims or hopes for. Without --basis, the statement is
    on the record if a speaker is named. The answer says whether it counts for the standing.
    """
    statement = StatementRecorded(statement=said.statement(window.window()))
    return Change(name=name, statement_recorded=statement)


def _name(name: str | None, details: DetailsOptions) -> str:
    """The name of the visit, which only a change that opens one may leave to the server.

    :raises typer.BadParameter: it is left out although no details are given.
    """
    if not name and not details.given():
        raise usage_error(
            "NAME", "which visit? Give NAME, or --title and --principal if it is a new one"
        )
    return name or ""
