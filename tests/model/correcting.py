"""Which change a correction corrects, and whether it can."""

from tests.model.answering import heard_as_of
from tests.model.fold import State
from tests.model.log import as_corrected, by_version, taken_out
from tests.model.refusal import invalid, not_now
from tests.model.terms import History, Json, is_opening, is_status_change
from tests.model.times import day, effective_of, known_of, last_day


def correct(history: History, event: Json) -> None:
    """N stands and itself says the field; the known time is not before N's; a correction of a
    correction corrects the first change."""
    message = event["corrected"]
    version = message.get("corrected_version", 0) or source_of_all(history, message["update_mask"])
    if version not in by_version(history):
        raise not_now("there is no such change")
    out = taken_out(history)
    named = by_version(history)[version]
    if version not in out and named["change"] == "corrected":
        version = named["corrected"]["corrected_version"]
        named = by_version(history)[version]
    if version in out:
        raise not_now("the change does not stand")
    message["corrected_version"] = version
    for path in message["update_mask"]:
        if not says(named, path):
            raise not_now(f"change {version} does not say {path}")
    if "known_time" in event and known_of(event).time < known_of(named).time:
        raise not_now("it is known before the change that it corrects")
    demand_sense(history, named, event)


def says(event: Json, path: str) -> bool:
    """An opening says all its details, also those left empty; a completion says its held window;
    reason, condition, basis and the window that was given up can be corrected, also where there
    was none. What a statement says, its condition too, is retracted and recorded again."""
    change, message = event["change"], event[event["change"]]
    if change == "retracted":
        return False
    if path in ("reason", "basis"):
        return True
    if change == "amended":
        return path in message.get("update_mask", [])
    if not is_status_change(event):
        return False
    if path.startswith("details."):
        return is_opening(event)
    if path == "condition":
        return change in ("postponed", "deferred", "cancelled")
    if path == "window_given_up":
        return is_opening(event) and change not in ("scheduled", "disclosed")
    return path in message


def demand_sense(history: History, named: Json, event: Json) -> None:
    """As if N had said so: N must be able to say it, and must not have said it already."""
    message, change = event["corrected"], named["change"]
    required = {("rescheduled", "window"), ("deferred", "condition"), ("amended", "window")}
    for path in message["update_mask"]:
        if (change, path) in required and path not in message:
            raise invalid(f"{path} is required")
    held = message.get("held_window", {})
    if "start" in held and day(held["start"]) > last_day(effective_of(named)):
        raise invalid("what lies in the future did not take place")
    out = taken_out(history)
    others = [e for e in history if e["change"] == "corrected" and e["version"] not in out]
    if as_corrected(named, others) == as_corrected(named, [*others, event]):
        raise not_now("the change says so already")


def source_of_all(history: History, mask: list[str]) -> int:
    """Without a version, the service takes the standing change that gave the field its present
    value; where the named fields have different ones, it refuses and names them."""
    heard = heard_as_of(history)
    assert heard is not None
    versions = sorted({version for path in mask for version in sources(heard.state, path)})
    if len(versions) != 1:
        raise not_now(f"the fields come from several changes, or from none: {versions}")
    return versions[0]


def sources(state: State, path: str) -> list[int]:
    """The changes that gave a field its present value."""
    head, _, name = path.partition(".")
    if name:
        version, said = state.given_by.get(name, (state.opened_by, True))
        if not said:
            raise not_now(f"change {version} added or removed single items")
        return [version]
    if head == "window":
        return [state.window_version] if state.window_version else []
    if head == "held_window":
        return [] if state.held_window is None else [state.held_version]
    if head == "condition" and state.conditions:
        return [condition["version"] for condition in state.conditions]
    return [state.opened_by if head == "window_given_up" else state.status_version]
