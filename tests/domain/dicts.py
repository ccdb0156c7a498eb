"""Values of the domain from the dicts of the model, which are JSON of the contract, and back."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from domain.values import RelatedVisit

Json = dict[str, Any]


def to_value(kind: Any, given: Any) -> Any:
    """A value of this type. What a dict leaves out is empty."""
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (part for part in get_args(kind) if part is not type(None))
    if isinstance(given, list):
        return tuple(to_value(get_args(kind)[0], item) for item in given)
    if kind is date:
        return date(**given)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind[given.removeprefix(_prefix(kind))]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        values = {name: to_value(hints[name], value) for name, value in given.items()}
        if kind is RelatedVisit and "name" in values:
            values["name"] = values["name"].removeprefix("visits/")
        make: Any = kind
        return make(**{**_required(kind), **values})
    return given


def to_dict(value: Any) -> Any:
    """A value as the contract writes it, without what is empty."""
    if isinstance(value, Enum):
        return _prefix(type(value)) + value.name
    if isinstance(value, date):
        return {"year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, tuple):
        return [to_dict(item) for item in value]
    if is_dataclass(value):
        given = {name: to_dict(item) for name, item in vars(value).items() if item}
        if isinstance(value, RelatedVisit):
            given["name"] = f"visits/{value.name}"
        return given
    return value


def _prefix(kind: type[Enum]) -> str:
    """That of the names of an enum: STATEMENT_KIND_ for StatementKind."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).upper() + "_"


def _required(kind: Any) -> Mapping[str, Any]:
    """What a value has where a dict leaves out a field that the value cannot be without."""
    empty = {str: "", tuple[str, ...]: ()}
    hints = get_type_hints(kind)
    return {f.name: empty.get(hints[f.name]) for f in fields(kind) if f.default is MISSING}
