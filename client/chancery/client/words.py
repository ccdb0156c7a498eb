"""The contract's enums as words that people write and read.

``STATUS_WHEN_CONDITIONS_ALLOW`` is "when conditions allow". Dashes or underscores may be written
instead of the spaces.
"""

import re
from collections.abc import Iterable
from typing import Generic, Literal, Protocol, TypeVar

from chancery.v1.access_pb2 import Role
from chancery.v1.event_pb2 import ChangeType
from chancery.v1.values_pb2 import Attribution, Relation, Side, StatementKind, Status, VisitKind
from chancery.v1.visit_pb2 import Stance, Standing, WindowEnding
from chancery.v1.visit_service_pb2 import CountBy, DayKind

V = TypeVar("V", bound=int)
V_co = TypeVar("V_co", bound=int, covariant=True)

StatusWord = Literal[
    "scheduled", "postponed", "when conditions allow", "rescheduled", "completed", "cancelled"
]
StandingWord = Literal["reported", "official", "disputed"]
SideWord = Literal["guest", "host", "third", "press", "desk"]
AttributionWord = Literal[
    "on the record",
    "background",
    "deep background",
    "anonymous",
    "document",
    "readout",
    "official record",
]
KindWord = Literal[
    "state",
    "official",
    "official working",
    "working",
    "private",
    "summit",
    "summit margin",
    "transit",
    "special envoy",
    "other",
]
StatementWord = Literal[
    "report",
    "announce",
    "confirm",
    "reaffirm",
    "decline",
    "deny",
    "doubt",
    "arrived",
    "departed",
]
RelationWord = Literal[
    "substitute for",
    "supersedes",
    "return visit",
    "advance for",
    "accompanies",
    "split from",
    "continues",
]
ChangeWord = Literal[
    "scheduled",
    "disclosed",
    "postponed",
    "deferred",
    "rescheduled",
    "completed",
    "cancelled",
    "amended",
    "corrected",
    "statement recorded",
    "retracted",
]
StanceWord = Literal["agrees", "contradicts status", "contradicts days", "neither"]
EndingWord = Literal["made exact", "moved", "put off"]
RoleWord = Literal["reader", "editor", "auditor", "operator"]
DayWord = Literal["planned", "held", "former", "claimed"]
CountWord = Literal["status", "standing", "host country", "principal"]


class ProtobufEnum(Protocol[V_co]):
    """An enum as protobuf generates it."""

    def items(self) -> Iterable[tuple[str, V_co]]:
        """The names and numbers of its values."""
        ...


class Words(Generic[V]):
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


STATUS = Words("status", "STATUS_", Status)
STANDING = Words("standing", "STANDING_", Standing)
SIDE = Words("side", "SIDE_", Side)
ATTRIBUTION = Words("attribution", "ATTRIBUTION_", Attribution)
VISIT_KIND = Words("kind of visit", "VISIT_KIND_", VisitKind)
STATEMENT_KIND = Words("kind of statement", "STATEMENT_KIND_", StatementKind)
RELATION = Words("relation", "RELATION_", Relation)
CHANGE_TYPE = Words("type of change", "CHANGE_TYPE_", ChangeType)
STANCE = Words("stance", "STANCE_", Stance)
WINDOW_ENDING = Words("ending of a window", "WINDOW_ENDING_", WindowEnding)
DAY_KIND = Words("kind of days", "DAY_KIND_", DayKind)
ROLE = Words("role", "ROLE_", Role)
COUNT_BY = Words("kind of count", "COUNT_BY_", CountBy)
