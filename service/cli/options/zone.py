"""The option for the time zone in which days and times are typed."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from service.cli.options.groups import option_parser
from service.exchange import times


@dataclass(frozen=True)
class ZoneOptions:
    """The time zone of what is typed without one."""

    tz: Annotated[
        ZoneInfo | None,
        typer.Option(
            "--tz",
            envvar="CHANCERY_TZ",
            metavar="ZONE",
            parser=option_parser(times.zone),
            help="The time zone of days in questions, and of times without one: Asia/Tokyo.",
            show_default="UTC",
        ),
    ] = None

    @property
    def zone(self) -> tzinfo:
        """The time zone; UTC if none was given."""
        return self.tz or UTC
