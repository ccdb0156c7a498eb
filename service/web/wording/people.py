"""Who travels, who is visited, and where."""

from markupsafe import Markup, escape

from chancery.client import Counterpart, Host, Place, Principal, Visit
from service.web.wording.countries import country
from service.web.wording.text import own


def person(value: Principal | Counterpart) -> Markup:
    """``Antony Blinken, Secretary of State``."""
    return Markup(", ").join(own(part) for part in (value.name, value.office) if part)


def represented(value: Principal | Host) -> str:
    """The country or organisation: ``United States``, ``European Union``."""
    return value.organisation or country(value.country)


def guest_of(visit: Visit) -> str:
    """The country or organisation that travels: ``United States``; empty if it is not said."""
    principal = visit.details.principal
    return represented(principal) if principal else ""


def host_of(visit: Visit) -> str:
    """The country or organisation visited: ``China``; empty if it is not said."""
    return represented(visit.details.host) if visit.details.host else ""


def place(value: Place) -> Markup:
    """``Beijing, China``."""
    parts = (own(value.city) if value.city else "", escape(country(value.country)))
    return Markup(", ").join(part for part in parts if part)


def places(visit: Visit) -> Markup:
    """``Beijing, China``; ``Paris and Bordeaux, France``. The host, where no place is said."""
    stops = visit.details.destinations
    cities = [own(each.city) if each.city else escape(country(each.country)) for each in stops]
    countries = {country(each.country) for each in stops if each.city and each.country}
    host = host_of(visit)
    where = Markup(", ").join(cities)
    last = countries.pop() if len(countries) == 1 else "" if countries else host
    if last and last not in cities:
        return Markup(", ").join(part for part in (where, last) if part)
    return where


def route(visit: Visit) -> Markup:
    """``Antony Blinken, Secretary of State → Beijing, China``."""
    principal = visit.details.principal
    travels, where = person(principal) if principal else "", places(visit)
    arrow = Markup(' <span aria-hidden="true">→</span><span class="vh">to</span> ')
    return arrow.join(part for part in (travels, where) if part)
