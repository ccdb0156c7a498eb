"""What an amendment or a correction says: how the facts in a form differ from those before."""

from collections.abc import Iterable
from typing import Any

from chancery.client.event import Event
from chancery.v1.event_pb2 import Amended, Corrected, OtherNames
from chancery.v1.values_pb2 import VisitDetails
from chancery.v1.visit_pb2 import Visit

DETAILS = tuple(VisitDetails.DESCRIPTOR.fields_by_name)
# Where an amendment has the single items of a list, and where the form has that list.
ITEMS = {
    "aliases": "details.aliases",
    "related": "details.related",
    "principal_other_names": "details.principal.other_names",
    "counterpart_other_names": "details.host.counterparts",
    "city_other_names": "details.destinations",
}


def facts(visit: Visit) -> Amended:
    """The facts of a visit that an amendment may change."""
    said = Amended(details=visit.details)
    for name in ("window", "held_window"):
        _copy(visit, said, name)
    return said


def amendable(visit: Visit) -> list[str]:
    """The paths of these facts: a window only if there is one to be made more exact."""
    windows = [name for name in ("window", "held_window") if visit.HasField(name)]
    return [*windows, *(f"details.{name}" for name in DETAILS)]


def amendment(before: Amended, after: Amended) -> Amended:
    """What makes of some facts others. Items of lists are added and removed one by one."""
    said = Amended()
    old, new = before.details, after.details
    _items(old.aliases, new.aliases, said, "aliases")
    _items(old.related, new.related, said, "related")
    compared = [name for name in DETAILS if name not in ("aliases", "related")]
    for name, people in _people(old, new).items():
        if _without_names(getattr(old, name)) == _without_names(getattr(new, name)):
            compared.remove(name)
            for one, other in people:
                _names(one, other, said)
    paths = [*(f"details.{name}" for name in compared), "window", "held_window"]
    _replace(before, after, paths, said)
    return said


def correction(before: Corrected, after: Corrected, paths: Iterable[str]) -> Corrected:
    """What makes of what a change says something else. ``paths`` may be corrected in it."""
    said = Corrected(corrected_version=before.corrected_version)
    _replace(before, after, paths, said)
    return said


def correctable(event: Event) -> list[str]:
    """The paths of the fields that a change says itself: the contract lets them be corrected."""
    said = event.message.event
    kind = said.WhichOneof("change")
    if kind in (None, "retracted", "corrected"):
        return []
    paths, content = ["reason", "basis"], getattr(said, kind)
    fields = content.DESCRIPTOR.fields_by_name
    if kind == "amended":
        return [*paths, *content.update_mask.paths]
    if "condition" in fields:
        paths.append("condition")
    if "details" in fields and content.HasField("details"):
        paths += [f"details.{name}" for name in DETAILS]
        paths += ["window_given_up"] if "window_given_up" in fields else []
    windows = [name for name in ("window", "held_window") if name in fields]
    return [*paths, *(name for name in windows if content.HasField(name))]


def said_by(event: Event, corrections: Iterable[Event]) -> Corrected:
    """What a change says, as these corrections of it have it."""
    message = event.message.event
    said = Corrected(corrected_version=event.version, reason=message.reason, basis=message.basis)
    content = getattr(message, message.WhichOneof("change") or "retracted")
    for name in ("details", "window", "held_window", "window_given_up", "condition"):
        if name in content.DESCRIPTOR.fields_by_name:
            _copy(content, said, name)
    for each in corrections:
        right = each.message.event.corrected
        for path in right.update_mask.paths:
            _put(right, said, path)
    return said


def _replace(before: Any, after: Any, paths: Iterable[str], said: Any) -> None:
    """Name the fields that differ, with their new values."""
    for path in paths:
        if _at(before, path) != _at(after, path):
            said.update_mask.paths.append(path)
            _put(after, said, path)


def _at(message: Any, path: str) -> Any:
    for name in path.split("."):
        message = getattr(message, name)
    return message


def _put(source: Any, target: Any, path: str) -> None:
    """Say at a path what another message says there."""
    *steps, last = path.split(".")
    for step in steps:
        source, target = getattr(source, step), getattr(target, step)
    _copy(source, target, last)


def _copy(source: Any, target: Any, name: str) -> None:
    field = source.DESCRIPTOR.fields_by_name[name]
    target.ClearField(name)
    if field.is_repeated:
        getattr(target, name).MergeFrom(getattr(source, name))
    elif field.message_type is None:
        setattr(target, name, getattr(source, name))
    elif source.HasField(name):
        getattr(target, name).CopyFrom(getattr(source, name))


def _items(old: Iterable[Any], new: Iterable[Any], said: Amended, name: str) -> None:
    before, after = list(old), list(new)
    for items, gone, target in (after, before, "added"), (before, after, "removed"):
        changed = [each for each in items if each not in gone]
        if changed:
            getattr(getattr(said, target), name).extend(changed)


def _people(old: VisitDetails, new: VisitDetails) -> dict[str, list[tuple[Any, Any]]]:
    """Whatever has other names, before and after, by the field that it is in."""
    return {
        "principal": [(old.principal, new.principal)],
        "host": list(zip(old.host.counterparts, new.host.counterparts, strict=False)),
        "destinations": list(zip(old.destinations, new.destinations, strict=False)),
    }


def _without_names(content: Any) -> list[Any]:
    """A message, or several, without other names."""
    plain = []
    for each in [content] if hasattr(content, "DESCRIPTOR") else content:
        copy = type(each)()
        copy.CopyFrom(each)
        for one in copy.counterparts if copy.DESCRIPTOR.name == "Host" else [copy]:
            one.ClearField("other_names")
        plain.append(copy)
    return plain


def _names(old: Any, new: Any, said: Amended) -> None:
    """Add and remove other names of one person or city."""
    kind = old.DESCRIPTOR.name
    for items, gone, target in (
        (new.other_names, old.other_names, "added"),
        (old.other_names, new.other_names, "removed"),
    ):
        names = [each for each in items if each not in gone]
        if names and kind == "Principal":
            getattr(said, target).principal_other_names.extend(names)
        elif names:
            field = "counterpart_other_names" if kind == "Counterpart" else "city_other_names"
            owner = old.name if kind == "Counterpart" else old.city
            held = getattr(getattr(said, target), field)
            held.append(OtherNames(name=owner, other_names=names))
