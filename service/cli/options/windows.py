"""The options for the days of a visit: planned, claimed or held, and given up."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from chancery.v1.values_pb2 import Window
from service.cli.options.groups import option_parser, usage_error
from service.exchange import times
from service.exchange.times import Span

_of_window = partial(typer.Option, rich_help_panel="The window")
_of_given_up = partial(typer.Option, rich_help_panel="The window given up")
_of_held = partial(typer.Option, rich_help_panel="The held window")
_day_of_window = partial(_of_window, metavar="DATE", parser=option_parser(times.days))
_day_given_up = partial(_of_given_up, metavar="DATE", parser=option_parser(times.days))
_day_held = partial(_of_held, metavar="DATE", parser=option_parser(times.days))


def _window(
    begin: Span | None, end: Span | None, or_later: bool, approximate: bool, as_stated: str
) -> Window | None:
    """The window as a message; None if nothing of it is given."""
    if begin is None and end is None:
        if or_later or approximate:
            option = "--or-later" if or_later else "--approximate"
            raise usage_error(option, "needs days: give --from DATE")
        return Window(as_stated=as_stated) if as_stated else None
    if or_later and (begin is None or end is not None):
        raise usage_error("--or-later", "goes with --from DATE alone")
    last = None if or_later else end or begin
    return Window(
        start=times.date(begin.first) if begin else None,
        end=times.date(last.last) if last else None,
        approximate=approximate,
        as_stated=as_stated,
    )


@dataclass(frozen=True)
class WindowOptions:
    """The days that a change is about: planned, claimed or held."""

    begin: Annotated[
        Span | None,
        _day_of_window(
            "--from",
            help="The first day of the visit, or a month or year that begins with it. Alone, it "
            "is also the last.",
        ),
    ] = None
    end: Annotated[
        Span | None,
        _day_of_window(
            "--to",
            help="The last day, or a month or year that ends with it. Alone: by then, with no "
            "first day.",
        ),
    ] = None
    or_later: Annotated[
        bool, _of_window("--or-later", help="On the days of --from or later: there is no last day.")
    ] = False
    approximate: Annotated[bool, _of_window("--approximate", help="The days are an estimate.")] = (
        False
    )
    as_stated: Annotated[
        str,
        _of_window(
            metavar="TEXT",
            help="The dates as stated, such as 'this month'; alone if no days are known: 'after "
            "the election'.",
        ),
    ] = ""

    def window(self) -> Window | None:
        """The window as a message; None if none of its options is given.

        :raises typer.BadParameter: the options do not go together.
        """
        return _window(self.begin, self.end, self.or_later, self.approximate, self.as_stated)

    def required(self) -> Window:
        """The window, for a change that must have one.

        :raises typer.BadParameter: it is missing.
        """
        window = self.window()
        if window is None:
            raise usage_error(
                "--from", "this change needs a window: give --from DATE, --to DATE or --as-stated"
            )
        return window


@dataclass(frozen=True)
class GivenUpOptions:
    """The window that is given up by the first change of a visit."""

    given_up_begin: Annotated[
        Span | None,
        _day_given_up(
            "--given-up-from",
            help="The first day that was planned until now, if the visit was not recorded before.",
        ),
    ] = None
    given_up_end: Annotated[
        Span | None, _day_given_up("--given-up-to", help="The last day that was planned.")
    ] = None
    given_up_as_stated: Annotated[
        str, _of_given_up(metavar="TEXT", help="The dates as they were stated.")
    ] = ""

    def window_given_up(self) -> Window | None:
        """The window as a message; None if none of its options is given."""
        return _window(
            self.given_up_begin, self.given_up_end, False, False, self.given_up_as_stated
        )


@dataclass(frozen=True)
class HeldOptions:
    """The days on which a visit took place, beside those that were planned."""

    held_begin: Annotated[
        Span | None,
        _day_held("--held-from", help="The first day on which the visit took place."),
    ] = None
    held_end: Annotated[
        Span | None,
        _day_held("--held-to", help="The last day. Defaults to that of --held-from."),
    ] = None
    held_approximate: Annotated[
        bool, _of_held("--held-approximate", help="These days are an estimate.")
    ] = False

    def held_window(self) -> Window | None:
        """The window as a message; None if none of its options is given.

        :raises typer.BadParameter: the options do not go together.
        """
        if self.held_approximate and not (self.held_begin or self.held_end):
            raise usage_error("--held-approximate", "needs days: give --held-from DATE")
        return _window(self.held_begin, self.held_end, False, self.held_approximate, "")
