"""On whose word something rests."""

from datetime import date
from urllib.parse import urlsplit

from markupsafe import Markup

from chancery.client import Basis
from service.web.wording.dates import short_day
from service.web.wording.numbers import number
from service.web.wording.statement import voice
from service.web.wording.text import own, quoted
from service.web.wording.words import attribution

_UNNAMED = ("background", "deep background", "anonymous")


def basis(value: Basis, known: date | None = None) -> Markup:
    """One basis on one line, as it stands in lists of changes.

    The day of its publication is left out if it is that on which all became ``known``.

    ``guest: Ned Price, State Department · readout “at the earliest opportunity” apnews.com``
    """
    by = who(value) or (Markup("its own word") if value.side == "desk" else "")
    parts = [Markup('<span class="who">{}</span>').format(value.side), by]
    if form := attribution(value.attribution):
        more = " att-unnamed" if value.attribution in _UNNAMED else ""
        more += "" if by else " att-alone"
        parts.append(Markup('<span class="att{}">{}</span>').format(more, form))
    if value.quote:
        parts.append(quoted(value.quote))
    parts.append(link(value))
    if value.published and value.published != known:
        parts.append(Markup('<span class="mut">{}</span>').format(short_day(value.published)))
    return Markup(" ").join(part for part in parts if part)


def who(value: Basis) -> Markup:
    """Who speaks and where: ``three people familiar with the talks, in Radio Maghreb``."""
    parts = []
    if value.source_count and value.speaker:
        parts.append(Markup("{} {}").format(number(value.source_count), own(value.speaker)))
    elif value.source_count:
        sources = "source" if value.source_count == 1 else "sources"
        parts.append(Markup("{} {}").format(number(value.source_count), sources))
    elif value.speaker:
        parts.append(own(value.speaker))
    if value.country or value.organisation or value.side == "third":
        parts.append(_represented(value))
    if value.outlet:
        within = "in " if parts else ""
        parts.append(Markup("{}{}").format(within, own(value.outlet)))
    return Markup(", ").join(part for part in parts if part)


def link(value: Basis) -> Markup:
    """A link to where it was published, named by its host; nothing else but http and https."""
    host = _host(value.url)
    if not host:
        return own(value.url) if value.url else Markup()
    return Markup('<a class="src" rel="noreferrer" href="{}">{}</a>').format(value.url, host)


def _represented(value: Basis) -> Markup:
    named = voice(Basis(side="third", country=value.country, organisation=value.organisation))
    return Markup() if named == "a third party" else named


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.") if parts.scheme in ("http", "https") else ""
