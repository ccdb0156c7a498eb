"""The contract's words as the board says them."""

from chancery.client.words import (
    AttributionWord,
    ChangeWord,
    KindWord,
    RelationWord,
    StatusWord,
)

ACTIONS: dict[ChangeWord, str] = {
    "scheduled": "Plan",
    "disclosed": "Make known afterwards",
    "postponed": "Put off",
    "deferred": "Leave open under a condition",
    "rescheduled": "Plan again",
    "completed": "Took place",
    "cancelled": "Call off",
    "statement recorded": "Record a statement",
    "amended": "Amend facts",
    "corrected": "Correct a change",
    "retracted": "Take a change back",
}
_CHANGES: dict[ChangeWord, str] = {
    "scheduled": "Scheduled",
    "disclosed": "Disclosed",
    "postponed": "Postponed",
    "deferred": "When conditions allow",
    "rescheduled": "Rescheduled",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "statement recorded": "Statement",
    "amended": "Amendment",
    "corrected": "Correction",
    "retracted": "Retraction",
}
_ATTRIBUTIONS: dict[AttributionWord, str] = {
    "background": "on background",
    "deep background": "on deep background",
}
_KINDS: dict[KindWord, str] = {
    "official working": "official working visit",
    "summit": "summit",
    "summit margin": "on the margins of a summit",
    "transit": "transit",
    "special envoy": "mission of a special envoy",
    "other": "of another kind",
}
_RELATIONS: dict[RelationWord, str] = {
    "substitute for": "In place of",
    "supersedes": "Supersedes",
    "return visit": "Returns",
    "advance for": "Prepares",
    "accompanies": "Accompanies",
    "split from": "Split from",
    "continues": "Continues",
}


def status(word: StatusWord | None) -> str:
    """``Scheduled``, ``When conditions allow``; without a status ``Withdrawn``."""
    return word.capitalize() if word else "Withdrawn"


def change_word(word: ChangeWord) -> str:
    """What a change made of the visit, or what it is: ``Postponed``, ``Statement``."""
    return _CHANGES.get(word, word.capitalize())


def action(word: ChangeWord) -> str:
    """What one does to record a change: ``Put off``, ``Leave open under a condition``."""
    return ACTIONS.get(word, word.capitalize())


def attribution(word: AttributionWord | None) -> str:
    """In what form something was said: ``on the record``, ``on background``."""
    return _ATTRIBUTIONS.get(word, word) if word else ""


def kind(word: KindWord | None) -> str:
    """``state visit``, ``working visit``."""
    return _KINDS.get(word, f"{word} visit") if word else ""


def relation(word: RelationWord) -> str:
    """How this visit is related to another, before its name: ``In place of``."""
    return _RELATIONS.get(word, word.capitalize())
