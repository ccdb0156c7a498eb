"""From playbooks to changes, each of which says what the client's call of its name takes."""

from collections.abc import Callable, Iterator
from functools import cache
from inspect import signature
from typing import IO, Any, NamedTuple, get_args

from chancery.client import draft
from chancery.client.details import (
    Basis,
    Condition,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Window,
)
from chancery.client.words import KindWord, SideWord, StatementWord, StatusWord
from chancery.v1.desk_service_pb2 import Change
from service.exchange.playbooks import terms, text
from service.exchange.playbooks.documented import is_documented, playbook
from service.exchange.playbooks.text import Block, Unreadable
from service.exchange.table import cells

VERBS = (
    *("schedule", "disclose", "postpone", "defer", "reschedule", "complete", "cancel"),
    *("amend", "correct", "retract"),
)
STATEMENTS: tuple[StatementWord, ...] = get_args(StatementWord)
DOCUMENT = ("visit", "first", "changes")
# Keywords that are not the file's to say.
_OF_CALLS = ("visit", "kind", "request_id", "expected_version", "validate_only")
_DETAILS: dict[str, Any] = {
    "title": str,
    "principal": Principal,
    "host": Host,
    "destinations": tuple[Place, ...],
    "kind": KindWord,
    "purpose": str,
    "trip": str,
    "aliases": tuple[str, ...],
    "related": tuple[RelatedVisit, ...],
    "initiated_by": SideWord,
}
_ITEMS: dict[str, Any] = {
    "aliases": tuple[str, ...],
    "related": tuple[RelatedVisit, ...],
    "names": tuple[str, ...],
    "counterpart_names": dict[str, tuple[str, ...]],
    "city_names": dict[str, tuple[str, ...]],
}
# What each keyword of the client is, as a file has it.
KEYWORDS: dict[str, Any] = {
    **_DETAILS,
    **dict.fromkeys(("window", "held_window", "window_given_up", "claimed_window"), Window),
    **dict.fromkeys(("known", "effective", "reason", "note", "right_reason"), str),
    **dict.fromkeys(("basis", "sources", "right_basis"), tuple[Basis, ...]),
    "condition": Condition,
    "clear": tuple[str, ...],
    **{f"{verb}_{name}": hint for verb in ("add", "remove") for name, hint in _ITEMS.items()},
    "version": int,
    "merged_into": str,
    "side": SideWord,
    **dict.fromkeys(("speaker", "country", "organisation", "text"), str),
    "claimed_status": StatusWord,
    "about_version": int,
}


class Read(NamedTuple):
    """A change, and where it stands."""

    where: str
    change: Change


class Bad(NamedTuple):
    """What is wrong, where, and with which visit, if that is known."""

    where: str
    visit: str
    reason: str


def read(file: IO[bytes]) -> Iterator[Read | Bad]:
    """The changes of a file of playbooks, in order, and what is wrong with it.

    A documented visit is one of them. What follows a bad change in its playbook is not read: the
    numbers of all later changes would be others.
    """
    try:
        for document in text.documents(file):
            yield from _playbook(document)
    except Unreadable as error:
        yield Bad(f"line {error.line}" if error.line else "", "", str(error))


def _playbook(document: Any) -> Iterator[Read | Bad]:
    if document == "":
        return
    visit = ""
    try:
        if is_documented(document):
            document = playbook(document)
        visit, first, changes = _head(document)
    except ValueError as error:
        yield Bad(_where(document, ""), visit, str(error))
        return
    for number, given in enumerate(changes, start=first):
        where = _where(given, f"change {number}")
        try:
            change = change_of(visit, given)
        except ValueError as error:
            left = len(changes) - (number - first) - 1
            later = f"; the {left} after it are not read" if left else ""
            yield Bad(where, visit, f"{error}{later}")
            return
        change.context.expected_version = number - 1
        yield Read(where, change)


def _head(document: Any) -> tuple[str, int, list[Any]]:
    """The visit of a playbook, the number of its first change, and the changes."""
    if not isinstance(document, dict):
        raise ValueError("a playbook has the keys visit and changes")
    if unknown := [name for name in document if name not in DOCUMENT]:
        raise ValueError(f"unknown key {unknown[0]!r}; there are {', '.join(DOCUMENT)}")
    visit = cells.visit(terms.read(str, document.get("visit", ""), "visit"))
    first = terms.read(int, document.get("first") or "1", "first")
    changes = document.get("changes")
    if not isinstance(changes, list) or not changes:
        raise ValueError("changes: give a list of changes")
    if first < 1:
        raise ValueError("first: it is 1 or more")
    return visit, first, changes


def change_of(visit: str, given: Any) -> Change:
    """The change of a visit that a file gives.

    :raises ValueError: it is none.
    """
    if not isinstance(given, dict):
        raise ValueError("a change has keys, of which one is change")
    what = " ".join(str(given.get("change", "")).lower().split())
    if what not in (*VERBS, *STATEMENTS):
        known = ", ".join((*VERBS, *STATEMENTS))
        raise ValueError(f"change: unknown change {what!r}; choose from {known}")
    allowed, needed = keywords(what)
    said: dict[str, Any] = {}
    for name, content in given.items():
        if name == "change" or content == "":
            continue
        if name not in allowed:
            raise ValueError(f"{what!r} has no key {name!r}; there are {', '.join(allowed)}")
        said[name] = _content(what, name, content)
    for name in needed:
        if name not in said:
            raise ValueError(f"{name}: {what!r} needs it")
    if what in STATEMENTS:
        said["kind"] = what
    try:
        change: Change = _call(what)(visit, **said)
    except TypeError as error:
        raise ValueError(str(error)) from None
    return change


@cache
def keywords(what: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys of a change, and those that it needs."""
    parameters = signature(_call(what)).parameters.values()
    own = [each for each in parameters if each.name not in _OF_CALLS or _is_kind(what, each.name)]
    needed = (each.name for each in own if each.default is each.empty)
    return tuple(each.name for each in own), tuple(needed)


def _is_kind(what: str, name: str) -> bool:
    """Whether it is the kind of a visit, not that of a statement."""
    return name == "kind" and what not in STATEMENTS


def _call(what: str) -> Callable[..., Change]:
    call: Callable[..., Change] = getattr(draft, "state" if what in STATEMENTS else what)
    return call


def _content(what: str, name: str, content: Any) -> Any:
    if name == "condition" and what in STATEMENTS and isinstance(content, str):
        return content  # whose words it is, the statement says
    return terms.read(KEYWORDS[name], content, name)


def _where(part: Any, otherwise: str) -> str:
    line = getattr(part, "line", 0) if isinstance(part, Block) else 0
    return f"line {line}" if line else otherwise
