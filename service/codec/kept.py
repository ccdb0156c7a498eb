"""Keeping what is made of an object for as long as others share it."""

from collections.abc import Callable
from typing import TypeVar

# As many results as are kept at a time.
LIMIT = 4096

Given = TypeVar("Given")
Made = TypeVar("Made")


def kept(make: Callable[[Given], Made]) -> Callable[[Given], Made]:
    """Keep what a function makes of an object that never changes, by which object it is.

    Each state of a visit shares most of its values with the one before. To tell by equality
    whether a value was seen before would take about as long as to make most of what is kept.
    """
    results: dict[int, tuple[Given, Made]] = {}

    def found(given: Given) -> Made:
        result = results.get(id(given))
        if result is None:
            if len(results) >= LIMIT:
                results.clear()
            # What is kept holds the object, so that no other gets its id.
            result = results[id(given)] = given, make(given)
        return result[1]

    return found
