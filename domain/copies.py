"""Objects and copies of them, with the attributes that are given."""

from typing import Any, TypeVar

T = TypeVar("T")


def made(cls: type[T], **attributes: Any) -> T:
    """An object that has these attributes, of a class without slots.

    Nothing is checked, and no default is set.
    """
    one = object.__new__(cls)
    one.__dict__.update(attributes)
    return one


def changed(original: T, **attributes: Any) -> T:
    """A copy with these attributes, of an object whose class has no slots.

    Unlike with ``dataclasses.replace``, nothing is made anew or checked.
    """
    copy = object.__new__(type(original))
    copy.__dict__.update(original.__dict__, **attributes)
    return copy
