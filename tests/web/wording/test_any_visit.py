"""Whatever a visit is, its sentence agrees with it, and shows nobody's words as markup."""

from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chancery.client import Condition, CurrentCondition, PreviousWindow, Statement, Visit, Window
from service.web.wording import plain, sentence
from tests.support.examples import examples
from tests.web.wording.agreeing import faults
from tests.web.wording.values import JUNE, against, at, visit

# What people write, and what breaks out of a page if nobody takes care.
TEXTS = st.sampled_from(
    ("early next year", "<script>alert(1)</script>", "a & b", '"><img src=x>', "</b>", "الربيع")
) | st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=30)
DAYS = st.dates(date(1950, 1, 1), date(2030, 12, 31))
SIDES = st.sampled_from(("guest", "host", "third", "press"))
MOMENTS = st.datetimes(datetime(1951, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def windows(draw: Any) -> Window:
    """Exact or rough days, open at an end or not, with or without a phrase."""
    first, last = sorted((draw(DAYS), draw(DAYS)))
    start, end = draw(st.sampled_from(((first, last), (first, None), (None, last), (first, first))))
    is_rough = draw(st.booleans())
    return Window(start, end, approximate=is_rough, as_stated=draw(TEXTS) if is_rough else "")


@st.composite
def visits(draw: Any) -> Visit:
    """A visit of any status and standing."""
    status = draw(st.sampled_from(("scheduled", "rescheduled", "postponed", "completed")) | OPEN)
    standing = draw(st.sampled_from(("reported", "official", "disputed")))
    conditions = draw(st.lists(st.tuples(TEXTS, SIDES), max_size=2))
    denial = Statement("deny", "host", text=draw(TEXTS))
    return visit(
        status=status,
        standing=standing,
        window=draw(windows()) if status in ("scheduled", "rescheduled") else None,
        held_window=draw(windows()) if status == "completed" else None,
        previous_windows=tuple(
            PreviousWindow(window, "moved", 2) for window in draw(st.lists(windows(), max_size=2))
        ),
        conditions=tuple(CurrentCondition(Condition(*one), 3) for one in conditions),
        words=(against("contradicts status", denial),) if standing == "disputed" else (),
    )


OPEN = st.sampled_from(("when conditions allow", "cancelled"))


@settings(max_examples=examples(150))
@given(visits(), MOMENTS)
def test_a_sentence_agrees_with_the_visit(some: Visit, moment: datetime) -> None:
    said = str(sentence(some, moment))
    for tag in ("<b>", '<b class="warn">', "</b>", "<bdi>", "</bdi>"):
        said = said.replace(tag, "")
    assert "<" not in said
    text = " ".join(unescape(said).split())
    assert text == plain(sentence(some, moment))
    assert faults(text, some, moment) == []


@pytest.mark.parametrize(
    "said",
    [
        "Planned for 18 to 19 June 2023. Neither the guest nor the host has confirmed that.",
        "Planned for 18 to 19 June 2023. The host disagrees.",
        "Planned for 18 June 2023.",
        "Planned for 18 to 19 July 2023.",
        "Put off on 18 to 19 June 2023.",
        "Planned for 18 to 19 June 2023. That was long ago, and nobody has said what became of it.",
        "Planned for 18 to 19 June 2023",
    ],
)
def test_a_sentence_that_does_not_agree_would_be_found(said: str) -> None:
    some = visit(status="scheduled", window=JUNE)
    assert faults("Planned for 18 to 19 June 2023.", some, at("2023-06-01")) == []
    assert faults(said, some, at("2023-06-01"))
