"""Visits that differ in what lists can be asked for, and which of them each filter gives."""

from datetime import UTC, datetime
from typing import Any

from chancery.v1.values_pb2 import (
    SIDE_GUEST,
    SIDE_HOST,
    STATEMENT_KIND_DENY,
    STATUS_CANCELLED,
    STATUS_COMPLETED,
    STATUS_POSTPONED,
    STATUS_RESCHEDULED,
    STATUS_SCHEDULED,
    STATUS_WHEN_CONDITIONS_ALLOW,
    Counterpart,
    Host,
    Place,
    Principal,
)
from chancery.v1.visit_pb2 import STANDING_DISPUTED, STANDING_OFFICIAL, STANDING_REPORTED
from chancery.v1.visit_service_pb2 import VisitFilter
from tests.support.messages import (
    basis,
    cancelled,
    completed,
    deferred,
    disclosed,
    instant,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    window,
)

GUEST = [basis(SIDE_GUEST)]

HOST = [basis(SIDE_HOST)]

FAR = window("9999-12-30", "9999-12-31")

YELLEN = {
    "title": "Treasury talks",
    "principal": Principal(name="Janet Yellen", country="US"),
    "trip": "summer of talks",
}

MODI = {
    "title": "State visit",
    "principal": Principal(name="Narendra Modi", country="IN"),
    "host": Host(country="US", counterparts=[Counterpart(name="Jill Biden")]),
    "destinations": [Place(city="Washington", country="US")],
    "aliases": ["modi-at-the-white-house"],
}

LULA = {
    "title": "Lula in Asia",
    "principal": Principal(name="Luiz Inácio Lula da Silva", country="BR"),
    "destinations": [Place(city="Shanghai"), Place(city="Xi'an")],
}

GUTERRES = {
    "title": "To the Union",
    "principal": Principal(name="António Guterres", organisation="United Nations"),
    "host": Host(organisation="African Union"),
    "destinations": [Place(city="Addis Ababa", country="ET")],
}

# By a visit's id, how it got to be what it is.
VISITS: dict[str, list[tuple[Any, dict[str, Any]]]] = {
    "blinken": [
        (scheduled(window("2023-02-05", "2023-02-06")), {}),
        (deferred(), {"basis": GUEST}),
        (stated(STATEMENT_KIND_DENY, SIDE_HOST), {"basis": HOST}),
    ],
    "yellen": [
        (scheduled(window("2023-06-01"), **YELLEN), {}),
        (rescheduled(window("2023-07-06", "2023-07-09")), {"basis": GUEST}),
    ],
    "modi": [(scheduled(window("2023-06-21", "2023-06-24"), **MODI), {"basis": HOST})],
    "lula": [
        (scheduled(window("2023-03-26", "2023-03-31"), **LULA), {}),
        (postponed(), {"basis": GUEST}),
    ],
    "guterres": [(scheduled(FAR, **GUTERRES), {})],
    "kerry": [
        (scheduled(window("2023-07-16"), trip="summer of talks", title="100% talks"), {}),
        (cancelled(), {}),
    ],
    "burns": [(disclosed(window("2023-05-10"), title="Secret trip"), {"basis": GUEST})],
    "raimondo": [
        (scheduled(window("2023-08-27", "2023-08-30"), title="Talks_on_trade"), {}),
        (completed(), {"basis": HOST}),
    ],
    "withdrawn": [(scheduled(), {}), (retracted(1), {})],
}

ALL = set(VISITS) - {"withdrawn"}

FILTERS: list[tuple[VisitFilter, set[str]]] = [
    (VisitFilter(statuses=[STATUS_SCHEDULED]), {"modi", "guterres"}),
    (VisitFilter(statuses=[STATUS_POSTPONED]), {"lula"}),
    (VisitFilter(statuses=[STATUS_WHEN_CONDITIONS_ALLOW]), {"blinken"}),
    (VisitFilter(statuses=[STATUS_RESCHEDULED]), {"yellen"}),
    (VisitFilter(statuses=[STATUS_COMPLETED]), {"burns", "raimondo"}),
    (VisitFilter(statuses=[STATUS_CANCELLED]), {"kerry"}),
    (VisitFilter(statuses=[STATUS_CANCELLED, STATUS_POSTPONED]), {"kerry", "lula"}),
    (VisitFilter(standings=[STANDING_REPORTED]), {"guterres", "kerry"}),
    (VisitFilter(standings=[STANDING_DISPUTED]), {"blinken"}),
    (VisitFilter(standings=[STANDING_OFFICIAL]), {"yellen", "modi", "lula", "burns", "raimondo"}),
    (
        VisitFilter(standings=[STANDING_DISPUTED, STANDING_REPORTED]),
        {"blinken", "guterres", "kerry"},
    ),
    (VisitFilter(principal="Antony Blinken"), {"blinken", "kerry", "burns", "raimondo"}),
    (VisitFilter(principal="JANET YELLEN"), {"yellen"}),
    (VisitFilter(principal="luiz inácio lula da silva"), {"lula"}),
    (VisitFilter(principal="Yellen"), set()),
    (VisitFilter(principal_country="IN"), {"modi"}),
    (VisitFilter(principal_country="FR"), set()),
    (VisitFilter(host_country="CN"), ALL - {"modi", "guterres"}),
    (VisitFilter(host_country="US"), {"modi"}),
    (VisitFilter(destination_country="CN"), ALL - {"modi", "lula", "guterres"}),
    (VisitFilter(destination_country="ET"), {"guterres"}),
    (VisitFilter(trip="Summer-of-TALKS"), {"yellen", "kerry"}),
    (VisitFilter(under_way=True), set()),
    (VisitFilter(trip="summer"), set()),
    (VisitFilter(overdue=True), {"yellen", "modi"}),
    (VisitFilter(statuses=[STATUS_SCHEDULED], host_country="US", overdue=True), {"modi"}),
    (VisitFilter(statuses=[STATUS_SCHEDULED], principal_country="BR"), set()),
    (VisitFilter(updated_since=instant(datetime(2020, 1, 1, tzinfo=UTC))), ALL),
    (VisitFilter(heard_since=instant(datetime(2020, 1, 1, tzinfo=UTC))), ALL),
    (VisitFilter(heard_since=instant(datetime(2999, 1, 1, tzinfo=UTC))), set()),
    (VisitFilter(quiet_since=instant(datetime(2020, 1, 1, tzinfo=UTC))), set()),
    (VisitFilter(quiet_since=instant(datetime(2999, 1, 1, tzinfo=UTC))), ALL),
]
