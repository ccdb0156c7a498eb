"""Visits and changes as whole files, piece by piece: each format that an export has.

``export`` is for any Python program; ``chancery export`` makes the same :class:`Export`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal, TypeVar, Unpack, get_args
from urllib.parse import quote

from chancery.client import AuditedChange, Connection, Visit, questions
from chancery.client.keywords import Which
from chancery.client.shorthand import full_name
from chancery.client.signatures import checked
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.visit_service_pb2 import ListVisitsRequest
from service.exchange import atom, icalendar, jsonld, jsonlines, sheets
from service.exchange.playbooks import writing
from service.exchange.selection import Selection, Titles

T = TypeVar("T")
VisitFormat = Literal["visits", "visits-json", "icalendar", "jsonld"]
AuditFormat = Literal["changes-csv", "atom"]
Lossless = Literal["changes", "playbooks"]
Format = VisitFormat | Lossless | AuditFormat
OF_VISITS: tuple[str, ...] = get_args(VisitFormat)
LOSSLESS: tuple[str, ...] = get_args(Lossless)
FORMATS: tuple[str, ...] = (*OF_VISITS, *LOSSLESS, *get_args(AuditFormat))
# Where the board is, if nobody says it: nowhere.
BOARD = "https://chancery.invalid"


class Unsuitable(ValueError):
    """An export cannot have this ``keyword``, for this ``reason``."""

    def __init__(self, keyword: str, reason: str) -> None:
        super().__init__(f"{keyword}: {reason}")
        self.keyword = keyword
        self.reason = reason


class ContentLost(Exception):
    """Some of the visits are told only up to a change that has lost its content.

    ``visits`` says which: their ids, each with the version of that change.
    """

    def __init__(self, visits: dict[str, int]) -> None:
        ends = (f"{visit} ends before its change {lost}" for visit, lost in visits.items())
        super().__init__(f"{', '.join(ends)}, which has lost its content")
        self.visits = visits


@checked
def export(
    connection: Connection,
    format: Format,
    visit: str = "",
    query: str = "",
    *,
    board: str = BOARD,
    **which: Unpack[Which],
) -> "Export":
    """Take out visits or changes in a format of others.

    ``visit`` is the one visit that is wanted. Without it, they are those that ``query`` and the
    other keywords select, which are those of ``Connection.visits``; all if none is given.
    ``board`` is the address of the board, to whose pages icalendar, jsonld and atom point.

    :raises Unsuitable: the format is none, or cannot be of this visit or as of this moment.
    :raises ChanceryError: the server does not answer; iterating raises it too.
    """
    request = questions.list_visits(query, "", **which)
    return Export(connection, format, request, visit, board)


class Export:
    """The file that an export makes, as bytes, piece by piece, as the server is asked for them.

    ``file.writelines(export)`` writes it into a file that is open in binary mode. Iterating again
    asks again.

    ``number`` is how many visits, changes or parts of stories came so far, and ``what`` is which
    of these they are.
    """

    def __init__(
        self,
        connection: Connection,
        format: str,
        request: ListVisitsRequest,
        visit: str = "",
        board: str = BOARD,
    ) -> None:
        _check(format, request, visit)
        self._connection = connection
        self._format: Any = format
        self._selection = Selection(connection, request, full_name(visit) if visit else "")
        self._board = board
        self.number = 0
        self.what = "changes"
        if format in OF_VISITS:
            self.what = "visits"
        elif format == "playbooks":
            self.what = "parts of stories"

    def total(self) -> int:
        """How much there will be, if that is known; else 0."""
        if self.what == "visits":
            return self._selection.count()
        return self._selection.most if self.what == "changes" else 0

    def __iter__(self) -> Iterator[bytes]:
        """The pieces.

        :raises ContentLost: after the last piece, if playbooks are not whole.
        :raises ChanceryError: a call failed.
        """
        self.number = 0
        return (piece.encode() for piece in self._pieces() if piece)

    def _pieces(self) -> Iterator[str]:
        selection = self._selection
        if self._format == "playbooks":
            return self._playbooks()
        if self._format == "changes":
            return changes(self._counted(selection.events()))
        about = About(selection.origin, self.what.capitalize(), self._board)
        if self.what == "visits":
            return visits(self._format, self._counted(selection.visits()), about)
        titles = Titles(self._connection)
        pages = selection.audited(backwards=self._format == "atom")
        found = chain.from_iterable(map(titles.of, pages) if self._format == "atom" else pages)
        return audited(self._format, self._counted(found), about, titles)

    def _playbooks(self) -> Iterator[str]:
        lost = {}
        for story in self._counted(self._selection.stories()):
            if story.changes:
                yield writing.playbook(story.visit, story.first, story.changes)
            if story.lost:
                lost[story.visit] = story.lost
        if lost:
            raise ContentLost(lost)

    def _counted(self, found: Iterable[T]) -> Iterator[T]:
        for each in found:
            self.number += 1
            yield each


def _check(format: str, request: ListVisitsRequest, visit: str) -> None:
    """Refuse what an export cannot have.

    :raises Unsuitable: see ``export``.
    """
    if format not in FORMATS:
        raise Unsuitable("format", f"unknown {format!r}; choose from {', '.join(FORMATS)}")
    if visit and (request.query or request.filter.ByteSize()):
        raise Unsuitable("visit", "is one visit: give no filter")
    if format in OF_VISITS:
        return
    if request.as_of.HasField("valid_at"):
        raise Unsuitable("valid_at", f"{format} has changes, not visits as they stood")
    if request.as_of.HasField("known_at") and format in LOSSLESS:
        reason = f"{format} are to be imported again: leave out none of those recorded by then"
        raise Unsuitable("known_at", f"{reason}, and give the record time or the position")


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
