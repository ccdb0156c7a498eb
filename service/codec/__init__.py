"""Domain events and values <-> the messages of chancery.v1.

``fields`` converts field by field, ``messages`` whole messages, and ``differences`` compares two
states of a visit. ``wire`` encodes a few fields by hand, ``clock`` converts times.
"""

from service.codec.differences import differences
from service.codec.fields import (
    DATE,
    change_type_name,
    member,
    standing_name,
    status_name,
    visit_id,
    visit_name,
)
from service.codec.messages import (
    allowed_changes,
    asked_moment,
    event_from_bytes,
    event_key,
    event_to_bytes,
    merged_into,
    principal_name,
    read_basis,
    read_change,
    read_instant,
    statement_weight,
    visit_to_bytes,
)

__all__ = [
    "DATE",
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
    "read_instant",
    "standing_name",
    "statement_weight",
    "status_name",
    "visit_id",
    "visit_name",
    "visit_to_bytes",
]
