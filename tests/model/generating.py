"""Random commands on one visit: every kind of change, valid and refused ones mixed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.model.answering import state_now
from tests.model.desk import date
from tests.model.fold import State
from tests.model.terms import ARRIVED, DENY, STATEMENTS, STATUS_OF, TABLE, History, Json

DAYS = ["2024-02-03", "2024-02-10", "2024-02-11", "2024-03-01", "2024-03-15", "2024-04-20"]
SPEAKING = ["SIDE_GUEST", "SIDE_GUEST", "SIDE_HOST", "SIDE_HOST", "SIDE_THIRD", "SIDE_PRESS"]
ATTRIBUTIONS = ["ON_THE_RECORD", "ON_THE_RECORD", "DOCUMENT", "ANONYMOUS", "BACKGROUND"]
KINDS = [*sorted(STATEMENTS), DENY, ARRIVED]
PHRASES = ["next spring", "after the election"]
CONDITIONS = ["when conditions allow", "once the talks have ended"]
TITLES = ["Alder to France", "Alder to Paris", "A journey"]
PLANNED = [("2024-05-01", "2024-05-03"), ("2024-05-03", "2024-05-04"), ("2024-06-18", "2024-06-19")]
HELD = [("2024-02-01", "2024-02-02"), ("2024-02-02", "2024-02-03")]
NEVER = ("2031-01-01", "2031-01-02")


@dataclass
class Desk:
    """It makes up what to enter next. Time mostly goes on, and sometimes back."""

    random: Random
    visit: str = "r"
    now: int = 0

    def maybe(self, share: float) -> bool:
        return self.random.random() < share

    def one(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def command(self, history: History) -> Json:
        """A change, mostly one that the visit allows."""
        state = state_now(history)
        if state is None and (not history or self.maybe(0.7)):
            change = self.one(*sorted(TABLE[None]))
        elif state is None:
            change = self.one("retracted", "retracted", "amended", "statement_recorded")
        else:
            allowed = sorted(TABLE[state.status]) * 2 if self.maybe(0.95) else sorted(STATUS_OF)
            others = ["amended", "amended", "corrected", "corrected", "retracted", "retracted"]
            change = self.one(*allowed, *others, *["statement_recorded"] * 5)
        message = self.message(change, state, history)
        return {
            "visit": self.visit,
            "change": change,
            "context": self.context(change),
            "message": message,
        }

    def time(self, which: str, day: int) -> Json:
        """A day, month, year or hour of the day."""
        text = DAYS[day]
        form = self.one("day", "day", "day", "hour", "hour", "month", "year")
        if form == "hour":
            hour = self.one("09:00:00Z", "15:30:00.123456Z", "23:59:59.999Z")
            return {f"{which}_time": f"{text}T{hour}"}
        return {f"{which}_period": text[: {"day": 10, "month": 7, "year": 4}[form]]}

    def context(self, change: str) -> Json:
        if self.maybe(0.6):
            self.now = min(self.now + 1, len(DAYS) - 1)
        context: Json = {}
        known = self.now if self.maybe(0.8) else self.random.randrange(len(DAYS))
        settled = change in ("corrected", "retracted")
        if self.maybe(0.3 if settled else 0.9):
            context |= self.time("known", known)
        if self.maybe(0.03 if settled else 0.35):
            context |= self.time("effective", max(known - self.one(0, 0, 1), 0))
        if self.maybe(0.4):
            context["reason"] = self.one("a storm", "a vote")
        if self.maybe(0.8):
            context["basis"] = [self.basis() for _ in range(self.one(1, 1, 2))]
        if self.maybe(0.1):
            context["sources"] = [self.basis()]
        return context

    def speaker(self) -> Json:
        speech = {"side": self.one(*SPEAKING)}
        if self.maybe(0.2):
            speech["country"] = self.one("US", "FR", "BE")
        elif self.maybe(0.1):
            speech["organisation"] = "NATO"
        if self.maybe(0.3):
            speech["speaker"] = "a spokesman"
        return speech

    def basis(self) -> Json:
        basis = {**self.speaker(), "attribution": f"ATTRIBUTION_{self.one(*ATTRIBUTIONS)}"}
        if basis["side"] == "SIDE_PRESS" or self.maybe(0.2):
            basis["outlet"] = self.one("Morning Post", "Evening Post")
        return basis

    def window(self, choices: list[tuple[str, str]]) -> Json:
        start, end = self.one(*choices)
        window: Json = {"start": date(start), "end": date(end)}
        if self.maybe(0.1):
            del window[self.one("start", "end")]
        if self.maybe(0.1):
            window["approximate"] = True
        return {"as_stated": self.one(*PHRASES)} if self.maybe(0.15) else window

    def held(self) -> Json:
        return self.window([NEVER] if self.maybe(0.05) else HELD)

    def condition(self) -> Json:
        return {**self.speaker(), "text": self.one(*CONDITIONS)}

    def detail(self, name: str) -> Any:
        make: dict[str, Callable[[], Any]] = {
            "title": lambda: self.one(*TITLES),
            "principal": lambda: {"name": "Anna Alder", "country": self.one("US", "US", "GB")},
            "host": lambda: self.one(
                {"country": "FR"}, {"country": "BE"}, {"organisation": "NATO"}
            ),
            "purpose": lambda: self.one("talks", "trade", ""),
            "aliases": lambda: [f"{self.visit} {self.one('one', 'two')}"],
            "destinations": lambda: [{"city": self.one("Paris", "Lyon"), "country": "FR"}],
        }
        return make[name]()

    def details(self) -> Json:
        optional = [name for name in ("host", "purpose", "aliases") if self.maybe(0.7)]
        return {name: self.detail(name) for name in ["title", "principal", *optional]}

    def message(self, change: str, state: State | None, history: History) -> Json:
        if change in STATUS_OF:
            return self.status_change(change, state)
        return {
            "statement_recorded": self.statement,
            "amended": self.amended,
            "corrected": self.corrected,
            "retracted": self.retracted,
        }[change](history)

    def status_change(self, change: str, state: State | None) -> Json:
        message: Json = {}
        opens = change not in ("completed",) and (state is None) == self.maybe(0.97)
        if opens:
            message["details"] = self.details()
        if change == "rescheduled" or (change == "scheduled" and self.maybe(0.8)):
            message["window"] = self.window(PLANNED)
        if change == "disclosed" or (change == "completed" and self.maybe(0.9)):
            message["held_window"] = self.held()
        if change == "deferred" or (change in ("postponed", "cancelled") and self.maybe(0.4)):
            message["condition"] = self.condition()
        takes = change in ("postponed", "deferred", "rescheduled", "cancelled")
        if opens and takes and self.maybe(0.6):
            message["window_given_up"] = self.window(PLANNED)
        return message

    def statement(self, history: History) -> Json:
        statement: Json = {**self.speaker(), "kind": self.one(*KINDS)}
        if self.maybe(0.3):
            statement["claimed_status"] = self.one(*sorted(set(STATUS_OF.values())))
        if self.maybe(0.3):
            statement["claimed_window"] = self.window(PLANNED + HELD)
        if self.maybe(0.15):
            statement["condition"] = self.condition()
        if self.maybe(0.3):
            statement["about_version"] = self.some_version(history)
        return {"statement": statement}

    def fields(self) -> Json:
        """Fields of the details, with a mask that names them."""
        names = ["title", "principal", "host", "purpose", "aliases", "destinations"]
        chosen = self.random.sample(names, self.one(1, 1, 2))
        values = {name: self.detail(name) for name in chosen}
        if self.maybe(0.15):
            values.pop(self.one("host", "purpose", "aliases", "destinations"), None)
        return {"details": values, "update_mask": [f"details.{name}" for name in chosen]}

    def amended(self, _: History) -> Json:
        way = self.one("details", "details", "items", "window", "held_window")
        if way == "details":
            return self.fields()
        if way == "items":
            items = self.one(
                {"aliases": [f"{self.visit} two"]}, {"principal_other_names": ["Anne Alder"]}
            )
            return {self.one("added", "added", "removed"): items}
        return {way: self.window(PLANNED if way == "window" else HELD), "update_mask": [way]}

    def corrected(self, history: History) -> Json:
        name = self.one(
            "details",
            "details",
            "window",
            "held_window",
            "condition",
            "reason",
            "basis",
            "window_given_up",
        )
        make: dict[str, Callable[[], Json]] = {
            "details": self.fields,
            "window": lambda: {"window": self.window(PLANNED)},
            "window_given_up": lambda: {"window_given_up": self.window(PLANNED)},
            "held_window": lambda: {"held_window": self.held()},
            "condition": lambda: {"condition": self.condition()},
            "reason": lambda: {"reason": self.one("a flood", "")},
            "basis": lambda: {"basis": [self.basis()]},
        }
        message: Json = {"update_mask": [name], **make[name]()}
        if self.maybe(0.15):
            message.pop(name, None)
        if self.maybe(0.6):
            message["corrected_version"] = self.some_version(history)
        return message

    def retracted(self, history: History) -> Json:
        """Often the last change, so that retractions are undone too, and now and then the first, so
        that visits are opened again."""
        version = len(history) if self.maybe(0.5) else self.some_version(history)
        if self.maybe(0.15):
            version = 1
        return {"retracted_version": max(version, 1)}

    def some_version(self, history: History) -> int:
        """Of a change that there is, and now and then of one that there is not."""
        last = len(history)
        return last + 1 if self.maybe(0.04) else self.random.randint(1, max(last, 1))
