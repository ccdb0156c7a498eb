"""What an amendment must meet: it changes something at its place, and only what may change."""

from collections.abc import Iterator, Sequence

from domain.checks import check_held
from domain.errors import InvalidValue, NothingChanged, NoWindow, Problem
from domain.events import Amended
from domain.history import Past
from domain.items import name_of
from domain.state import facts_after
from domain.status import GROUPS, Group, Status
from domain.validation import REPEATED_VALUES
from domain.values import NO_ITEMS, DetailItems, VisitDetails


def check(past: Past, event: Amended) -> None:
    """Check an amendment that would be recorded next.

    :raises NoWindow: it names a window that the visit cannot have as it stands.
    :raises InvalidValue: the lists would become too long, an item is both added and removed, or
        other names are added to somebody who is not in the details.
    :raises NothingChanged: at its place it changes nothing.
    """
    status = past.state.status
    assert status is not None
    if "window" in event.update_mask and GROUPS[status] is Group.OPEN:
        raise NoWindow(past.visit_id, status, "has no window to make exact: reschedule it instead")
    if "held_window" in event.update_mask:
        if status is not Status.COMPLETED:
            raise NoWindow(past.visit_id, status, "was not held: complete it instead")
        assert event.held_window is not None
        check_held(Amended, event.held_window, event.effective_moment)
    version, standing = event.originator_version, past.timeline.standing[-1]
    place = past.timeline.place_at(event.effective_moment, version, is_status_change=False)
    before = past.state_before(place)
    change = before.status_change
    is_refining = change is not None and change.originator_version == standing.originator_version
    after = facts_after(before, event, is_refining=is_refining)
    _check_items(event, after.details)
    if after == before.facts:
        why = "it has these values already, or they belong to an earlier plan: correct that one"
        raise NothingChanged(past.visit_id, why)
    if too_long := list(_too_long(event.added, after.details)):
        raise InvalidValue(too_long)


def _too_long(added: DetailItems, details: VisitDetails) -> Iterator[Problem]:
    """A problem for each list of the details that has too many values with what was added."""
    if added is NO_ITEMS:
        return
    principal, counterparts = details.principal, details.host.counterparts if details.host else ()
    lists: list[tuple[str, Sequence[object], Sequence[object]]] = [
        ("aliases", added.aliases, details.aliases),
        ("related", added.related, details.related),
    ]
    if principal is not None:
        names = added.principal_other_names
        lists.append(("principal_other_names", names, principal.other_names))
    for field, present in (
        ("counterpart_other_names", counterparts),
        ("city_other_names", details.destinations),
    ):
        for i, item in enumerate(getattr(added, field)):
            lists += [
                (f"{field}[{i}].other_names", item.other_names, each.other_names)
                for each in present
                if name_of(each) == item.name
            ]
    for path, some, values in lists:
        if some and len(values) > REPEATED_VALUES:
            text = f"would make {len(values)} values; at most {REPEATED_VALUES} are allowed"
            yield Problem(f"amended.added.{path}", text)


def _check_items(event: Amended, details: VisitDetails) -> None:
    """Check that no item is both added and removed, and that those with other names are there."""
    if event.added is NO_ITEMS and event.removed is NO_ITEMS:
        return
    for name in vars(DetailItems()):
        if set(getattr(event.added, name)) & set(getattr(event.removed, name)):
            raise InvalidValue.of(
                f"amended.removed.{name}", "must not be added and removed at once"
            )
    host, cities = details.host, details.destinations
    there = {
        "counterpart_other_names": {c.name for c in host.counterparts} if host else set(),
        "city_other_names": {place.city for place in cities},
    }
    for name, known in there.items():
        for i, item in enumerate(getattr(event.added, name)):
            if item.name not in known:
                text = f"is not in the details; these are: {', '.join(sorted(known)) or 'none'}"
                raise InvalidValue.of(f"amended.added.{name}[{i}].name", text)
