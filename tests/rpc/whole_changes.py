"""Each change with every field that it may have, and the visits that these changes are for."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from chancery.v1.event_pb2 import (
    Amended,
    Cancelled,
    Deferred,
    DetailItems,
    Disclosed,
    OtherNames,
    Postponed,
    Rescheduled,
    Scheduled,
)
from chancery.v1.values_pb2 import (
    RELATION_SUPERSEDES,
    SIDE_GUEST,
    SIDE_HOST,
    STATUS_SCHEDULED,
    Basis,
    Condition,
    Counterpart,
    Host,
    Place,
    Principal,
    RelatedVisit,
    VisitDetails,
    Window,
)
from tests.support.messages import (
    amended,
    basis,
    cancelled,
    completed,
    corrected,
    date,
    deferred,
    details,
    disclosed,
    postponed,
    rescheduled,
    retracted,
    scheduled,
    stated,
    window,
)
from tests.support.server import Client

# Visits that must exist for the requests below to be right.
NEW = "visits/new"
STANDING = "visits/standing"
OTHER = "visits/other"
HELD = "visits/held"
CALLED_OFF = "visits/called-off"


def record_visits(client: Client) -> None:
    """Record the visits that must exist, each with one change."""
    for name in (STANDING, OTHER):
        client.record(name, scheduled(), effective="2023-01-17")
    held = disclosed(window("2023-01-15"))
    held.details.CopyFrom(facts())
    held.details.aliases[:] = ["an-alias-of-its-own"]
    client.record(HELD, held, effective="2023-01-17")
    client.record(CALLED_OFF, Cancelled(details=details()), effective="2023-01-17")


def word() -> Basis:
    """A basis with all its fields."""
    return Basis(
        side=SIDE_GUEST,
        country="US",
        organisation="State Department",
        speaker="Ned Price",
        attribution=basis().attribution,
        source_count=1,
        outlet="The Journal",
        url="https://example.org/balloon",
        published=date("2023-02-03"),
        quote="when conditions allow",
    )


CONTEXT: dict[str, Any] = {
    "request_id": "a request of its own",
    "reason": "A balloon",
    "basis": [word()],
    "sources": [word()],
    "note": "Called the embassy",
    "validate_only": True,
}
KNOWN = ({"known": "2023-02-04"}, {"known": "2023-02-04 09:30"})
BOTH_TIMES = (
    {"effective": "2023-02-03", "known": "2023-02-04"},
    {"effective": "2023-02-03 18:00", "known": "2023-02-04 09:30"},
)


def words() -> Condition:
    return Condition(
        text="when conditions allow",
        side=SIDE_GUEST,
        country="US",
        organisation="State Department",
        speaker="Ned Price",
    )


def days() -> Window:
    return window("2023-03-05", "2023-03-06", approximate=True, as_stated="next month")


def days_before() -> Window:
    return window("2023-02-05", "2023-02-06", approximate=True, as_stated="early February")


def days_held() -> Window:
    return window("2023-01-15", "2023-01-16", approximate=True, as_stated="last week")


def facts() -> VisitDetails:
    """Every fact of a visit, whose principal is of a country."""
    qin = Counterpart(
        name="Qin Gang", office="Foreign Minister", country="CN", other_names=["秦刚"]
    )
    return details(
        principal=Principal(
            name="Antony Blinken", office="Secretary of State", country="US", other_names=["布林肯"]
        ),
        host=Host(country="CN", organisation="Foreign Ministry", counterparts=[qin]),
        destinations=[Place(city="Beijing", country="CN", other_names=["Peking"])],
        purpose="To talk",
        trip="Asia",
        aliases=["blinken-in-beijing"],
        related=[RelatedVisit(name="visits/bali", relation=RELATION_SUPERSEDES)],
        initiated_by=SIDE_HOST,
    )


def of_an_organisation() -> VisitDetails:
    fields = facts()
    fields.principal.country = ""
    fields.principal.organisation = "United Nations"
    return fields


def items(word: str) -> DetailItems:
    """One item of each list."""
    return DetailItems(
        aliases=[word],
        related=[RelatedVisit(name=f"visits/{word}", relation=RELATION_SUPERSEDES)],
        principal_other_names=[word],
        counterpart_other_names=[OtherNames(name="Qin Gang", other_names=[word])],
        city_other_names=[OtherNames(name="Beijing", other_names=[word])],
    )


ALL_DETAILS = [f"details.{field.name}" for field in VisitDetails.DESCRIPTOR.fields]


def openings(given: VisitDetails) -> list[Message]:
    """Each change that opens a visit, with all its fields."""
    return [
        Scheduled(details=given, window=days()),
        Disclosed(details=given, held_window=days_held()),
        Postponed(details=given, condition=words(), window_given_up=days()),
        Deferred(details=given, condition=words(), window_given_up=days()),
        Rescheduled(details=given, window=days(), window_given_up=days_before()),
        Cancelled(details=given, condition=words(), window_given_up=days()),
    ]


def whole_changes() -> Iterator[tuple[str, Message]]:
    """Each change with all its fields, and the visit that it is for.

    A field is walked through in the first change that has it.
    """
    yield STANDING, postponed(words())
    yield STANDING, deferred(words())
    yield STANDING, rescheduled(days())
    yield STANDING, completed(days_held())
    yield STANDING, cancelled(words())
    yield STANDING, _said()
    yield STANDING, retracted(1, merged_into=OTHER)
    yield from _items_and_held_windows()
    for given in (facts(), of_an_organisation()):
        for opening in openings(given):
            yield NEW, opening
        new: dict[str, Any] = {"details": given, "window": days()}
        paths = ["window", *ALL_DETAILS]
        yield STANDING, Amended(update_mask=FieldMask(paths=paths), **new)
        right: dict[str, Any] = {"reason": "A balloon", "basis": [word()]}
        yield STANDING, corrected(1, *paths, *right, **new, **right)


def _said() -> Message:
    """A statement with all its fields."""
    return stated(
        country="CN",
        organisation="Foreign Ministry",
        speaker="Mao Ning",
        text="We have no information",
        claimed_status=STATUS_SCHEDULED,
        claimed_window=days(),
        condition=words(),
        about_version=1,
    )


def _items_and_held_windows() -> Iterator[tuple[str, Message]]:
    """What only certain visits allow to amend and to correct."""
    held = amended("held_window")
    held.held_window.CopyFrom(days_held())
    held.added.CopyFrom(items("to-add"))
    held.removed.CopyFrom(items("to-remove"))
    yield HELD, held
    yield HELD, corrected(1, "held_window", held_window=days_held())
    yield CALLED_OFF, corrected(1, "window_given_up", window_given_up=days())
    yield CALLED_OFF, corrected(1, "condition", condition=words())


def contexts_for(name: str, each: Message) -> list[dict[str, Any]]:
    """The contexts with all fields that a change may have, once for each form of its times."""
    times = KNOWN if each.DESCRIPTOR.name in ("Corrected", "Retracted") else BOTH_TIMES
    version = {"expected_version": 0 if name == NEW else 1}
    return [CONTEXT | version | either for either in times]
