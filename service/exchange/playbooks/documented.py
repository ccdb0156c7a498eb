"""Documented visits, as the compilers of public reports write them: read as playbooks.

Such an entry tells each step by what happened, by the status after it, and by who said so in what
form. It does not say which side spoke. An event whose name begins with ``Host`` is the host's word,
what only a news outlet tells is that of the press, and all else is the guest's, unless the step
has a ``side`` itself.
"""

import re
from typing import Any

from domain.validation import NAME_LENGTH
from service.exchange.playbooks.text import Block

_ATTRIBUTIONS = {
    "on_record": "on the record",
    "on_background": "background",
    "readout": "readout",
    "anonymous_sources": "anonymous",
    "news_outlet_report": "anonymous",
    "archival_document": "document",
    "official_retrospective_record": "official record",
}
_OF_PRESS = ("anonymous_sources", "news_outlet_report")
_VERBS = {
    "scheduled": "schedule",
    "postponed": "postpone",
    "when conditions allow": "defer",
    "rescheduled": "reschedule",
    "completed": "complete",
    "cancelled": "cancel",
}
# What an event's name holds where somebody speaks and no status changes.
_STATEMENTS = (
    ("NonConfirm", "decline"),
    ("Dispute", "deny"),
    ("Arrived", "arrived"),
    ("Reaffirm", "reaffirm"),
    ("Restate", "reaffirm"),
    ("Acknowledge", "confirm"),
    ("Confirm", "confirm"),
)
_MOVED = re.compile("Rescheduled|Postponed|Slipped|Moved")
_TIME = re.compile(r"\d{4}(-\d{2}){0,2}(T\S+)?", re.ASCII)
_CODE = re.compile(r"\b[A-Z]{2}\b", re.ASCII)


def is_documented(document: Any) -> bool:
    """Whether a document is such an entry."""
    return isinstance(document, dict) and "steps" in document


def playbook(entry: dict[str, Any]) -> Block:
    """The entry as a playbook.

    :raises ValueError: it lacks something that a playbook needs, or has several hosts.
    """
    steps = _of(entry, "steps", list)
    changes: list[Block] = []
    status, window = "", None
    for step in steps:
        if not isinstance(step, dict):
            raise ValueError("steps: give a list of steps")
        after = " ".join(str(step.get("status_after", "")).split("_"))
        if after not in _VERBS:
            raise ValueError(f"status_after: unknown status {after!r}")
        if status == "completed" and after != status:
            raise ValueError(
                "steps: what is planned after a visit took place is another: part them"
            )
        planned = _window(step)
        change = _change(step, status, after, planned, window)
        if change is None:
            continue
        if not changes:
            change.update(_details(entry))
        if change["change"] in ("schedule", "reschedule"):
            window = planned
        changes.append(change)
        status = after
    result = Block(visit=_of(entry, "id", str), changes=changes)
    result.line = getattr(entry, "line", 0)
    return result


def _change(
    step: dict[str, Any], before: str, after: str, planned: Any, window: Any
) -> Block | None:
    """The change of a step; None if it is about something else."""
    event = str(step.get("event", ""))
    is_said = after == before and not (
        after == "rescheduled" and planned and planned != window and _MOVED.search(event)
    )
    if is_said and event.startswith("Context"):
        return None
    change = Block()
    change.line = getattr(step, "line", 0)
    side = _side(step, event)
    if is_said:
        kind = next((kind for part, kind in _STATEMENTS if part in event), "report")
        change.update(change=kind, side=side, text=step.get("what", ""))
        change.update({"claimed_window": planned} if planned else {})
    else:
        change.update(_of_status(step, before, after, planned, side))
    for key, name in (("known", "publicly_known"), ("effective", "effective")):
        if _TIME.fullmatch(str(step.get(name, ""))):
            change[key] = step[name]
    change["basis"] = _basis(step, side)
    if step.get("reason") and not is_said:
        change["reason"] = step["reason"]
    return change


def _of_status(
    step: dict[str, Any], before: str, after: str, planned: Any, side: str
) -> dict[str, Any]:
    is_disclosed = not before and after == "completed"
    said: dict[str, Any] = {"change": "disclose" if is_disclosed else _VERBS[after]}
    if after in ("scheduled", "rescheduled"):
        said.update({"window": planned} if planned else {})
    elif planned and not before and not is_disclosed:
        said["window_given_up"] = planned
    if after == "completed":
        told = str(step.get("effective", ""))
        is_day = len(told) == len("2023-06-18")
        window = {"end": told} if is_day else {"start": told, "end": told, "approximate": "yes"}
        said["held_window"] = {**window, "as_stated": "" if is_day else told}
    if step.get("condition_text") and after in ("postponed", "when conditions allow", "cancelled"):
        said["condition"] = {"text": step["condition_text"], "side": side}
    return said


def _details(entry: dict[str, Any]) -> dict[str, Any]:
    """Who travels, who is visited, where, and what for."""
    person, host = _of(entry, "principal", dict), _of(entry, "host", dict)
    codes = _CODE.findall(str(host.get("country", "")))
    if len(codes) > 1:
        raise ValueError(f"host: {' and '.join(codes)} are visits of their own: part them")
    names = ("name", "office", "country", "organisation", "other_names")
    cities = re.split(r", | / ", str(entry.get("destination", "")))
    return {
        "title": entry.get("title", ""),
        "principal": {name: person[name] for name in names if name in person},
        "host": {"country": codes[0]} if codes else str(host.get("country", "")),
        "destinations": [{"city": city} for city in cities if city],
        "purpose": entry.get("purpose", ""),
    }


def _side(step: dict[str, Any], event: str) -> str:
    if step.get("side"):
        return str(step["side"])
    if event.startswith("Host"):
        return "host"
    return "press" if str(step.get("attribution", "")) in _OF_PRESS else "guest"


def _basis(step: dict[str, Any], side: str) -> list[dict[str, Any]]:
    """One for each form in which it was said."""
    speaker = str(step.get("said_by", ""))[:NAME_LENGTH]
    source = {"side": side, "speaker": speaker}
    if side == "press":
        source["outlet"] = str(step.get("first_reported_by") or speaker)[:NAME_LENGTH]
    forms = [form for form in str(step.get("attribution", "")).split(" + ") if form]
    if unknown := [form for form in forms if form not in _ATTRIBUTIONS]:
        raise ValueError(f"attribution: unknown form {unknown[0]!r}")
    return [{**source, "attribution": _ATTRIBUTIONS[form]} for form in forms]


def _window(step: dict[str, Any]) -> dict[str, Any] | None:
    """The window that a step names: exact days, or an estimate of what was said."""
    planned = step.get("planned_window")
    if not isinstance(planned, dict):
        return None
    start, end = planned.get("start", ""), planned.get("end", "")
    if planned.get("precision") == "day":
        return {"start": start, "end": end}
    ends = {"start": start, "end": "" if start == end else end}
    if planned.get("precision") == "bounded":
        ends = {"end": end}
    return {**ends, "approximate": "yes", "as_stated": planned.get("raw", "")}


def _of(entry: dict[str, Any], name: str, kind: type) -> Any:
    found = entry.get(name)
    if not isinstance(found, kind) or not found:
        raise ValueError(f"{name}: it is missing")
    return found
