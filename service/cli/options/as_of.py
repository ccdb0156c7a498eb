"""The options for questions as of a moment, or about two moments."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from typing import Annotated, Any

import typer

from chancery.v1.visit_pb2 import AsOf
from service.cli.notation.values import MAX_INT64
from service.cli.options.groups import option_parser, usage_error
from service.exchange import times
from service.exchange.times import Span

_of_moment = partial(typer.Option, rich_help_panel="As of another moment")
_of_two = partial(typer.Option, rich_help_panel="Between two moments")


@dataclass(frozen=True)
class AsOfOptions:
    """The moment that a question is about."""

    known_at: Annotated[
        Span | None,
        _of_moment(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="What was publicly known by then: 2023-06-07T14:30:00Z, or the end of a date, "
            "month or year.",
        ),
    ] = None
    valid_at: Annotated[
        Span | None,
        _of_moment(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="What was in force then. Same formats as --known-at.",
        ),
    ] = None
    recorded_at: Annotated[
        Span | None,
        _of_moment(
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="What the service had recorded by then. Same formats as --known-at.",
        ),
    ] = None
    position: Annotated[
        int | None,
        _of_moment(
            min=1,
            max=MAX_INT64,
            metavar="N",
            help="What the service had recorded up to this position of the log.",
        ),
    ] = None

    def as_of(self, zone: tzinfo = UTC) -> AsOf | None:
        """The moment as a message; None means now. Days are those of ``zone``.

        :raises typer.BadParameter: both ``position`` and ``recorded_at`` are given.
        """
        if self.position is not None and self.recorded_at is not None:
            raise usage_error("--position", "give either --position or --recorded-at")
        given: dict[str, Any] = {
            name: times.asked(value, zone) if isinstance(value, Span) else value
            for name, value in vars(self).items()
            if value is not None
        }
        return AsOf(**given) if given else None


BY = ["known", "recorded"]


def _by(text: str) -> str:
    if text not in BY:
        raise ValueError(f"{text!r} is neither {' nor '.join(BY)}")
    return text


@dataclass(frozen=True)
class ComparisonOptions:
    """The two moments at which a visit is compared."""

    begin: Annotated[
        Span,
        _of_two(
            "--from",
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="The first moment: 2023-06-07T14:30:00Z, or the end of a date, month or year.",
        ),
    ]
    end: Annotated[
        Span | None,
        _of_two(
            "--to",
            metavar="TIME",
            parser=option_parser(Span.parse),
            help="The second moment. Same formats as --from.",
            show_default="now",
        ),
    ] = None
    by: Annotated[
        str,
        _of_two(
            metavar="|".join(BY),
            parser=option_parser(_by),
            autocompletion=lambda: BY,
            help="Compare what was publicly known by then, or what the service had recorded.",
        ),
    ] = "known"

    def before(self, zone: tzinfo = UTC) -> AsOf:
        """The first moment as a message. Days are those of ``zone``."""
        return self._as_of(self.begin, zone)

    def after(self, zone: tzinfo = UTC) -> AsOf | None:
        """The second moment as a message; None means now. Days are those of ``zone``."""
        return self._as_of(self.end, zone) if self.end is not None else None

    def _as_of(self, span: Span, zone: tzinfo) -> AsOf:
        time = times.asked(span, zone)
        return AsOf(known_at=time) if self.by == "known" else AsOf(recorded_at=time)
