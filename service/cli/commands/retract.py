"""The command that takes out what was entered in error, and asks before it takes out more."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from chancery.client import Connection
from chancery.v1.desk_service_pb2 import AppliedChange, Change
from chancery.v1.event_pb2 import ChangeType, Retracted
from chancery.v1.history_service_pb2 import ListEventsRequest
from service.cli.commands.recording import show
from service.cli.draw.headlines import changes
from service.cli.draw.marks import taken_out
from service.cli.draw.timeline import timeline
from service.cli.notation import values
from service.cli.notation.values import MAX_INT32
from service.cli.options.change import ContextOptions
from service.cli.options.client import ClientOptions, Name
from service.cli.options.groups import expand_groups, option_parser
from service.cli.options.zone import ZoneOptions
from service.cli.terminal import output


@expand_groups
def retract(
    name: Name,
    version: Annotated[
        int,
        typer.Argument(
            metavar="VERSION",
            min=1,
            max=MAX_INT32,
            help="The version of the change that was entered in error.",
        ),
    ],
    context: ContextOptions,
    zone: ZoneOptions,
    client: ClientOptions,
    merged_into: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            parser=option_parser(values.visit_name),
            help="When retracting the first change of a duplicate: the visit to keep.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before taking out several changes.")
    ] = False,
) -> None:
    """Mark a change as entered in error.

    Retracting a status change also takes out all status changes after it: if there are any, this
    tells which, and asks. Without --known, what is taken out counts as never known. To undo the
    latest retraction, retract it.
    """
    retracted = Retracted(retracted_version=version, merged_into=merged_into or "")
    change = Change(name=name, retracted=retracted, context=context.context(zone.zone))
    if not change.context.validate_only:
        _ask(change, client, yes)
    with client.connect(_repeat_with(change)) as connection:
        done = connection.messages.record(change)
        show(done, client)
        if not client.as_json:
            output.say(_effect(done, connection))


def _ask(change: Change, client: ClientOptions, yes: bool) -> None:
    """Tell what else a retraction takes out, and ask before it does.

    What is then taken out is what was told: the retraction expects the visit's version.

    :raises typer.Exit: the answer is no, or nobody can be asked.
    """
    checked = Change()
    checked.CopyFrom(change)
    checked.context.validate_only = True
    with client.connect() as connection:
        found = connection.messages.record(checked)
        versions = taken_out(found.event.event)
        if found.replayed or len(versions) == 1:
            return
        output.complain(_warning(change, found, versions, connection))
    if not change.context.HasField("expected_version"):
        change.context.expected_version = found.event.event.version - 1
    if yes:
        return
    if not sys.stdin.isatty():
        output.fail(f"Refused: add --yes to take out {changes(versions)}")
    if not typer.confirm(f"Take out {changes(versions)}?", err=True):
        output.fail("Nothing was retracted")


def _warning(
    change: Change, found: AppliedChange, versions: Sequence[int], connection: Connection
) -> Group:
    """What is taken out, change by change."""
    visit = found.event.event.visit
    events = connection.messages.all_events(ListEventsRequest(visit=visit)).events
    hit = [recorded for recorded in events if recorded.event.version in versions]
    asked = change.retracted.retracted_version
    others = changes([version for version in versions if version != asked])
    return Group(
        Text(f"Retracting change {asked} of {visit} also takes out {others}:"), timeline(hit, {})
    )


def _effect(done: AppliedChange, connection: Connection) -> str:
    """What the retraction took out, and what it brought back if that was a retraction."""
    event = done.event.event
    request = ListEventsRequest(visit=event.visit, change_types=[ChangeType.CHANGE_TYPE_RETRACTED])
    retractions = connection.messages.all_events(request).events
    undone = {each.event.version: taken_out(each.event) for each in retractions}
    hit = taken_out(event)
    back = undone.get(hit[0])
    verb = "count" if back and len(back) > 1 else "counts"
    return f"Taken out: {changes(hit)}" + (f"; {changes(back)} {verb} again" if back else "")


def _repeat_with(change: Change) -> str:
    """The options with which the retraction can be repeated without recording it twice."""
    context = change.context
    options = f"--request-id {context.request_id}"
    if context.HasField("expected_version"):
        options += f" --expected-version {context.expected_version} --yes"
    return options
