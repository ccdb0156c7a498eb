"""Domain events and values <-> the messages of chancery.v1.

``events`` and ``visits`` convert whole messages, ``fields`` field by field. ``names`` has what the
contract calls the domain's values, and ``times`` reads and writes the times of messages.
``differences`` compares two states of a visit. ``canonical`` and ``parts`` look at an event's
bytes, ``wire`` encodes a few fields by hand, and ``clock`` converts times.
"""

from service.codec.differences import differences
from service.codec.events import (
    event_from_bytes,
    event_key,
    event_to_bytes,
    read_basis,
    read_change,
)
from service.codec.fields import read_date
from service.codec.names import (
    change_type_name,
    member,
    standing_name,
    status_name,
    topic_name,
    visit_id,
    visit_name,
)
from service.codec.times import asked_moment, read_instant
from service.codec.visits import (
    allowed_changes,
    merged_into,
    principal_name,
    statement_weight,
    visit_to_bytes,
)

__all__ = [
    "allowed_changes",
    "asked_moment",
    "change_type_name",
    "differences",
    "event_from_bytes",
    "event_key",
    "event_to_bytes",
    "member",
    "merged_into",
    "principal_name",
    "read_basis",
    "read_change",
    "read_date",
    "read_instant",
    "standing_name",
    "statement_weight",
    "status_name",
    "topic_name",
    "visit_id",
    "visit_name",
    "visit_to_bytes",
]
