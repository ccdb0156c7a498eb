"""Visits as GetVisit gives them, and changes as they stand: protobuf's JSON, each on one line."""

from google.protobuf.json_format import MessageToJson

from chancery.client import Visit
from chancery.v1.event_pb2 import RecordedEvent

# A list is ListVisitsResponse: between these, the lines of the visits with commas between.
HEAD = '{"visits":[\n'
BETWEEN = ",\n"


def line(visit: Visit) -> str:
    """The visit as the contract has it, without a line break."""
    return MessageToJson(visit.message, indent=None, ensure_ascii=False)


def change(recorded: RecordedEvent) -> str:
    """The change as the contract has it, without a line break; an import takes it."""
    return MessageToJson(
        recorded, indent=None, ensure_ascii=False, preserving_proto_field_name=True
    )


def tail(position: int) -> str:
    """The end of a list, with the log position that it reflects."""
    return f'\n],"viewPosition":"{position}"}}\n'
