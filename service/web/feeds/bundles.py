"""Bundles: files that prove themselves, as ``chancery export`` writes them."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from chancery.client import BundlePart
from service.web.feeds.asked import Asked
from service.web.feeds.conditional import Edition, File, answered, unchanged
from service.web.filters import BadAddress

BINARY = "application/octet-stream"


async def of_log(request: Request) -> Response:
    """All changes, as far as the caller may see them."""
    return await _bundle(request, "", "log")


async def of_visit(request: Request) -> Response:
    """The changes of one visit, as far as the caller may see them."""
    name = request.path_params["id"]
    return await _bundle(request, name, name)


async def _bundle(request: Request, visit: str, stem: str) -> Response:
    if request.query_params:
        told = "is no parameter here: a bundle has all changes"
        raise BadAddress(dict.fromkeys(request.query_params, told))
    asked = await Asked.of(request)
    edition = Edition.of(asked, asked.position, asked.last.record_time if asked.last else None)
    if edition.is_had(request):
        return unchanged(asked, edition)
    parts: Any = asked.connection.export(visit)
    first = await anext(parts)  # before the answer begins, because the call may fail
    file = File(asked.file_name(stem, "bundle"), BINARY, True)
    return answered(asked, edition, file, _bytes(first, parts))


async def _bytes(first: BundlePart, parts: Any) -> AsyncIterator[bytes]:
    async with aclosing(parts):
        yield first.data
        async for part in parts:
            yield part.data
