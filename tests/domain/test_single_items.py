"""Aliases, relations and other names are added and removed one by one."""

from dataclasses import replace
from typing import Any

import pytest

from domain.errors import InvalidValue, NothingChanged
from domain.items import with_items
from domain.terms import Relation
from domain.values import (
    NO_ITEMS,
    Counterpart,
    DetailItems,
    Host,
    OtherNames,
    Place,
    Principal,
    RelatedVisit,
    VisitDetails,
)
from domain.visit import Visit
from tests.domain.builders import DETAILS, blank_visit, enter, scheduled_visit

RETURN = RelatedVisit("wang-yi-washington", Relation.RETURN_VISIT)
NAMED = replace(
    DETAILS,
    principal=Principal("Xi Jinping", country="CN", other_names=("习近平",)),
    host=Host("UA", counterparts=(Counterpart("Volodymyr Zelenskyy", other_names=("Zelensky",)),)),
    destinations=(Place("Kyiv", "UA", other_names=("Kiev",)), Place("Odesa", "UA")),
    related=(RETURN,),
)


# With the one that the visit has, these are one too many.
MANY = tuple(f"Another {i}" for i in range(50))
RELATIONS = tuple(RelatedVisit(f"another-{i}", Relation.SUPERSEDES) for i in range(50))


def amend_items(visit: Visit, **given: Any) -> None:
    enter(visit, "amend", **{"details": None, "update_mask": ()} | given)


def visit_with_names() -> Visit:
    """A visit of which everything that can be added or removed one by one has an item."""
    visit = blank_visit()
    enter(visit, "schedule", details=NAMED)
    return visit


def lists(details: VisitDetails) -> dict[str, object]:
    """The lists of the details, by the names that items to add have."""
    assert details.principal is not None
    assert details.host is not None
    return {
        "aliases": details.aliases,
        "related": details.related,
        "principal_other_names": details.principal.other_names,
        "counterpart_other_names": tuple(c.other_names for c in details.host.counterparts),
        "city_other_names": tuple(place.other_names for place in details.destinations),
    }


ITEMS: list[tuple[str, Any, Any, Any]] = [
    ("aliases", ("b",), ("blinken-china", "b"), ("blinken-china",)),
    (
        "related",
        (RelatedVisit("another", Relation.SUPERSEDES),),
        (RETURN, RelatedVisit("another", Relation.SUPERSEDES)),
        (RETURN,),
    ),
    ("principal_other_names", ("Hsi",), ("习近平", "Hsi"), ("习近平",)),
    (
        "counterpart_other_names",
        (OtherNames("Volodymyr Zelenskyy", ("Selenskyj",)),),
        (("Zelensky", "Selenskyj"),),
        (("Zelensky",),),
    ),
    (
        "city_other_names",
        (OtherNames("Kyiv", ("Kijów",)), OtherNames("Odesa", ("Odessa",))),
        (("Kiev", "Kijów"), ("Odessa",)),
        (("Kiev",), ()),
    ),
]
each_list = pytest.mark.parametrize(
    ("name", "items", "more", "before"), ITEMS, ids=[item[0] for item in ITEMS]
)


@each_list
def test_items_are_added_and_removed(name: str, items: Any, more: Any, before: Any) -> None:
    """Each behind those that are there; every other fact stays."""
    visit = visit_with_names()
    amend_items(visit, added=DetailItems(**{name: items}))
    assert lists(visit.state.details) == lists(NAMED) | {name: more}
    amend_items(visit, removed=DetailItems(**{name: items}))
    assert lists(visit.state.details) == lists(NAMED) | {name: before}
    assert visit.state.details == NAMED


@each_list
def test_items_that_are_there_already_change_nothing(
    name: str, items: Any, more: Any, before: Any
) -> None:
    """Nor do those to remove that are not there."""
    visit = visit_with_names()
    with pytest.raises(NothingChanged, match="has these values already"):
        amend_items(visit, removed=DetailItems(**{name: items}))
    amend_items(visit, added=DetailItems(**{name: items}))
    with pytest.raises(NothingChanged):
        amend_items(visit, added=DetailItems(**{name: items}))
    assert visit.version == 2


@each_list
def test_an_item_is_not_added_and_removed_at_once(
    name: str, items: Any, more: Any, before: Any
) -> None:
    """It would be unclear which of the two was meant."""
    both = DetailItems(**{name: items})
    with pytest.raises(InvalidValue) as refused:
        amend_items(visit_with_names(), added=both, removed=both)
    assert [p.field for p in refused.value.problems] == [f"amended.removed.{name}"]


