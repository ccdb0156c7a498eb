"""The Python client: the calls in Python's own types, with deadlines and safe retries.

Start with :class:`Connection`, or :class:`AsyncConnection` for asyncio: the methods are the same.
Why a call failed is a class in :mod:`chancery.client.errors`. :mod:`chancery.client.draft` makes
changes to record together, and :mod:`chancery.client.words` has the words of the contract as
types. Requests and answers as messages of ``chancery.v1`` are behind ``Connection.messages``.
"""

from chancery.client import draft, errors, words
from chancery.client.answers import (
    Applied,
    AuditedChange,
    Changes,
    Comparison,
    Count,
    CountGroup,
    FieldChange,
    History,
    Imported,
    Recorded,
    RecordedStatement,
    ValueCount,
    Visits,
)
from chancery.client.details import (
    Basis,
    Condition,
    Counterpart,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Statement,
    VisitDetails,
    Window,
)
from chancery.client.errors import ChanceryError
from chancery.client.event import (
    Amended,
    Cancelled,
    Completed,
    Corrected,
    Deferred,
    DetailItems,
    Disclosed,
    Event,
    OtherNames,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
)
from chancery.client.keywords import AsOf
from chancery.client.proofs import (
    BundlePart,
    Checkpoint,
    ConsistencyProof,
    EventPart,
    InclusionProof,
    Limits,
    ServerInfo,
    Tile,
)
from chancery.client.shells.async_connection import AsyncConnection
from chancery.client.shells.async_follower import AsyncFollower
from chancery.client.shells.async_messages import AsyncMessages
from chancery.client.shells.sync_connection import Connection
from chancery.client.shells.sync_follower import Follower
from chancery.client.shells.sync_messages import Messages
from chancery.client.visit import (
    ClaimedWindow,
    CurrentCondition,
    PreviousWindow,
    Visit,
    Word,
)

__all__ = [
    "Amended",
    "Applied",
    "AsOf",
    "AsyncConnection",
    "AsyncFollower",
    "AsyncMessages",
    "AuditedChange",
    "Basis",
    "BundlePart",
    "Cancelled",
    "ChanceryError",
    "Changes",
    "Checkpoint",
    "ClaimedWindow",
    "Comparison",
    "Completed",
    "Condition",
    "Connection",
    "ConsistencyProof",
    "Corrected",
    "Count",
    "CountGroup",
    "Counterpart",
    "CurrentCondition",
    "Deferred",
    "DetailItems",
    "Disclosed",
    "Event",
    "EventPart",
    "FieldChange",
    "Follower",
    "History",
    "Host",
    "Imported",
    "InclusionProof",
    "Limits",
    "Messages",
    "OtherNames",
    "Place",
    "Postponed",
    "PreviousWindow",
    "Principal",
    "Recorded",
    "RecordedStatement",
    "RelatedVisit",
    "Rescheduled",
    "Retracted",
    "Scheduled",
    "ServerInfo",
    "Statement",
    "StatementRecorded",
    "Tile",
    "ValueCount",
    "Visit",
    "VisitDetails",
    "Visits",
    "Window",
    "Word",
    "draft",
    "errors",
    "words",
]


def __dir__() -> list[str]:
    return __all__
