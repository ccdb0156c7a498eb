"""Reading streams that may be cut off: a replay resumes, an export does not."""

from collections.abc import Callable, Iterable, Iterator

import grpc

from chancery.client.retry import wait_to_retry, waits_between_attempts
from chancery.v1.audit_service_pb2 import ExportBundleRequest, ExportBundleResponse
from chancery.v1.event_pb2 import RecordedEvent
from chancery.v1.history_service_pb2 import ReadEventsRequest, ReadEventsResponse


def replay(
    read: Callable[[ReadEventsRequest], Iterable[ReadEventsResponse]], request: ReadEventsRequest
) -> Iterator[RecordedEvent]:
    """The changes up to the head that the first frame reports.

    If the stream is cut off, it is requested again after the last change that was read, from the
    same log.

    :raises grpc.RpcError: the stream failed for another reason, or too often in a row.
    """
    following, waits, left, head = ReadEventsRequest(), waits_between_attempts(), request.limit, 0
    following.CopyFrom(request)
    while True:
        try:
            for frame in read(following):
                waits, head = waits_between_attempts(), head or frame.head_position
                following.log_origin = following.log_origin or frame.log_origin
                for event in frame.events:
                    if event.position > head:
                        return
                    yield event
                    following.after_position = event.position
                    left -= 1
            return
        except grpc.RpcError as error:
            if request.limit and not left:
                return
            following.limit = max(0, left)
            wait_to_retry(error, waits)


def export(
    read: Callable[[ExportBundleRequest], Iterable[ExportBundleResponse]],
    request: ExportBundleRequest,
) -> Iterator[ExportBundleResponse]:
    """The parts of a bundle, in order. It is requested again only before its first part came.

    :raises grpc.RpcError: the stream failed after its first part, or too often before it.
    """
    waits, is_begun = waits_between_attempts(), False
    while True:
        try:
            for part in read(request):
                is_begun = True
                yield part
            return
        except grpc.RpcError as error:
            if is_begun:
                raise
            wait_to_retry(error, waits)
