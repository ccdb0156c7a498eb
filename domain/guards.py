"""Whether a visit is there, at the expected version, and in a status that allows a change."""

from collections.abc import Mapping
from typing import Any

from domain.checks import Context
from domain.errors import (
    ChangeRefused,
    InvalidValue,
    VersionMismatch,
    VisitExists,
    VisitNotFound,
    VisitWithdrawn,
)
from domain.events import StatusEvent
from domain.history import Past
from domain.status import TABLE, Status, StatusChange


def check_allowed(
    past: Past, event_class: type[StatusEvent], context: Context, values: Mapping[str, Any]
) -> None:
    """Check that the visit exists, or that the change opens it, and ask the table.

    :raises Refusal: as ``existing_status``, and VisitExists, ChangeRefused or InvalidValue if the
        visit has a status that does not allow the change, or its details.
    """
    change, status = event_class.STATUS_CHANGE, past.state.status
    if change in (StatusChange.SCHEDULE, StatusChange.DISCLOSE) and status is not None:
        raise VisitExists(past.visit_id, status)
    opens = values.get("details") is not None
    if status is None and opens and change in TABLE[None]:
        check_version(past, context)
        return
    status = existing_status(past, context)
    if change not in TABLE[status]:
        raise ChangeRefused(past.visit_id, status, change)
    if opens:
        hint = "leave out the details, which only open a visit, or choose another id"
        raise ChangeRefused(past.visit_id, status, change, hint)
    if values.get("window_given_up") is not None:
        raise InvalidValue.of(
            f"{event_class.TOPIC}.window_given_up",
            "may be given only with details, when the change opens the visit",
        )


def existing_status(past: Past, context: Context) -> Status:
    """The status of a visit that exists.

    :raises VisitNotFound: nothing is recorded of it.
    :raises VisitWithdrawn: no change stands that opens it.
    :raises VersionMismatch: see ``check_version``.
    """
    if past.version == 0:
        raise VisitNotFound(past.visit_id)
    if past.state.status is None:
        raise VisitWithdrawn(past.visit_id, past.state.merged_into)
    check_version(past, context)
    return past.state.status


def check_version(past: Past, context: Context) -> None:
    """Check that the visit is at the version that the command expects, if it expects one.

    :raises VersionMismatch: it is not.
    """
    if context.expected_version not in (None, past.version):
        raise VersionMismatch(past.visit_id, context.expected_version, past.version)
