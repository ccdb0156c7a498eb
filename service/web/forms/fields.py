"""The fields of a form, found in the contract: each is named by its path in a ``Change``.

So what the server says of a field of the request is about the field of the form of that name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from service.web.forms.described import FIELDS, Kind, Said

# How a field is drawn, by what the contract has in it.
_BY_TYPE: dict[int, Kind] = {
    FieldDescriptor.CPPTYPE_BOOL: "check",
    FieldDescriptor.CPPTYPE_INT32: "number",
    FieldDescriptor.CPPTYPE_ENUM: "choice",
}


@dataclass(frozen=True)
class Leaf:
    """One input, whose name is ``path``."""

    path: str
    said: Said
    kind: Kind
    enum: str = ""

    @property
    def leaves(self) -> "tuple[Leaf, ...]":
        """Itself."""
        return (self,)


@dataclass(frozen=True)
class Group:
    """Fields that belong together."""

    path: str
    said: Said
    nodes: "tuple[Node, ...]"

    @property
    def first(self) -> "tuple[Node, ...]":
        """The fields that are always shown."""
        return tuple(each for each in self.nodes if not each.said.is_more)

    @property
    def more(self) -> "tuple[Node, ...]":
        """The fields that are folded away until they are used."""
        return tuple(each for each in self.nodes if each.said.is_more)


@dataclass(frozen=True)
class Rows:
    """Any number of the same group."""

    path: str
    said: Said
    descriptor: Descriptor

    def row(self, index: int) -> Group:
        """One of them."""
        path = f"{self.path}[{index}]"
        return Group(path, self.said, nodes_of(path, self.descriptor))

    def indices(self, names: Sequence[str] | dict[str, str]) -> list[int]:
        """The numbers of the rows that some names are of, in order."""
        own = re.compile(rf"{re.escape(self.path)}\[(\d{{1,4}})\]", re.ASCII)
        return sorted({int(found[1]) for name in names if (found := own.match(name))})


Node = Leaf | Group | Rows


def node_of(path: str, said: Said, message: Descriptor) -> Node:
    """The field of a message that ``said`` names, for the message at a path."""
    path = f"{path}.{said.name}" if path else said.name
    if said.name in message.oneofs_by_name:
        return Leaf(path, said, said.kind or "when")
    field = message.fields_by_name[said.name]
    held = field.message_type
    if held is None:
        usual = "lines" if field.is_repeated else _BY_TYPE.get(field.cpp_type, "line")
        return Leaf(path, said, said.kind or usual, field.enum_type.name if field.enum_type else "")
    if held.name == "Date":
        return Leaf(path, said, "day")
    if field.is_repeated:
        return Rows(path, said, held)
    return Group(path, said, nodes_of(path, held))


def nodes_of(path: str, message: Descriptor, without: Sequence[str] = ()) -> tuple[Node, ...]:
    """The fields of a message at a path, in the order in which they are asked for."""
    fields = (said for said in FIELDS[message.name] if said.name not in without)
    return tuple(node_of(path, said, message) for said in fields)


def walk(nodes: Sequence[Node], names: Sequence[str] | dict[str, str]) -> Iterator[Node]:
    """All nodes, each before those in it, with the rows that some names are of."""
    for node in nodes:
        yield node
        if isinstance(node, Group):
            yield from walk(node.nodes, names)
        elif isinstance(node, Rows):
            rows = [node.row(index) for index in node.indices(names)]
            yield from walk(rows, names)


def leaves(nodes: Sequence[Node], names: Sequence[str] | dict[str, str]) -> Iterator[Leaf]:
    """All inputs, with those of the rows that some names are of."""
    return (node for node in walk(nodes, names) if isinstance(node, Leaf))


_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?", re.ASCII)


def holder(message: Any, path: str) -> tuple[Any, str]:
    """The message that holds the last field of a path, which is made if it is not there."""
    *steps, last = path.split(".")
    for step in steps:
        found = _STEP.fullmatch(step)
        assert found
        message = getattr(message, found[1])
        if found[2] is not None:
            while len(message) <= int(found[2]):
                message.add()
            message = message[int(found[2])]
    return message, last
