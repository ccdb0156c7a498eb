"""Copies of objects with some attributes changed."""

from typing import Any, TypeVar

T = TypeVar("T")


def changed(original: T, **attributes: Any) -> T:
    """A shallow copy with these attributes changed. The class must have no slots.

    Unlike ``dataclasses.replace`` it calls neither ``__init__`` nor ``__post_init__``.
    """
    copy = object.__new__(type(original))
    copy.__dict__.update(original.__dict__, **attributes)
    return copy
