"""A form that was written for a visit as it was before, carried over to the visit as it is."""

from collections.abc import Sequence

from service.web.forms.fields import Group, Node
from service.web.forms.filled import Filled


def rebased(written: Filled, before: Filled, now: Filled) -> Filled:
    """What was written, and where nothing was written what is there now.

    So to send it again does not undo what others changed meanwhile. A list counts as one.
    """
    for node in _units(now.nodes):
        old, new = _at(before, node), _at(written, node)
        if old != new:
            now.values = {name: text for name, text in now.values.items() if not _is_in(name, node)}
            now.values.update(new)
    return now


def _units(nodes: Sequence[Node]) -> list[Node]:
    """The nodes that are carried over as one."""
    found: list[Node] = []
    for node in nodes:
        found += _units(node.nodes) if isinstance(node, Group) else [node]
    return found


def _at(filled: Filled, node: Node) -> dict[str, str]:
    return {name: text for name, text in filled.values.items() if _is_in(name, node)}


def _is_in(name: str, node: Node) -> bool:
    return name == node.path or name.startswith(f"{node.path}[")
