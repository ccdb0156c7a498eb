"""The rules for a command's context and values, whatever visit they are for."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from domain.copies import changed
from domain.corrections import DETAILS
from domain.errors import InvalidValue, Problem
from domain.events import (
    Amended,
    Cancelled,
    Completed,
    Corrected,
    Deferred,
    Disclosed,
    Event,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
)
from domain.times import Moment, last_day_at, resolve
from domain.validation import (
    NAME_LENGTH,
    Rule,
    a_count,
    a_name,
    a_text,
    a_visit_id,
    an_actor,
    anything,
    checked_fields,
    each,
    own_rules,
    required,
)
from domain.values import NO_ITEMS, Basis, DetailItems, Value, VisitDetails, Window


@dataclass(frozen=True)
class Context(Value):
    """Who asks for a change, on whose word it rests, and when it took effect and became known.

    ``now`` is the later of the clock and the last record time. An unset ``expected_version``
    means any version, and 0 that the visit must not exist yet. ``sources`` and ``note`` are not
    for every reader.
    """

    now: datetime
    actor: str
    request_id: str
    expected_version: int | None = None
    effective: Moment | None = None
    known: Moment | None = None
    reason: str = ""
    basis: tuple[Basis, ...] = ()
    sources: tuple[Basis, ...] = ()
    note: str = ""

    def at(self, now: datetime) -> "Context":
        """The same context at another time."""
        return changed(self, now=now)

    RULES: ClassVar = {
        "actor": required(an_actor),
        "request_id": required(a_name),
        "expected_version": lambda version: version if version is None else a_count(version),
        "reason": a_text,
        "basis": each(own_rules),
        "sources": each(own_rules),
        "note": a_text,
    }

    def _problems_between_fields(self) -> list[Problem]:
        return [
            *published_later("basis", self.basis, self.now),
            *published_later("sources", self.sources, self.now),
        ]


def published_later(field: str, bases: Sequence[Basis], now: datetime) -> list[Problem]:
    """A problem for each basis in this field that says it was published in the future."""
    return [
        Problem(f"{field}[{i}].published", "must not be in the future")
        for i, basis in enumerate(bases)
        if basis.published is not None and basis.published > last_day_at(now)
    ]


def a_version(value: int) -> int:
    """The number of a change in its visit: 1, 2, 3 and so on."""
    if value < 1:
        raise ValueError("must be the version of a change, which is 1 or more")
    return value


def a_visit_id_or_empty(value: str) -> str:
    """Empty, or the id of a visit."""
    return a_visit_id(value) if value else value


def any_items(items: DetailItems) -> DetailItems:
    """Items to add or remove that follow their own rules. Most amendments have none."""
    return items if items is NO_ITEMS else items.checked()


_OPENING: dict[str, Rule] = {"details": own_rules, "window_given_up": own_rules}

# The rules for the fields of each type of event, other than those that its mask names.
RULES: dict[type[Event], dict[str, Rule]] = {
    Scheduled: {"details": required(own_rules), "window": own_rules},
    Disclosed: {"details": required(own_rules), "held_window": required(own_rules)},
    Postponed: {"condition": own_rules, **_OPENING},
    Deferred: {"condition": required(own_rules), **_OPENING},
    Rescheduled: {"window": required(own_rules), **_OPENING},
    Completed: {"held_window": own_rules},
    Cancelled: {"condition": own_rules, **_OPENING},
    Amended: {"added": any_items, "removed": any_items},
    Corrected: {
        "corrected_version": a_count,
        "window": own_rules,
        "window_given_up": own_rules,
        "held_window": own_rules,
        "condition": own_rules,
        "reason": a_text,
        "basis": each(own_rules),
    },
    StatementRecorded: {"statement": required(own_rules)},
    Retracted: {"retracted_version": a_version, "merged_into": a_visit_id_or_empty},
}

AMENDABLE = ("window", "held_window", *DETAILS)
CORRECTABLE = ("window", "window_given_up", "held_window", "condition", "reason", "basis", *DETAILS)

# By the fields of the details alone, their paths in full.
_PATHS = {field: path for path, field in DETAILS.items()}


def checked(
    event_class: type[Event], rules: Mapping[str, Rule], context: Context, **values: Any
) -> tuple[Context, dict[str, Any]]:
    """The context and the values, with their text clean.

    :raises InvalidValue: names each bad field by its path in a request.
    """
    problems: list[Problem] = []
    try:
        context = context.checked()
    except InvalidValue as error:
        problems += error.under("context").problems
    try:
        values = checked_fields(rules, values)
    except InvalidValue as error:
        problems += error.under(event_class.TOPIC).problems
    if problems:
        raise InvalidValue(problems)
    return context, values


def checked_times(
    context: Context, effective: Moment | None = None
) -> tuple[Moment | None, Moment | None]:
    """The effective and the known time of a command; see ``resolve``.

    ``effective`` stands in for an effective time that is not given.
    """
    try:
        return resolve(context.effective or effective, context.known, context.now)
    except InvalidValue as error:
        raise error.under("context") from None


def checked_known_time(context: Context) -> Moment | None:
    """The known time of a command that has no effective time of its own.

    :raises InvalidValue: it has an effective time, or the known time is in the future.
    """
    if context.effective is not None:
        text = "must not be set: this change has the effective time of the change it is about"
        raise InvalidValue.of(f"context.{context.effective.field('effective')}", text)
    with problems_under("context"):
        return context.known and context.known.resolved("known", context.now)


def checked_mask(
    event_class: type[Event], paths: Sequence[str], allowed: Collection[str]
) -> tuple[str, ...]:
    """The mask with each path in full and without repetitions, in the order given.

    :raises InvalidValue: it has a path that is not allowed.
    """
    if unknown := [path for path in paths if path not in allowed and path not in _PATHS]:
        raise InvalidValue.of(
            f"{event_class.TOPIC}.update_mask",
            f"unknown field {unknown[0][:NAME_LENGTH]!r}; choose from {', '.join(allowed)}",
        )
    return tuple(dict.fromkeys([_PATHS.get(path, path) for path in paths]))


def details_named_in(mask: Sequence[str]) -> Rule:
    """A rule that checks the fields of the details in the mask and drops the others."""
    named = [DETAILS[path] for path in mask if path in DETAILS]
    rules = {field: VisitDetails.RULES.get(field, anything) for field in named}

    def rule(details: VisitDetails) -> VisitDetails:
        given = {field: getattr(details, field) for field in named}
        return VisitDetails(**checked_fields(rules, given))

    return rule


def check_held(event_class: type[Event], held: Window, effective: Moment) -> None:
    """Check that a window in which a visit is said to have been held has begun.

    :raises InvalidValue: it begins after the day on which that took effect.
    """
    if why := why_not_held(held, effective):
        raise InvalidValue.of(f"{event_class.TOPIC}.held_window", why)


def held_until(effective: Moment) -> date:
    """The last day on which a visit can have begun that took place at a time.

    Of a period that was cut short, by the time of the command or the known one, the rest does
    not count.
    """
    return min(effective.last_day, last_day_at(effective.instant))


def why_not_held(held: Window, effective: Moment) -> str:
    """Why a visit was not held in a window by the day on which that took effect; else empty."""
    until = held_until(effective)
    if held.start is None or held.start <= until:
        return ""
    return (
        f"begins on {held.start}, and must not begin after {until}, the day on which the "
        "change took effect: what lies in the future did not take place"
    )


@contextmanager
def problems_under(path: str) -> Iterator[None]:
    """Report bad fields as fields of the message at ``path``."""
    try:
        yield
    except InvalidValue as error:
        raise error.under(path) from None
