"""A desk that enters changes into the model: short forms for tests."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.model.answering import answer
from tests.model.refusal import Refused
from tests.model.terms import Json
from tests.model.world import World

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
GUEST = {"side": "SIDE_GUEST", "attribution": "ATTRIBUTION_ON_THE_RECORD"}
HOST = {"side": "SIDE_HOST", "attribution": "ATTRIBUTION_ON_THE_RECORD"}
PRESS = {"side": "SIDE_PRESS", "attribution": "ATTRIBUTION_ANONYMOUS"}
PERSON = {"name": "A", "country": "US"}
DETAILS = {"title": "t", "principal": PERSON, "host": {"country": "FR"}}


def date(text: str) -> Json:
    year, month, day = map(int, text.split("-"))
    return {"year": year, "month": month, "day": day}


def window(start: str, end: str = "") -> Json:
    return {"start": date(start), "end": date(end or start)}


def when(which: str, text: str) -> Json:
    """A day, month or year is a period; all else is an instant."""
    return {f"{which}_{'time' if 'T' in text else 'period'}": text}


@dataclass
class Desk:
    """It enters changes of one visit, and asks about it. Each change is a second later."""

    visit: str = "v"
    world: World = field(default_factory=World)
    now: datetime = NOON

    def enter(self, change: str, message: Json, *basis: Json, **context: Any) -> Json | Refused:
        self.now += timedelta(seconds=1)
        for which in ("known", "effective"):
            if which in context:
                context.update(when(which, context.pop(which)))
        if basis:
            context["basis"] = list(basis)
        command = {"visit": self.visit, "change": change, "context": context, "message": message}
        return self.world.record(command, self.now)

    def record(self, change: str, message: Json, *basis: Json, **context: Any) -> Json:
        """Enter a change that is accepted."""
        result = self.enter(change, message, *basis, **context)
        assert not isinstance(result, Refused), result
        return result

    def refused(self, change: str, message: Json, *basis: Json, **context: Any) -> str:
        """The code with which a change is refused."""
        result = self.enter(change, message, *basis, **context)
        assert isinstance(result, Refused), "accepted"
        return result.code

    def schedule(self, *basis: Json, planned: str = "2024-05-01", **context: Any) -> Json:
        context.setdefault("known", "2024-01-10")
        message = {"details": DETAILS, "window": window(planned)}
        return self.record("scheduled", message, *basis, **context)

    def state(self, kind: str, side: str, *basis: Json, **context: Any) -> Json:
        """Record a statement. What is no part of the context is of the statement."""
        times = {key: context.pop(key) for key in ("known", "effective") if key in context}
        statement = {"kind": f"STATEMENT_KIND_{kind}", "side": f"SIDE_{side}", **context}
        return self.record("statement_recorded", {"statement": statement}, *basis, **times)

    def show(self, **moments: Any) -> Json:
        """The visit, which exists."""
        visit = answer(self.world.history(self.visit), **moments)
        assert visit is not None
        return visit

    def is_there(self, **moments: Any) -> bool:
        return answer(self.world.history(self.visit), **moments) is not None
