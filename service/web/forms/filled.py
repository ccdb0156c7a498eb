"""A form as it was filled in: what stands in its inputs, and what is wrong with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from service.web.forms import contents
from service.web.forms.fields import Group, Leaf, Node, Rows, holder, leaves, walk

# What the server says of an id as the request has it, where a form has the id alone.
_OF_THE_REQUEST = 'must be "visits/" and the id of a visit: '


@dataclass
class Filled:
    """What stands in the inputs of some fields, by path, and what is wrong, by path.

    What is empty is not there. An error at "" is about the form as such.
    """

    nodes: tuple[Node, ...]
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def saying(cls, nodes: tuple[Node, ...], message: Any) -> "Filled":
        """A form that says what a message says."""
        filled = cls(nodes)
        filled._tell(nodes, message)
        return filled

    def take(self, sent: dict[str, str]) -> None:
        """Take what was sent, without the rows that are empty."""
        self.values = {name: text for name, text in sent.items() if text}
        for node in list(walk(self.nodes, self.values)):
            if isinstance(node, Rows):
                self._close_gaps(node)

    def write(self, nodes: Sequence[Node], message: Any) -> None:
        """Say in a message what these fields say, as far as it can be read; note what cannot."""
        for leaf in leaves(nodes, self.values):
            if text := self.values.get(leaf.path):
                held, _ = holder(message, leaf.path)
                try:
                    contents.put(held, leaf, text)
                except ValueError as error:
                    self.errors[leaf.path] = str(error)

    def refuse(self, path: str, problem: str) -> None:
        """Take note of what the server says is wrong at a path of the request.

        It is said where the nearest field is, unless that is in error already.
        """
        path = re.sub(r"_(time|period)$", "", path)
        known = {node.path: node for node in walk(self.nodes, self.values)}
        while path and path not in known:
            path = re.sub(r"(\.\w+|\[\d+\]|^\w+)$", "", path)
        inner = (f"{path}.", f"{path}[")
        if not any(each == path or each.startswith(inner) for each in self.errors):
            self.errors[path] = _sentence(known.get(path), problem)

    def in_order(self) -> list[tuple[str, str]]:
        """What is wrong, in the order of the fields: the input to go to, and the sentence."""
        found = []
        for node in walk(self.nodes, self.values):
            if node.path in self.errors:
                inner = next(leaves([node], self.values), None)
                found.append((inner.path if inner else node.path, self.errors[node.path]))
        if "" in self.errors:
            found.append(("", self.errors[""]))
        return found

    def is_used(self, nodes: Sequence[Node]) -> bool:
        """Whether something stands in one of the inputs, or is wrong there."""
        paths = {node.path for node in walk(nodes, self.values)}
        return bool(paths & (self.values.keys() | self.errors.keys()))

    def rows(self, node: Rows) -> list[Group]:
        """The rows to show: those that are filled in, or else an empty one."""
        return [node.row(index) for index in node.indices(self.values)] or [node.row(0)]

    def add_row(self, path: str) -> None:
        """Show another row of the list at a path."""
        for node in list(walk(self.nodes, self.values)):
            if isinstance(node, Rows) and node.path == path:
                shown = self.rows(node)
                for row in (*shown, node.row(len(shown))):
                    self.values.setdefault(next(leaves([row], ())).path, "")

    def _close_gaps(self, rows: Rows) -> None:
        """Number the rows of a list without gaps, as they are numbered in a message."""
        for new, old in enumerate(rows.indices(self.values)):
            if new != old:
                before, after = f"{rows.path}[{old}]", f"{rows.path}[{new}]"
                self.values = {
                    after + name.removeprefix(before) if name.startswith(before) else name: text
                    for name, text in self.values.items()
                }

    def _tell(self, nodes: Sequence[Node], message: Any) -> None:
        for node in nodes:
            held, name = holder(message, node.path)
            if isinstance(node, Leaf):
                if text := contents.shown(held, node):
                    self.values[node.path] = text
            elif isinstance(node, Rows):
                for index in range(len(getattr(held, name))):
                    self._tell(node.row(index).nodes, message)
            elif held.HasField(name):
                self._tell(node.nodes, message)


def _sentence(node: Node | None, problem: str) -> str:
    """What is wrong with a field, for somebody who sees the form and not the request."""
    if node is None:
        return problem
    problem = problem.replace(_OF_THE_REQUEST, "")
    if problem.startswith("is required") and node.said.missing:
        return node.said.missing
    label = node.said.label
    return f"{label} {problem}" if re.match(r"(must|is|has) ", problem) else f"{label}: {problem}"
