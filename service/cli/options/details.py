"""The options for the facts of a visit."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import typer

from chancery.client.words import RELATION, SIDE, VISIT_KIND
from chancery.v1.values_pb2 import (
    Host,
    Place,
    Principal,
    RelatedVisit,
    Side,
    VisitDetails,
    VisitKind,
)
from service.cli.notation import values
from service.cli.options.groups import option_parser

_of_visit = partial(typer.Option, rich_help_panel="The visit")


@dataclass(frozen=True)
class DetailsOptions:
    """The facts of a visit other than its status: one option for each field."""

    title: Annotated[str | None, _of_visit(metavar="TEXT", help="A short title for people.")] = None
    principal: Annotated[
        Principal | None,
        _of_visit(
            metavar="PERSON",
            parser=option_parser(values.principal),
            help="Who travels: 'NAME (OFFICE), country=XX', or organisation=NAME. Append other "
            "spellings: 'also=NAME; NAME'.",
        ),
    ] = None
    host: Annotated[
        Host | None,
        _of_visit(
            metavar="HOST",
            parser=option_parser(values.host),
            help="Who is visited: 'CN', or 'NATO, country=BE'. Append whom to meet: "
            "'CN, meeting=Qin Gang (Foreign Minister); Sergei Lavrov [RU]'.",
        ),
    ] = None
    destinations: Annotated[
        list[Place] | None,
        _of_visit(
            "--destination",
            metavar="PLACE",
            parser=option_parser(values.place),
            help="A destination: 'Beijing, CN', or 'Kyiv, UA, also=Kiev'. May be given several "
            "times.",
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
    purpose: Annotated[str | None, _of_visit(metavar="TEXT", help="Its purpose.")] = None
    trip: Annotated[
        str | None, _of_visit(metavar="LABEL", help="A label shared by the visits of one journey.")
    ] = None
    aliases: Annotated[
        list[str] | None,
        _of_visit(
            "--alias",
            metavar="WORD",
            help="Another id or spelling to find the visit by. May be given several times.",
        ),
    ] = None
    related: Annotated[
        list[RelatedVisit] | None,
        _of_visit(
            metavar="RELATION=NAME",
            parser=option_parser(values.related),
            help=f"A related visit. RELATION is one of: {RELATION.choices()}. "
            "May be given several times.",
        ),
    ] = None
    initiated_by: Annotated[
        Side.ValueType | None,
        _of_visit(
            metavar="SIDE",
            parser=option_parser(SIDE.parse),
            autocompletion=SIDE.complete,
            help=f"Who took the initiative: {SIDE.choices()}.",
        ),
    ] = None

    def given(self) -> dict[str, Any]:
        """The values that were given, by field of the details."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def details(self) -> VisitDetails:
        """The details as a message."""
        return VisitDetails(**self.given())

    def details_if_any(self) -> VisitDetails | None:
        """The details as a message; None if no option is given."""
        return self.details() if self.given() else None
