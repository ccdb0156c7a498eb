"""A request is recorded once under its id, however often and however close it is asked for."""

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from chancery.v1.visit_pb2 import Visit
from domain.errors import VisitNotFound
from service.commands.change import Outcome
from service.commands.round import Kind
from service.errors import RequestIdReused
from service.store.engines import bulk
from service.store.engines.opening import open_database
from service.store.errors import Conflict
from service.store.log.reader import requests
from service.store.log.writer import Writer
from service.store.tables import request_key
from tests.store import logbook
from tests.store.builders import Commits, change, entry, logged
from tests.store.serving import Desk, desk_on, event_of, outcomes, unsound
from tests.support.place import Place, PostgresDatabase


def again(first: Outcome) -> Outcome:
    """A first answer as it must come again: the same bytes."""
    return replace(first, replayed=True)


# In one round


def test_a_request_id_asked_for_twice_at_once_is_recorded_once(desk: Desk, place: Place) -> None:
    """Ten calls with the same request id get one answer, nine of them as a replay."""
    desk.record("beijing", "scheduled")
    tasks = desk.share(*(change("beijing", "amended", "key") for _ in range(10)))
    (first, *others) = [each for task in tasks for each in outcomes(task)]
    assert (first.position, first.replayed) == (2, False)
    assert others == [again(first)] * 9
    assert logged(place) == [("beijing", 1), ("beijing", 2)]


def test_what_was_recorded_between_does_not_show_through(desk: Desk) -> None:
    """The answer to a retry is the first one, though the visit went on in the same round."""
    desk.record("beijing", "scheduled")
    first, _, second = desk.share(
        change("beijing", "postponed", "key"),
        change("beijing", "cancelled"),
        change("beijing", "postponed", "key"),
    )
    assert outcomes(second) == [again(*outcomes(first))]


def test_with_other_content_a_request_id_is_refused_in_the_same_round(
    desk: Desk, place: Place
) -> None:
    """Whatever the visit; the refusal names what it recorded."""
    desk.record("beijing", "scheduled")
    first, *refused = desk.share(
        change("beijing", "amended", "key"),
        change("beijing", "amended", "key", digest=b"other"),
        change("kyiv", "scheduled", "key", digest=b"other"),
    )
    assert first.error is None
    for task in refused:
        assert isinstance(task.error, RequestIdReused)
        assert task.error.request_id == "key"
        assert (task.error.visit_id, task.error.version) == ("beijing", 2)
    assert logged(place) == [("beijing", 1), ("beijing", 2)]


def test_a_request_that_was_refused_may_be_made_again_in_the_same_round(desk: Desk) -> None:
    """A refusal uses up no request id."""
    refused, _, recorded = desk.share(
        change("beijing", "amended", "key"),
        change("beijing", "scheduled"),
        change("beijing", "amended", "key"),
    )
    assert isinstance(refused.error, VisitNotFound)
    assert [(each.position, each.replayed) for each in outcomes(recorded)] == [(2, False)]


def test_a_call_that_comes_twice_in_a_round_is_recorded_once(desk: Desk, place: Place) -> None:
    """Each of its changes is answered like the first time, in the order asked for."""
    changes = [change("beijing", "scheduled", "one"), change("kyiv", "scheduled", "two")]
    first, second = desk.share(changes, changes[::-1])
    assert outcomes(second) == [again(each) for each in outcomes(first)[::-1]]
    assert logged(place) == [("beijing", 1), ("kyiv", 1)]


def test_a_call_may_repeat_a_part_of_another(desk: Desk, place: Place) -> None:
    """What it repeats is answered again, and the rest is recorded."""
    one, two, three = (change("beijing", "amended", key) for key in ("one", "two", "three"))
    opened = desk.record("beijing", "scheduled")
    first, second = desk.share([one, two], [two, three])
    recorded = [opened, *outcomes(first), outcomes(second)[1]]
    assert outcomes(second)[0] == again(outcomes(first)[1])
    assert unsound(place, recorded) == []


def test_a_call_that_repeats_one_with_other_content_is_refused_as_a_whole(
    desk: Desk, place: Place
) -> None:
    desk.record("beijing", "scheduled", "key")
    with pytest.raises(RequestIdReused):
        desk.record_all(
            [change("kyiv", "scheduled"), change("seoul", "scheduled", "key", digest=b"")]
        )
    assert logged(place) == [("beijing", 1)]


def test_the_same_request_id_of_another_actor_is_another_request(desk: Desk) -> None:
    tasks = desk.share(
        change("beijing", "scheduled", "key"),
        change("beijing", "amended", "key", actor="ann"),
        change("beijing", "amended", "key", actor="bob", digest=b"other"),
    )
    assert [each.position for task in tasks for each in outcomes(task)] == [1, 2, 3]


