"""The options of the commands that record a change."""

import uuid
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from chancery.v1.event_pb2 import ChangeContext
from chancery.v1.visit_pb2 import Basis, Condition, Side, Window
from service.cli.notation import times, values
from service.cli.notation.enums import SIDE
from service.cli.notation.times import Span
from service.cli.notation.values import MAX_INT64
from service.cli.options.groups import option_parser, usage_error

BASIS_HELP = (
    "On whose word: SIDE, ATTRIBUTION, key=value, ... with the keys speaker, sources, outlet, "
    "url, published, quote. Such as 'guest, on the record, speaker=Ned Price, outlet=CBS News, "
    "published=2023-02-06, quote=when conditions allow'. May be given several times."
)

_of_change = partial(typer.Option, rich_help_panel="The change")
_of_condition = partial(typer.Option, rich_help_panel="The condition")
_of_window = partial(typer.Option, rich_help_panel="The window")


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
            metavar="N", min=0, max=MAX_INT64, help="Refuse unless the visit has this version."
        ),
    ] = None
    validate_only: Annotated[
        bool, _of_change("--validate-only", help="Check everything, record nothing.")
    ] = False

    def context(self) -> ChangeContext:
        """The context as a message, with a new request id if none is given.

        A period is sent as its first instant and its precision. The server decides which instant
        it stands for.
        """
        context = ChangeContext(
            request_id=self.request_id or str(uuid.uuid4()),
            expected_version=self.expected_version,
            reason=self.reason,
            basis=self.basis or [],
            validate_only=self.validate_only,
        )
        if self.effective:
            context.effective_time.FromDatetime(self.effective.first)
            context.effective_precision = self.effective.precision
        if self.known:
            context.known_time.FromDatetime(self.known.first)
            context.known_precision = self.known.precision
        return context


@dataclass(frozen=True)
class WindowOptions:
    """The days of a visit: planned, claimed or held."""

    begin: Annotated[
        Span | None,
        _of_window(
            "--from",
            metavar="DATE",
            parser=option_parser(times.days),
            help="The first day of the visit, or a month or year that begins with it.",
        ),
    ] = None
    end: Annotated[
        Span | None,
        _of_window(
            "--to",
            metavar="DATE",
            parser=option_parser(times.days),
            help="The last day, or a month or year that ends with it. Defaults to that of --from.",
        ),
    ] = None
    approximate: Annotated[bool, _of_window("--approximate", help="The days are an estimate.")] = (
        False
    )
    as_stated: Annotated[
        str,
        _of_window(metavar="TEXT", help="The dates as stated, such as 'this month'."),
    ] = ""

    def window(self) -> Window | None:
        """The window as a message; None if none of its options is given.

        :raises typer.BadParameter: ``--from`` is missing although another option is given.
        """
        if self.begin is None:
            if self.end is not None or self.approximate or self.as_stated:
                raise usage_error("--from", "a window needs --from DATE")
            return None
        return Window(
            start=times.date(self.begin.first),
            end=times.date((self.end or self.begin).last),
            approximate=self.approximate,
            as_stated=self.as_stated,
        )

    def required(self) -> Window:
        """The window, for a change that must have one.

        :raises typer.BadParameter: it is missing.
        """
        window = self.window()
        if window is None:
            raise usage_error("--from", "this change needs a window: give --from DATE")
        return window


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

    def condition(self) -> Condition | None:
        """The condition as a message; None if none of its options is given.

        :raises typer.BadParameter: ``--condition`` or ``--side`` is missing.
        """
        if not self.text:
            if self.side is not None or self.speaker:
                raise usage_error("--condition", "a condition needs --condition TEXT")
            return None
        if self.side is None:
            raise usage_error("--side", f"who stated the condition? Give --side: {SIDE.choices()}")
        return Condition(text=self.text, side=self.side, speaker=self.speaker)

    def required(self) -> Condition:
        """The condition, for a change that must have one.

        :raises typer.BadParameter: it is missing.
        """
        condition = self.condition()
        if condition is None:
            raise usage_error("--condition", "this change needs a condition: give --condition TEXT")
        return condition
