"""The commands that ask: for a visit, a list, a comparison, or the server's facts."""

from collections.abc import Iterable
from typing import Annotated

import typer

from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import CompareVisitRequest, ListEventsRequest
from chancery.v1.visit_pb2 import AsOf
from chancery.v1.visit_service_pb2 import (
    GetVisitRequest,
    GetVisitResponse,
    ListVisitsRequest,
)
from service.cli.draw import spreadsheet, tables
from service.cli.draw.comparison import comparison
from service.cli.draw.visit import as_of_line, card
from service.cli.options.as_of import AsOfOptions, ComparisonOptions
from service.cli.options.client import ClientOptions, Name
from service.cli.options.filter import Limit, VisitFilterOptions, Words
from service.cli.options.groups import expand_groups
from service.cli.options.sheet import AsCsv, refuse_both
from service.cli.options.zone import ZoneOptions
from service.cli.terminal import output


@expand_groups
def show(name: Name, moment: AsOfOptions, zone: ZoneOptions, client: ClientOptions) -> None:
    """Show a visit: its status, facts and timeline."""
    as_of = moment.as_of(zone.zone)
    with client.connect() as connection:
        answer = connection.messages.get_visit(GetVisitRequest(name=name, as_of=as_of))
        if client.as_json:
            output.json_document(answer)
            return
        events = connection.messages.all_events(_reflected_changes(answer, as_of)).events
    about = as_of_line(as_of, zone.zone) if as_of is not None else None
    output.say(card(answer.visit, _about_each_other(events), about))


def _reflected_changes(answer: GetVisitResponse, as_of: AsOf | None) -> ListEventsRequest:
    """The request for the changes that this answer reflects."""
    request = ListEventsRequest(visit=answer.visit.name, as_of=as_of)
    request.as_of.position = request.min_position = answer.view_position
    return request


def _about_each_other(events: Iterable[RecordedEvent]) -> list[RecordedEvent]:
    """Without the corrections and retractions of changes that are not among them.

    Of an earlier moment, those would tell what was not known by then.
    """
    kept: dict[int, RecordedEvent] = {}
    for event in events:
        change = event.event
        about = set(change.retracted.retracted_versions) | {change.corrected.corrected_version}
        if about == {0} or about & kept.keys():
            kept[change.version] = event
    return list(kept.values())


@expand_groups
def list_visits(
    which: VisitFilterOptions,
    moment: AsOfOptions,
    zone: ZoneOptions,
    client: ClientOptions,
    words: Words = None,
    order_by: Annotated[
        str,
        typer.Option(
            metavar="FIELD",
            help="name, update_time, last_heard_time, window.start or held_window.start; append "
            "' desc' to reverse the order. As of another moment: name only.",
        ),
    ] = "",
    limit: Limit = 0,
    as_csv: AsCsv = False,
) -> None:
    """List visits, now or as of another moment."""
    refuse_both(as_csv, client)
    as_of = moment.as_of(zone.zone)
    request = ListVisitsRequest(
        as_of=as_of,
        filter=which.filter(zone.zone),
        query=" ".join(words or []),
        order_by=order_by,
    )
    with client.connect() as connection:
        answer = connection.messages.all_visits(request, limit)
    if client.as_json:
        output.json_document(answer)
    elif as_csv:
        output.csv_rows(spreadsheet.visits(answer.visits))
    else:
        about = as_of_line(as_of, zone.zone) if as_of is not None else None
        output.say(tables.visits(answer.visits, about))


@expand_groups
def compare(
    name: Name, moments: ComparisonOptions, zone: ZoneOptions, client: ClientOptions
) -> None:
    """Compare a visit at two moments.

    Shows the visit's state at both moments, the fields that differ, and the changes that count
    for only one of the moments.
    """
    before, after = moments.before(zone.zone), moments.after(zone.zone)
    with client.connect() as connection:
        request = CompareVisitRequest(name=name, before=before, after=after)
        answer = connection.messages.compare_visit(request)
    if client.as_json:
        output.json_document(answer)
    else:
        output.say(comparison(answer, before, after, zone.zone))


@expand_groups
def info(client: ClientOptions) -> None:
    """Show the server's version, database, log and limits."""
    with client.connect() as connection:
        answer = connection.messages.get_server_info()
    if client.as_json:
        output.json_document(answer)
    else:
        output.say(tables.server(answer))
