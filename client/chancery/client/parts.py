"""Reading answers that come in parts: pages, what did not fit into a batch, and finite streams."""

from typing import Any

from chancery.client.errors import ChanceryError
from chancery.client.methods import (
    BATCH_GET_VISITS,
    EXPORT_BUNDLE,
    READ_EVENTS,
    Answer,
    Method,
    Request,
)
from chancery.client.retry import Attempts, asked
from chancery.client.steps import Give, Open, Plan, Read
from chancery.v1.audit_service_pb2 import ExportBundleRequest
from chancery.v1.history_service_pb2 import ReadEventsRequest
from chancery.v1.visit_service_pb2 import BatchGetVisitsRequest, BatchGetVisitsResponse

# The most visits or changes that a server puts on a page.
LARGEST_PAGE = 1000


def paged(method: Method[Any, Any], request: Any, timeout: float) -> Plan[None]:
    """Give the pages of a list, beginning with the one requested; ``request`` is left unchanged.

    ``timeout`` is that of each page, in seconds.

    :raises ChanceryError: a page could not be had.
    """
    following = _copied(request)
    while True:
        page = yield from asked(method, following, timeout)
        yield Give(page)
        if not page.next_page_token:
            return
        following.page_token = page.next_page_token


def gathered(
    method: Method[Request, Answer], request: Request, items: str, limit: int, timeout: float
) -> Plan[Answer]:
    """All pages of a list as one answer, whose position is that of the first page.

    ``items`` names the field that is listed, and ``limit`` is how many of them are wanted; 0 is
    all. ``timeout`` is that of each page, in seconds.

    :raises ChanceryError: a page could not be had.
    """
    following: Any = _copied(request)
    whole: Any = method.answer()
    while True:
        missing = limit - len(getattr(whole, items)) if limit else LARGEST_PAGE
        following.page_size = min(missing, LARGEST_PAGE)
        page: Any = yield from asked(method, following, timeout)
        position = whole.view_position or page.view_position
        whole.MergeFrom(page)
        whole.view_position = position
        if not page.next_page_token or len(getattr(whole, items)) == limit > 0:
            whole.ClearField("next_page_token")
            answer: Answer = whole
            return answer
        following.page_token = page.next_page_token


def batched(request: BatchGetVisitsRequest, timeout: float) -> Plan[BatchGetVisitsResponse]:
    """Several visits as one answer. What did not fit into one message is asked for again.

    The position is that of the first message. ``timeout`` is that of each, in seconds.

    :raises ChanceryError: a message could not be had.
    """
    following = _copied(request)
    whole = yield from asked(BATCH_GET_VISITS, following, timeout)
    while whole.remaining:
        following.names[:] = whole.remaining
        part = yield from asked(BATCH_GET_VISITS, following, timeout)
        whole.visits.extend(part.visits)
        whole.missing.extend(part.missing)
        whole.remaining[:] = part.remaining
    return whole


def replayed(request: ReadEventsRequest, timeout: float) -> Plan[None]:
    """Give the changes up to the head that the first frame reports.

    If the stream is cut off, it is requested again after the last change that was given, from the
    same log. ``timeout`` is that of each stream, in seconds.

    :raises ChanceryError: the stream failed for another reason, or too often in a row.
    """
    following, attempts, left, head = _copied(request), Attempts(), request.limit, 0
    while True:
        try:
            yield Open(READ_EVENTS, following, timeout)
            while (frame := (yield Read())) is not None:
                attempts, head = Attempts(), head or frame.head_position
                following.log_origin = following.log_origin or frame.log_origin
                for event in frame.events:
                    if event.position > head:
                        return
                    yield Give(event)
                    following.after_position = event.position
                    left -= 1
            return
        except ChanceryError as error:
            if request.limit and not left:
                return
            following.limit = max(0, left)
            pause = attempts.pause(error)
        yield pause


def exported(request: ExportBundleRequest) -> Plan[None]:
    """Give the parts of a bundle, in order. It is requested again only before its first part came.

    :raises ChanceryError: the stream failed after its first part, or too often before it.
    """
    attempts, is_begun = Attempts(), False
    while True:
        try:
            yield Open(EXPORT_BUNDLE, request)
            while (part := (yield Read())) is not None:
                is_begun = True
                yield Give(part)
            return
        except ChanceryError as error:
            if is_begun:
                raise
            pause = attempts.pause(error)
        yield pause


def _copied(request: Any) -> Any:
    copy = type(request)()
    copy.CopyFrom(request)
    return copy
