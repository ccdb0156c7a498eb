"""The columns of a desk's table, and which of them each change may fill."""

from typing import Literal, get_args

from chancery.client.words import StatementWord
from service.exchange import sheets

DETAILS = (
    "title",
    "principal",
    "other_names",
    "office",
    "represents",
    "host",
    "destinations",
    "kind",
    "purpose",
    "trip",
    "aliases",
)
WINDOW = ("from", "to", "approximate", "as_stated")
BASIS = ("side", "speaker", "attribution", "outlet", "url", "published", "quote")
COLUMNS = (
    "visit",
    "change",
    "known",
    "effective",
    *WINDOW,
    *DETAILS,
    *BASIS,
    "reason",
    "condition",
    "says",
    "claims",
)
TEMPLATE = sheets.MARK + sheets.lines([COLUMNS])

StatusChange = Literal["schedule", "disclose", "postpone", "defer", "reschedule", "cancel"]
# The first row of a visit is one of these. Those that put a visit off may be that.
OPENINGS: tuple[StatusChange, ...] = get_args(StatusChange)
PUT_OFF = ("postpone", "defer", "cancel")
STATEMENTS: tuple[StatementWord, ...] = get_args(StatementWord)

_ALWAYS = ("visit", "change", "known", "effective", "reason", *BASIS)
_ALLOWED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("schedule", "disclose", "reschedule", "amend"), (*DETAILS, *WINDOW)),
    **dict.fromkeys(PUT_OFF, (*DETAILS, *WINDOW, "condition")),
    "complete": WINDOW,
    **dict.fromkeys(STATEMENTS, (*WINDOW, "condition", "says", "claims")),
}
# What a server calls what stands in a column.
_OF_FIELDS = {
    "name": "visit",
    "known_time": "known",
    "known_period": "known",
    "effective_time": "effective",
    "effective_period": "effective",
    "start": "from",
    "end": "to",
    "window": "from",
    "held_window": "from",
    "window_given_up": "from",
    "claimed_window": "from",
    "claimed_status": "claims",
    "text": "says",
    "basis": "side",
    "country": "represents",
    "organisation": "represents",
}
CHANGES = tuple(_ALLOWED)


def allowed(change: str) -> set[str]:
    """The columns that a row with this change may fill."""
    return {*_ALWAYS, *_ALLOWED[change]}


def column_of(path: str) -> str:
    """The column of a field that a server names: "known" for ``context.known_period``.

    Empty if none is like it.
    """
    names = [name.partition("[")[0] for name in path.split(".")]
    for name in reversed(names):
        column = _OF_FIELDS.get(name, name)
        if column == "represents" and "host" in names:
            return "host"
        if column == "says" and "condition" in names:
            return "condition"
        if column in COLUMNS:
            return column
    return ""
