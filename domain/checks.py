"""What a command's context and values must meet, whatever visit they are for."""

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
from domain.times import Moment, settle
from domain.validation import (
    NAME_LENGTH,
    Rule,
    a_count,
    a_name,
    a_text,
    an_id,
    checked_fields,
    each,
    nested,
    required,
)
from domain.values import DETAIL_FIELDS, Basis, Value, VisitDetails


@dataclass(frozen=True)
class Context(Value):
    """Who asks for a change, on whose word, and when it came about.

    ``now`` is the later of the clock and the last record time. An unset
    ``expected_version`` means any.
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
        """The same at another time."""
        return changed(self, now=now)

    RULES: ClassVar = {
        "actor": required(a_name),
        "request_id": required(a_name),
        "expected_version": lambda version: version if version is None else a_count(version),
        "reason": a_text,
        "basis": each(nested),
    }


needed = required(nested)


def a_version(value: int) -> int:
    """The number of a change in its visit: 1, 2, 3 and so on."""
    if value < 1:
        raise ValueError("must be the version of a change, which is 1 or more")
    return value


def an_id_or_empty(value: str) -> str:
    """Empty, or the id of a visit."""
    return an_id(value) if value else value


# The rule for each field of each event that has one; an amendment's depend on its mask.
RULES: dict[type[Event], dict[str, Rule]] = {
    Scheduled: {"details": needed, "window": needed},
    Disclosed: {"details": needed, "held_window": needed},
    Postponed: {"condition": nested},
    Deferred: {"condition": needed},
    Rescheduled: {"window": needed},
    Completed: {"held_window": nested},
    Cancelled: {"condition": nested},
    StatementRecorded: {"statement": needed},
    Retracted: {"retracted_version": a_version, "merged_into": an_id_or_empty},
}


def check(
    event_class: type[Event], rules: Mapping[str, Rule], context: Context, **values: Any
) -> tuple[Context, dict[str, Any]]:
    """Context and values with their text clean.

    :raises InvalidValue: naming each field as it stands in a request.
    """
    both = checked_fields(
        {"context": nested, event_class.TOPIC: lambda fields: checked_fields(rules, fields)},
        {"context": context, event_class.TOPIC: values},
    )
    return both["context"], both[event_class.TOPIC]


def settled(
    context: Context, default_known: Moment | None = None
) -> tuple[Moment | None, Moment | None]:
    """Where the effective and the known time of the context stand; see ``settle``."""
    with in_context():
        return settle(context.effective, context.known, context.now, default_known)


@contextmanager
def in_context() -> Iterator[None]:
    """Name the fields of a refusal as fields of the context."""
    try:
        yield
    except InvalidValue as error:
        raise error.under("context") from None


def checked_mask(paths: Sequence[str]) -> tuple[str, ...]:
    """The mask with each path in full, once, in order."""
    allowed = {"window": "window"}
    for field in DETAIL_FIELDS:
        allowed[field] = allowed[f"details.{field}"] = f"details.{field}"
    unknown = [path for path in paths if path not in allowed]
    if not paths or unknown:
        raise InvalidValue.of(
            "amended.update_mask",
            f"must name what changes, of: {', '.join(dict.fromkeys(allowed.values()))}"
            + "".join(f"; {path[:NAME_LENGTH]!r} is none of them" for path in unknown[:1]),
        )
    return tuple(dict.fromkeys(allowed[path] for path in paths))


def details_named_in(mask: Sequence[str]) -> Rule:
    """A rule that checks the named fields of the details and leaves out the others."""
    named = [field for field in DETAIL_FIELDS if f"details.{field}" in mask]
    rules = {field: rule for field, rule in VisitDetails.RULES.items() if field in named}

    def rule(details: VisitDetails) -> VisitDetails:
        return VisitDetails(
            **checked_fields(rules, {field: getattr(details, field) for field in named})
        )

    return rule
