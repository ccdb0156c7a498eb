"""Turn documented visits, step by step, into stories.

The file of playbooks says of each step when it took effect, when it became known, who said it and
how, and what the status is then. No opening is made up: a visit that the file begins with its
postponement is opened by that.
"""

import re
from datetime import datetime
from typing import Any

from tests.model.desk import date, when
from tests.model.readings import Reading, Step
from tests.model.terms import STATUS_OF, Json
from tests.model.times import begin_of, last_of, stamp

ATTRIBUTIONS = {
    "on_record": "ON_THE_RECORD",
    "on_background": "BACKGROUND",
    "readout": "READOUT",
    "anonymous_sources": "ANONYMOUS",
    "news_outlet_report": "ANONYMOUS",
    "archival_document": "DOCUMENT",
    "official_retrospective_record": "OFFICIAL_RECORD",
}
PLANS = {"scheduled", "rescheduled"}
OPEN = {"postponed", "deferred"}


def as_story(entries: list[Json], reading: Reading, entered: datetime) -> Json:
    """The visit of a reading. What has no day on which it became known, became known when it was
    entered."""
    entry = next(one for one in entries if one["id"] == reading.entry)
    steps = [step for step in entry["steps"] if step["seq"] in reading.steps]
    commands: list[Json] = []
    moments: list[Json] = []
    for step in steps:
        read = reading.steps[step["seq"]]
        opens = details(entry, reading) if not commands else {}
        commands += changes(entry, step, read, opens, planned(commands), stamp(entered))
        moments.append(moment(step, read, len(commands)))
    for number, command in enumerate(commands, start=1):
        command["visit"] = reading.visit
        command["expect"] = {"accepted": True, "version": number}
    for asked, step in zip(moments[:], steps, strict=True):
        asked["visit"] = reading.visit
        is_last_of_its_day = step is [s for s in steps if known_day(s) == known_day(step)][-1]
        if "known_at" in asked and is_last_of_its_day:
            moments.append({**asked, "prefix": len(commands)})
    return {"id": reading.visit, "commands": commands, "moments": moments}


def planned(commands: list[Json]) -> Json | None:
    """The window that is planned after some commands."""
    window = None
    for command in commands:
        if command["change"] in PLANS:
            window = command["message"]["window"]
        elif command["change"] in OPEN:
            window = None
    return window


def named(text: str, part: int) -> str:
    """One of several names, without a remark in brackets."""
    names = [re.sub(r" *\(.*?\)", "", name).strip() for name in text.split(" / ")]
    return names[min(part, len(names) - 1)]


def details(entry: Json, reading: Reading) -> Json:
    """Who travels, who is visited, where, and what for."""
    person = entry["principal"]
    host = re.findall(r"\b[A-Z]{2}\b", entry["host"]["country"])[reading.host]
    return {
        "title": entry["title"],
        "principal": {
            "name": named(person["name"], reading.principal),
            "office": named(person["office"], reading.principal),
            **reading.guest,
        },
        "host": {"country": host},
        "destinations": [{"city": city} for city in re.split(", | / ", entry["destination"])],
        "purpose": entry["purpose"],
    }


def window_of(step: Json) -> Json | None:
    """The window that a step names: exact days, or an estimate of what was said."""
    if "planned_window" not in step:
        return None
    planned = step["planned_window"]
    window: Json = {"start": date(planned["start"]), "end": date(planned["end"])}
    if planned["precision"] == "day":
        return window
    if planned["precision"] == "bounded":
        del window["start"]
    elif planned["start"] == planned["end"]:
        del window["end"]
    return {**window, "approximate": True, "as_stated": planned["raw"]}


def held_window(entry: Json, step: Json, plan: Json | None) -> Json | None:
    """What the official record has, where the step rests on it; else nothing, where the plan has
    both days; else what the effective time tells."""
    for record in entry["official_record"]:
        if any(record["source"] in source for source in step["sources"]):
            return {"start": date(record["start"]), "end": date(record["end"])}
    if plan and "start" in plan and "end" in plan and "approximate" not in plan:
        return None
    effective = step["effective"]
    last = last_of(effective).date().isoformat()
    if step["effective_precision"] == "day":
        return {"end": date(last)}
    first = begin_of(effective).date().isoformat()
    return {"start": date(first), "end": date(last), "approximate": True, "as_stated": effective}


def bases(step: Json, side: str) -> list[Json]:
    """One for each form in which it was said."""
    source = {"side": f"SIDE_{side.upper()}", "speaker": step["said_by"][:200]}
    if side == "press":
        source["outlet"] = str(step.get("first_reported_by", step["said_by"]))[:200]
    forms = [ATTRIBUTIONS[form] for form in step["attribution"].split(" + ")]
    return [{**source, "attribution": f"ATTRIBUTION_{form}"} for form in forms]


def known_day(step: Json) -> str:
    """The day, month or year on which it became known, if that is one."""
    known = step["publicly_known"]
    return known if re.fullmatch(r"[\d-]+", known) else ""


def changes(
    entry: Json, step: Json, read: Step, opens: Json, plan: Json | None, entered: str
) -> list[Json]:
    """The commands of a step: none for what is mere background."""
    what, sides = read[0], read[1].split()
    known = when("known", known_day(step) or entered)
    context = {**known, **when("effective", step["effective"])}
    context["basis"] = [basis for side in sides for basis in bases(step, side)]
    if "reason" in step:
        context["reason"] = step["reason"]
    conditions = [part.strip() for part in step.get("condition_text", "").split(";")]
    if what not in STATUS_OF:
        return [] if what == "background" else [statement(step, what, sides[0], context)]
    message: Json = {"details": opens} if opens else {}
    window = window_of(step)
    if what in PLANS:
        message["window"] = window
    elif opens and window:
        message["window_given_up"] = window
    if what in ("disclosed", "completed"):
        held = held_window(entry, step, plan)
        message.update({"held_window": held} if held else {})
    if what in OPEN and conditions[0]:
        message["condition"] = {"side": f"SIDE_{sides[0].upper()}", "text": conditions[0]}
    result = [{"change": what, "context": context, "message": message}]
    if "condition" in message and len(sides) == len(conditions) == 2:
        other = {"side": f"SIDE_{sides[1].upper()}", "text": conditions[1]}
        result.append(statement(step, "reaffirm", sides[1], context, condition=other))
    return result


def statement(step: Json, kind: str, side: str, context: Json, **more: Any) -> Json:
    """What somebody says that changes no status."""
    said = {"kind": f"STATEMENT_KIND_{kind.upper()}", "side": f"SIDE_{side.upper()}", **more}
    window = window_of(step)
    if window and not more:
        said["claimed_window"] = window
    return {
        "change": "statement_recorded",
        "context": context,
        "message": {"statement": {**said, "text": step["what"]}},
    }


def moment(step: Json, read: Step, prefix: int) -> Json:
    """The status that the file has after a step, as known on its day."""
    expected: Json = {
        "exists": True,
        "status": f"STATUS_{step['status_after'].upper()}",
        "standing": f"STANDING_{read[2].upper()}",
    }
    if read[0] in PLANS:
        expected["window"] = window_of(step)
    if read[0] in OPEN:
        expected["window"] = None
    if read[0] == "arrived":
        expected["under_way"] = True
    known = known_day(step)
    asked = {"known_at": stamp(last_of(known))} if known else {}
    return {"prefix": prefix, **asked, "expect": expected}
