"""Nothing in a log line acts on a terminal, hides, or takes more than its room."""

import io
import json
import re
import sys
import unicodedata

import pytest
import structlog

from service.limits import LOG_FIELD
from service.observe import logs
from service.observe.shown import shown

# What shows as nothing, though its category does not say so.
FILLERS = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
FILLERS |= {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)}
SPOILING = ["\x1b[2J", "\x7f", "\x9b", "a\nb", "\u202eevil", "\u2028", "\u3164", "\U000e0041"]
SPOILING += ["\ud800", "\\x1b", "\u200b"]


def logged(log_format: str, **fields: object) -> str:
    """A line as a server writes it, with these fields."""
    before, sys.stderr = sys.stderr, io.TextIOWrapper(io.BytesIO())
    try:
        with logs.to_stderr(log_format):  # type: ignore[arg-type]
            structlog.get_logger().info("call", **fields)
        written: io.BytesIO = sys.stderr.buffer
        return written.getvalue().decode()
    finally:
        sys.stderr = before


def test_each_character_that_does_not_show_as_itself_is_escaped() -> None:
    """All of Unicode, by a slow reading of its categories."""
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        hides = unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs")
        if hides or code in FILLERS or character == "\\":
            assert shown(character).isascii(), hex(code)
            assert shown(character).isprintable(), hex(code)
            assert shown(character).startswith("\\"), hex(code)
        elif unicodedata.category(character) != "Cn":
            assert shown(character) == character, hex(code)


@pytest.mark.parametrize("log_format", ["json", "text"])
@pytest.mark.parametrize("spoiling", SPOILING, ids=ascii)
def test_no_line_has_a_character_that_acts_or_hides(log_format: str, spoiling: str) -> None:
    """In JSON too, where a reader gets the escape."""
    line = logged(log_format, request_id=f"before{spoiling}after")
    text = line.rstrip("\n")
    assert text.isprintable()
    assert "after" in text
    assert not re.search("[\u3164\U000e0041\u202e]", text)
    if log_format == "json":
        assert json.loads(line)["request_id"] == f"before{shown(spoiling)}after"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_field_is_cut(log_format: str) -> None:
    """However long it is, in a moment."""
    line = logged(log_format, request_id="x" * (4 << 20), actor="\x1b" * (4 << 20))
    assert len(line) < 10 * LOG_FIELD
    assert f"{'x' * LOG_FIELD}..." in line


def test_a_usual_line_is_as_it_is_encoded() -> None:
    """Names in any script are not touched, and neither are numbers."""
    line = json.loads(logged("json", actor="José 習近平", milliseconds=1.5, changes=3, ok=True))
    assert (line["actor"], line["milliseconds"], line["changes"]) == ("José 習近平", 1.5, 3)
    assert line["ok"] is True


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_defect_is_one_line_that_says_where_and_nothing_of_what_was_sent(
    log_format: str,
) -> None:
    """The type and the place of each error, without its message."""

    def fail() -> None:
        try:
            raise ValueError("a confidential source")
        except ValueError as error:
            raise KeyError("INSERT INTO log") from error

    with pytest.raises(KeyError) as caught:
        fail()
    line = logged(log_format, exc_info=caught.value, request_id="an-id")
    assert line.count("\n") == 1
    for told in ("KeyError", "ValueError", f"{__name__}:", " fail", "an-id"):
        assert told in line
    for secret in ("confidential", "INSERT", "Traceback", "/"):
        assert secret not in line
