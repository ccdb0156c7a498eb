"""What cleaning makes of a text: texts that look the same become the same."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text import clean, clean_line

# Characters that cleaning treats in a way of their own, beside any others.
ODD = st.sampled_from(
    "\u200b\u200c\u200d\u200e\u00ad\ufeff\u034f\ufe0f\U000e0100\u180b\u0301\u0323\u0345\u0344"
    "\u1100\u1160\u1161\u11a8\u3099\u3164 \u00a0\u3000\n\u2126\u0958\uf900eAaक\u094dष習か\u2764"
)
ANY_TEXT = st.text(st.one_of(ODD, st.characters()))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Xi Jinping", "Xi Jinping"),
        ("  Xi  Jinping ", "Xi Jinping"),
        ("Xi\u00a0Jinping", "Xi Jinping"),
        ("岸田\u3000文雄", "岸田 文雄"),
        ("\u2003 Ann\u2009\u202fLee\u2800", "Ann Lee"),
        ("Duque Ma\u0301rquez", "Duque M\u00e1rquez"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("\ufb01x", "\ufb01x"),
        ("Erdo\u00adğan", "Erdoğan"),
        ("\ufeffErdo\u200bğan\u2060", "Erdoğan"),
        ("\u200eאב\u200f", "אב"),
        ("e\u200b\u0301", "\u00e9"),
        ("\u200b", ""),
        (" \n\u3000\u3164\u2800\ufeff", ""),
        ("one \n two\n\n\nthree", "one\ntwo\n\n\nthree"),
        ("\none\n", "one"),
    ],
)
def test_what_shows_as_nothing_goes_and_blanks_are_single(given: str, kept: str) -> None:
    """Canonically equal texts become one, and compatible ones do not."""
    assert clean(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("क्\u200dष", "क्\u200dष"),
        ("می\u200cکنیم", "می\u200cکنیم"),
        ("می\u200b\u200cکنیم", "می\u200cکنیم"),
        ("\u200dAnn\u200d", "Ann"),
        ("Ann \u200cLee", "Ann Lee"),
        ("2\u200d3", "23"),
        ("a\u200c\u200db", "ab"),
        ("👩\u200d💼", "👩💼"),
    ],
)
def test_a_joiner_stays_between_two_letters_alone(given: str, kept: str) -> None:
    """A vowel sign is part of a letter."""
    assert clean(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("Ann\ufe0f", "Ann"),
        ("\ufe0f", ""),
        ("葛\ufe00\ufe00", "葛\ufe00"),
    ],
)
def test_a_variation_selector_stays_where_it_selects_something(given: str, kept: str) -> None:
    """Behind letters that have capitals it would only make two names that look the same."""
    assert clean(given) == kept


@pytest.mark.parametrize(
    ("character", "said"),
    [
        ("\t", "U+0009 (a tab): write a blank instead"),
        ("\r", "U+000D (a carriage return): end lines with a newline alone"),
        ("\x1b", "U+001B (a control character): leave it out"),
        ("\u0085", "U+0085 (a control character): leave it out"),
        ("\u2028", "U+2028 (a line separator): write a newline instead"),
        ("\u2029", "U+2029 (a paragraph separator): write newlines instead"),
        ("\u202e", "U+202E (right-to-left override): leave it out"),
        ("\u2066", "U+2066 (left-to-right isolate): leave it out"),
        ("\U000e0041", "U+E0041 (tag latin capital letter a): leave it out"),
        ("\U000e0002", "U+E0002 (a tag): leave it out"),
        ("\ud800", "U+D800 (half of a character): leave it out"),
    ],
)
def test_what_could_make_a_text_look_like_another_is_refused(character: str, said: str) -> None:
    """The refusal names the character and says what to do."""
    with pytest.raises(ValueError, match="must not contain the character") as refused:
        clean(f"before{character}after")
    assert str(refused.value) == f"must not contain the character {said}"


def test_every_control_character_but_the_newline_is_refused() -> None:
    """All of Unicode's category Cc, the overrides and isolates of direction, and the tags."""
    characters = [chr(n) for n in range(0x110000)]
    controls = {c for c in characters if unicodedata.category(c) == "Cc"} - {"\n"}
    turns = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    overrides = {c for c in characters if unicodedata.bidirectional(c) in turns}
    tags = {c for c in characters if unicodedata.name(c, "").startswith(("TAG ", "CANCEL TAG"))}
    assert (len(controls), len(overrides), len(tags)) == (64, 9, 96)
    for character in controls | overrides | tags:
        with pytest.raises(ValueError, match=f"U\\+{ord(character):04X}"):
            clean(f"a{character}b")


def test_no_format_character_is_left_but_those_that_are_seen() -> None:
    """Of Unicode's category Cf the signs stay that show, such as the one before Arabic numbers."""
    kept = set[str]()
    for character in map(chr, range(0x110000)):
        if unicodedata.category(character) == "Cf":
            try:
                kept |= set(clean(f"1{character}2")) - set("12")
            except ValueError:
                continue
    assert {unicodedata.name(each).split()[0] for each in kept} <= {
        "ARABIC",
        "SYRIAC",
        "KAITHI",
        "EGYPTIAN",
    }


@given(ANY_TEXT)
def test_cleaning_again_changes_nothing(text: str) -> None:
    """What is clean is in NFC, and its ends are not blank."""
    try:
        cleaned, line = clean(text), clean_line(text)
    except ValueError:
        return
    assert clean(cleaned) == cleaned
    assert clean(line) == clean_line(line) == line
    assert cleaned == cleaned.strip()
    assert "\n" not in line
    assert unicodedata.is_normalized("NFC", cleaned)


def test_a_line_has_blanks_for_newlines() -> None:
    """A name that was copied over two lines is one name."""
    assert clean_line("Joint Declaration\n  of  Astana\n") == "Joint Declaration of Astana"


def test_many_marks_on_one_character_are_refused() -> None:
    """Thirty are taken: nobody waits while thousands are put into order."""
    assert len(clean("e" + 15 * "\u0323\u0301")) == 30
    began = time.process_time()
    with pytest.raises(ValueError, match="more than 30 marks on one character"):
        clean("e" + 100_000 * "\u0301\u0323")
    assert time.process_time() - began < 1
