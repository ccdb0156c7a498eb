"""Forms as a browser has them: what stands in them, filled in, and sent."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import httpx
from google.protobuf.descriptor import FieldDescriptor

from chancery.client import Connection
from chancery.client.details import Principal

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
OFFICER = "Édith"


class Inputs(HTMLParser):
    """What a browser would send of the one form that is posted on a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.names: set[str] = set()
        self.more: set[str] = set()
        self._is_inside = False
        self._text = ""
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an input."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = said.get("method") == "post"
        name = said.get("name", "")
        if not self._is_inside:
            return
        if tag == "button" and said.get("value", "").startswith("more:"):
            self.more.add(said["value"].removeprefix("more:"))
        elif tag in ("input", "select", "textarea") and name:
            self.names.add(name)
            if tag == "select":
                self._select = name
            elif tag == "textarea":
                self._text, self.values[name] = name, ""
            elif said.get("type") not in ("radio", "checkbox") or "checked" in said:
                self.values[name] = said.get("value", "")
        elif tag == "option" and "selected" in said:
            self.values[self._select] = said["value"]

    def handle_endtag(self, tag: str) -> None:
        """Take note that a text is over."""
        if tag == "textarea" and self._text:
            self.values[self._text] = self.values[self._text].removeprefix("\n")
            self._text = ""

    def handle_data(self, data: str) -> None:
        """Take note of a text."""
        if self._text:
            self.values[self._text] += data


async def opened(web: httpx.AsyncClient, address: str) -> Inputs:
    """The form at an address."""
    answer = await web.get(address)
    assert answer.status_code == 200, answer.text
    return Inputs(answer.text)


async def filled(web: httpx.AsyncClient, address: str, says: Mapping[str, str]) -> dict[str, str]:
    """What a form sends that was filled in, with as many rows as that takes."""
    form = await opened(web, address)
    sent = dict(form.values)
    while missing := says.keys() - form.names:
        rows = {name for name in form.more if any(each.startswith(f"{name}[") for each in missing)}
        assert rows, f"{address} has no {missing}"
        known = {name: text for name, text in says.items() if name in form.names}
        answer = await web.post(address, data={**sent, **known, "do": f"more:{min(rows)}"})
        assert answer.status_code == 200, answer.text
        names = form.names
        form = Inputs(answer.text)
        assert form.names > names
        sent |= form.values
    named = {"officer": OFFICER} if "officer" in form.names else {}
    return {**sent, **named, **says}


async def sent(web: httpx.AsyncClient, address: str, says: Mapping[str, str]) -> httpx.Response:
    """The answer to a form that is filled in and sent."""
    return await web.post(address, data=await filled(web, address, says))


def problems(page: str) -> dict[str, str]:
    """What a page says is wrong, by the id of the input: beside it, and in the summary."""
    beside = re.findall(r'id="([\w-]+)-error"><span class="vh">Error: </span>([^<]*)</p>', page)
    summary = re.findall(r'<li><a href="#([\w-]+)">([^<]*)</a></li>', page)
    assert {text for _, text in beside} <= {text for _, text in summary}
    for input_id, _ in summary:
        assert f'id="{input_id}"' in page
    return dict(summary)


def inputs_of(message: Any, path: str = "") -> dict[str, str]:
    """The inputs that say what a message says, by their names."""
    said: dict[str, str] = {}
    for field, content in message.ListFields():
        name = f"{path}.{field.name}" if path else field.name
        name = re.sub(r"^(context\.\w+)_(time|period)$", r"\1", name)
        if field.message_type is None or field.message_type.name in ("Date", "Timestamp"):
            said[name] = _text(field, content)
        elif field.is_repeated:
            for index, each in enumerate(content):
                said |= inputs_of(each, f"{name}[{index}]")
        else:
            said |= inputs_of(content, name)
    return said


def _text(field: FieldDescriptor, content: Any) -> str:
    if field.enum_type is not None:
        chosen = field.enum_type.values_by_number[content].name
        prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", field.enum_type.name).upper()
        return chosen.removeprefix(f"{prefix}_").lower().replace("_", " ")
    if field.message_type is not None and field.message_type.name == "Date":
        return f"{content.year:04}-{content.month:02}-{content.day:02}"
    if field.message_type is not None:
        return str(content.ToJsonString())
    if field.is_repeated:
        return "\n".join(content)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return "1"
    return str(content).removeprefix("visits/")


def plan(connection: Connection, name: str, **facts: Any) -> str:
    """A planned visit, and the address of its forms."""
    principal = Principal("Antony Blinken", country="US")
    connection.schedule(
        name, title=name, principal=principal, host="CN", window=("2023-02-05", "2023-02-06"),
        known="2023-01-17", **facts,
    )  # fmt: skip
    return f"/visits/{name}"


def notice(page: str) -> str:
    """What stands above a form."""
    found = re.search(r'<div class="summary" role="alert"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert found, page
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found[1])).strip()
