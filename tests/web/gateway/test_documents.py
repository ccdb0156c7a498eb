"""The OpenAPI document says what the server does, and the page shows it."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate

from service.web.gateway.documents import DOCUMENT
from service.web.gateway.methods import METHODS
from tests.support.server import Client
from tests.web.gateway.asking import VISITS
from tests.web.gateway.test_methods import READING, RECORDING, called, example

DOCUMENTED: dict[str, Any] = json.loads(DOCUMENT.read_bytes())


@pytest.fixture(scope="module")
def recorded(client: Client) -> Client:
    """A client, once all examples have been played."""
    for path in RECORDING:
        called(client, METHODS[path], example(path))
    return client


def problems(told: Any, schema: dict[str, Any]) -> list[str]:
    """How what was told is not as the schema says."""
    whole = {"components": DOCUMENTED["components"], **schema}
    validator = OAS31Validator(whole, format_checker=oas31_format_checker)
    return [f"{each.json_path}: {each.message}" for each in validator.iter_errors(told)]


def answers_of(path: str) -> dict[str, Any]:
    """The schema of what a method answers."""
    content = DOCUMENTED["paths"][path]["post"]["responses"]["200"]["content"]
    schema: dict[str, Any] = next(iter(content.values()))["schema"]
    return schema


def test_it_is_an_openapi_document() -> None:
    validate(DOCUMENTED)
    assert DOCUMENTED["openapi"] == "3.1.0"


def test_it_has_every_method_that_can_be_called_so() -> None:
    assert DOCUMENTED["paths"].keys() == set(READING) | set(RECORDING)
    for path, each in DOCUMENTED["paths"].items():
        assert ("get" in each) == METHODS[path].reads


def test_everything_in_it_is_described() -> None:
    for name, schema in DOCUMENTED["components"]["schemas"].items():
        assert schema["description"], name
        for field, told in schema.get("properties", {}).items():
            assert told.get("description") or name == "Error", f"{name}.{field}"


def lines_of(http: httpx.Client, path: str, asked: Any) -> Iterator[Any]:
    headers = {"connect-timeout-ms": "200"} if path.endswith("WatchEvents") else {}
    answer = http.post(path, json=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    for line in answer.text.splitlines():
        if not line.startswith('{"error"'):
            yield json.loads(line)


def test_real_answers_are_as_it_says(recorded: Client, http: httpx.Client) -> None:
    """Of every method that reads; the examples of the document are what is asked."""
    for path in READING:
        content = DOCUMENTED["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        asked = content["example"]
        assert problems(asked, content["schema"]) == []
        told = list(lines_of(http, path, asked))
        assert told, path
        for each in told:
            assert problems(each, answers_of(path)) == [], path


def test_real_failures_are_as_it_says(http: httpx.Client) -> None:
    answer = http.get(f"{VISITS}/GetVisit?name=visits/nobody")
    assert problems(answer.json(), {"$ref": "#/components/schemas/Error"}) == []


def test_the_check_of_answers_notices_one_that_is_wrong() -> None:
    wrong_answers: list[dict[str, Any]] = [
        {"visit": {"name": 5}},
        {"visits": {}},
        {"visit": {"status": "SCHEDULED"}},
    ]
    for wrong in wrong_answers:
        assert problems(wrong, answers_of(f"{VISITS}/GetVisit"))


def test_each_parameter_that_it_lists_is_taken(http: httpx.Client) -> None:
    """None of them is a field that there is not."""
    values = {"boolean": "true", "integer": "1", "string": "1"}
    for path in READING:
        for each in DOCUMENTED["paths"][path]["get"]["parameters"]:
            schema = each["schema"].get("items", each["schema"])
            value = "" if schema.get("maxLength") == 0 else values.get(schema.get("type"), "1")
            headers = {"connect-timeout-ms": "100"}
            answer = http.get(path, params={each["name"]: value}, headers=headers)
            assert "there is no such field" not in answer.text
            assert "has no fields" not in answer.text


def test_it_is_served(http: httpx.Client) -> None:
    answer = http.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == DOCUMENTED
    assert http.get("/openapi.json", headers={"accept-encoding": ""}).json() == DOCUMENTED


class Anchors(HTMLParser):
    """The ids of a page, and the links within it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a tag has of them."""
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and (value or "").startswith("#"):
                self.links.append((value or "")[1:])


def test_the_page_shows_each_method_and_each_message(http: httpx.Client) -> None:
    """As the server draws it: it has no script but that of every page."""
    answer = http.get("/api")
    assert answer.status_code == 200
    page = Anchors(answer.text)
    assert len(page.ids) == len(set(page.ids))
    assert set(page.links) <= set(page.ids)
    assert {path.rpartition("/")[2] for path in DOCUMENTED["paths"]} <= set(page.ids)
    assert DOCUMENTED["components"]["schemas"].keys() <= set(page.ids)
    scripts = re.findall(r"<script[^>]*>", answer.text)
    assert scripts == ['<script src="/static/live.js" defer>']
    assert not re.search(r'(src|href)="https?:', answer.text)


def test_the_page_gives_a_command_for_each_method(http: httpx.Client) -> None:
    text = http.get("/api").text
    assert f"<code>URL={http.base_url}</code>" in text
    for path in DOCUMENTED["paths"]:
        assert f'curl "$URL{path}" --json ' in text


def test_the_document_has_the_fields_of_the_contract() -> None:
    """``make contract`` compares all of it; here, that the fields of requests are there."""
    for method in METHODS.values():
        if method.takes_many:
            continue
        schema = DOCUMENTED["components"]["schemas"][method.takes.name]
        assert set(schema["properties"]) == {field.json_name for field in method.takes.fields}
