"""The terms that a desk chooses from: who speaks and how, what is said, kinds of visits."""

from enum import StrEnum


class Side(StrEnum):
    """Who speaks."""

    GUEST = "guest"
    HOST = "host"
    THIRD = "third"
    PRESS = "press"
    DESK = "desk"


class Attribution(StrEnum):
    """The form in which someone gave their word."""

    ON_THE_RECORD = "on the record"
    BACKGROUND = "background"
    DEEP_BACKGROUND = "deep background"
    ANONYMOUS = "anonymous"
    DOCUMENT = "document"
    READOUT = "readout"
    OFFICIAL_RECORD = "official record"


# The forms that bind the side that speaks.
FIRM = frozenset(
    {
        Attribution.ON_THE_RECORD,
        Attribution.DOCUMENT,
        Attribution.READOUT,
        Attribution.OFFICIAL_RECORD,
    }
)


class VisitKind(StrEnum):
    """The kind of visit, as diplomatic protocol names it."""

    STATE = "state"
    OFFICIAL = "official"
    OFFICIAL_WORKING = "official working"
    WORKING = "working"
    PRIVATE = "private"
    SUMMIT = "summit"
    SUMMIT_MARGIN = "summit margin"
    TRANSIT = "transit"
    SPECIAL_ENVOY = "special envoy"
    OTHER = "other"


class StatementKind(StrEnum):
    """What a statement does."""

    REPORT = "report"
    ANNOUNCE = "announce"
    CONFIRM = "confirm"
    REAFFIRM = "reaffirm"
    DECLINE = "decline"
    DENY = "deny"
    DOUBT = "doubt"
    ARRIVED = "arrived"
    DEPARTED = "departed"


class Relation(StrEnum):
    """How one visit relates to another."""

    SUBSTITUTE_FOR = "substitute for"
    SUPERSEDES = "supersedes"
    RETURN_VISIT = "return visit"
    ADVANCE_FOR = "advance for"
    ACCOMPANIES = "accompanies"
    SPLIT_FROM = "split from"
    CONTINUES = "continues"
