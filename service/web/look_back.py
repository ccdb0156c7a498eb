"""Another moment than now, as the address of a page says it."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from chancery.client.keywords import Then
from chancery.client.times import asked
from service.exchange.dates import TwoReadings
from service.web import typed, wording

# The parameters of an address, and the keyword of the client that each stands for.
TIMES = {"known": "known_at", "valid": "valid_at", "recorded": "recorded_at"}
_SAID = {"known": "known by", "valid": "in force at", "recorded": "recorded here by"}
_PERIOD = re.compile(r"[\d-]+", re.ASCII)
# How far ahead the clock of whoever wrote an address may be, as the contract has it.
_AHEAD = timedelta(seconds=5)
# The earliest moment that a page can be about: it also shows days before that one.
_EARLIEST = datetime(3, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LookBack:
    """The moment that a page is about; false if that is now.

    ``given`` has what the address says, by parameter: a day, month or year, which is meant to its
    end in UTC, or an instant. ``errors`` says by parameter what is wrong with those that are not
    in ``given``.
    """

    given: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, query: QueryParams) -> "LookBack":
        """The moment that an address says."""
        look = cls()
        for name in TIMES:
            if said := query.get(name, "").strip():
                if problem := problem_of(said) or _too_early(typed.usual(said)):
                    look.errors[name] = problem
                else:
                    look.given[name] = typed.usual(said)
        return look

    def __bool__(self) -> bool:
        return bool(self.given)

    @property
    def then(self) -> Then:
        """The same as keywords of the client."""
        keywords: Then = {}
        for name, said in self.given.items():
            keywords[TIMES[name]] = said  # type: ignore[literal-required]
        return keywords

    def at(self, now: datetime) -> datetime:
        """The moment as an instant: of several the earliest, and ``now`` if none is given."""
        return min(
            [asked(said, now).ToDatetime(tzinfo=UTC) for said in self.given.values()] + [now]
        )

    @property
    def said(self) -> str:
        """The moment in words: ``known by the end of 4 February 2023``."""
        return " and ".join(f"{_SAID[name]} {_end_of(said)}" for name, said in self.given.items())

    def query(self, **more: object) -> str:
        """What an address has to end with to be about this moment: ``?known=2023-02-03``.

        ``more`` are other parameters; those that are None or empty are left out.
        """
        said = {**self.given, **more}
        pairs = [(name, value) for name, value in said.items() if value not in (None, "")]
        return "?" + urlencode(pairs, doseq=True) if pairs else ""


def problem_of(said: str) -> str:
    """What is wrong with a moment as an address has it; empty if nothing is."""
    try:
        instant = asked(typed.usual(said)).ToDatetime(tzinfo=UTC)
    except TwoReadings as error:
        return f"{error}."
    except ValueError:
        return f"“{said[:40]}” is no day. Write it as 2023-02-03, 2023-02 or 2023."
    if instant > datetime.now(UTC) + _AHEAD:
        return f"“{said[:40]}” lies ahead, and nobody knows it yet. Write a day up to today."
    return ""


def _too_early(said: str) -> str:
    if asked(said).ToDatetime(tzinfo=UTC) < _EARLIEST:
        return f"“{said[:40]}” lies before all history here. Write a later day."
    return ""


def _end_of(said: str) -> str:
    """A moment as an address has it, in words. A period is meant to its end."""
    end = asked(said).ToDatetime(tzinfo=UTC)
    if not _PERIOD.fullmatch(said):
        return wording.instant(end)
    is_over = (end + timedelta(microseconds=1)).time() == time.min
    if is_over:
        return f"the end of {wording.when(end, said)}"
    return f"now, {wording.moment(end, said)}"
