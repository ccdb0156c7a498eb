"""What reaches a terminal or a pipe."""

import json

import pytest
from rich.table import Table
from rich.text import Text

from chancery.v1.values_pb2 import Condition, Status
from chancery.v1.visit_pb2 import CurrentCondition, Visit
from service.cli.terminal import output

ESCAPES = "\x1b[31mred\x1b[0m \x9b1m \x07 \r \u202eright"


def test_control_characters_are_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    output.say(Text(ESCAPES))
    assert capsys.readouterr().out == ("\\u001b[31mred\\u001b[0m \\u009b1m   \\u202eright\n")


def test_control_characters_reach_no_terminal_either(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    output.say(Text("\x1b]0;title\x07", "bold"))
    told = capsys.readouterr().out
    assert "\x1b]" not in told
    assert "\x1b[1m" in told


def test_markup_in_data_is_data(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("[red]left[/red] :balloon:")
    assert capsys.readouterr().out == "[red]left[/red] :balloon:\n"


def test_what_is_piped_is_neither_wrapped_nor_cut_nor_padded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("a", "word " * 100 + "end")
    table.add_row("b", "short")
    output.say(table)
    long, short = capsys.readouterr().out.splitlines()
    assert long.endswith("word end")
    assert short == "b  short"


def test_complaints_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    output.complain("no")
    assert capsys.readouterr() == ("", "no\n")


def test_json_has_the_field_names_and_keeps_every_character(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = f"\u5317\u4eac {ESCAPES}\n"
    visit = Visit(
        name="visits/x",
        status=Status.STATUS_POSTPONED,
        version=3,
        conditions=[CurrentCondition(condition=Condition(text=text))],
    )
    output.json_document(visit)
    document = capsys.readouterr().out
    assert "\u5317\u4eac" in document
    assert not output.CONTROLS.search(document.replace("\n", ""))
    assert json.loads(document) == {
        "name": "visits/x",
        "status": "STATUS_POSTPONED",
        "version": 3,
        "conditions": [{"condition": {"text": text}}],
    }


def test_a_json_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.json_line(Visit(name="visits/x", reason="a\nb"))
    assert capsys.readouterr().out.count("\n") == 1
