"""Amendments of any field."""

from typing import Any

from domain.events import Amended
from domain.terms import Relation, Side, VisitKind
from domain.values import Host, Place, Principal, RelatedVisit, VisitDetails
from domain.visit import Visit
from tests.domain.builders import JUNE, enter

OTHER = VisitDetails(
    title="State visit to Washington",
    principal=Principal("Dilma Rousseff", office="President", country="BR"),
    host=Host(country="US"),
    destinations=(Place("Washington", "US"),),
    kind=VisitKind.OFFICIAL_WORKING,
    purpose="Talks",
    trip="washington-2015",
    aliases=("rousseff",),
    related=(RelatedVisit("obama-brazil-2011", Relation.RETURN_VISIT),),
    initiated_by=Side.HOST,
)


def amend(visit: Visit, *mask: str, **given: Any) -> Amended:
    """Amend a visit. New values are given for every field, and the mask names some of them."""
    values: dict[str, Any] = {"details": OTHER, "window": JUNE, "update_mask": mask}
    event = enter(visit, "amend", **values | given)
    assert isinstance(event, Amended)
    return event
