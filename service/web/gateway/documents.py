"""The OpenAPI document, which is made from the contract, and a page that shows it."""

import json
import re
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.web.board import board_of, public_address
from service.web.gateway.bodies import GZIP, packed
from service.web.gateway.protocols import takes_gzip
from service.web.gateway.sites import shared
from service.web.look_back import LookBack
from service.web.page import Page, templates

DOCUMENT = Path(__file__).with_name("openapi.json")
_REFERENCE = "#/components/schemas/"


async def openapi(request: Request) -> Response:
    """The document."""
    headers = {"cache-control": "max-age=3600", "vary": "Accept-Encoding"}
    is_packed = takes_gzip(request.headers, "accept-encoding")
    if is_packed:
        headers["content-encoding"] = GZIP
    response = Response(_bytes(is_packed), 200, headers, "application/json")
    return shared(request, response, board_of(request).settings.cors)


async def page(request: Request) -> Response:
    """A page that shows the document. Whoever may look at nothing else may look at it."""
    connection = board_of(request).connection(request)
    shown = Page(request, connection, LookBack.read(request.query_params))
    about, methods = _drawn()
    return shown.draw("api.html", about=about, methods=methods, address=public_address(request))


@cache
def _bytes(is_packed: bool) -> bytes:
    """The document as it is sent. It never changes."""
    content = DOCUMENT.read_bytes()
    return packed(content) if is_packed else content


@cache
def _drawn() -> tuple[Markup, Markup]:
    """What the document says of the whole, and of all methods and messages. It never changes."""
    document = json.loads(DOCUMENT.read_bytes())
    called = [{"path": path, **each["post"]} for path, each in document["paths"].items()]
    about = {each["name"]: each["description"] for each in document["tags"]}
    services = [
        {"name": name, "description": about[name], "methods": list(methods)}
        for name, methods in groupby(called, lambda each: each["tags"][0])
    ]
    schemas = document["components"]["schemas"]
    template = templates.get_template("api_methods.html")
    drawn = template.render(services=services, schemas=schemas, prose=prose, type_of=type_of)
    return prose(document["info"]["description"]), Markup(drawn)


def type_of(schema: dict[str, Any]) -> Markup:
    """The type that a schema says, in short; what it refers to is a link."""
    if schema.get("type") == "array":
        return Markup("list of {}").format(type_of(schema["items"]))
    if name := schema.get("$ref", "").removeprefix(_REFERENCE):
        return Markup('<a href="#{}">{}</a>').format(name, name)
    return Markup("{}").format(schema.get("format") or schema.get("type", "any"))


def prose(text: str) -> Markup:
    """A comment of the contract as paragraphs and lists."""
    blocks = []
    for block in re.split(r"\n\n|\n(?!- )", text.strip()):
        before, *items = re.split(r"^- |\n- ", block)
        if before:
            blocks.append(Markup("<p>{}</p>").format(_line(before)))
        if items:
            listed = Markup("").join(Markup("<li>{}</li>").format(_line(each)) for each in items)
            blocks.append(Markup("<ul>{}</ul>").format(listed))
    return Markup("\n").join(blocks)


def _line(text: str) -> Markup:
    """A line, in which what stands in backticks is code."""
    parts = text.split("`")
    for i in range(1, len(parts), 2):
        parts[i] = Markup("<code>{}</code>").format(parts[i])
    return Markup("").join(parts)


ROUTES = [Route("/openapi.json", openapi), Route("/api", page)]
