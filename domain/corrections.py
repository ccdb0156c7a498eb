"""What a correction may change of an earlier change, and that change as it should have been."""

from collections.abc import Iterable
from typing import Any, TypeVar

from domain.copies import changed
from domain.events import Amended, Cancelled, Corrected, Deferred, Event, Postponed, StatusEvent
from domain.values import DETAIL_FIELDS

E = TypeVar("E", bound=Event)

DETAILS = {f"details.{field}": field for field in DETAIL_FIELDS}
WINDOWS = ("window", "held_window", "window_given_up")


def corrected(event: E, corrections: Iterable[Corrected]) -> E:
    """The change as these corrections of it say that it should have been."""
    wrong: Any = event  # only some classes have details
    right: dict[str, Any] = {}
    details: dict[str, Any] = {}
    for correction in corrections:
        for path in correction.update_mask:
            if field := DETAILS.get(path):
                details[field] = getattr(correction.details, field)
            else:
                right[path] = getattr(correction, _RIGHT.get(path, path))
    if details:
        right["details"] = changed(wrong.details, **details)
    return changed(event, **right) if right else event


def correctable(event: Event) -> set[str]:
    """The paths of the fields that a change says itself, so that they can be corrected.

    An opening says all its details, also those left empty. Its reason, its basis, the condition
    of a change that may have one, and the window that an opening gave up can be corrected also
    where there was none. What a statement says is recorded anew instead.
    """
    paths = {"reason", "basis"}
    if isinstance(event, Amended):
        return paths | set(event.update_mask)
    if isinstance(event, StatusEvent):
        if isinstance(event, Postponed | Deferred | Cancelled):
            paths.add("condition")
        if event.opens:
            paths.update(DETAILS)
        if event.opens and hasattr(event, "window_given_up"):
            paths.add("window_given_up")
        paths.update(w for w in ("window", "held_window") if getattr(event, w, None))
    return paths


# Where a correction has the right value of a field that it also has for itself.
_RIGHT = {"reason": "right_reason", "basis": "right_basis"}
