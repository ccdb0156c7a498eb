"""Adding and removing single items of the lists in the details of a visit."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from domain.copies import changed
from domain.values import NO_ITEMS, Counterpart, DetailItems, OtherNames, Place, VisitDetails

T = TypeVar("T")


def with_items(details: VisitDetails, added: DetailItems, removed: DetailItems) -> VisitDetails:
    """The details with some items removed and others added.

    Items to add that are there already stay as they are; items to remove that are not there are
    passed over, and so are other names of a counterpart or city that is not there.
    """
    if added is NO_ITEMS and removed is NO_ITEMS:
        return details
    principal, host = details.principal, details.host
    if principal is not None:
        names = _with(
            principal.other_names, added.principal_other_names, removed.principal_other_names
        )
        principal = replace(principal, other_names=names)
    if host is not None:
        counterparts = _named(
            host.counterparts, added.counterpart_other_names, removed.counterpart_other_names
        )
        host = replace(host, counterparts=counterparts)
    return changed(
        details,
        aliases=_with(details.aliases, added.aliases, removed.aliases),
        related=_with(details.related, added.related, removed.related),
        principal=principal,
        host=host,
        destinations=_named(details.destinations, added.city_other_names, removed.city_other_names),
    )


def fields_of(items: DetailItems) -> set[str]:
    """The paths of the details that have some of these items."""
    if items is NO_ITEMS:
        return set()
    paths = {
        "details.aliases": items.aliases,
        "details.related": items.related,
        "details.principal": items.principal_other_names,
        "details.host": items.counterpart_other_names,
        "details.destinations": items.city_other_names,
    }
    return {path for path, some in paths.items() if some}


def _with(present: Sequence[T], added: Iterable[T], removed: Iterable[T]) -> tuple[T, ...]:
    gone = set(removed)
    return tuple(dict.fromkeys([*(item for item in present if item not in gone), *added]))


Named = TypeVar("Named", Counterpart, Place)


def _named(
    present: Sequence[Named], added: Iterable[OtherNames], removed: Iterable[OtherNames]
) -> tuple[Named, ...]:
    """Those present, each with other names added and removed by its name."""
    more = {each.name: each.other_names for each in added}
    fewer = {each.name: each.other_names for each in removed}
    return tuple(
        replace(
            item,
            other_names=_with(
                item.other_names, more.get(name_of(item), ()), fewer.get(name_of(item), ())
            ),
        )
        for item in present
    )


def name_of(item: Counterpart | Place) -> str:
    """The name by which other names are added to it."""
    return item.city if isinstance(item, Place) else item.name
