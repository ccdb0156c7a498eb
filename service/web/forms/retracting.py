"""What a retraction would take out, asked of the server before it is sent."""

from chancery.client import AsyncConnection
from chancery.client.event import Event, Retracted
from chancery.v1.desk_service_pb2 import Change
from service.web.forms.desk import Desk


async def look_ahead(desk: Desk, connection: AsyncConnection, change: Change) -> None:
    """Take note of the changes that a retraction would take out. It is not recorded.

    :raises ChanceryError: it is refused.
    """
    tried = Change()
    tried.CopyFrom(change)
    tried.context.validate_only = True
    found = await connection.record(tried)
    content = found.event.change
    versions = content.retracted_versions if isinstance(content, Retracted) else ()
    if not found.replayed:
        desk.taken_out = tuple(each for each in desk.history if each.version in versions)


def first_try(desk: Desk) -> Change:
    """The plainest retraction of the change that a form is about."""
    assert desk.event is not None
    change = Change(name=desk.event.visit)
    change.retracted.retracted_version = desk.event.version
    return change


def brought_back(desk: Desk) -> tuple[Event, ...]:
    """The changes that count again if the change that is taken out is itself a retraction."""
    content = desk.event.change if desk.event else None
    versions = content.retracted_versions if isinstance(content, Retracted) else ()
    return tuple(each for each in desk.history if each.version in versions)
