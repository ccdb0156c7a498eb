"""The options that select visits and changes."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from typing import Annotated

import typer

from chancery.client.words import CHANGE_TYPE, DAY_KIND, STANDING, STATUS
from chancery.v1.event_pb2 import ChangeType
from chancery.v1.values_pb2 import Status
from chancery.v1.visit_pb2 import Standing
from chancery.v1.visit_service_pb2 import DayKind, DaysFilter, VisitFilter
from service.cli.notation import values
from service.cli.notation.values import MAX_INT64
from service.cli.options.groups import option_parser, usage_error
from service.exchange import times
from service.exchange.times import Span

PAGE_SIZE = 500

Limit = Annotated[
    int,
    typer.Option(metavar="N", min=0, max=MAX_INT64, help="At most this many; 0 means all."),
]

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="WORD",
        help="Words that must all occur in the title, purpose, names, places or aliases.",
    ),
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
        str,
        _of_filter(
            metavar="XX",
            parser=option_parser(values.country),
            help="The country that the principal represents.",
        ),
    ] = ""
    host_country: Annotated[
        str,
        _of_filter(
            metavar="XX",
            parser=option_parser(values.country),
            help="The country that is visited.",
        ),
    ] = ""
    destination_country: Annotated[
        str,
        _of_filter(
            metavar="XX",
            parser=option_parser(values.country),
            help="The country of any destination.",
        ),
    ] = ""
    trip: Annotated[
        str, _of_filter(metavar="LABEL", help="The label shared by the visits of one journey.")
    ] = ""
    related_to: Annotated[
        str | None,
        _of_filter(
            metavar="NAME",
            parser=option_parser(values.visit_name),
            help="Related to this visit, in either direction.",
        ),
    ] = None
    begin: Annotated[
        Span | None,
        _of_filter(
            "--from",
            metavar="DATE",
            parser=option_parser(times.days),
            help="Has a day on or after this one, or the first day of a month or year.",
        ),
    ] = None
    end: Annotated[
        Span | None,
        _of_filter(
            "--to",
            metavar="DATE",
            parser=option_parser(times.days),
            help="Has a day on or before this one, or the last day of a month or year.",
        ),
    ] = None
    day_kinds: Annotated[
        list[DayKind.ValueType] | None,
        _of_filter(
            "--days",
            metavar="KIND",
            parser=option_parser(DAY_KIND.parse),
            autocompletion=DAY_KIND.complete,
            help=f"Which days --from and --to ask of: {DAY_KIND.choices()}. May be given several "
            "times: any of them.",
            show_default="planned and held",
        ),
    ] = None
    updated_since: Annotated[
        Span | None,
        _of_filter(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="Something was recorded since this time, or since the beginning of a period.",
        ),
    ] = None
    heard_since: Annotated[
        Span | None,
        _of_filter(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="Something became known since this time, or since the beginning of a period.",
        ),
    ] = None
    quiet_since: Annotated[
        Span | None,
        _of_filter(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="Nothing became known since this time, or since the beginning of a period.",
        ),
    ] = None
    under_way: Annotated[
        bool, _of_filter("--under-way", help="The principal has arrived and not yet left.")
    ] = False
    overdue: Annotated[
        bool,
        _of_filter(
            "--overdue", help="Still planned, although its last day is over everywhere on Earth."
        ),
    ] = False

    def filter(self, zone: tzinfo = UTC) -> VisitFilter:
        """The filter as a message. Periods of time begin in ``zone``.

        :raises typer.BadParameter: ``--days`` is given without days.
        """
        if self.day_kinds and not (self.begin or self.end):
            raise usage_error("--days", "needs days: give --from DATE, --to DATE or both")
        days = DaysFilter(
            start=times.date(self.begin.first) if self.begin else None,
            end=times.date(self.end.last) if self.end else None,
            kinds=self.day_kinds or [],
        )
        return VisitFilter(
            statuses=self.statuses or [],
            standings=self.standings or [],
            principal=self.principal,
            principal_country=self.principal_country,
            host_country=self.host_country,
            destination_country=self.destination_country,
            trip=self.trip,
            related_to=self.related_to or "",
            days=days if self.begin or self.end else None,
            under_way=self.under_way,
            overdue=self.overdue,
            updated_since=times.since(self.updated_since, zone),
            heard_since=times.since(self.heard_since, zone),
            quiet_since=times.since(self.quiet_since, zone),
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
