"""Importing over cuts: changes that were not answered are sent again, and recorded once."""

import queue
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

import grpc

from chancery.v1.desk_service_pb2 import (
    Change,
    ImportChangesRequest,
    ImportChangesResponse,
    ImportResult,
)

# How many changes one message holds, and how many bytes of changes.
CHANGES = 500
BYTES = 1 << 20


class ImportStream:
    """One stream of ImportChanges, used for one message and its answer at a time."""

    def __init__(self, call: Callable[..., Any], metadata: Any) -> None:
        self._requests: queue.SimpleQueue[ImportChangesRequest | None] = queue.SimpleQueue()
        self._answers = call(iter(self._requests.get, None), metadata=metadata)

    def ask(self, request: ImportChangesRequest) -> Iterator[ImportResult]:
        """Send a message, and give the results of its changes as they come.

        :raises grpc.RpcError: the stream ended.
        """
        self._requests.put(request)
        waiting = len(request.changes)
        while waiting > 0:
            answer: ImportChangesResponse = next(self._answers)
            waiting -= len(answer.results)
            yield from answer.results

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._requests.put(None)
        self._answers.cancel()


def imported(
    changes: Iterable[Change],
    open_stream: Callable[[], ImportStream],
    retry: Callable[[grpc.RpcError, int], None],
) -> Iterator[ImportResult]:
    """The result of each change, in order; its ``index`` counts all changes from 0.

    ``retry`` is called with each error, and with how often this message failed before. The
    message is then sent again, unless ``retry`` raises.
    """
    first, failures = 0, 0
    messages = _messages(changes)
    request = next(messages, None)
    while request is not None:
        try:
            with open_stream() as stream:
                while request is not None:
                    results = list(stream.ask(request))
                    for number, result in enumerate(results, start=first):
                        result.index = number
                        yield result
                    first, failures = first + len(request.changes), 0
                    request = next(messages, None)
        except grpc.RpcError as error:
            retry(error, failures)
            failures += 1


def _messages(changes: Iterable[Change]) -> Iterator[ImportChangesRequest]:
    """The changes in messages of up to CHANGES and BYTES; a larger change has its own."""
    request = ImportChangesRequest()
    size = 0
    for change in changes:
        added = change.ByteSize()
        if len(request.changes) == CHANGES or (request.changes and size + added > BYTES):
            yield request
            request, size = ImportChangesRequest(), 0
        request.changes.append(change)
        size += added
    if request.changes:
        yield request
