"""Visits as GetVisit gives them: JSON as protobuf maps it, each on one line."""

from google.protobuf.json_format import MessageToJson

from chancery.client import Visit

# A list is ListVisitsResponse: between these, the lines of the visits with commas between.
HEAD = '{"visits":[\n'
BETWEEN = ",\n"


def line(visit: Visit) -> str:
    """The visit as the contract has it, without a line break."""
    return MessageToJson(visit.message, indent=None, ensure_ascii=False)


def tail(position: int) -> str:
    """The end of a list, with the log position that it reflects."""
    return f'\n],"viewPosition":"{position}"}}\n'
