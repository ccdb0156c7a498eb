"""The timeline of a visit, by stories of our own told to a real server."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from chancery.client import Event, Visit
from service.web.drawing import NARROW, WIDE, plan_of, timeline, timeline_key
from tests.web.drawing.reading import Drawing
from tests.web.drawing.stories import ARABIC, HEBREW, STORIES

Drawn = Callable[..., Drawing]
Told = Callable[..., tuple[Visit, tuple[Event, ...]]]

EXPECTED = Path(__file__).with_name("expected")
FIRST = datetime(2023, 4, 1, tzinfo=UTC)
BALLOON, DISPUTE = date(2023, 2, 4), date(2023, 4, 7)
WIDTHS = pytest.mark.parametrize("width", [WIDE, NARROW])


def lines(drawing: Drawing) -> str:
    """The drawing with an element on each line."""
    return drawing.svg.replace("><", ">\n<") + "\n"


@pytest.mark.parametrize(
    ("name", "as_of"), [("balloon", None), ("balloon", BALLOON), ("disputed", DISPUTE)]
)
@WIDTHS
def test_the_drawing_is_as_it_was_looked_at(
    drawn: Drawn, name: str, as_of: date | None, width: int, tmp_path: Path
) -> None:
    """Whoever changes it looks at it again, and copies the file that the message names."""
    file = f"{name}-{as_of}-{width}.svg" if as_of else f"{name}-{width}.svg"
    made = tmp_path / file
    made.write_text(lines(drawn(name, as_of, width)))
    assert made.read_text() == (EXPECTED / file).read_text(), f"look at {made}"


@pytest.mark.parametrize("name", STORIES)
@WIDTHS
def test_no_two_labels_overlap_and_all_is_inside(drawn: Drawn, name: str, width: int) -> None:
    """By the table of widths; marks stay 24 pixels apart, so that a finger meets each."""
    drawing = drawn(name, width=width)
    assert drawing.overlaps() == []
    assert drawing.outside() == []
    assert drawing.nearest() >= 23.9


@pytest.mark.parametrize("name", STORIES)
def test_nothing_in_it_is_a_style_or_a_script(drawn: Drawn, name: str) -> None:
    """A strict policy holds."""
    svg = drawn(name).svg
    assert "style" not in svg
    assert "<script" not in svg
    assert " on" not in "".join(svg.split('aria-label="')[0::2])


def test_two_drawings_fit_in_one_page(told: Told) -> None:
    """Their ids begin as they are told to, and nothing else has an id."""
    visit, events = told("balloon")
    for prefix in ("one", "two"):
        drawing = Drawing(timeline(plan_of(visit, events, BALLOON), prefix=prefix))
        ids = [one.attrib["id"] for one in drawing.root.iter() if "id" in one.attrib]
        assert ids
        assert all(each.startswith(f"{prefix}-") for each in ids)
        assert drawing.svg.count("url(#") == drawing.svg.count(f"url(#{prefix}-")


def test_a_mark_says_what_it_is_and_leads_to_the_list(drawn: Drawn) -> None:
    """A change of the record is a square, a statement is round, both have their number."""
    marks = {mark.version: mark for mark in drawn("balloon").marks}
    assert sorted(marks) == list(range(1, 17))
    assert marks[5].label == "5: left open, known 3 Feb 2023"
    assert marks[6].label == "6: the host neither confirms nor denies, known 4 Feb 2023"
    assert (marks[5].is_round, marks[6].is_round) == (False, True)
    assert all(mark.number == str(version) for version, mark in marks.items())


def test_a_firm_word_is_filled_and_a_denial_is_a_ring(drawn: Drawn) -> None:
    """Who gives no answer, or is not named, is hollow."""
    classes = {mark.version: mark.classes for mark in drawn("balloon").marks}
    assert "m-firm" in classes[3]
    assert "m-soft" in classes[6]
    assert "m-open" in classes[5]
    assert "m-deny" in drawn("disputed").marks[-1].classes


def test_a_change_on_the_word_of_two_sides_is_in_both_lanes(drawn: Drawn) -> None:
    """With the same number."""
    first = [mark for mark in drawn("disputed").marks if mark.version == 1]
    assert len(first) == 2
    assert len({mark.middle[1] for mark in first}) == 2


def test_quiet_stretches_are_cut_out_with_their_length(drawn: Drawn) -> None:
    """In days, and in years where they are long."""
    drawing = drawn("balloon")
    assert {"48 d", "61 d", "109 d"} <= set(drawing.words)
    assert len(drawing.with_class("cutbg")) == sum(word.endswith(" d") for word in drawing.words)
    assert any(word.endswith(" yrs") for word in drawn("disputed").words)


def test_a_dispute_is_a_line_from_the_word_that_contradicts(drawn: Drawn) -> None:
    """It begins where that word became known, and ends with the drawing."""
    drawing = drawn("disputed", DISPUTE)
    (line,) = drawing.with_class("disp")
    begin = float(line["d"][1:].split(" ")[0])
    assert begin == pytest.approx(drawing.marks[-1].middle[0], abs=0.2)
    assert "disputed" in drawing.words
    assert not drawn("balloon").with_class("disp")


def test_the_last_line_says_today_or_known_until_here(drawn: Drawn) -> None:
    """Where a visit is over there is none, unless a day is asked about."""
    assert "today" in drawn("left-open").words
    assert "today" not in drawn("balloon").words
    past = drawn("balloon", BALLOON)
    assert "known until here" in past.words
    (line,) = past.with_class("asof")
    right = float(line["d"][1:].split(" ")[0])
    assert all(mark.middle[0] < right for mark in past.marks)
    assert any(float(one["x"]) > right - 1 for one in past.with_class("hollow"))


def test_only_what_was_moved_away_is_struck(drawn: Drawn) -> None:
    """A window that was merely made more exact is not, nor what was held."""
    drawing = drawn("balloon")
    assert len(drawing.with_class("strike")) == 1
    assert "5 to 6 Feb 2023" in drawing.words
    assert "18 to 19 Jun 2023 (held)" in drawing.words
    assert "“early next year”" in drawing.words


def test_a_slip_was_never_known(drawn: Drawn) -> None:
    """The right days stand in place of the wrong ones; what was taken back says so."""
    drawing = drawn("mistaken")
    assert not [word for word in drawing.words if "Jun 2023 " in word]
    assert "5 to 6 May 2023" in drawing.words
    assert "5 to 6 May 2023, taken back" in drawing.words
    assert "from about 20 May 2023" in drawing.words
    taken = [mark for mark in drawing.marks if mark.is_struck]
    assert [mark.label for mark in taken] == ["3: took place, known 8 May 2023, taken back"]
    assert "2: corrects change 1, known " in "".join(mark.label for mark in drawing.marks)


def test_a_month_is_a_hatched_span_and_no_day(drawn: Drawn) -> None:
    """Where only the month is known, and where only the year is, no day has a number."""
    drawing = drawn("secret")
    assert drawing.marks[0].label == "1: became known after it was held, known 16 Aug 1971"
    assert drawing.marks[1].label == "2: the host confirms, known 1972"
    figures = [one.text for one in drawing.texts if one.text.isdecimal() and one.box.bottom < 40]
    assert figures == ["1972", "16", "27"] or sorted(figures) == ["16", "1972", "27"]
    hatched = [one for one in drawing.with_class("hat") if one["height"] == "6"]
    assert len(hatched) == 3


def test_where_effect_came_before_knowledge_a_tail_leads_back(drawn: Drawn) -> None:
    """The dot is on the day on which it took effect."""
    assert len(drawn("mistaken").with_class("eff")) == 1
    assert len(drawn("mistaken").with_class("tail")) == 1


def test_phrases_of_any_script_are_shown(drawn: Drawn) -> None:
    """Those that run from the right are isolated, so that they turn nothing else round."""
    words = drawn("left-open").words
    assert f"third state names “\u2068{HEBREW}\u2069”" in words
    assert ARABIC not in "".join(words)


def test_a_long_phrase_is_cut(drawn: Drawn) -> None:
    """With an ellipsis; the list has it whole."""
    (phrase,) = [word for word in drawn("repeated").words if word.startswith("“when both")]
    assert phrase.endswith("…")


def test_fifty_statements_are_folded(drawn: Drawn) -> None:
    """Those of one voice that say the same again share a mark, whose label has every number."""
    marks = drawn("repeated").marks
    said = [mark for mark in marks if mark.is_round]
    assert len(said) < 35
    first = next(mark for mark in said if mark.version == 8)
    assert first.number == "8 \u00d72"
    assert first.label == (
        "8 \u00d72: the guest says again, known 23 Mar 2023; 1 said again until 1 Apr 2023: 11"
    )
    assert set().union(*(mark.versions for mark in said)) == set(range(2, 52))


def test_a_history_of_a_thousand_changes_is_drawn_in_a_few_lines(told: Told) -> None:
    """By month, by year, or all that a voice said: whatever leaves few enough marks."""
    visit, (first, *rest) = told("repeated")
    amended = replace(rest[0], change_type="amended", change=None, basis=())
    statements = [rest[number % 50] for number in range(900)]
    changes = [
        replace(
            one, version=number, known_time=FIRST + number * timedelta(hours=9), effective_time=None
        )
        for number, one in enumerate([*statements, *[amended] * 98], start=2)
    ]
    drawing = Drawing(timeline(plan_of(visit, [first, *changes], BALLOON.replace(year=2025))))
    assert len(drawing.marks) < 70
    assert drawing.height < 500
    assert "more of this voice until" in drawing.marks[-1].label
    assert drawing.overlaps() == []


def test_few_statements_are_not_folded(drawn: Drawn) -> None:
    """Each has its mark, also where a voice repeats itself."""
    assert len(drawn("left-open").marks) == 9


def test_the_narrow_drawing_leaves_out_what_somebody_merely_names(drawn: Drawn) -> None:
    """Its marks are the same."""
    wide, narrow = drawn("balloon"), drawn("balloon", width=NARROW)
    assert not [word for word in narrow.words if "names" in word]
    assert [mark.label for mark in narrow.marks] == [mark.label for mark in wide.marks]


def test_what_is_not_there_is_not_drawn() -> None:
    """Without events there is nothing."""
    nothing = plan_of(None, [], BALLOON)
    assert timeline(nothing) == timeline_key(nothing) == ""


def test_a_visit_that_was_withdrawn_is_drawn_from_its_history(told: Told) -> None:
    """Its changes are taken back, and it has no status."""
    _, events = told("disputed")
    drawing = Drawing(
        timeline(plan_of(None, [replace(one, retracted_by=4) for one in events], BALLOON))
    )
    assert "withdrawn" in drawing.words
    assert all(mark.is_struck for mark in drawing.marks)


def test_a_change_that_was_destroyed_keeps_its_mark(told: Told) -> None:
    """What it said is gone, that it was is not."""
    visit, events = told("balloon")
    bare = [replace(one, change=None, basis=()) for one in events]
    marks = Drawing(timeline(plan_of(visit, bare, BALLOON))).marks
    assert len(marks) == len(events)
    assert marks[2].label.startswith("3: statement, known")


def test_what_is_newer_than_this_board_is_drawn_too(told: Told) -> None:
    """A side that it does not know has a lane of its own."""
    visit, events = told("balloon")
    basis = replace(events[0].basis[0], side="mediator")  # type: ignore[arg-type]
    changed = replace(events[0], basis=(basis,), change_type="adjourned")  # type: ignore[arg-type]
    drawing = Drawing(timeline(plan_of(visit, [changed, *events[1:]], BALLOON)))
    assert "Mediator" in drawing.words
    assert "1: adjourned, known 14 Nov 2022" in [mark.label for mark in drawing.marks]


def test_days_that_are_named_again_have_one_row(told: Told) -> None:
    """Of very many only the last are drawn; the list has all."""
    visit, (first, *rest) = told("many-scripts")
    claims = [one for one in rest if one.change_type == "statement recorded"]
    many = [replace(one, version=n) for n, one in enumerate([*claims[:2], *claims[1:2] * 9], 2)]
    drawing = Drawing(timeline(plan_of(visit, [first, *many], BALLOON)))
    assert len([word for word in drawing.words if " names " in word]) == 2
    many = [replace(one, version=n) for n, one in enumerate(claims * 9, 2)]
    drawing = Drawing(timeline(plan_of(visit, [first, *many], BALLOON)))
    assert len([word for word in drawing.words if " names " in word]) == 12


def test_the_key_has_the_codes_that_occur(told: Told) -> None:
    """And no others."""
    key = str(timeline_key(plan_of(*told("disputed"), DISPUTE, is_past=True)))
    assert "denial" in key
    assert "disputed from here on" in key
    assert "taken back" not in key
    assert "only roughly known" in str(timeline_key(plan_of(*told("balloon"), BALLOON)))
    assert "several of one voice" in str(timeline_key(plan_of(*told("repeated"), BALLOON)))
