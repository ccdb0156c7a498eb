"""Each method of a connection, by both clients, in Python's own types."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chancery.client import (
    Amended,
    AsOf,
    Basis,
    Cancelled,
    Completed,
    Condition,
    Corrected,
    Deferred,
    DetailItems,
    Disclosed,
    Host,
    Place,
    Postponed,
    Principal,
    RelatedVisit,
    Rescheduled,
    Retracted,
    Scheduled,
    Statement,
    StatementRecorded,
    VisitDetails,
    Window,
    draft,
)

Calling = Callable[..., Any]

PALACE = Basis("guest", "on the record", speaker="Buckingham Palace")
OPEN = Condition("when conditions allow", "host")


def test_a_visit_is_planned_with_its_facts(calling: Calling, visit: str) -> None:
    found = calling(lambda c: c.visit(visit))
    assert (found.name, found.id) == (f"visits/{visit}", visit)
    assert (found.status, found.standing, found.version) == ("scheduled", "official", 1)
    assert found.window == Window(date(2023, 3, 26), date(2023, 3, 29))
    assert found.details.principal == Principal("Charles III", office="King", country="GB")
    assert found.details.host == Host("FR")
    assert found.details.destinations == (Place("Paris", "FR"), Place("Bordeaux", "FR"))
    assert (found.details.kind, found.known_period) == ("state", "2023-03-03")
    assert [(word.side, word.speaker) for word in found.words] == [("guest", "Buckingham Palace")]
    assert "postponed" in found.allowed_changes


def test_a_visit_may_leave_its_id_to_the_server(calling: Calling) -> None:
    done = calling(lambda c: c.schedule(title="To France", principal="Charles III"))
    assert done.visit.name.startswith("visits/")
    assert done.event.change == Scheduled(done.visit.details)


def test_a_visit_is_disclosed_after_it_took_place(calling: Calling, name: str) -> None:
    held = calling(
        lambda c: c.disclose(
            name, title="To Kyiv", principal="A", host="UA", held_window="2023-02-20"
        )
    )
    day = Window(date(2023, 2, 20), date(2023, 2, 20))
    assert held.event.change == Disclosed(held.visit.details, day)
    assert (held.visit.status, held.visit.held_window) == ("completed", day)


CHANGES: dict[str, tuple[Callable[..., Any], Any, str]] = {
    "postpone": (lambda c, v: c.postpone(v, condition=OPEN), Postponed(OPEN), "postponed"),
    "defer": (lambda c, v: c.defer(v, condition=OPEN), Deferred(OPEN), "when conditions allow"),
    "reschedule": (
        lambda c, v: c.reschedule(v, window="2023-09"),
        Rescheduled(Window(date(2023, 9, 1), date(2023, 9, 30))),
        "rescheduled",
    ),
    "complete": (
        lambda c, v: c.complete(v, held_window=("2023-03-26", "2023-03-27")),
        Completed(Window(date(2023, 3, 26), date(2023, 3, 27))),
        "completed",
    ),
    "cancel": (lambda c, v: c.cancel(v), Cancelled(), "cancelled"),
    "amend": (
        lambda c, v: c.amend(v, purpose="Talks", clear=["kind"], add_names=["Carolus"]),
        Amended(
            ("details.purpose", "details.kind"),
            VisitDetails(purpose="Talks"),
            added=DetailItems(principal_other_names=("Carolus",)),
        ),
        "scheduled",
    ),
    "correct": (
        lambda c, v: c.correct(v, 1, window=("2023-03-26", "2023-03-28"), right_reason="A treaty"),
        Corrected(
            1,
            ("window", "reason"),
            window=Window(date(2023, 3, 26), date(2023, 3, 28)),
            reason="A treaty",
        ),
        "scheduled",
    ),
    "state": (
        lambda c, v: c.state(
            v, "reaffirm", "host", speaker="Emmanuel Macron", claimed_status="scheduled"
        ),
        StatementRecorded(
            Statement("reaffirm", "host", "Emmanuel Macron", claimed_status="scheduled")
        ),
        "scheduled",
    ),
    "retract": (lambda c, v: c.retract(v, 1), Retracted(1, (1,)), ""),
}


@pytest.mark.parametrize("method", CHANGES)
def test_each_change_is_recorded_by_the_method_of_its_name(
    calling: Calling, visit: str, method: str
) -> None:
    call, content, status = CHANGES[method]
    done = calling(lambda c: call(c, visit), actor="anna")
    assert done.event.change == content
    assert (done.event.version, done.event.actor) == (2, "unverified:anna")
    assert (done.visit.status or "") == status
    assert not done.replayed
    assert done.message.event == done.event.message


def test_a_change_has_its_times_its_reason_and_its_bases(calling: Calling, visit: str) -> None:
    known = datetime(2023, 3, 24, 18, 30, tzinfo=UTC)
    event = calling(
        lambda c: c.postpone(
            f"visits/{visit}",
            effective="2023-03",
            known=known,
            reason="Protests in France",
            basis=[PALACE],
            sources=[Basis("host", "anonymous", source_count=3)],
            note="From the ambassador",
            request_id=f"of {visit}",
            expected_version=1,
        )
    ).event
    assert (event.effective_period, event.known_time) == ("2023-03", known)
    assert (event.reason, event.basis) == ("Protests in France", (PALACE,))
    assert event.sources == (Basis("host", "anonymous", source_count=3),)
    assert (event.note, event.request_id) == ("From the ambassador", f"of {visit}")


def test_a_change_that_is_only_checked_is_not_recorded(calling: Calling, visit: str) -> None:
    checked = calling(lambda c: c.cancel(visit, validate_only=True))
    assert (checked.event.position, checked.event.record_time) == (0, None)
    assert ", only validated; now cancelled, " in repr(checked)
    assert calling(lambda c: c.visit(visit)).version == 1


def test_a_change_of_a_visit_that_was_not_recorded_may_open_it(calling: Calling, name: str) -> None:
    done = calling(
        lambda c: c.postpone(
            name,
            title="To Beijing",
            principal="Antony Blinken",
            host=Host("CN"),
            related=[RelatedVisit("supersedes", "another")],
            window_given_up=("2023-02-05", None),
            known="2023-02-03",
        )
    )
    assert done.event.change.window_given_up == Window(date(2023, 2, 5))
    assert done.visit.details.related == (RelatedVisit("supersedes", "visits/another"),)


def test_the_answer_to_a_statement_says_for_which_status_it_counts(
    calling: Calling, visit: str
) -> None:
    done = calling(lambda c: c.state(visit, "confirm", "host", speaker="Elysee Palace"))
    assert (done.counts_for, done.firm) == ("scheduled", True)
    assert "postponed" not in repr(done)


def test_changes_are_recorded_together_or_not_at_all(calling: Calling, name: str) -> None:
    changes = [
        draft.schedule(name, title="To France", principal="Charles III"),
        draft.cancel(name),
    ]
    applied = calling(lambda c: c.apply(changes))
    assert [done.event.change_type for done in applied] == ["scheduled", "cancelled"]
    assert [row["version"] for row in applied.rows()] == [1, 2]


def test_an_import_that_is_done_again_adds_nothing(calling: Calling, name: str) -> None:
    """Where a change was refused, it says why, and the others are recorded."""
    changes = [
        draft.schedule(name, title="To France", principal="Charles III"),
        draft.complete(name),
        draft.cancel(name, known="2023-03-24"),
    ]
    first = calling(lambda c: c.import_changes(changes))
    again = calling(lambda c: c.import_changes(iter(changes)))
    assert [result.index for result in first] == [0, 1, 2]
    assert [type(result.error).__name__ for result in first] == [
        "NoneType",
        "NoWindow",
        "OutOfOrder",
    ]
    assert [result.event for result in again] == [result.event for result in first]
    assert again[0].replayed


def test_a_visit_is_told_as_of_another_moment(calling: Calling, visit: str) -> None:
    position = calling(lambda c: c.cancel(visit, known="2023-03-24")).event.position
    before = calling(lambda c: c.visit(visit, known_at="2023-03-10"))
    assert (before.status, before.version) == ("scheduled", 2)
    assert calling(lambda c: c.visit(visit, known_at="2023-03")).status == "cancelled"
    assert calling(lambda c: c.visit(visit, position=position - 1)).status == "scheduled"
    assert calling(lambda c: c.visit(visit, min_position=position)).view_position >= position


def test_visits_are_listed_counted_and_given_in_a_batch(
    calling: Calling, visit: str, name: str
) -> None:
    which: dict[str, Any] = {"trip": name, "days": ("2023-03-28", None), "day_kinds": ["planned"]}
    found = calling(lambda c: c.visits("king charles", statuses=["scheduled"], **which))
    assert [each.id for each in found] == []
    found = calling(lambda c: c.visits("charles", order_by="window.start", limit=5, **which))
    assert [each.id for each in found] == [visit]
    assert found.view_position > 0
    count = calling(lambda c: c.count(count_by=["status", "host country"], **which))
    assert (count.visit_count, [row["value"] for row in count.rows()]) == (1, ["scheduled", "FR"])
    batch = calling(lambda c: c.batch([visit, "nobody"]))
    assert ([each.id for each in batch], batch.missing) == ([visit], ("visits/nobody",))


def test_a_list_has_all_its_pages_or_as_many_as_are_wanted(calling: Calling, name: str) -> None:
    """Also where a page of the server is smaller than what is wanted."""
    drafts = [
        draft.schedule(f"{name}-{i}", title="x", principal="y", trip=name) for i in range(1003)
    ]
    assert len(calling(lambda c: c.import_changes(drafts))) == 1003
    assert len(calling(lambda c: c.visits(trip=name))) == 1003
    assert len(calling(lambda c: c.visits(trip=name, limit=1001))) == 1001
    assert len(calling(lambda c: c.visits(trip=name, limit=7))) == 7


def test_the_history_of_a_visit_says_what_later_changes_did_to_it(
    calling: Calling, visit: str
) -> None:
    calling(lambda c: c.cancel(visit))
    calling(lambda c: c.retract(visit, 2))
    found = calling(lambda c: c.history(visit))
    assert [(each.version, each.retracted_by) for each in found] == [(1, 0), (2, 3), (3, 0)]
    newest = calling(lambda c: c.history(visit, backwards=True, limit=1))
    assert [each.version for each in newest] == [3]
    only = calling(lambda c: c.history(visit, change_types=["cancelled"], position=1))
    assert len(only) == 0


def test_changes_are_replayed_in_the_order_of_the_log(calling: Calling, visit: str) -> None:
    calling(lambda c: c.cancel(visit))
    found = calling(lambda c: c.events(visit))
    assert [each.change_type for each in found] == ["scheduled", "cancelled"]
    assert calling(lambda c: c.events(visit, after=found[0].position)) == found[1:]
    assert calling(lambda c: c.events(visit, backwards=True, limit=1)) == found[1:]
    assert calling(lambda c: c.events(visit, change_types=["cancelled"])) == found[1:]


def test_a_comparison_tells_the_fields_that_differ_in_their_own_types(
    calling: Calling, visit: str
) -> None:
    calling(lambda c: c.cancel(visit, known="2023-03-24", reason="Protests"))
    compared = calling(lambda c: c.compare(visit, AsOf(known_at="2023-03-10")))
    changes = {each.path: (each.old_value, each.new_value) for each in compared.field_changes}
    assert changes["status"] == ("scheduled", "cancelled")
    assert changes["reason"] == (None, "Protests")
    assert changes["known_time"][0] == compared.before.known_time
    assert [each.change_type for each in compared.events] == ["cancelled"]
    unknown = calling(lambda c: c.compare(visit, AsOf(known_at="2022"), AsOf(known_at="2023-03")))
    assert (unknown.before, unknown.before_missing) == (None, "NOT_KNOWN_BY_THEN")


def test_an_auditor_is_told_who_changed_what(calling: Calling, visit: str) -> None:
    calling(lambda c: c.reschedule(visit, window="2023-09-20"), actor="ben")
    found = calling(
        lambda c: c.changes(
            visit=visit, actor="unverified:ben", change_types=["rescheduled"], known_from="2023"
        )
    )
    (change,) = found
    assert (change.event.actor, change.event.version) == ("unverified:ben", 2)
    new = {each.path: each.new_value for each in change.field_changes}
    assert (new["status"], new["window.start"]) == ("rescheduled", date(2023, 9, 20))
    assert {row["path"] for row in found.rows()} == set(new)


def test_an_auditor_gets_checkpoints_proofs_tiles_and_bundles(calling: Calling, visit: str) -> None:
    done = calling(lambda c: c.cancel(visit))
    size = done.event.position
    checkpoint = calling(lambda c: c.checkpoint(1, min_position=size))
    assert str(checkpoint).splitlines()[1] == str(checkpoint.view_position)
    proof = calling(lambda c: c.inclusion_proof(size))
    assert b"".join(part.content for part in proof.parts) == (
        done.event.message.event.SerializeToString(deterministic=True)
    )
    assert calling(lambda c: c.consistency_proof(1, size)).view_position == size
    assert len(calling(lambda c: c.tile(0, 2, entries=True)).data) == 2 * 50
    parts = calling(lambda c: c.export(visit, without_restricted=True))
    assert b"".join(part.data for part in parts).startswith(b"chancery")
    assert parts[-1].exported_changes == parts[-1].total_changes == 2
    with pytest.raises(ValueError, match="either a visit or a range"):
        calling(lambda c: c.export(visit, first=1))


def test_a_connection_tells_what_the_server_is(calling: Calling) -> None:
    info = calling(lambda c: c.info())
    assert info.version.count(".") == 2
    assert info.limits.apply_changes == 100
    assert "audit" in info.capabilities


def test_a_connection_is_closed_at_the_end_of_its_block(calling: Calling) -> None:
    kept: list[Any] = []
    calling(kept.append)
    assert repr(kept[0]).endswith(f"Connection('{kept[0].target}')")
    with pytest.raises(ValueError, match="closed"):
        calling(lambda _: kept[0].info())
