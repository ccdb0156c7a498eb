"""docs/api.md and docs/errors.md: every method and reason is there, and the examples work."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chancery.v1.error_pb2 import ErrorReason
from tests.support.paths import SERVICES
from tests.support.server import Server

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "api.md").read_text()
ERRORS = (DOCS / "errors.md").read_text()
METHODS = [method for service in SERVICES for method in service.methods]
COMMANDS = re.findall(r"```console\n\$ (.*?)```", API, re.DOTALL)
ENV = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def method_of(command: str) -> str:
    """The method that a command line calls."""
    (found,) = re.findall(r"http://\S+/(\w+) ", command)
    return str(found)


def answered(command: str, address: str) -> list[Any]:
    """The answers that a command line prints; it must succeed. Of a watch, the first."""
    line = ["bash", "-c", f"exec {command.replace('127.0.0.1:50051', address)}"]
    is_watch = method_of(command) == "WatchEvents"
    printed, decoder, found = "", json.JSONDecoder(), []
    with subprocess.Popen(line, env=ENV, stdout=subprocess.PIPE, text=True) as buf:
        assert buf.stdout is not None
        for printed_line in buf.stdout:
            printed += printed_line
            if is_watch and printed_line == "}\n":
                buf.terminate()
                break
    assert is_watch or buf.returncode == 0, command
    while printed.strip():
        answer, end = decoder.raw_decode(printed.lstrip())
        found.append(answer)
        printed = printed.lstrip()[end:]
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Any]]]:
    """What each example answers by its method, run from top to bottom on a new log."""
    with Server(tmp_path_factory.mktemp("examples") / "chancery.db") as server:
        yield {method_of(command): answered(command, server.address) for command in COMMANDS}


def test_every_method_has_an_example_that_works(answers: dict[str, list[Any]]) -> None:
    assert sorted(answers) == sorted(method.name for method in METHODS)
    assert all(answers.values())


def test_the_examples_show_what_they_are_for(answers: dict[str, list[Any]]) -> None:
    def only(method: str) -> Any:
        (answer,) = answers[method]
        return answer

    assert only("CompleteVisit")["visit"]["heldWindow"]["end"]["day"] == 22
    assert only("GetVisit")["visit"]["status"] == "STATUS_POSTPONED"
    assert only("BatchGetVisits")["missing"] == ["visits/nobody"]
    assert [each["name"] for each in only("ListVisits")["visits"]] == ["visits/charles-france"]
    assert {each["countBy"] for each in only("CountVisits")["groups"]} == {
        "COUNT_BY_STATUS",
        "COUNT_BY_HOST_COUNTRY",
    }
    assert "event" in only("ImportChanges")["results"][0]
    assert only("CompareVisit")["fieldChanges"]
    assert only("ListChanges")["changes"][0]["fieldChanges"]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_field_of_every_method_is_in_its_section(service: Any) -> None:
    for method in service.methods:
        section = re.split(rf"^### {method.name}$", API, flags=re.MULTILINE)[1].split("\n##")[0]
        assert "- Who may call it: " in section
        for message in (method.input_type, method.output_type):
            assert f"`{message.name}`" in section
            for field in message.fields:
                assert f"| `{field.name}` | " in section


def test_every_reason_says_when_it_comes_what_to_do_and_whether_to_try_again() -> None:
    for name in ErrorReason.keys()[1:]:
        reason = name.removeprefix("ERROR_REASON_")
        section = ERRORS.split(f"\n## {reason}\n")[1].split("\n## ")[0]
        for label in ("- When: ", "- What to do: ", "- Try again: "):
            assert label in section, reason
