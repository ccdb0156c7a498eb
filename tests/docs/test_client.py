"""docs/client.md: every public name of the client is there, and it is as the docstrings say."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from chancery import client
from chancery.client import AsyncConnection, Connection, draft, errors
from docs.generate.client import document

DOCUMENT = (Path(__file__).parents[2] / "docs" / "client.md").read_text()
PUBLIC = {**vars(client), **vars(errors)}
NAMES = sorted({*client.__all__, *errors.__all__} - {"draft", "errors", "words"})


def test_the_document_is_as_the_docstrings_make_it() -> None:
    assert document() == DOCUMENT, "run make reference"


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_documented(name: str) -> None:
    public: Any = PUBLIC[name]
    assert vars(public)["__doc__"]
    if not name.startswith("Async"):
        assert re.search(rf"^##+ {name}$", DOCUMENT, re.MULTILINE)
    for member, value in vars(public).items():
        if not member.startswith("_") and (
            inspect.isfunction(value) or isinstance(value, property)
        ):
            assert inspect.getdoc(value), f"{name}.{member}"


@pytest.mark.parametrize("kind", [Connection, AsyncConnection])
def test_every_method_is_documented(kind: type) -> None:
    for name in dir(kind):
        if not name.startswith("_") and inspect.isfunction(getattr(kind, name)):
            assert f"\n### Connection.{name}\n" in DOCUMENT
            assert inspect.getdoc(getattr(kind, name))


def test_every_change_can_be_drafted_by_the_name_of_its_method() -> None:
    drafts = set(re.findall(r"^- `draft\.(\w+)`", DOCUMENT, re.MULTILINE))
    assert drafts
    for name in drafts:
        made = inspect.signature(getattr(draft, name)).parameters
        recorded = inspect.signature(getattr(Connection, name)).parameters
        assert list(made) == list(recorded)[1:]
