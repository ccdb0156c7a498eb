"""The options for what somebody says about a visit."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import typer

from chancery.client.words import SIDE, STATEMENT_KIND, STATUS
from chancery.v1.values_pb2 import (
    STATUS_UNSPECIFIED,
    Condition,
    Side,
    Statement,
    StatementKind,
    Status,
    Window,
)
from service.cli.notation import values
from service.cli.notation.values import MAX_INT32
from service.cli.options.groups import option_parser

_of_statement = partial(typer.Option, rich_help_panel="The statement")


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
    country: Annotated[
        str,
        _of_statement(
            metavar="XX",
            parser=option_parser(values.country),
            help="The speaker's country, if it is not the one of that side.",
        ),
    ] = ""
    organisation: Annotated[
        str, _of_statement(metavar="NAME", help="The speaker's organisation, if it is no state.")
    ] = ""
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
            metavar="N",
            min=1,
            max=MAX_INT32,
            help="The version of the change that it is about.",
        ),
    ] = None

    def statement(self, window: Window | None) -> Statement:
        """The statement as a message; ``window`` is the one that the speaker claims."""
        said_by: dict[str, Any] = {
            "side": self.side,
            "country": self.country,
            "organisation": self.organisation,
            "speaker": self.speaker,
        }
        return Statement(
            kind=self.kind,
            text=self.text,
            claimed_status=self.claims or STATUS_UNSPECIFIED,
            claimed_window=window,
            condition=Condition(text=self.condition, **said_by) if self.condition else None,
            about_version=self.about or 0,
            **said_by,
        )
