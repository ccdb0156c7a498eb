"""A database whose words were folded in another way is brought up to date by an upgrade."""

from contextlib import closing

import pytest

from chancery.v1.values_pb2 import Principal
from chancery.v1.visit_service_pb2 import ListVisitsRequest, VisitFilter
from service import main
from service.operate.move import move
from service.store import tables
from service.store.engines import opening
from service.store.errors import StartupRefused
from tests.store.rebuilding import rows
from tests.support.messages import scheduled
from tests.support.place import Place, Places, SqliteFile
from tests.support.server import Client, DidNotStart, Server

WALESA = scheduled(
    title="Talks",
    principal=Principal(name="Lech Wałęsa", country="PL"),
    aliases=["Wałęsa in Peking"],
    trip="Asia 1994",
)


def fold_as_before(place: Place) -> None:
    """Make the states what another version would have written."""
    place.run("UPDATE head SET folding = 0")
    place.run("UPDATE visit SET principal = 'lech wałęsa', words = ' lech wałęsa', trip = 'Asia'")
    place.run("UPDATE alias SET alias = 'wałęsa in peking'")
    place.run("DELETE FROM word")


def finds_all(client: Client) -> bool:
    """Whether the visit is found by its word, its principal, its trip and its alias."""
    asked = [
        ListVisitsRequest(query="walesa"),
        ListVisitsRequest(filter=VisitFilter(principal="lech walesa")),
        ListVisitsRequest(filter=VisitFilter(trip="asia-1994")),
    ]
    found = [[v.name for v in client.visits.ListVisits(each).visits] for each in asked]
    return found == [["visits/one"]] * 3 and client.visit("visits/walesa-in-peking").version == 1


@pytest.fixture
def folded_before(place: Place) -> Place:
    """A log with a visit whose words are folded in another way."""
    with Server(place) as server:
        server.client().record("visits/one", WALESA)
    fold_as_before(place)
    return place


def test_a_server_or_an_upgrade_folds_what_was_folded_in_another_way(folded_before: Place) -> None:
    """A server that may not be the owner of the tables says which command does."""
    if not isinstance(folded_before, SqliteFile):
        with pytest.raises(DidNotStart, match="folded in the way 0, and 1 is needed: run chancery"):
            Server(folded_before).start()
        main.upgrade(folded_before.url)
    with Server(folded_before) as server:
        assert finds_all(server.client())


def test_an_upgrade_makes_the_states_as_they_would_have_been_written(folded_before: Place) -> None:
    """Byte for byte; the log stays as it was. What is up to date is left alone."""
    log = folded_before.rows("SELECT * FROM log")
    for _ in range(2):
        main.upgrade(folded_before.url)
        assert folded_before.rows("SELECT folding FROM head") == [(tables.FOLDING,)]
    assert folded_before.rows("SELECT * FROM log") == log
    found = rows(folded_before)
    main.rebuild(folded_before.url)
    assert rows(folded_before) == found
    assert {"walesa", "wałęsa"} & {word for word, _ in found["word"]} == {"walesa"}


def test_a_log_that_is_moved_is_folded_first(folded_before: Place, places: Places) -> None:
    """The new database is verified, and serves."""
    with places.new() as target:
        move(folded_before.url, target.url, lambda *_: None)
        folded_before.copy_key(target)
        with Server(target) as server:
            assert finds_all(server.client())


def test_verifying_says_that_words_are_folded_in_another_way(folded_before: Place) -> None:
    """Nothing is damaged."""
    with pytest.raises(StartupRefused, match="run chancery database upgrade"):
        opening.reading(folded_before.url)


def test_a_new_database_is_folded_as_this_version_does(place: Place) -> None:
    """Nothing is rebuilt."""
    with closing(opening.open_database(place.url)):
        assert place.rows("SELECT folding FROM head") == [(tables.FOLDING,)]