@pytest.mark.parametrize("kind", [Kind.RECORD, Kind.IMPORT])
@pytest.mark.parametrize("is_one_round", [True, False])
def test_a_digest_of_the_change_is_one_request_id_for_all_actors(
    desk: Desk, place: Place, kind: Kind, is_one_round: bool
) -> None:
    """Whoever asks again gets the first answer, and with other content a refusal."""
    asked = [
        change("beijing", "scheduled", "content:0a1b", actor="ann"),
        change("beijing", "scheduled", "content:0a1b", actor="bob"),
        change("kyiv", "scheduled", "content:0a1b", actor="bob", digest=b"other"),
        change("kyiv", "scheduled", "Content:0a1b", actor="ann"),
        change("kyiv", "statement_recorded", "Content:0a1b", actor="bob"),
    ]
    tasks = []
    for each in asked:
        tasks.append(desk.ask(each, kind=kind))
        if not is_one_round:
            desk.turn()
    desk.turn()
    first, second, refused, *others = tasks
    (told,), (retold,) = outcomes(first), outcomes(second)
    assert (retold.event, retold.position, retold.replayed) == (told.event, 1, True)
    assert event_of(retold).event.actor == "ann"
    assert isinstance(refused.error or refused.results[0], RequestIdReused)
    assert [each.position for task in others for each in outcomes(task)] == [2, 3]
    assert logged(place) == [("beijing", 1), ("kyiv", 1), ("kyiv", 2)]


def test_the_database_itself_keeps_request_ids_apart(place: Place) -> None:
    """Also those of other actors, if the id is a digest of the change; ids that are unset never."""
    with closing(open_database(place.url)) as database, closing(Writer(database)) as writer:
        writer.append([entry("beijing", 1, "content:0a", actor="ann")])
        writer.append([entry("beijing", 2, "key", actor="ann")])
        writer.append([entry("beijing", 3, "key", actor="bob")])
        for actor, request_id in (("bob", "content:0a"), ("ann", "key"), ("bob", "key")):
            with pytest.raises(Conflict):
                writer.append([entry("kyiv", 1, request_id, actor=actor)])
        for version in (1, 2):
            writer.append([replace(entry("kyiv", version), request_id=None)])
    assert len(logged(place)) == 5


