"""Domain events and values <-> the messages of chancery.v1.

``fields`` converts field by field, ``messages`` whole messages, and ``differences`` compares two
states of a visit. ``wire`` encodes a few fields by hand, ``clock`` converts times.
"""

from service.codec.differences import differences
from service.codec.fields import DATE, member, visit_id, visit_name
from service.codec.messages import (
    event_from_bytes,
    event_key,
    event_to_bytes,
    merged_into,
    read_basis,
    read_change,
    read_instant,
    read_moment,
    visit_to_bytes,
)

__all__ = [
    "DATE",
    "differences",
    "event_from_bytes",
    "event_key",
    "event_to_bytes",
    "member",
    "merged_into",
    "read_basis",
    "read_change",
    "read_instant",
    "read_moment",
    "visit_id",
    "visit_name",
    "visit_to_bytes",
]
