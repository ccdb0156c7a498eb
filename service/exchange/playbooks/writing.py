"""From changes to playbooks, which are read as the same changes."""

from collections.abc import Iterator, Sequence
from typing import Any

from chancery.client.details import Basis, VisitDetails
from chancery.client.event import (
    Amended,
    Cancelled,
    Completed,
    Content,
    Corrected,
    Deferred,
    DetailItems,
    Disclosed,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
)
from chancery.client.fields import read
from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import ChangeContext
from service.exchange.playbooks import terms, text

_KINDS: dict[str, tuple[str, type[Content]]] = {
    "scheduled": ("schedule", Scheduled),
    "disclosed": ("disclose", Disclosed),
    "postponed": ("postpone", Postponed),
    "deferred": ("defer", Deferred),
    "rescheduled": ("reschedule", Rescheduled),
    "completed": ("complete", Completed),
    "cancelled": ("cancel", Cancelled),
    "amended": ("amend", Amended),
    "corrected": ("correct", Corrected),
    "statement_recorded": ("", StatementRecorded),
    "retracted": ("retract", Retracted),
}
# Fields of a correction that its keywords name otherwise: its own reason says why it is made.
_RIGHT = {"reason": "right_reason", "basis": "right_basis"}


def playbook(visit: str, first: int, changes: Sequence[Change]) -> str:
    """The YAML of a visit's changes that follow each other; ``first`` is the number of the first.

    :raises ValueError: one of them does not say what changes.
    """
    head: dict[str, Any] = {"visit": visit}
    if first > 1:
        head["first"] = first
    return text.written({**head, "changes": list(map(step, changes))})


def step(change: Change) -> dict[str, Any]:
    """A change as a playbook has it.

    :raises ValueError: it does not say what changes.
    """
    kind = change.WhichOneof("change")
    if kind is None:
        raise ValueError("the change does not say what changes")
    verb, content_type = _KINDS[kind]
    content: Any = read(content_type, getattr(change, kind))
    said = {name: value for name, value in _said(content) if value not in (None, "", (), 0)}
    context = dict(_context(change.context, is_disclosed=kind == "disclosed"))
    about = {name: context.pop(name) for name in ("known", "effective") if name in context}
    return {"change": said.pop("change", verb), **about, **terms.plain({**said, **context})}


def _said(content: Content) -> Iterator[tuple[str, Any]]:
    """What a change says, by the keywords of the client."""
    match content:
        case Amended():
            yield from _replaced(content)
            for verb, items in (("add", content.added), ("remove", content.removed)):
                yield from _items(verb, items or DetailItems())
        case Corrected():
            yield "version", content.corrected_version
            yield from _replaced(content)
        case Retracted():
            yield "version", content.retracted_version
            yield "merged_into", content.merged_into.removeprefix("visits/")
        case StatementRecorded(said):
            yield "change", said.kind
            yield from ((name, value) for name, value in vars(said).items() if name != "kind")
        case _:
            details = getattr(content, "details", None) or VisitDetails()
            yield from vars(details).items()
            for name in ("window", "held_window", "window_given_up", "condition"):
                yield name, getattr(content, name, None)


def _replaced(content: Amended | Corrected) -> Iterator[tuple[str, Any]]:
    """The fields that the mask names, with their new values, and those that are cleared."""
    details, cleared = content.details or VisitDetails(), []
    for path in content.update_mask:
        name = path.removeprefix("details.")
        value = getattr(details if name != path else content, name)
        if value in (None, "", ()):
            cleared.append(name)
        else:
            yield (_RIGHT.get(name, name) if name == path else name), value
    yield "clear", tuple(cleared)


def _items(verb: str, items: DetailItems) -> Iterator[tuple[str, Any]]:
    yield f"{verb}_aliases", items.aliases
    yield f"{verb}_related", items.related
    yield f"{verb}_names", items.principal_other_names
    for what in ("counterpart", "city"):
        names = getattr(items, f"{what}_other_names")
        yield f"{verb}_{what}_names", {each.name: each.other_names for each in names} or None


def _context(context: ChangeContext, *, is_disclosed: bool) -> Iterator[tuple[str, Any]]:
    """When it came about, why, and on whose word."""
    told = {}
    for name in ("known", "effective"):
        which = context.WhichOneof(name)
        if which is not None:
            value = getattr(context, which)
            told[name] = value if isinstance(value, str) else value.ToJsonString()
    if not is_disclosed and told.get("effective") == told.get("known"):
        told.pop("effective", None)  # it takes the value of the other
    yield from told.items()
    for name in ("reason", "note"):
        if getattr(context, name):
            yield name, getattr(context, name)
    for name in ("basis", "sources"):
        if bases := getattr(context, name):
            yield name, tuple(read(Basis, each) for each in bases)
