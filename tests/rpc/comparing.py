"""Asking how a visit differs between two moments."""

from typing import Any

from google.protobuf.json_format import MessageToDict

from chancery.v1.history_service_pb2 import CompareVisitRequest, CompareVisitResponse
from chancery.v1.visit_pb2 import AsOf
from tests.support.server import Client

# The fields that number and date the record itself.
OF_THE_RECORD = {
    "name",
    "version",
    "status_version",
    "position",
    "create_time",
    "update_time",
}


def compare(
    client: Client, name: str, before: AsOf, after: AsOf | None = None
) -> CompareVisitResponse:
    request = CompareVisitRequest(name=name, before=before, after=after)
    return client.history.CompareVisit(request)


def differences(answer: CompareVisitResponse) -> dict[str, tuple[Any, Any]]:
    """The old and the new value of each field as JSON, by its path; None if it is not set."""
    told = {}
    for difference in answer.field_changes:
        values = MessageToDict(difference, preserving_proto_field_name=True)
        told[difference.path] = values.get("old_value"), values.get("new_value")
    assert len(told) == len(answer.field_changes)
    return told


def between(client: Client, name: str, step: Any, **context: Any) -> dict[str, tuple[Any, Any]]:
    """What differs between before and after this step."""
    last = client.record(name, step, **context).event
    return differences(compare(client, name, AsOf(position=last.position - 1)))


def as_json(visit: Any) -> dict[str, Any]:
    """The fields of a visit that can differ; none if the visit does not exist."""
    fields = MessageToDict(visit, preserving_proto_field_name=True)
    return {field: value for field, value in fields.items() if field not in OF_THE_RECORD}
