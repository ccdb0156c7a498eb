"""InfoService: what this server is."""

from dataclasses import dataclass, field
from importlib import metadata

from chancery.v1 import info_service_pb2 as messages
from domain import rules
from service.config import Settings
from service.keys import LogKey
from service.queries import Queries
from service.rpc import desk, history, requests, visits
from service.rpc.calls import Call

REQUEST_BYTES = 4 << 20
CAPABILITIES = (
    "get_visit.as_of",
    "batch_get_visits.as_of",
    "list_visits.as_of",
    "list_events.as_of",
    "watch_events",
    "compare_visit",
    "audit",
)


@dataclass(frozen=True)
class InfoServicer:
    """Tells what this server is, what it holds and what it allows."""

    queries: Queries
    key: LogKey
    settings: Settings
    version: str = field(default_factory=lambda: metadata.version("chancery"))

    async def GetServerInfo(self, request: messages.GetServerInfoRequest, call: Call) -> bytes:
        """What this server is."""
        await self.queries.fresh(request.min_position, call.seconds_left)
        application = self.queries.application
        database = application.database
        return messages.GetServerInfoResponse(
            version=self.version,
            log_origin=application.view.head.origin,
            public_key=str(self.key.signer.verifier),
            head_position=application.view.head.position,
            capabilities=CAPABILITIES,
            engine=database.version,
            read_only=database.is_read_only or database.closed is not None,
            limits=messages.Limits(
                text_length=rules.TEXT_LENGTH,
                name_length=rules.NAME_LENGTH,
                repeated_values=rules.REPEATED_VALUES,
                page_size=requests.MAX_PAGE,
                batch_names=visits.BATCH_NAMES,
                apply_changes=desk.APPLY_CHANGES,
                frame_bytes=history.FRAME_BYTES,
                request_bytes=REQUEST_BYTES,
                concurrent_calls=self.settings.max_calls,
                concurrent_watches=self.settings.max_watches,
            ),
        ).SerializeToString()