def test_request_ids_are_looked_up_in_their_index(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the log is; of each kind, and several at once."""
    keys = [request_key("ann", "key"), request_key("bob", "content:0a")]
    is_postgresql = isinstance(place, PostgresDatabase)
    explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
    statements: list[str] = []
    real = bulk._look_up

    def noted(*asked: Any) -> str:
        statements.append(real(*asked))
        return statements[-1]

    monkeypatch.setattr(bulk, "_look_up", noted)
    with closing(open_database(place.url)) as database, database.writer.begin() as connection:
        if is_postgresql:  # its planner reads a short table as a whole
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        assert requests(connection, keys) == {}
        (statement,) = statements
        rows = bulk.run(connection, f"{explain} {statement}", [*keys[0], *keys[1]])
        plan = " ".join(str(tuple(row)) for row in rows)
    assert "log_request" in plan
    assert not re.search("SCAN log|Seq Scan on log", plan), plan


@pytest.mark.parametrize("kinds", [(Kind.RECORD, Kind.IMPORT), (Kind.IMPORT, Kind.RECORD)])
def test_a_call_and_an_import_that_share_a_round_record_a_request_once(
    desk: Desk, place: Place, kinds: Sequence[Kind]
) -> None:
    first, second = (desk.ask(change("beijing", "scheduled", "key"), kind=kind) for kind in kinds)
    desk.turn()
    (one,), (two,) = outcomes(first), outcomes(second)
    assert (two.event, two.position, two.replayed) == (one.event, one.position, True)
    if kinds[1] is Kind.RECORD:
        assert Visit.FromString(two.visit).version == 1
    assert logged(place) == [("beijing", 1)]


def test_an_import_that_repeats_a_request_records_it_once(desk: Desk, place: Place) -> None:
    """In one message, in one round and in the next one."""
    changes = [change("beijing", "scheduled", "key") for _ in range(150)]
    first, *others = desk.import_all(changes)
    assert {(event_of(each).position, event_of(each).event.version) for each in others} == {(1, 1)}
    assert {each.replayed for each in others if isinstance(each, Outcome)} == {True}
    assert event_of(first).position == 1
    assert logged(place) == [("beijing", 1)]


@pytest.mark.parametrize("topic", ["scheduled", "postponed"])
def test_a_validation_of_a_request_that_the_round_records_gets_its_answer(
    desk: Desk, topic: str
) -> None:
    """As it would in the next round, whatever the change would be now."""
    if topic != "scheduled":
        desk.record("beijing", "scheduled")
    recorded = desk.ask(change("beijing", topic, "key"))
    validated = desk.ask(change("beijing", topic, "key"), kind=Kind.VALIDATE)
    desk.turn()
    assert outcomes(validated) == [again(*outcomes(recorded))]


# In later rounds

STORIES: dict[str, list[dict[str, Any]]] = {
    "opened": [{"topic": "scheduled"}],
    "postponed": [{"topic": "scheduled"}, {"topic": "postponed"}],
    "amended": [{"topic": "disclosed"}, {"topic": "amended"}],
    "withdrawn": [{"topic": "scheduled"}, {"topic": "retracted"}],
    "retracted": [
        {"topic": "scheduled"},
        {"topic": "postponed"},
        {"topic": "retracted", "retracted_version": 2},
    ],
    "opened again": [{"topic": "scheduled"}, {"topic": "retracted"}, {"topic": "scheduled"}],
}


@pytest.mark.parametrize("is_restarted", [False, True], ids=["at hand", "not at hand"])
@pytest.mark.parametrize("story", STORIES)
def test_a_request_gets_its_first_answer_again(
    place: Place, story: str, is_restarted: bool
) -> None:
    """Byte for byte, whatever became of the visit, also to a validation; nothing is recorded."""
    with desk_on(place) as desk:
        told = [
            desk.record("beijing", request_id=f"key {number}", **asked)
            for number, asked in enumerate(STORIES[story])
        ]
        for _ in range(3):
            desk.record(f"other-{_}", "scheduled")
        for topic in ("amended", "retracted"):
            task = desk.ask(change("beijing", topic))
        desk.turn()
        assert task.is_done
        if not is_restarted:
            _same_answers(desk, place, story, told)
    if is_restarted:
        with desk_on(place) as desk:
            _same_answers(desk, place, story, told)
    assert logbook.problems(place) == []


def _same_answers(desk: Desk, place: Place, story: str, told: list[Outcome]) -> None:
    before = logged(place)
    with Commits(desk.database) as commits:
        for number, (asked, first) in enumerate(zip(STORIES[story], told, strict=True)):
            ask = {"visit_id": "beijing", "request_id": f"key {number}", **asked}
            assert desk.record(**ask) == again(first)
            assert desk.validate(**ask) == again(first)
            (imported,) = desk.import_all([change(**ask)])
            assert imported == replace(again(first), visit=b"")
            with pytest.raises(RequestIdReused):
                desk.record(**ask, digest=b"other")
    # On a shared database an answer waits for the standby, which may lack what was recorded.
    waits = 4 * len(told) if desk.database.is_shared else 0
    assert (commits.number, logged(place)) == (waits, before)


def test_each_change_of_a_long_visit_gets_its_first_answer_again(place: Place) -> None:
    """Also if its visit has more changes than a round loads, and is not at hand."""
    topics = ["scheduled", *["amended", "statement_recorded", "postponed", "rescheduled"] * 150]
    changes = [change("beijing", topic, f"key {n}") for n, topic in enumerate(topics)]
    with desk_on(place) as desk:
        told = [each for task in desk.share(*changes) for each in outcomes(task)]
    assert len(told) == 601
    with desk_on(place) as desk:
        chosen = [0, 1, 2, 199, 200, 201, 400, 499, 500, 501, 599, 600]
        found = desk.share(*(changes[n] for n in chosen))
        assert [outcomes(task) for task in found] == [[again(told[n])] for n in chosen]
        assert desk.record_all([changes[n] for n in chosen]) == [again(told[n]) for n in chosen]
    assert len(logged(place)) == 601


def test_a_call_may_mix_what_was_recorded_with_what_is_new(desk: Desk, place: Place) -> None:
    """All or none of the new ones; each answer is that of its own change."""
    first = desk.record("beijing", "scheduled", "one")
    one, two = change("beijing", "scheduled", "one"), change("beijing", "postponed", "two")
    with pytest.raises(VisitNotFound):
        desk.record_all([one, two, change("kyiv", "amended")])
    assert logged(place) == [("beijing", 1)]
    replayed, recorded = desk.record_all([one, two])
    assert (replayed, recorded.position, recorded.replayed) == (again(first), 2, False)
    assert unsound(place, [first, recorded]) == []
