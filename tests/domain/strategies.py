"""Stories: any sequence of commands on a visit, most of them sensible."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.checks import Context
from domain.errors import Refusal
from domain.status import TABLE, Status
from domain.terms import Attribution, Side, StatementKind
from domain.times import Moment, Precision
from domain.values import Basis, Condition, Statement, VisitDetails
from domain.visit import Visit
from tests.domain.builders import DETAILS, FEBRUARY, JUNE, at, blank_visit, days

BEGINNING = at("2023-01-30 12:00")
DAY = timedelta(days=1)


@dataclass(frozen=True, repr=False)
class Step:
    """A command and the time at which it is given."""

    command: str
    context: Context
    values: dict[str, Any]

    def give(self, visit: Visit) -> Refusal | None:
        """Give the command to a visit. Returns the refusal, or None if the visit accepts it."""
        try:
            getattr(visit, self.command)(self.context, **self.values)
        except Refusal as refusal:
            return refusal
        return None

    def __repr__(self) -> str:
        """Short, so that a whole story is readable when hypothesis prints it."""
        asked = self.context
        times = [
            f"{m.instant:%m-%dT%H:%M} ({m.precision.name})" if m else "-"
            for m in (Moment(asked.now), asked.effective, asked.known)
        ]
        return f"{self.command} at {', '.join(times)}: {self.values} by {asked.basis}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


def visit_after(steps: Sequence[Step]) -> Visit:
    """The visit after these steps; it ignores the ones that it refuses."""
    visit = blank_visit()
    for step in steps:
        step.give(visit)
    return visit


# Values: few of each, so that they clash

WINDOWS = st.sampled_from([FEBRUARY, JUNE, days("2023-03-01", "2023-03-31", "in the spring")])
SIDES = st.sampled_from([Side.GUEST, Side.HOST, Side.GUEST, Side.HOST, Side.PRESS, Side.THIRD])
CONDITIONS = st.builds(Condition, st.sampled_from(["if calm", "if asked"]), SIDES)
ATTRIBUTIONS = st.sampled_from(
    [Attribution.ON_THE_RECORD, Attribution.READOUT, Attribution.ANONYMOUS]
)
BASES = st.lists(st.builds(Basis, SIDES, attribution=ATTRIBUTIONS), max_size=2).map(tuple)
FACTS = st.sampled_from([replace(DETAILS, title=title) for title in ("One", "Other", "")])
STATEMENTS = st.builds(
    Statement,
    st.sampled_from(StatementKind),
    SIDES,
    claimed_status=st.none() | st.sampled_from(Status),
    condition=st.none() | CONDITIONS,
    about_version=st.sampled_from([0, 0, 0, 1, 5]),
    country=st.sampled_from(["", "KP"]),
)
MASKS = st.lists(st.sampled_from(["title", "details.purpose", "window"]), min_size=1, max_size=3)
MERGED = st.sampled_from(["", "", "another-visit"])

SENSIBLE: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "schedule": st.fixed_dictionaries({"details": FACTS, "window": WINDOWS}),
    "disclose": st.fixed_dictionaries({"details": FACTS, "held_window": WINDOWS}),
    "postpone": st.fixed_dictionaries({"condition": st.none() | CONDITIONS}),
    "defer": st.fixed_dictionaries({"condition": CONDITIONS}),
    "reschedule": st.fixed_dictionaries({"window": WINDOWS}),
    "complete": st.fixed_dictionaries({"held_window": st.none() | WINDOWS}),
    "cancel": st.fixed_dictionaries({"condition": st.none() | CONDITIONS}),
    "amend": st.fixed_dictionaries(
        {"details": FACTS, "window": WINDOWS, "update_mask": MASKS, "correction": st.booleans()}
    ),
    "record_statement": st.fixed_dictionaries({"statement": STATEMENTS}),
    "retract": st.one_of(
        st.fixed_dictionaries({"retracted_version": st.integers(2, 7)}),
        st.fixed_dictionaries({"retracted_version": st.just(1), "merged_into": MERGED}),
    ),
}
SPOILT: dict[str, list[dict[str, Any]]] = {
    "schedule": [{"details": None, "window": None}, {"details": VisitDetails(), "window": JUNE}],
    "disclose": [{"details": replace(DETAILS, title="no\x00thing"), "held_window": None}],
    "postpone": [{"condition": Condition("", None)}],
    "defer": [{"condition": None}],
    "reschedule": [{"window": days("2023-02-06", "2023-02-05")}],
    "complete": [{"held_window": days("2023-02-06", "2023-02-05")}],
    "cancel": [{"condition": Condition("  ", Side.HOST)}],
    "amend": [
        {"details": None, "window": None, "update_mask": []},
        {"details": None, "window": None, "update_mask": ["status"]},
        {"details": None, "window": None, "update_mask": ["host", "window"]},
    ],
    "record_statement": [
        {"statement": None},
        {"statement": Statement(StatementKind.DENY, None, country="x")},
    ],
    "retract": [{"retracted_version": 0}, {"retracted_version": 1, "merged_into": "beijing-2023"}],
}

# Times, relative to the time of the command

AFTER = st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(hours=7), DAY, 20 * DAY])
AGO = st.sampled_from(
    [
        *[None] * 4,
        timedelta(0),
        timedelta(hours=1),
        timedelta(hours=13),
        DAY,
        2 * DAY,
        25 * DAY,
        -timedelta(minutes=1),
    ]
)
PRECISIONS = st.sampled_from([Precision.INSTANT, Precision.DAY, *Precision])


@st.composite
def moments(draw: st.DrawFn, now: datetime) -> Moment | None:
    """No time, or one some while before ``now``."""
    ago = draw(AGO)
    return None if ago is None else Moment(now - ago, draw(PRECISIONS))


@st.composite
def steps(draw: st.DrawFn, visit: Visit, now: datetime) -> Step:
    """A command, which the visit mostly accepts."""
    is_any = draw(st.integers(0, 9)) == 9
    command = draw(st.sampled_from(list(SENSIBLE) if is_any else allowed(visit)))
    is_spoilt = is_any and draw(st.booleans())
    asked = Context(
        now=now,
        actor=" " if is_spoilt and draw(st.booleans()) else "desk",
        request_id="request",
        expected_version=draw(st.integers(0, 3)) if is_any and draw(st.booleans()) else None,
        effective=draw(moments(now)),
        known=draw(moments(now)),
        basis=draw(BASES),
    )
    values = draw(st.sampled_from(SPOILT[command]) if is_spoilt else SENSIBLE[command])
    return Step(command, asked, values)


def allowed(visit: Visit) -> list[str]:
    """The commands that a visit may accept. Some come more often, since much depends on them."""
    status = visit.state.status
    if status is None:
        return list(TABLE[None])
    return [*TABLE[status], "amend", "record_statement", "record_statement", "retract", "retract"]


@st.composite
def stories(draw: st.DrawFn, length: int) -> list[Step]:
    """Steps for one visit, each chosen for the state that the ones before it left."""
    visit, now = blank_visit(), BEGINNING
    story: list[Step] = []
    for _ in range(draw(st.integers(1, length))):
        now += draw(AFTER)
        story.append(draw(steps(visit, now)))
        story[-1].give(visit)
    return story
