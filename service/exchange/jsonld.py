"""A visit as linked data: an Event of schema.org, with terms of our own beside it."""

import json
from collections.abc import Iterable
from typing import Any

from chancery.client import Counterpart, Host, Place, Principal, Visit, Window
from service.exchange import names
from service.exchange.names import NAMESPACE, Page

Node = dict[str, Any]

# No target tells the six statuses apart, so that ours stands beside the mapped one.
TERMS = (
    "visitStatus",
    "visitStanding",
    "condition",
    "reason",
    "trip",
    "approximate",
    "asStated",
    "effectiveTime",
    "knownTime",
    "recordTime",
    "version",
)
CONTEXT = ["https://schema.org", {term: NAMESPACE + term for term in TERMS}]

# A list is one document: between these, the visits with commas between.
HEAD = f'{{"@context":{json.dumps(CONTEXT)},"@graph":[\n'
BETWEEN = ",\n"
TAIL = "\n]}\n"

_STATUS = {
    "scheduled": "EventScheduled",
    "postponed": "EventPostponed",
    "when conditions allow": "EventPostponed",
    "rescheduled": "EventRescheduled",
    "completed": "EventScheduled",
    "cancelled": "EventCancelled",
}


def event(visit: Visit, origin: str, page: Page) -> str:
    """The JSON of a visit; it may stand within a page as it is."""
    text = json.dumps(node(visit, origin, page), ensure_ascii=False)
    return text.replace("<", "\\u003c")


def listed(visit: Visit, origin: str, page: Page) -> str:
    """The JSON of a visit that is one of a list, on one line."""
    own = {name: said for name, said in node(visit, origin, page).items() if name != "@context"}
    return json.dumps(own, ensure_ascii=False)


def node(visit: Visit, origin: str, page: Page) -> Node:
    """The visit as the JSON has it. ``origin`` is the first one of its log."""
    details, address = visit.details, page(visit.id)
    return _said(
        {
            "@context": CONTEXT,
            "@type": "Event",
            "@id": address,
            "url": address,
            "identifier": names.uid(visit, origin),
            "name": visit.title,
            "description": details.purpose,
            "eventStatus": f"https://schema.org/{_STATUS.get(visit.status or '', '')}",
            **_days(visit),
            "location": _one(map(_place, details.destinations)) or _country_of(details.host),
            "attendee": _person(details.principal) if details.principal else None,
            "organizer": _host(details.host) if details.host else None,
            "superEvent": {"@type": "Event", "name": details.trip} if details.trip else None,
            "visitStatus": visit.status,
            "visitStanding": visit.standing,
            "condition": [each.condition.text for each in visit.conditions],
            "reason": visit.reason,
            "trip": details.trip,
            "effectiveTime": names.as_told(visit.effective_time, visit.effective_period),
            "knownTime": names.as_told(visit.known_time, visit.known_period),
            "recordTime": names.as_told(visit.update_time),
            "version": visit.version,
        }
    )


def _days(visit: Visit) -> Node:
    """The days, if it has any now, and the first days of those that were given up."""
    window = visit.held_window or visit.window or Window()
    former = dict.fromkeys(
        each.window.start.isoformat()
        for each in visit.previous_windows
        if each.window.start and each.ending != "made exact"
    )
    return {
        "startDate": window.start.isoformat() if window.start else None,
        "endDate": window.end.isoformat() if window.end else None,
        "previousStartDate": _one(former),
        "approximate": window.approximate or None,
        "asStated": window.as_stated,
    }


def _person(person: Principal | Counterpart) -> Node:
    organisation = getattr(person, "organisation", "")
    return _said(
        {
            "@type": "Person",
            "name": person.name,
            "alternateName": _one(person.other_names),
            "jobTitle": person.office,
            "affiliation": _body(person.country, organisation),
        }
    )


def _host(host: Host) -> Node:
    """Who is visited, with those who are expected to receive."""
    body = _body(host.country, host.organisation) or {"@type": "Organization"}
    return _said({**body, "member": _one(map(_person, host.counterparts))})


def _body(country: str, organisation: str) -> Node | None:
    """An organisation, or the government of a country by its code."""
    if organisation:
        return {"@type": "Organization", "name": organisation}
    if not country:
        return None
    address = {"@type": "PostalAddress", "addressCountry": country}
    return {"@type": "GovernmentOrganization", "name": country, "address": address}


def _place(place: Place) -> Node:
    address = _said(
        {
            "@type": "PostalAddress",
            "addressLocality": place.city,
            "addressCountry": place.country,
        }
    )
    return _said(
        {
            "@type": "Place",
            "name": place.city or place.country,
            "alternateName": _one(place.other_names),
            "address": address,
        }
    )


def _country_of(host: Host | None) -> Node | None:
    return {"@type": "Country", "name": host.country} if host and host.country else None


def _one(several: Iterable[Any]) -> Any:
    """The only one of them, all of them, or None."""
    found = list(several)
    return found[0] if len(found) == 1 else found or None


def _said(node: Node) -> Node:
    """Without what is not said."""
    return {name: value for name, value in node.items() if value not in (None, "", [])}
