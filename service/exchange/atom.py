"""Changes as a feed: RFC 4287, an entry for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from chancery.client import AuditedChange
from service.exchange import changes, names
from service.exchange.names import NAMESPACE, Page

ATOM = "http://www.w3.org/2005/Atom"
# What comes after the entries.
TAIL = "</feed>"
# When a feed without an entry was updated.
NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Feed:
    """What a feed says of itself. ``origin`` is the first one of its log.

    ``address`` is its own, ``query`` the part of it that selects changes, and ``page`` that of the
    changes' page.
    """

    origin: str
    title: str
    address: str
    query: str
    page: str


def feed(about: Feed, found: Sequence[AuditedChange], titles: Mapping[str, str], page: Page) -> str:
    """The document, with the changes as they come.

    ``titles`` are those of the visits, by their names; a visit that has none there is called by its
    id. ``page`` gives the address of its page.
    """
    updated = max(map(_recorded, found), default=NEVER)
    return "".join(
        [head(about, updated), *(entry(about, each, titles, page) for each in found), TAIL]
    )


def head(about: Feed, updated: datetime | None) -> str:
    """What comes before the entries; the latest of them was recorded at ``updated``."""
    root = Element("feed", {"xmlns": ATOM, "xmlns:chancery": NAMESPACE, "xml:lang": "en"})
    _text(root, "id", names.urn(about.origin, about.query))
    _text(root, "title", about.title)
    _text(root, "updated", names.as_told(updated or NEVER))
    _text(SubElement(root, "author"), "name", "Chancery")
    _text(root, "generator", "Chancery")
    SubElement(root, "link", rel="self", href=names.readable(about.address))
    SubElement(root, "link", rel="alternate", href=names.readable(about.page))
    return tostring(root, encoding="unicode", xml_declaration=False).removesuffix(TAIL)


def entry(about: Feed, change: AuditedChange, titles: Mapping[str, str], page: Page) -> str:
    """The entry of a change; see ``feed``."""
    element = Element("entry")
    _entry(element, about.origin, change, titles, page)
    return tostring(element, encoding="unicode", xml_declaration=False)


def _entry(
    entry: Element, origin: str, change: AuditedChange, titles: Mapping[str, str], page: Page
) -> None:
    event = change.event
    visit_id = event.visit.removeprefix("visits/")
    recorded = names.as_told(_recorded(change))
    _text(entry, "id", names.change_urn(event, origin))
    _text(entry, "title", f"{titles.get(event.visit) or visit_id}: {changes.what(event)}")
    _text(entry, "updated", recorded)
    _text(entry, "published", recorded)
    if event.actor:
        _text(SubElement(entry, "author"), "name", event.actor)
    SubElement(entry, "link", rel="alternate", href=names.readable(page(visit_id)))
    SubElement(entry, "category", term=str(event.change_type))
    _text(entry, "content", _content(change), type="text")
    for name, value in (
        ("visit", visit_id),
        ("version", str(event.version)),
        ("position", str(event.position)),
        ("known", changes.known(change)),
        ("effective", changes.effective(change)),
    ):
        _text(entry, f"chancery:{name}", value)


def _content(change: AuditedChange) -> str:
    """Why, on whose word, and what became of the visit's fields."""
    event = change.event
    lines = [f"Known {changes.known(change)}"]
    lines += [f"Why: {event.reason}"] if event.reason else []
    lines += map(changes.on_word_of, event.basis)
    lines += changes.altered(change)
    return "\n".join(lines)


def _recorded(change: AuditedChange) -> datetime:
    return change.event.record_time or NEVER


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    """An element with a text, without what XML cannot hold."""
    SubElement(parent, name, attributes).text = names.readable(text)
