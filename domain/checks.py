"""The rules for a command's context and values, whatever visit they are for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from domain.copies import changed
from domain.errors import InvalidValue
from domain.events import (
    Cancelled,
    Completed,
    Deferred,
    Disclosed,
    Event,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
)
from domain.times import Moment, resolve
from domain.validation import (
    NAME_LENGTH,
    Rule,
    a_count,
    a_name,
    a_text,
    a_visit_id,
    checked_fields,
    each,
    own_rules,
    required,
)
from domain.values import DETAIL_FIELDS, Basis, Value, VisitDetails


@dataclass(frozen=True)
class Context(Value):
    """Who asks for a change, on whose word it rests, and when it took effect and became known.

    ``now`` is the later of the clock and the last record time. An unset
    ``expected_version`` means any version.
    """

    now: datetime
    actor: str
    request_id: str
    expected_version: int | None = None
    effective: Moment | None = None
    known: Moment | None = None
    reason: str = ""
    basis: tuple[Basis, ...] = ()

    def at(self, now: datetime) -> "Context":
        """The same context at another time."""
        return changed(self, now=now)

    RULES: ClassVar = {
        "actor": required(a_name),
        "request_id": required(a_name),
        "expected_version": lambda version: version if version is None else a_count(version),
        "reason": a_text,
        "basis": each(own_rules),
    }


def a_version(value: int) -> int:
    """The number of a change in its visit: 1, 2, 3 and so on."""
    if value < 1:
        raise ValueError("must be the version of a change, which is 1 or more")
    return value


def a_visit_id_or_empty(value: str) -> str:
    """Empty, or the id of a visit."""
    return a_visit_id(value) if value else value


# The rules for the fields of each type of event. An amendment's rules depend on its mask.
RULES: dict[type[Event], dict[str, Rule]] = {
    Scheduled: {"details": required(own_rules), "window": required(own_rules)},
    Disclosed: {"details": required(own_rules), "held_window": required(own_rules)},
    Postponed: {"condition": own_rules},
    Deferred: {"condition": required(own_rules)},
    Rescheduled: {"window": required(own_rules)},
    Completed: {"held_window": own_rules},
    Cancelled: {"condition": own_rules},
    StatementRecorded: {"statement": required(own_rules)},
    Retracted: {"retracted_version": a_version, "merged_into": a_visit_id_or_empty},
}


def checked(
    event_class: type[Event], rules: Mapping[str, Rule], context: Context, **values: Any
) -> tuple[Context, dict[str, Any]]:
    """The context and the values, with their text clean.

    :raises InvalidValue: names each bad field by its path in a request.
    """
    both = checked_fields(
        {"context": own_rules, event_class.TOPIC: lambda fields: checked_fields(rules, fields)},
        {"context": context, event_class.TOPIC: values},
    )
    return both["context"], both[event_class.TOPIC]


def checked_times(
    context: Context, default_known: Moment | None = None
) -> tuple[Moment | None, Moment | None]:
    """The effective and the known time of a command; see ``resolve``."""
    with problems_under("context"):
        return resolve(context.effective, context.known, context.now, default_known)


def checked_mask(paths: Sequence[str]) -> tuple[str, ...]:
    """The mask with each path in full and without repetitions, in the order given.

    :raises InvalidValue: the mask is empty or has an unknown path.
    """
    allowed = {"window": "window"}
    for field in DETAIL_FIELDS:
        allowed[field] = allowed[f"details.{field}"] = f"details.{field}"
    unknown = [path for path in paths if path not in allowed]
    if not paths or unknown:
        wrong = f"unknown field {unknown[0][:NAME_LENGTH]!r}" if unknown else "is required"
        choices = ", ".join(dict.fromkeys(allowed.values()))
        raise InvalidValue.of("amended.update_mask", f"{wrong}; choose from {choices}")
    return tuple(dict.fromkeys(allowed[path] for path in paths))


def details_named_in(mask: Sequence[str]) -> Rule:
    """A rule that checks the fields of the details in the mask and drops the others."""
    named = [field for field in DETAIL_FIELDS if f"details.{field}" in mask]
    rules = {field: rule for field, rule in VisitDetails.RULES.items() if field in named}

    def rule(details: VisitDetails) -> VisitDetails:
        return VisitDetails(
            **checked_fields(rules, {field: getattr(details, field) for field in named})
        )

    return rule


@contextmanager
def problems_under(path: str) -> Iterator[None]:
    """Report bad fields as fields of the message at ``path``."""
    try:
        yield
    except InvalidValue as error:
        raise error.under(path) from None
