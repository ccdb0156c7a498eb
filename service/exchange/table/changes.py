"""From the cells of a row to the change that it is."""

from collections.abc import Callable, Mapping
from typing import Any

from chancery.client import draft
from chancery.client.details import Basis, Condition, Host, Principal
from chancery.v1.desk_service_pb2 import Change
from service.exchange.table import cells as reading
from service.exchange.table.cells import CLEAR
from service.exchange.table.columns import (
    BASIS,
    CHANGES,
    DETAILS,
    OPENINGS,
    PUT_OFF,
    STATEMENTS,
    WINDOW,
    allowed,
)

Given = dict[str, Any]


class BadCell(ValueError):
    """A cell is wrong, or misses; the message says why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def change_of(given: Given, sources: list[Basis], *, is_held: bool) -> Change:
    """The change of a row, with the sources that further rows add.

    ``is_held`` says that the visit has taken place, so that its held days are amended.

    :raises BadCell: a cell is wrong.
    """
    what = given.get("change", "")
    if what not in CHANGES:
        raise BadCell("change", f"unknown change {what!r}; choose from {', '.join(CHANGES)}")
    for column in given:
        if column not in allowed(what):
            raise BadCell(column, f"a row with {what!r} does not fill it")
    about = _about(given)
    if what in STATEMENTS:
        return _stated(what, given, about, sources)
    own = basis(given)
    about["basis"] = [*([own] if own else []), *sources]
    if what == "amend":
        return _amended(given, about, is_held=is_held)
    if what == "complete":
        return draft.complete(given["visit"], held_window=_window(given), **about)
    return _of_status(what, given, about)


def opened(what: str, given: Given) -> Change:
    """The change of the status that opens a visit as a row has it.

    :raises BadCell: a cell is wrong.
    """
    return _of_status(what, given, _about(given))


def basis(given: Mapping[str, Any]) -> Basis | None:
    """On whose word a row is; None if it does not say.

    :raises BadCell: it says no side, or no form in which it was said.
    """
    if not any(given.get(column) for column in BASIS):
        return None
    if not given.get("side"):
        raise BadCell("side", "say who speaks: guest, host, third, press or desk")
    if not given.get("attribution") and given["side"] != "desk":
        raise BadCell("attribution", "say in what form it was said, such as on the record")
    return Basis(**{column: given[column] for column in BASIS if column in given})


def _about(given: Given) -> Given:
    return {name: given[name] for name in ("known", "effective", "reason") if name in given}


def _window(given: Given) -> Any:
    if "window" in given:
        return given["window"]
    try:
        return reading.window(given)
    except ValueError as error:
        raise BadCell("to", str(error)) from None


def _of_status(what: str, given: Given, about: Given) -> Change:
    """A change of the status that may open the visit."""
    facts, window = _facts(given), _window(given)
    is_opening = bool(facts)
    for column in ("title", "principal"):
        if (is_opening or what in ("schedule", "disclose")) and column not in given:
            raise BadCell(column, "the first row of a visit needs it")
    if what in ("disclose", "reschedule") and window is None:
        raise BadCell("from", f"{what} needs days")
    if what in PUT_OFF:
        if window and not is_opening:
            raise BadCell("from", "only the first row of a visit says which days were given up")
        if window:
            facts["window_given_up"] = window
        if what == "defer" and "condition" not in given:
            raise BadCell("condition", "defer needs the words under which it is left open")
        if "condition" in given:
            facts["condition"] = _condition(given)
    elif window:
        facts["held_window" if what == "disclose" else "window"] = window
    record: Callable[..., Change] = getattr(draft, what)
    assert what in OPENINGS
    return record(given["visit"], **facts, **about)


def _facts(given: Given) -> Given:
    """The facts of a visit, as keywords."""
    names = ("title", "destinations", "kind", "purpose", "trip", "aliases")
    facts: Given = {name: given[name] for name in names if name in given}
    if any(name in given for name in ("principal", "office", "represents", "other_names")):
        if "principal" not in given:
            column = next(name for name in DETAILS if name in given and name not in names)
            raise BadCell("principal", f"{column} is said together with the principal's name")
        facts["principal"] = Principal(
            given["principal"],
            given.get("office", ""),
            other_names=given.get("other_names", ()),
            **_body(given.get("represents", "")),
        )
    if "host" in given:
        host = given["host"]
        facts["host"] = host if isinstance(host, Host) else Host(**_body(host))
    return facts


def _body(text: str) -> dict[str, Any]:
    return {"country" if reading.is_country(text) else "organisation": text} if text else {}


def _condition(given: Given) -> Condition:
    if not given.get("side"):
        raise BadCell("side", "say whose condition it is: guest, host, third, press or desk")
    return Condition(given["condition"], given["side"], given.get("speaker", ""))


def _amended(given: Given, about: Given, *, is_held: bool) -> Change:
    """An amendment of the columns that are filled; ``-`` clears one."""
    which = "held_window" if is_held else "window"
    cleared = [name for name in given if given[name] == CLEAR and name in (*DETAILS, *WINDOW)]
    facts = _facts({name: cell for name, cell in given.items() if name not in cleared})
    parts = {"office", "represents", "other_names"}
    for column in parts & set(cleared):
        if "principal" not in facts:
            raise BadCell(column, "it is cleared together with the principal's name")
    window = _window({name: cell for name, cell in given.items() if name not in cleared})
    clear = [name for name in cleared if name in DETAILS and name not in parts]
    if set(WINDOW) & set(cleared) and window is None:
        clear.append(which)
    if window:
        facts[which] = window
    if not (facts or clear):
        raise BadCell("change", "amend fills the columns that change")
    return draft.amend(given["visit"], clear=clear, **facts, **about)


def _stated(kind: Any, given: Given, about: Given, sources: list[Basis]) -> Change:
    """What somebody says."""
    if not given.get("side"):
        raise BadCell("side", "say who speaks: guest, host, third, press or desk")
    said: Given = {"basis": sources}
    if any(given.get(column) for column in BASIS if column not in ("side", "speaker")):
        said["basis"] = [basis(given), *sources]
    if "condition" in given:
        said["condition"] = _condition(given)
    if "claims" in given:
        said["claimed_status"] = given["claims"]
    if window := _window(given):
        said["claimed_window"] = window
    for name, column in (("text", "says"), ("speaker", "speaker")):
        if column in given:
            said[name] = given[column]
    return draft.state(given["visit"], kind, given["side"], **said, **about)
