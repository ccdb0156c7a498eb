"""Replaying a visit by the rules: each change must be one that its command makes.

So a history that no desk can have recorded is found, whoever signed it.
"""

from dataclasses import fields, replace
from inspect import Parameter, signature
from typing import Any

from domain.checks import Context
from domain.errors import Refusal
from domain.events import Event
from domain.validation import a_visit_id
from domain.visit import Visit
from service.codec.clock import EPOCH
from service.commands.change import COMMANDS

KEYWORD = Parameter.KEYWORD_ONLY
# Stands in for an actor and a request id that are withheld.
WITHHELD = "withheld"

# What a context and an event have in common, and the arguments of each command.
_OF_CONTEXT = {field.name for field in fields(Context)} & {field.name for field in fields(Event)}
_ARGUMENTS = {
    topic: [name for name, each in signature(command).parameters.items() if each.kind is KEYWORD]
    for topic, command in COMMANDS.items()
}


class AgainstRules(ValueError):
    """A change is not one that its command makes; the message says why."""


class Replay:
    """A visit, change by change. It begins with nothing recorded."""

    def __init__(self, visit_id: str) -> None:
        self.visit = Visit.blank(visit_id, EPOCH)

    def follow(self, event: Event, *, is_restricted_withheld: bool = False) -> None:
        """Decide a change once more, on the state that the changes before it leave.

        :raises AgainstRules: it is refused, or another change is made.
        """
        if is_restricted_withheld:
            event = replace(event, actor=WITHHELD, request_id=WITHHELD)
        visit = self._decided(event)
        if visit.changes[-1] != event:
            raise AgainstRules("the change is not the one that its command makes")
        self.visit = visit

    def _decided(self, event: Event) -> Visit:
        """The visit as the command leaves it that makes what this event says."""
        visit = self.visit.fork()
        try:
            a_visit_id(visit.id)
        except ValueError as error:
            raise AgainstRules(f"the id of the visit is not by the rules: it {error}") from None
        told = {name: getattr(event, name) for name in _OF_CONTEXT}
        given = {name: _value(event, name) for name in _ARGUMENTS[event.TOPIC]}
        try:
            COMMANDS[event.TOPIC](visit, Context(now=event.timestamp, **told), **given)
        except Refusal as refusal:
            raise AgainstRules(f"the change is not by the rules: {refusal}") from None
        return visit


def _value(event: Event, name: str) -> Any:
    """What was given as an argument. A correction has a reason and a basis of its own as well."""
    right = f"right_{name}"
    return getattr(event, right if hasattr(event, right) else name)
