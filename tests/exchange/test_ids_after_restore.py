"""A log that goes on as another one keeps the ids by which calendars and feeds know it."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import feedparser  # type: ignore[import-untyped]
import httpx
import icalendar
import pytest

from chancery.v1.info_service_pb2 import GetServerInfoRequest, GetServerInfoResponse
from tests.cli.desk import Desk
from tests.support.board import client_of_board
from tests.support.messages import cancelled, postponed, rescheduled, scheduled
from tests.support.place import Places
from tests.support.processes import chancery
from tests.support.server import Server

PAGE, FEED = "/visits/x", "/changes.atom"
FILES = ("/visits.ics", "/visits/x.ics", "/visits/x.jsonld", PAGE, FEED)
FORMATS = ("icalendar", "jsonld", "atom")
# What ids are of, in each format that has any.
IDS = re.compile(r'UID:(\S+)|"identifier": "(.+?)"|<id>(.+?)</id>')


@dataclass(frozen=True)
class Read:
    """What somebody reads of a log at one time: what it says of itself, its files and exports."""

    info: GetServerInfoResponse
    files: dict[str, httpx.Response]
    exports: dict[str, str]

    @classmethod
    def of(cls, server: Server, *formats: str) -> "Read":
        """The files, and exports in these formats."""
        desk = Desk(server.address)
        return cls(
            server.client().info.GetServerInfo(GetServerInfoRequest()),
            asyncio.run(_files(server)),
            {form: desk.does(f"export --format {form}") for form in formats},
        )

    @property
    def uids(self) -> dict[str, str]:
        """The ids of the events of the calendar, by their visits."""
        read: Any = icalendar.Calendar.from_ical(self.files["/visits.ics"].content)
        return {each["UID"].partition("@")[0]: str(each["UID"]) for each in read.walk("VEVENT")}

    @property
    def entries(self) -> list[Any]:
        """The entries of the feed."""
        return list(feedparser.parse(self.files[FEED].content).entries)


@dataclass(frozen=True)
class Story:
    """What is read when the backup is made, of what is lost, once it is restored, and at last."""

    kept: Read
    lost: Read
    restored: Read
    later: Read


async def _files(server: Server) -> dict[str, httpx.Response]:
    async with client_of_board(server.address) as web:
        return {path: await web.get(path) for path in FILES}


@pytest.fixture(scope="module")
def story(places: Places) -> Iterator[Story]:
    """After the backup the log grows by two changes, which others replace once it is restored."""
    with places.new() as place:
        with Server(place) as server:
            client = server.client()
            client.record("visits/x", scheduled())
            client.record("visits/y", scheduled())
            client.record("visits/x", postponed())
            kept = Read.of(server, *FORMATS)
        with place.copy() as backup:
            with Server(place) as server:
                server.client().record("visits/x", rescheduled())
                server.client().record("visits/z", scheduled())
                lost = Read.of(server)
            options = ("--database", backup.url, *backup.options)
            done = chancery("restore", "--new-origin", *options)
            assert (done.returncode, done.stderr) == (0, "")
            with Server(backup) as server:
                restored = Read.of(server, *FORMATS)
                server.client().record("visits/x", cancelled())
                server.client().record("visits/y", postponed())
                yield Story(kept, lost, restored, Read.of(server))


def ids_in(text: str) -> list[str]:
    """All ids in a text, in their order."""
    return ["".join(found) for found in IDS.findall(text)]


def said(entry: Any) -> tuple[str, ...]:
    """What tells a change from all others, wherever it is read."""
    return entry.title, entry.published, entry.chancery_position, entry.chancery_visit


def test_a_log_tells_its_first_origin_whatever_it_is_called_now(story: Story) -> None:
    first = story.kept.info.log_origin
    told = [each.info for each in (story.kept, story.lost, story.restored, story.later)]
    assert [each.first_log_origin for each in told] == [first] * 4
    assert story.restored.info.log_origin != first


def test_a_calendar_keeps_the_ids_of_its_events(story: Story) -> None:
    """So whoever subscribes to it sees no visit twice."""
    log = story.kept.info.log_origin.rpartition("/")[2]
    assert story.kept.uids == {"x": f"x@{log}", "y": f"y@{log}"}
    assert story.restored.uids == story.later.uids == story.kept.uids


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_the_same_after_a_restore_has_the_same_ids(story: Story, path: str) -> None:
    kept, restored = (each.files[path].text for each in (story.kept, story.restored))
    assert ids_in(kept)
    assert ids_in(restored) == ids_in(kept)


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_of_a_log_that_was_restored_is_the_same(story: Story, form: str) -> None:
    assert ids_in(story.kept.exports[form])
    assert story.restored.exports[form] == story.kept.exports[form]


def test_files_and_exports_know_a_visit_by_one_name(story: Story) -> None:
    read = story.restored
    assert json.loads(read.files["/visits/x.jsonld"].text)["identifier"] == read.uids["x"]
    for form in ("icalendar", "jsonld"):
        assert set(ids_in(read.exports[form])) == set(read.uids.values())


def test_the_feed_and_the_export_know_a_change_by_one_name(story: Story) -> None:
    assert ids_in(story.restored.exports["atom"]) == ids_in(story.restored.files[FEED].text)


def test_a_newsreader_sees_each_change_once_and_never_two_under_one_id(story: Story) -> None:
    """What is lost stays in a reader that has it: the changes that came instead stand beside."""
    reader: dict[str, set[tuple[str, ...]]] = {}
    for each in (story.kept, story.lost, story.restored, story.later):
        for entry in each.entries:
            reader.setdefault(entry.id, set()).add(said(entry))
    assert len(reader) == 3 + 2 + 2
    assert all(len(changes) == 1 for changes in reader.values())


def test_the_changes_that_came_instead_have_the_positions_and_versions_of_those_lost(
    story: Story,
) -> None:
    """So an id of the first origin and the position, or the version, would be that of both."""
    lost, later = (
        {(each.chancery_position, each.chancery_visit): each for each in read.entries}
        for read in (story.lost, story.later)
    )
    assert lost["4", "x"].chancery_version == later["4", "x"].chancery_version == "3"
    assert lost["4", "x"].title != later["4", "x"].title
    assert {position for position, _ in lost} == {position for position, _ in later}


@pytest.mark.parametrize("path", [path for path in FILES if path != PAGE])
def test_whoever_has_what_is_lost_is_not_told_to_keep_it(story: Story, path: str) -> None:
    """Log and visit have the positions of before, and their files are other editions."""
    lost, later = story.lost, story.later
    assert later.info.head_position == lost.info.head_position
    assert later.files[path].headers["etag"] != lost.files[path].headers["etag"]
