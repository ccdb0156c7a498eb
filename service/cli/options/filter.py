"""The options that select visits and changes."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1.event_pb2 import ChangeType
from chancery.v1.visit_pb2 import Standing, Status
from chancery.v1.visit_service_pb2 import DateRange, VisitFilter
from service.cli.notation import times, values
from service.cli.notation.enums import CHANGE_TYPE, STANDING, STATUS
from service.cli.notation.times import Span
from service.cli.notation.values import MAX_INT64
from service.cli.options.groups import option_parser

PAGE_SIZE = 500

Limit = Annotated[
    int,
    typer.Option(metavar="N", min=0, max=MAX_INT64, help="At most this many; 0 means all."),
]

First = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=MAX_INT64, help="The first position to include."),
]
Last = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=MAX_INT64, help="The last position to include."),
]
OfVisit = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        parser=option_parser(values.visit_name),
        help="Only the changes of this visit: ID or visits/ID.",
        show_default=False,
    ),
]

_of_filter = partial(typer.Option, rich_help_panel="Which visits")


def page_size(limit: int) -> int:
    """The page size to request if ``limit`` results are wanted; 0 means all."""
    return min(limit or PAGE_SIZE, PAGE_SIZE)


@dataclass(frozen=True)
class VisitFilterOptions:
    """Which visits to list: those that match every option given."""

    statuses: Annotated[
        list[Status.ValueType] | None,
        _of_filter(
            "--status",
            metavar="STATUS",
            parser=option_parser(STATUS.parse),
            autocompletion=STATUS.complete,
            help=f"{STATUS.choices()}. May be given several times: any of them.",
        ),
    ] = None
    standings: Annotated[
        list[Standing.ValueType] | None,
        _of_filter(
            "--standing",
            metavar="STANDING",
            parser=option_parser(STANDING.parse),
            autocompletion=STANDING.complete,
            help=f"{STANDING.choices()}. May be given several times: any of them.",
        ),
    ] = None
    principal: Annotated[str, _of_filter(metavar="NAME", help="The principal's name, in full.")] = (
        ""
    )
    principal_country: Annotated[
        str, _of_filter(metavar="XX", help="The country that the principal represents.")
    ] = ""
    host_country: Annotated[str, _of_filter(metavar="XX", help="The country that is visited.")] = ""
    trip: Annotated[
        str, _of_filter(metavar="LABEL", help="The label shared by the visits of one journey.")
    ] = ""
    begin: Annotated[
        Span | None,
        _of_filter(
            "--from",
            metavar="DATE",
            parser=option_parser(times.days),
            help="The window ends on or after this day, or the first day of a month or year.",
        ),
    ] = None
    end: Annotated[
        Span | None,
        _of_filter(
            "--to",
            metavar="DATE",
            parser=option_parser(times.days),
            help="The window begins on or before this day, or the last day of a month or year.",
        ),
    ] = None
    updated_since: Annotated[
        Timestamp | None,
        _of_filter(
            metavar="TIME",
            parser=option_parser(times.since),
            help="Changed since this time, or since the beginning of a period.",
        ),
    ] = None
    quiet_since: Annotated[
        Timestamp | None,
        _of_filter(
            metavar="TIME",
            parser=option_parser(times.since),
            help="Not changed since this time, or since the beginning of a period.",
        ),
    ] = None
    overdue: Annotated[
        bool, _of_filter("--overdue", help="Still planned although its window has passed.")
    ] = False

    def filter(self) -> VisitFilter:
        """The filter as a message."""
        overlap = DateRange(
            start=times.date(self.begin.first) if self.begin else None,
            end=times.date(self.end.last) if self.end else None,
        )
        return VisitFilter(
            statuses=self.statuses or [],
            standings=self.standings or [],
            principal=self.principal,
            principal_country=self.principal_country,
            host_country=self.host_country,
            trip=self.trip,
            window_overlap=overlap if self.begin or self.end else None,
            updated_since=self.updated_since,
            quiet_since=self.quiet_since,
            overdue=self.overdue,
        )


@dataclass(frozen=True)
class ChangeFilterOptions:
    """Which changes to read: of one visit or all, of some types or all."""

    name: OfVisit = None
    types: Annotated[
        list[ChangeType.ValueType] | None,
        typer.Option(
            "--type",
            metavar="TYPE",
            parser=option_parser(CHANGE_TYPE.parse),
            autocompletion=CHANGE_TYPE.complete,
            help=f"{CHANGE_TYPE.choices()}. May be given several times: any of them.",
        ),
    ] = None
