"""The options that say what a visit is, and what somebody says about it."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import typer

from chancery.v1.visit_pb2 import (
    STATUS_UNSPECIFIED,
    Condition,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Side,
    Statement,
    StatementKind,
    Status,
    VisitDetails,
    VisitKind,
    Window,
)
from service.cli.notation import values
from service.cli.notation.enums import RELATION, SIDE, STATEMENT_KIND, STATUS, VISIT_KIND
from service.cli.notation.values import MAX_INT64
from service.cli.options.groups import option_parser

_of_visit = partial(typer.Option, rich_help_panel="The visit")
_of_statement = partial(typer.Option, rich_help_panel="The statement")


@dataclass(frozen=True)
class DetailsOptions:
    """The facts of a visit that are no status: one option for each field."""

    title: Annotated[str | None, _of_visit(metavar="TEXT", help="A short title for people.")] = None
    principal: Annotated[
        Principal | None,
        _of_visit(
            metavar="PERSON",
            parser=option_parser(values.principal),
            help="Who travels: 'NAME (OFFICE), country=XX', or organisation=NAME.",
        ),
    ] = None
    host: Annotated[
        Host | None,
        _of_visit(
            metavar="HOST",
            parser=option_parser(values.host),
            help="Who is visited: 'CN', or 'NATO, country=BE'; whom to meet behind it: "
            "'CN, meeting=Qin Gang (Foreign Minister); Wang Yi'.",
        ),
    ] = None
    destinations: Annotated[
        list[Place] | None,
        _of_visit(
            "--destination",
            metavar="PLACE",
            parser=option_parser(values.place),
            help="Where to: 'Beijing, CN'. May be given several times.",
        ),
    ] = None
    kind: Annotated[
        VisitKind.ValueType | None,
        _of_visit(
            metavar="KIND",
            parser=option_parser(VISIT_KIND.parse),
            autocompletion=VISIT_KIND.complete,
            help=f"The kind of visit: {VISIT_KIND.choices()}.",
        ),
    ] = None
    purpose: Annotated[str | None, _of_visit(metavar="TEXT", help="What for.")] = None
    trip: Annotated[
        str | None, _of_visit(metavar="LABEL", help="Groups the visits of one journey.")
    ] = None
    aliases: Annotated[
        list[str] | None,
        _of_visit(
            "--alias",
            metavar="WORD",
            help="Another id or spelling to find it under. May be given several times.",
        ),
    ] = None
    related: Annotated[
        list[RelatedVisit] | None,
        _of_visit(
            metavar="RELATION=NAME",
            parser=option_parser(values.related),
            help=f"Another visit that belongs to it: {RELATION.choices()}. "
            "May be given several times.",
        ),
    ] = None
    initiated_by: Annotated[
        Side.ValueType | None,
        _of_visit(
            metavar="SIDE",
            parser=option_parser(SIDE.parse),
            autocompletion=SIDE.complete,
            help=f"On whose initiative: {SIDE.choices()}.",
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """The values of the options that are given, by the field of the details."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def details(self) -> VisitDetails:
        """The details as the wire carries them."""
        return VisitDetails(**self.given())


@dataclass(frozen=True)
class StatementOptions:
    """What somebody says about a visit."""

    kind: Annotated[
        StatementKind.ValueType,
        typer.Argument(
            metavar="KIND",
            parser=option_parser(STATEMENT_KIND.parse),
            autocompletion=STATEMENT_KIND.complete,
            help=f"What the statement does: {STATEMENT_KIND.choices()}.",
        ),
    ]
    side: Annotated[
        Side.ValueType,
        _of_statement(
            metavar="SIDE",
            parser=option_parser(SIDE.parse),
            autocompletion=SIDE.complete,
            help=f"Who speaks: {SIDE.choices()}.",
        ),
    ]
    speaker: Annotated[
        str, _of_statement(metavar="NAME", help="The person or office that speaks.")
    ] = ""
    country: Annotated[str, _of_statement(metavar="XX", help="The speaker's country.")] = ""
    text: Annotated[str, _of_statement(metavar="TEXT", help="What was said.")] = ""
    claims: Annotated[
        Status.ValueType | None,
        _of_statement(
            metavar="STATUS",
            parser=option_parser(STATUS.parse),
            autocompletion=STATUS.complete,
            help=f"The status that the speaker claims: {STATUS.choices()}.",
        ),
    ] = None
    condition: Annotated[
        str, _of_statement(metavar="TEXT", help="A condition that the speaker names.")
    ] = ""
    about: Annotated[
        int | None,
        _of_statement(
            metavar="N", min=1, max=MAX_INT64, help="The version of the change it is about."
        ),
    ] = None

    def statement(self, window: Window | None) -> Statement:
        """The statement as the wire carries it; ``window`` is the one that is claimed."""
        named = Condition(text=self.condition, side=self.side, speaker=self.speaker)
        return Statement(
            kind=self.kind,
            side=self.side,
            speaker=self.speaker,
            country=self.country,
            text=self.text,
            claimed_status=self.claims or STATUS_UNSPECIFIED,
            claimed_window=window,
            condition=named if self.condition else None,
            about_version=self.about or 0,
        )
