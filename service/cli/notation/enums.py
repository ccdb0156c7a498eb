"""The contract's enums as words that people type and read.

``STATUS_WHEN_CONDITIONS_ALLOW`` is shown as "when conditions allow". Dashes or underscores may be
typed instead of the spaces.
"""

import re
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from chancery.v1.event_pb2 import ChangeType
from chancery.v1.values_pb2 import Attribution, Relation, Side, StatementKind, Status, VisitKind
from chancery.v1.visit_pb2 import Stance, Standing, WindowEnding
from chancery.v1.visit_service_pb2 import DayKind

V = TypeVar("V", bound=int)
V_co = TypeVar("V_co", bound=int, covariant=True)


class ProtobufEnum(Protocol[V_co]):
    """An enum as protobuf generates it."""

    def items(self) -> Iterable[tuple[str, V_co]]:
        """The names and numbers of its values."""
        ...


class EnumNotation(Generic[V]):
    """One enum: from its values to words, and back."""

    def __init__(self, noun: str, prefix: str, enum: ProtobufEnum[V]) -> None:
        """``noun`` says what a value is; ``prefix`` is common to the names in the contract."""
        self.noun = noun
        self._prefix = prefix
        self._words = {number: self.named(name) for name, number in enum.items() if number}

    def of(self, value: V) -> str:
        """The word for a value, or its number if it is newer than this client."""
        return self._words.get(value, f"{self.noun} {value}" if value else "unspecified")

    def named(self, name: str) -> str:
        """The word for a value by its name in the contract; another text as it came."""
        return name.removeprefix(self._prefix).lower().replace("_", " ")

    def parse(self, text: str) -> V:
        """The value of a word, in any case, with spaces, dashes or underscores.

        :raises ValueError: there is no such word.
        """
        word = re.sub(r"[\s_-]+", " ", text).strip().lower()
        for value, known in self._words.items():
            if known == word:
                return value
        raise ValueError(f"unknown {self.noun} {text!r}; choose from {self.choices()}")

    def choices(self) -> str:
        """All words, for a message or a help text."""
        return ", ".join(self._words.values())

    def complete(self, incomplete: str) -> list[str]:
        """The words that begin with ``incomplete``, with dashes so that a shell needs no quotes."""
        words = (word.replace(" ", "-") for word in self._words.values())
        return [word for word in words if word.startswith(incomplete.lower())]


STATUS = EnumNotation("status", "STATUS_", Status)
STANDING = EnumNotation("standing", "STANDING_", Standing)
SIDE = EnumNotation("side", "SIDE_", Side)
ATTRIBUTION = EnumNotation("attribution", "ATTRIBUTION_", Attribution)
VISIT_KIND = EnumNotation("kind of visit", "VISIT_KIND_", VisitKind)
STATEMENT_KIND = EnumNotation("kind of statement", "STATEMENT_KIND_", StatementKind)
RELATION = EnumNotation("relation", "RELATION_", Relation)
CHANGE_TYPE = EnumNotation("type of change", "CHANGE_TYPE_", ChangeType)
STANCE = EnumNotation("stance", "STANCE_", Stance)
WINDOW_ENDING = EnumNotation("ending of a window", "WINDOW_ENDING_", WindowEnding)
DAY_KIND = EnumNotation("kind of days", "DAY_KIND_", DayKind)
