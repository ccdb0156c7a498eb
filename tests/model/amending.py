"""What an amendment does to the facts."""

import copy
from typing import TYPE_CHECKING, Any

from tests.model.terms import Json

if TYPE_CHECKING:
    from tests.model.fold import State


def amend_details(state: "State", event: Json) -> None:
    """Fields of the details are replaced; a field that is named and not set is cleared. Single
    items are removed and added."""
    amended, version = event["amended"], event["version"]
    for path in amended.get("update_mask", []):
        head, _, name = path.partition(".")
        if head == "details":
            put(state.details, name, amended.get("details", {}).get(name))
            state.given_by[name] = (version, True)
    for key, change in (("removed", without), ("added", along_with)):
        for name in change_items(state.details, amended.get(key, {}), change):
            state.given_by[name] = (version, False)


def put(holder: Json, name: str, value: Any) -> None:
    holder.pop(name, None)
    if value is not None:
        holder[name] = copy.deepcopy(value)


def without(items: list[Any], these: list[Any]) -> list[Any]:
    """Those that are not there are passed over."""
    return [item for item in items if item not in these]


def along_with(items: list[Any], these: list[Any]) -> list[Any]:
    """Those that are there already are left as they are."""
    result = list(items)
    for item in these:
        if item not in result:
            result.append(item)
    return result


def change_items(details: Json, items: Json, change: Any) -> set[str]:
    """Change single items, and tell which fields they are part of."""
    touched = set()
    for name in ("aliases", "related"):
        if change_list(details, name, items.get(name, []), change):
            touched.add(name)
    principal = details.get("principal", {})
    if change_list(principal, "other_names", items.get("principal_other_names", []), change):
        touched.add("principal")
    for names in items.get("counterpart_other_names", []):
        for person in details.get("host", {}).get("counterparts", []):
            if person["name"] == names["name"] and change_list(
                person, "other_names", names["other_names"], change
            ):
                touched.add("host")
    for names in items.get("city_other_names", []):
        for place in details.get("destinations", []):
            if place.get("city") == names["name"] and change_list(
                place, "other_names", names["other_names"], change
            ):
                touched.add("destinations")
    return touched


def change_list(holder: Json, name: str, these: list[Any], change: Any) -> bool:
    """Whether it is another list after that."""
    before = holder.get(name, [])
    after = change(before, copy.deepcopy(these))
    if after == before:
        return False
    put(holder, name, after or None)
    return True


def amend_windows(state: "State", event: Json) -> None:
    """It refines the status change that stood when it was entered. An amended window lists the
    old one as previous, made exact."""
    amended, version = event["amended"], event["version"]
    mask = amended.get("update_mask", [])
    if "window" in mask and amended.get("window") != state.window:
        if state.window is not None:
            entry = {"window": state.window, "ended": "made exact", "version": version}
            state.previous_windows.append(entry)
        state.window, state.window_version = amended.get("window"), version
    if "held_window" in mask:
        state.held_window, state.held_version = amended.get("held_window"), version
