"""InfoService: the version, state and limits of this server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import ClassVar

from chancery.v1 import info_service_pb2 as messages
from chancery.v1.access_pb2 import Role
from domain import validation
from service import limits
from service.config import Settings
from service.live.log_view import LogView
from service.queries.freshness import Freshness
from service.rpc.call import Call
from service.store.engines.database import Database

CAPABILITIES = (
    "get_visit.as_of",
    "batch_get_visits.as_of",
    "list_visits.as_of",
    "count_visits.as_of",
    "list_events.as_of",
    "watch_events",
    "compare_visit",
    "audit",
    "tiles",
)


@dataclass(frozen=True)
class InfoServicer:
    """Reports what this server is, what it holds, and its limits.

    ``callers_known`` is whether it knows who calls. ``warnings`` says what its operator should look
    at.
    """

    SERVICE: ClassVar = messages.DESCRIPTOR.services_by_name["InfoService"]

    database: Database
    public_key: str
    settings: Settings
    freshness: Freshness
    log_view: LogView
    callers_known: bool = False
    warnings: Callable[[], Sequence[str]] = tuple
    version: str = field(default_factory=lambda: metadata.version("chancery"))

    async def GetServerInfo(self, request: messages.GetServerInfoRequest, call: Call) -> bytes:
        """The version, state and limits of this server."""
        await self.freshness.reach(request.min_position, call)
        head, database, caller = self.log_view.head, self.database, call.caller
        is_nobody = self.callers_known and not caller.is_known
        return messages.GetServerInfoResponse(
            version=self.version,
            log_origin=head.origin,
            first_log_origin=head.first_origin,
            public_key=self.public_key,
            head_position=head.position,
            capabilities=CAPABILITIES,
            engine=database.version,
            read_only=database.is_read_only or database.closed is not None,
            warnings=self.warnings(),
            callers_known=self.callers_known,
            caller=caller.name,
            caller_role=Role.Value("ROLE_UNSPECIFIED" if is_nobody else f"ROLE_{caller.role.name}"),
            limits=messages.Limits(
                text_length=validation.TEXT_LENGTH,
                name_length=validation.NAME_LENGTH,
                repeated_values=validation.REPEATED_VALUES,
                page_size=limits.MAX_PAGE,
                batch_names=limits.BATCH_NAMES,
                apply_changes=limits.APPLY_CHANGES,
                import_changes=limits.IMPORT_CHANGES,
                visit_bytes=limits.VISIT_BYTES,
                response_bytes=limits.ANSWER_BYTES,
                frame_bytes=limits.FRAME_BYTES,
                request_bytes=limits.REQUEST_BYTES,
                concurrent_calls=self.settings.max_calls,
                concurrent_watches=self.settings.max_watches,
            ),
        ).SerializeToString()
