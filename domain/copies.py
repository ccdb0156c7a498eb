"""Copies of objects with some attributes changed."""

from typing import Any, TypeVar

T = TypeVar("T")


def changed(original: T, **attributes: Any) -> T:
    """A copy with these attributes, of an object whose class has no slots.

    Unlike with ``dataclasses.replace``, nothing is made anew or checked.
    """
    copy = object.__new__(type(original))
    copy.__dict__.update(original.__dict__, **attributes)
    return copy
