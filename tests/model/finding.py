"""Which visits a question about days finds."""

from tests.model.terms import Json
from tests.model.windows import has_days, share_a_day

PLANNED_AND_HELD = ("planned", "held")


def windows_asked(visit: Json, of: str) -> list[Json]:
    """*Former* leaves out the windows that were made exact."""
    if of == "former":
        ended = visit["previous_windows"]
        return [one["window"] for one in ended if one["ended"] != "made exact"]
    if of == "claimed":
        return [one["window"] for one in visit["claimed_windows"]]
    window = visit["window"] if of == "planned" else visit["held_window"]
    return [window] if window else []


def is_found(visit: Json, days: Json, of: tuple[str, ...] = PLANNED_AND_HELD) -> bool:
    """A date question names what it asks of: `planned`, `held`, `former`, `claimed`; by default
    planned and held. `days` is a window with a first and a last day."""
    asked = [window for name in of for window in windows_asked(visit, name)]
    return any(has_days(window) and share_a_day(window, days) for window in asked)
