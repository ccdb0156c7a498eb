"""Visits and changes as whole files, piece by piece: each format that an export has."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Literal, get_args
from urllib.parse import quote

from chancery.client import AuditedChange, Visit
from chancery.v1.event_pb2 import RecordedEvent
from service.exchange import atom, icalendar, jsonld, jsonlines, sheets

VisitFormat = Literal["visits", "visits-json", "icalendar", "jsonld"]
AuditFormat = Literal["changes-csv", "atom"]
Lossless = Literal["changes", "playbooks"]
OF_VISITS: tuple[str, ...] = get_args(VisitFormat)
FORMATS: tuple[str, ...] = (
    *OF_VISITS,
    *get_args(Lossless),
    *get_args(AuditFormat),
)


@dataclass(frozen=True)
class About:
    """What an export says of itself: the first origin of its log, its title, and its board."""

    origin: str
    title: str
    board: str

    def page(self, visit_id: str) -> str:
        """The address of a visit's page."""
        return f"{self.board.rstrip('/')}/visits/{quote(visit_id, safe='')}"


def visits(form: VisitFormat, found: Iterable[Visit], about: About) -> Iterator[str]:
    """The visits in a format."""
    head, write, between, tail = _of_visits(form, about)
    yield head
    is_first = True
    for visit in found:
        if text := write(visit):
            yield text if is_first else between + text
            is_first = False
    yield tail


def _of_visits(form: VisitFormat, about: About) -> tuple[str, Callable[[Visit], str], str, str]:
    """What comes first, how a visit is written, what stands between two, and what comes last."""
    match form:
        case "visits":
            head = sheets.MARK + sheets.lines([sheets.VISITS])
            return head, lambda visit: sheets.lines([sheets.visit(visit)]), "", ""
        case "visits-json":
            return "", lambda visit: jsonlines.line(visit) + "\n", "", ""
        case "icalendar":
            head = icalendar.head(about.title)
            return (
                head,
                lambda visit: icalendar.event(visit, about.origin, about.page),
                "",
                icalendar.TAIL,
            )
        case "jsonld":
            return (
                jsonld.HEAD,
                lambda visit: jsonld.listed(visit, about.origin, about.page),
                jsonld.BETWEEN,
                jsonld.TAIL,
            )


def changes(found: Iterable[RecordedEvent]) -> Iterator[str]:
    """The changes as JSON lines, which an import takes."""
    return (jsonlines.change(recorded) + "\n" for recorded in found)


def audited(
    form: AuditFormat,
    found: Iterable[AuditedChange],
    about: About,
    title: Callable[[str], str],
) -> Iterator[str]:
    """The changes in a format for reading; Atom's come newest first.

    ``title`` gives that of a visit by its name.
    """
    if form == "changes-csv":
        yield sheets.MARK + sheets.lines([sheets.CHANGES])
        yield from (sheets.lines([sheets.change(each)]) for each in found)
        return
    board = about.board.rstrip("/")
    feed = atom.Feed(about.origin, about.title, f"{board}/changes.atom", "", f"{board}/changes")
    changes = iter(found)
    first = list(islice(changes, 1))
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield atom.head(feed, first[0].event.record_time if first else None)
    for each in chain(first, changes):
        name = each.event.visit
        yield atom.entry(feed, each, {name: title(name)}, about.page) + "\n"
    yield atom.TAIL + "\n"