def test_two_desks_that_each_add_an_alias_undo_nothing() -> None:
    """Neither has to know of the other's."""
    visit = scheduled_visit()
    amend_items(visit, added=DetailItems(aliases=("one",)))
    amend_items(visit, added=DetailItems(aliases=("other",)))
    assert visit.state.details.aliases == ("blinken-china", "one", "other")


def test_items_are_added_to_the_list_that_the_mask_gives() -> None:
    """A list is replaced first, if both are asked for."""
    visit = scheduled_visit()
    amend_items(
        visit,
        update_mask=["aliases"],
        details=VisitDetails(aliases=("one", "two")),
        added=DetailItems(aliases=("three",)),
        removed=DetailItems(aliases=("one",)),
    )
    assert visit.state.details.aliases == ("two", "three")


@pytest.mark.parametrize(
    ("name", "who", "known"),
    [
        ("counterpart_other_names", "Somebody", "Volodymyr Zelenskyy"),
        ("city_other_names", "Moscow", "Kyiv, Odesa"),
    ],
)
def test_other_names_are_added_to_who_is_in_the_details(name: str, who: str, known: str) -> None:
    """The refusal names those who are."""
    items: dict[str, Any] = {name: (OtherNames(who, ("Another",)),)}
    with pytest.raises(InvalidValue, match=known) as refused:
        amend_items(visit_with_names(), added=DetailItems(**items))
    assert [p.field for p in refused.value.problems] == [f"amended.added.{name}[0].name"]


def test_other_names_are_added_to_a_city_that_comes_with_them() -> None:
    """The mask gives the list first."""
    visit = scheduled_visit()
    amend_items(
        visit,
        update_mask=["destinations"],
        details=VisitDetails(destinations=(Place("Kyiv", "UA"),)),
        added=DetailItems(city_other_names=(OtherNames("Kyiv", ("Kiev",)),)),
    )
    assert visit.state.details.destinations == (Place("Kyiv", "UA", ("Kiev",)),)


def test_a_visit_without_a_host_has_no_counterpart_to_name() -> None:
    """The refusal says that there is none."""
    visit = blank_visit()
    enter(visit, "schedule", details=replace(DETAILS, host=None))
    with pytest.raises(InvalidValue, match="these are: none"):
        amend_items(
            visit, added=DetailItems(counterpart_other_names=(OtherNames("A", ("Another",)),))
        )


def test_a_list_does_not_grow_beyond_its_limit_item_by_item() -> None:
    """50 values, as where it is given whole."""
    visit = scheduled_visit()
    amend_items(visit, added=DetailItems(aliases=tuple(f"alias {i}" for i in range(49))))
    with pytest.raises(InvalidValue, match="51 values; at most 50") as refused:
        amend_items(visit, added=DetailItems(aliases=("one more",)))
    assert [p.field for p in refused.value.problems] == ["amended.added.aliases"]


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ({"aliases": MANY}, "aliases"),
        ({"related": RELATIONS}, "related"),
        ({"principal_other_names": MANY}, "principal_other_names"),
        (
            {"counterpart_other_names": (OtherNames("Volodymyr Zelenskyy", MANY),)},
            "counterpart_other_names[0].other_names",
        ),
        (
            {"city_other_names": (OtherNames("Odesa", ("Odessa",)), OtherNames("Kyiv", MANY))},
            "city_other_names[1].other_names",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_list_that_grows_too_long_is_named_as_the_request_has_it(
    items: dict[str, Any], path: str
) -> None:
    """And not as the details have it."""
    with pytest.raises(InvalidValue, match="51 values; at most 50") as refused:
        amend_items(visit_with_names(), added=DetailItems(**items))
    assert [p.field for p in refused.value.problems] == [f"amended.added.{path}"]


def test_items_follow_the_rules_of_their_lists() -> None:
    """Each problem has its path in the request."""
    with pytest.raises(InvalidValue) as refused:
        amend_items(
            scheduled_visit(),
            added=DetailItems(
                aliases=("",),
                related=(RelatedVisit("Not an id", None),),
                principal_other_names=(" ",),
                city_other_names=(OtherNames("", ("",)),),
            ),
        )
    assert {p.field for p in refused.value.problems} == {
        "amended.added.aliases[0]",
        "amended.added.related[0].name",
        "amended.added.related[0].relation",
        "amended.added.principal_other_names[0]",
        "amended.added.city_other_names[0].name",
        "amended.added.city_other_names[0].other_names[0]",
    }


def test_details_of_nobody_take_the_items_that_they_have_a_place_for() -> None:
    """Other names of somebody who is not there are passed over."""
    items = DetailItems(aliases=("a",), principal_other_names=("b",))
    assert with_items(VisitDetails(), items, NO_ITEMS) == VisitDetails(aliases=("a",))
