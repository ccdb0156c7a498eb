"""Changes as a feed, read by feedparser."""

import itertools
from dataclasses import replace
from datetime import UTC
from typing import Any
from xml.etree import ElementTree

import feedparser  # type: ignore[import-untyped]
import pytest
from google.protobuf.message import Message

from chancery.v1 import values_pb2 as values
from service.exchange import atom, names
from service.exchange.names import NAMESPACE
from tests.exchange import some
from tests.support import messages

ABOUT = atom.Feed(
    some.ORIGIN,
    "Changes (visit x)",
    "https://board.example/changes.atom?visit=x",
    "visit=x",
    "https://board.example/changes?visit=x",
)
OURS = f"{{{NAMESPACE}}}"


def feed(*changes: Any, **titles: str) -> Any:
    """The feed as feedparser reads it, which takes it for well formed."""
    by_name = {f"visits/{name}": title for name, title in titles.items()}
    found = feedparser.parse(atom.feed(ABOUT, changes, by_name, some.page))
    assert not found.bozo, found.bozo_exception
    assert found.version == "atom10"
    return found


def test_a_feed_has_an_entry_for_each_change() -> None:
    found = feed(
        some.audited(3, messages.rescheduled(messages.window())),
        some.audited(2),
        some.audited(1, visit="visits/y"),
        x="Blinken to Beijing",
    )
    assert [each.title for each in found.entries] == [
        "Blinken to Beijing: rescheduled for 2023-02-05",
        "Blinken to Beijing: postponed",
        "y: postponed",
    ]
    assert [each.link for each in found.entries] == [some.page("x"), some.page("x"), some.page("y")]
    assert found.feed.title == "Changes (visit x)"
    assert found.feed.links[0].href == "https://board.example/changes.atom?visit=x"


def test_the_time_of_an_entry_is_that_of_the_record_and_the_known_time_stands_beside() -> None:
    text = atom.feed(ABOUT, [some.audited()], {}, some.page)
    (entry,) = ElementTree.fromstring(text).iterfind(f"{{{atom.ATOM}}}entry")
    assert entry.findtext(f"{{{atom.ATOM}}}updated") == "2023-02-03T18:00:07Z"
    assert entry.findtext(f"{OURS}known") == "2023-02-03T12:00:00Z"
    assert entry.findtext(f"{OURS}effective") == "2023-02"
    assert entry.findtext(f"{OURS}position") == "1"


def test_an_entry_says_why_on_whose_word_and_what_it_changed() -> None:
    change = some.audited(
        reason="A balloon",
        actor="anna",
        basis=[messages.basis(speaker="Ned Price", quote="Not now")],
    )
    (entry,) = feed(change).entries
    assert entry.content[0].value.splitlines() == [
        "Known 2023-02-03T12:00:00Z",
        "Why: A balloon",
        'guest, on the record, Ned Price: "Not now"',
        "status: scheduled -> postponed",
    ]
    assert entry.author == "anna"


@pytest.mark.parametrize(
    ("change", "title"),
    [
        (messages.scheduled(), "scheduled for 2023-02-05 to 2023-02-06"),
        (messages.disclosed(), "disclosed, held 2023-02-05"),
        (messages.postponed(), "postponed"),
        (messages.deferred(), 'deferred: "when conditions allow"'),
        (messages.completed(), "completed"),
        (messages.completed(messages.window()), "completed, held 2023-02-05"),
        (messages.cancelled(messages.condition("for good")), 'cancelled: "for good"'),
        (messages.amended(), "amended"),
        (messages.corrected(2, reason="x"), "corrected: change 2"),
        (messages.retracted(2), "retracted: change 2"),
        (messages.stated(speaker="Ned Price"), "guest, Ned Price, confirm"),
    ],
    ids=itertools.count(1),
)
def test_each_change_is_told_in_a_few_words(change: Message, title: str) -> None:
    assert feed(some.audited(1, change)).entries[0].title == f"x: {title}"


def test_an_id_is_that_of_a_change_and_stays_over_versions_of_the_service() -> None:
    found = feed(some.audited(2), some.audited(1))
    assert [each.id for each in found.entries] == [
        "urn:uuid:2afa985f-6527-563e-8687-39fca7b8760b",
        "urn:uuid:be25c60d-779e-5d9d-8212-75911bea4bea",
    ]


def test_an_id_is_that_of_no_other_visit_version_time_or_log() -> None:
    event = some.audited().event
    later = messages.at("2023-02-03 18:00:07.000001").ToDatetime(UTC)
    others = (
        (replace(event, visit="visits/y"), some.ORIGIN),
        (replace(event, version=2), some.ORIGIN),
        (replace(event, record_time=later), some.ORIGIN),
        (event, "chancery.invalid/another"),
    )
    ids = {names.change_urn(event, some.ORIGIN), *(names.change_urn(*other) for other in others)}
    assert len(ids) == 1 + len(others)
    assert names.change_urn(replace(event, position=7), some.ORIGIN) in ids
    assert names.urn(some.ORIGIN) == f"urn:uuid:{some.LOG}"


def test_a_feed_without_a_change_is_still_a_feed() -> None:
    assert feed().entries == []


@pytest.mark.parametrize("text", some.HOSTILE, ids=range(len(some.HOSTILE)))
def test_any_text_is_read_as_text(text: str) -> None:
    change = some.audited(
        reason=text, basis=[messages.basis(values.SIDE_HOST, speaker=text, quote=text)]
    )
    raw = atom.feed(ABOUT, [change], {"visits/x": text}, some.page)
    (entry,) = ElementTree.fromstring(raw).iterfind(f"{{{atom.ATOM}}}entry")
    title = names.readable(text).replace("\r\n", "\n").replace("\r", "\n")
    assert entry.findtext(f"{{{atom.ATOM}}}title") == f"{title}: postponed"
    assert len(feed(change, x=text).entries) == 1
