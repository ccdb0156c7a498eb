"""The table of widths is that of the fonts, and texts are measured and cut by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.web.drawing.measure import isolated, plain, shortened, width_of
from tools import widths

ARABIC, CHINESE, HEBREW = "بعد انتهاء الصيف", "明年初适当的时候", "לאחר החגים"


def test_the_table_is_the_one_that_the_tool_makes() -> None:
    """It is made from the fonts that are shipped, so neither changes alone."""
    assert widths.TABLE.read_text() == widths.table()


def test_figures_are_all_equally_wide() -> None:
    """Numbers that change keep their place."""
    assert len({width_of(figure, 12) for figure in "0123456789"}) == 1


def test_a_heavier_text_is_wider() -> None:
    """Each weight has widths of its own; one that is not shipped takes the next heavier."""
    word = "Rescheduled"
    assert width_of(word, 12) < width_of(word, 12, 600) < width_of(word, 12, 650)
    assert width_of(word, 12, 601) == width_of(word, 12, 650) == width_of(word, 12, 900)
    assert width_of(word, 12, 400) != width_of(word, 12, 400, "serif")


@pytest.mark.parametrize(
    ("text", "ems"), [("明年", 2), ("Ã", 0.7), ("שנה", 1.86), ("عام", 1.29), ("год", 1.71)]
)
def test_what_the_fonts_lack_is_reckoned_by_its_script(text: str, ems: float) -> None:
    """Chinese, Hebrew, Arabic and Cyrillic; a letter with an accent is in the fonts."""
    assert width_of(text, 100) == pytest.approx(ems * 100, rel=0.05)


@given(st.text(max_size=60), st.floats(8, 300))
def test_a_text_that_is_cut_fits_its_room(text: str, room: float) -> None:
    """It is the text itself, or its beginning with an ellipsis; no room is too small for that."""
    cut = shortened(isolated(text), room, 12)
    assert width_of(cut, 12) <= max(room, width_of("…", 12)) + 1e-6
    assert plain(cut) == plain(text) or plain(text).startswith(plain(cut)[:-1])


@given(st.text(ARABIC + HEBREW + "\u2067\u2069\u202e abc", max_size=60), st.floats(8, 300))
def test_what_is_isolated_stays_so_when_it_is_cut(text: str, room: float) -> None:
    """What is opened is closed, and nothing before that."""
    cut = shortened(f"the press names {isolated(text)}", room, 12)
    assert cut.count("\u2068") == cut.count("\u2069") <= 1
    assert "\u2067" not in cut
    assert "\u202e" not in cut


@given(st.text())
def test_what_controls_a_line_never_reaches_the_drawing(text: str) -> None:
    """Control characters and overrides are gone; text is on one line."""
    hostile = f"\u202e{text}\u2066\x00\x1b[31m\u2028\ud800"
    assert not set("\u202e\u2066\x00\x1b\u2028\ud800\n\r\t") & set(plain(hostile))


def test_a_mark_is_not_cut_off_from_its_letter() -> None:
    """A letter of two characters goes as a whole."""
    assert shortened("e\u0301" * 30, 40, 12)[-2] == "\u0301"


@pytest.mark.parametrize("text", [ARABIC, HEBREW])
def test_text_that_runs_from_the_right_turns_nothing_else_round(text: str) -> None:
    """It is isolated; other text is left as it is."""
    assert isolated(text) == f"\u2068{text}\u2069"
    assert isolated(CHINESE) == CHINESE
    assert isolated("early next year") == "early next year"
