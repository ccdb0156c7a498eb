"""How the project's own stories are written down: commands, and what is expected at moments."""

from typing import Any

from tests.model.desk import date, when, window
from tests.model.terms import Json

__all__ = [
    "BIRK",
    "GUEST",
    "HOST",
    "PRESS",
    "at",
    "date",
    "day",
    "do",
    "opened",
    "say",
    "story",
    "window",
]

GUEST = {"side": "SIDE_GUEST", "attribution": "ATTRIBUTION_ON_THE_RECORD"}
HOST = {"side": "SIDE_HOST", "attribution": "ATTRIBUTION_ON_THE_RECORD"}
PRESS = {"side": "SIDE_PRESS", "attribution": "ATTRIBUTION_ANONYMOUS", "outlet": "Fjord Times"}
BIRK: Json = {"name": "Berit Birk", "office": "Foreign Minister", "country": "NO"}


def day(text: str) -> str:
    """The last millisecond of a day."""
    return f"{text}T23:59:59.999Z"


def opened(**more: Any) -> Json:
    """The message of an opening: Birk to Chile."""
    principal = {"title": "Birk to Chile", "principal": BIRK, "host": {"country": "CL"}}
    return {"details": {**principal, **more.pop("details", {})}, **more}


def do(
    change: str,
    known: str = "",
    message: Json | None = None,
    /,
    *basis: Json,
    refused: str = "",
    takes_out: list[int] | None = None,
    visit: str = "",
    **context: Any,
) -> Json:
    """A change, known at a day, month, year or instant. `refused` holds the codes that may come."""
    if "effective" in context:
        context.update(when("effective", context.pop("effective")))
    if known:
        context.update(when("known", known))
    if basis:
        context["basis"] = list(basis)
    expected: Json = {"accepted": not refused}
    if refused:
        expected |= {"because": "a rule", "codes": refused.split()}
    if takes_out:
        expected["takes_out"] = takes_out
    return {
        "visit": visit,
        "change": change,
        "context": context,
        "message": message or {},
        "expect": expected,
    }


def say(
    kind: str, side: str, known: str, /, *basis: Json, refused: str = "", **statement: Any
) -> Json:
    """A statement. Without a basis and a speaker it is anonymous."""
    said = {"kind": f"STATEMENT_KIND_{kind}", "side": f"SIDE_{side}", **statement}
    return do("statement_recorded", known, {"statement": said}, *basis, refused=refused)


def at(
    prefix: int, /, known: str = "", valid: str = "", *, visit: str = "", **expected: Any
) -> Json:
    """What is expected after that many commands, as of days or instants. `words` are written as
    side, country, version and stance; `status` without its prefix."""
    moment: Json = {"visit": visit, "prefix": prefix}
    for name, text in (("known_at", known), ("valid_at", valid)):
        if text:
            moment[name] = text if "T" in text else day(text)
    for name in ("status", "standing"):
        if name in expected:
            expected[name] = f"{name.upper()}_{expected[name]}"
    if "words" in expected:
        keys = ("side", "country", "version", "stance")
        words = [dict(zip(keys, word, strict=True)) for word in expected["words"]]
        expected["words"] = [{**word, "side": f"SIDE_{word['side']}"} for word in words]
    if "previous_windows" in expected:
        pairs = expected["previous_windows"]
        expected["previous_windows"] = [{"window": one, "ended": end} for one, end in pairs]
    expected.setdefault("exists", True)
    return {**moment, "expect": expected}


def story(name: str, title: str, commands: list[Json], moments: list[Json]) -> Json:
    """A story of one visit, or of several where commands name theirs."""
    versions: dict[str, int] = {}
    for command in commands:
        command["visit"] = command["visit"] or name
        if command["expect"]["accepted"]:
            versions[command["visit"]] = versions.get(command["visit"], 0) + 1
            command["expect"]["version"] = versions[command["visit"]]
    for moment in moments:
        moment["visit"] = moment["visit"] or name
    return {"id": name, "title": title, "commands": commands, "moments": moments}
