"""Whoever reads the tiles alone comes to the root that the checkpoint signs."""

from collections.abc import Iterator

import httpx
import pytest

from service.tlog.note import Checkpoint, Note
from service.tlog.tiles import WIDTH, expanded
from service.tlog.tree import leaf_hash, split
from tests.support.messages import amended, apply, change, scheduled
from tests.support.place import Places
from tests.support.server import Server
from tests.tlog import rfc6962

CHANGES = 600  # two tiles of leaves, and a part of one


@pytest.fixture(scope="module")
def server(places: Places) -> Iterator[Server]:
    """A server with a log of 600 changes."""
    with places.new() as place, Server(place) as server:
        client = server.client()
        client.record("visits/v", scheduled())
        steps = [change("visits/v", amended(title=f"Title {n}")) for n in range(1, CHANGES)]
        for begin in range(0, len(steps), 100):
            client.desk.ApplyChanges(apply(*steps[begin : begin + 100]))
        yield server


def index_path(number: int) -> str:
    """The number of a tile as paths have it: x001/x234/067."""
    steps = [f"{number % 1000:03}"]
    while number := number // 1000:
        steps.insert(0, f"x{number % 1000:03}")
    return "/".join(steps)


class Reader:
    """Reads a log from its tiles, knowing nothing else of it."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self.checkpoint = Checkpoint.parse(Note.parse(self._got("/checkpoint").text).text)

    def entries(self) -> list[bytes]:
        """All entries."""
        found = []
        for data in self._tiles("entries", self.checkpoint.size):
            while data:
                length = int.from_bytes(data[:2], "big")
                found.append(data[2 : 2 + length])
                data = data[2 + length :]
        return found

    def hashes(self, level: int) -> list[bytes]:
        """All hashes of a level."""
        size = self.checkpoint.size >> (8 * level)
        return [each for data in self._tiles(str(level), size) for each in split(data)]

    def _tiles(self, level: str, size: int) -> Iterator[bytes]:
        full, rest = divmod(size, WIDTH)
        for number in range(full):
            yield self._got(f"/tile/{level}/{index_path(number)}").content
        if rest:
            yield self._got(f"/tile/{level}/{index_path(full)}.p/{rest}").content

    def _got(self, path: str) -> httpx.Response:
        answer = self._http.get(path, headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200, path
        assert "content-encoding" not in answer.headers
        return answer


def test_a_reader_of_tiles_comes_to_the_root_that_is_signed(http: httpx.Client) -> None:
    reader = Reader(http)
    entries = reader.entries()

    assert {len(entry) for entry in entries} == {48}
    assert reader.checkpoint.size == CHANGES
    assert reader.checkpoint.root == rfc6962.tree_hash(entries)
    assert reader.hashes(0) == [leaf_hash(entry) for entry in entries]
    assert reader.hashes(1) == [
        expanded(b"".join(reader.hashes(0)[begin : begin + WIDTH]))[-32:]
        for begin in range(0, CHANGES - WIDTH, WIDTH)
    ]


def test_full_tiles_are_kept_for_good_and_others_not_at_all(http: httpx.Client) -> None:
    full, partial, checkpoint = map(http.get, ("/tile/0/001", "/tile/0/002.p/88", "/checkpoint"))
    assert full.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert partial.headers["cache-control"] == checkpoint.headers["cache-control"] == "no-store"


def test_each_says_of_what_type_it_is(http: httpx.Client) -> None:
    assert http.get("/checkpoint").headers["content-type"] == "text/plain; charset=utf-8"
    for path in ("/tile/0/000", "/tile/entries/002.p/1"):
        assert http.get(path).headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    [
        "0/002",  # not full yet
        "entries/002",
        "0/002.p/89",
        "0/002.p/256",  # the full tile has one address
        "0/000.p/256",
        "0/000.p/0",
        "0/000.p/01",
        "0/003.p/1",
        "1/000",
        "1/000.p/3",
        "8/000.p/1",
        "63/000.p/1",
        "64/000.p/1",
        "00/000.p/1",
        "0/0",
        "0/x000/000",
        "0/1000",
        "0/x999/x999/x999/x999/x999/x999/999",
        "0/x001/x234/067",
        "0/000.p/1/",
        "0/-01",
        "entries/\u0660\u0660\u0660",
        "data/000",
        "",
        "..%2f..",
    ],
)
def test_a_tile_that_there_is_not_is_not_found(http: httpx.Client, path: str) -> None:
    answer = http.get(f"/tile/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/tile/0/000", "/checkpoint"])
def test_the_log_is_only_read(http: httpx.Client, path: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert http.request(method, path).status_code == 405


def test_a_server_that_is_away_has_no_tiles_for_now(away: httpx.Client) -> None:
    """That is no 404: a mirror would take it for the end of the log."""
    for path in ("/tile/0/000", "/checkpoint"):
        answer = away.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
