"""The options of the commands that record a change."""

import uuid
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from typing import Annotated

import typer

from chancery.client.words import SIDE
from chancery.v1.event_pb2 import ChangeContext
from chancery.v1.values_pb2 import Basis, Condition, Side
from service.cli.notation import values
from service.cli.notation.values import MAX_INT32
from service.cli.options.groups import option_parser, usage_error
from service.exchange.times import Span

BASIS_HELP = (
    "On whose word: SIDE, ATTRIBUTION, key=value, ... with the keys country, organisation, "
    "speaker, sources, outlet, url, published, quote. Such as 'guest, on the record, speaker=Ned "
    "Price, outlet=CBS News, published=2023-02-06, quote=when conditions allow'. May be given "
    "several times."
)

_of_change = partial(typer.Option, rich_help_panel="The change")
_of_condition = partial(typer.Option, rich_help_panel="The condition")


@dataclass(frozen=True)
class ContextOptions:
    """What applies to every change: when, why, and on whose word."""

    effective: Annotated[
        Span | None,
        _of_change(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="When it took effect: 2023-02-03T14:30:00Z, or a date, month or year. Defaults to "
            "--known if that is given, else to now.",
        ),
    ] = None
    known: Annotated[
        Span | None,
        _of_change(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="When it became known, in the same formats. Defaults to --effective if that is "
            "given, else to now.",
        ),
    ] = None
    reason: Annotated[str, _of_change(metavar="TEXT", help="The reason for the change.")] = ""
    basis: Annotated[
        list[Basis] | None,
        _of_change(metavar="BASIS", parser=option_parser(values.basis), help=BASIS_HELP),
    ] = None
    source: Annotated[
        list[Basis] | None,
        _of_change(
            metavar="BASIS",
            parser=option_parser(values.basis),
            help="A basis that is confidential, in the same format. It never counts for the "
            "standing.",
        ),
    ] = None
    note: Annotated[
        str, _of_change(metavar="TEXT", help="An internal remark, as confidential as --source.")
    ] = ""
    request_id: Annotated[
        str,
        _of_change(
            metavar="KEY",
            help="A request repeated with the same key does not record the change twice.",
            show_default="a new one",
        ),
    ] = ""
    expected_version: Annotated[
        int | None,
        _of_change(
            metavar="N", min=0, max=MAX_INT32, help="Refuse unless the visit has this version."
        ),
    ] = None
    validate_only: Annotated[
        bool, _of_change("--validate-only", help="Check everything, record nothing.")
    ] = False

    def context(self, zone: tzinfo = UTC) -> ChangeContext:
        """The context as a message, with a new request id if none is given.

        A period is sent as it was typed: the server decides which instant it stands for. An
        instant without a time zone is one of ``zone``.
        """
        context = ChangeContext(
            request_id=self.request_id or str(uuid.uuid4()),
            expected_version=self.expected_version,
            reason=self.reason,
            basis=self.basis or [],
            sources=self.source or [],
            note=self.note,
            validate_only=self.validate_only,
        )
        for which, span in (("effective", self.effective), ("known", self.known)):
            if span is not None and span.period:
                setattr(context, f"{which}_period", span.period)
            elif span is not None:
                getattr(context, f"{which}_time").FromDatetime(span.begin(zone))
        return context


@dataclass(frozen=True)
class ConditionOptions:
    """The condition on which a visit depends."""

    text: Annotated[
        str,
        _of_condition(
            "--condition", metavar="TEXT", help="Its wording, such as 'when conditions allow'."
        ),
    ] = ""
    side: Annotated[
        Side.ValueType | None,
        _of_condition(
            metavar="SIDE",
            parser=option_parser(SIDE.parse),
            autocompletion=SIDE.complete,
            help=f"Who stated it: {SIDE.choices()}.",
        ),
    ] = None
    speaker: Annotated[
        str, _of_condition(metavar="NAME", help="The person or office that did.")
    ] = ""
    country: Annotated[
        str,
        _of_condition(
            metavar="XX",
            parser=option_parser(values.country),
            help="The speaker's country, if it is not the one of that side.",
        ),
    ] = ""
    organisation: Annotated[
        str, _of_condition(metavar="NAME", help="The speaker's organisation, if it is no state.")
    ] = ""

    def condition(self) -> Condition | None:
        """The condition as a message; None if none of its options is given.

        :raises typer.BadParameter: ``--condition`` or ``--side`` is missing.
        """
        if not self.text:
            if any(vars(self).values()):
                raise usage_error("--condition", "a condition needs --condition TEXT")
            return None
        if self.side is None:
            raise usage_error("--side", f"who stated the condition? Give --side: {SIDE.choices()}")
        return Condition(**vars(self))

    def required(self) -> Condition:
        """The condition, for a change that must have one.

        :raises typer.BadParameter: it is missing.
        """
        condition = self.condition()
        if condition is None:
            raise usage_error("--condition", "this change needs a condition: give --condition TEXT")
        return condition
