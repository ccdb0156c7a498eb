"""What no visit would allow: messages that are refused whatever the visit is."""

from datetime import timedelta
from typing import Any

from tests.model.codes import COUNTRIES
from tests.model.refusal import invalid
from tests.model.terms import ATTRIBUTIONS, DESK, DETAILS, SIDES, STATEMENTS, STATUS_OF, Json
from tests.model.times import EARTH, day

NAMES = 200
TEXTS = 4000
ITEMS = 50
NAME_FIELDS = {"title", "name", "office", "organisation", "city", "trip", "speaker", "outlet"}


def demand(holds: Any, words: str) -> None:
    if not holds:
        raise invalid(words)


def check_lengths(value: Any, name: str = "") -> None:
    """Text is at most 4,000 characters, names 200; lists have at most 50 members."""
    if isinstance(value, str):
        limit = NAMES if name in NAME_FIELDS else TEXTS
        demand(len(value) <= limit, f"{name} is too long")
    elif isinstance(value, list):
        demand(len(value) <= ITEMS or name.endswith("versions"), f"{name} has too many members")
        for item in value:
            check_lengths(item, name)
    elif isinstance(value, dict):
        for key, member in value.items():
            check_lengths(member, key)


def check_countries(value: Any) -> None:
    """One of the codes of ISO 3166-1, of states that are gone, or XK. Others are refused."""
    if isinstance(value, list):
        for item in value:
            check_countries(item)
    elif isinstance(value, dict):
        for key, member in value.items():
            if key == "country":
                demand(member in COUNTRIES, f"{member} is no country")
            check_countries(member)


def check_day(value: Json) -> None:
    try:
        day(value)
    except ValueError as error:
        raise invalid("a day that does not exist") from error


def check_window(window: Json) -> None:
    """At least one of the first day, the last day and the phrase."""
    first, last = window.get("start"), window.get("end")
    for one in (first, last):
        if one is not None:
            check_day(one)
    said = first is not None or last is not None or "as_stated" in window
    demand(said, "a window has days or a phrase")
    if first and last:
        demand(day(first) <= day(last), "a window ends before it begins")


def check_basis(basis: Json, now: Any) -> None:
    """A basis is not published in the future."""
    demand(basis.get("side") in SIDES, "a basis has a side")
    attributed = basis.get("attribution") in ATTRIBUTIONS or (
        basis["side"] == DESK and "attribution" not in basis
    )
    demand(attributed, "a basis has an attribution")
    demand(basis.get("source_count", 0) >= 0, "a number of sources is not negative")
    web = basis.get("url", "https://").startswith(("https://", "http://"))
    demand(web, "an address is of http or https")
    if "published" in basis:
        check_day(basis["published"])
        latest = (now + EARTH + timedelta(0)).date()
        demand(day(basis["published"]) <= latest, "published in the future")


def check_condition(condition: Json) -> None:
    demand("text" in condition, "a condition has a text")
    demand(condition.get("side") in SIDES, "a condition has a side")


def check_details(details: Json) -> None:
    """Of an opening: the title and the principal are required."""
    demand("title" in details, "a visit has a title")
    demand("principal" in details, "a visit has a principal")
    check_members(details)


def check_members(details: Json) -> None:
    if "principal" in details:
        principal = details["principal"]
        demand("name" in principal, "a principal has a name")
        both = "country" in principal and "organisation" in principal
        demand(not both, "a principal has a country or an organisation")
    if "host" in details:
        host = details["host"]
        demand("country" in host or "organisation" in host, "a host has a country")
        demand(all("name" in person for person in host.get("counterparts", [])), "a name")
    for place in details.get("destinations", []):
        demand("city" in place or "country" in place, "a place has a city or a country")
    for related in details.get("related", []):
        demand("name" in related and "relation" in related, "which visit, and how related")


def check_mask(mask: list[str], message: Json, fields: set[str]) -> None:
    """Fields of the details, one level, and the others named. A value that is set and not named
    is refused."""
    known = {f"details.{name}" for name in DETAILS} | fields
    demand(set(mask) <= known, "a mask names what is no field")
    demand(len(set(mask)) == len(mask), "a mask names a field twice")
    values = {f"details.{name}" for name in message.get("details", {})}
    values |= {name for name in fields if name in message}
    demand(values <= set(mask), "a value is set that the mask does not name")
    check_members(message.get("details", {}))
    for required in ("title", "principal"):
        cleared = f"details.{required}" in mask and required not in message.get("details", {})
        demand(not cleared, f"a visit has a {required}")
    for name in ("window", "held_window", "window_given_up"):
        if name in message:
            check_window(message[name])
    if "held_window" in mask:
        demand("held_window" in message, "a completed visit has a held window")


def check_status_change(change: str, message: Json) -> None:
    if "details" in message:
        check_details(message["details"])
    if change in ("scheduled", "disclosed"):
        demand("details" in message, "the details are required")
    for name in ("window", "held_window", "window_given_up"):
        if name in message:
            check_window(message[name])
    for name, needed in (
        ("window", change == "rescheduled"),
        ("held_window", change == "disclosed"),
        ("condition", change == "deferred"),
    ):
        demand(name in message or not needed, f"{name} is required")
    if "condition" in message:
        check_condition(message["condition"])
    if "window_given_up" in message:
        demand("details" in message, "a window given up comes only with the details")


def check_statement(message: Json) -> None:
    statement = message.get("statement", {})
    demand(statement.get("kind") in STATEMENTS, "a statement has a kind")
    demand(statement.get("side") in SIDES, "a statement has a side")
    demand(statement.get("about_version", 0) >= 0, "a version is not negative")
    if "claimed_window" in statement:
        check_window(statement["claimed_window"])
    if "condition" in statement:
        check_condition(statement["condition"])


def check_amended(message: Json) -> None:
    items = [message.get("added"), message.get("removed")]
    mask = message.get("update_mask", [])
    demand(mask or any(items), "an amendment names what changes")
    check_mask(mask, message, {"window", "held_window"})
    demand("window" in message or "window" not in mask, "an amendment makes a window exact")


def check_corrected(message: Json, now: Any) -> None:
    mask = message.get("update_mask", [])
    demand(mask, "a correction names what was wrong")
    fields = {"window", "window_given_up", "held_window", "condition", "reason", "basis"}
    check_mask(mask, message, fields)
    demand(message.get("corrected_version", 0) >= 0, "a version is not negative")
    if "condition" in message:
        check_condition(message["condition"])
    for basis in message.get("basis", []):
        check_basis(basis, now)


def check_retracted(message: Json) -> None:
    demand(message.get("retracted_version", 0) > 0, "a version is a number from 1")
    demand("retracted_versions" not in message, "the service says what is taken out")


def check(change: str, context: Json, message: Json, now: Any) -> None:
    """Refuse what no visit would allow."""
    for value in (context, message):
        check_lengths(value)
        check_countries(value)
    for basis in context.get("basis", []) + context.get("sources", []):
        check_basis(basis, now)
    if change in ("corrected", "retracted"):
        no_effective = not {"effective_time", "effective_period"} & set(context)
        demand(no_effective, "an effective time is refused")
    if change in STATUS_OF:
        check_status_change(change, message)
    elif change == "statement_recorded":
        check_statement(message)
    elif change == "amended":
        check_amended(message)
    elif change == "corrected":
        check_corrected(message, now)
    else:
        check_retracted(message)
