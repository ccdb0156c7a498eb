"""Objects made from their attributes, without ``__init__``, which takes a frozen class long.

The classes must have no slots, and need no ``__post_init__``.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def made(cls: type[T], attributes: Mapping[str, Any]) -> T:
    """An object with these attributes; for all others its class has defaults.

    The fewer there are, the less time and memory it takes.
    """
    new = object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(new, name, value)
    return new


def changed(original: T, **attributes: Any) -> T:
    """A shallow copy with these attributes changed."""
    copy = object.__new__(type(original))
    copy.__dict__.update(original.__dict__, **attributes)
    return copy
