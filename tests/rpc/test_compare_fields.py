"""CompareVisit names each field that differs, and no other."""

from typing import Any

import pytest

from chancery.v1.visit_pb2 import (
    SIDE_GUEST,
    SIDE_HOST,
    STATEMENT_KIND_DENY,
    STATEMENT_KIND_REPORT,
    VISIT_KIND_STATE,
    Counterpart,
    Host,
    Place,
    Principal,
)
from tests.rpc.comparing import between, compare, differences
from tests.support.messages import (
    amended,
    as_of,
    basis,
    cancelled,
    completed,
    condition,
    deferred,
    postponed,
    rescheduled,
    scheduled,
    stated,
    window,
)
from tests.support.server import Client

# Which fields differ


FEBRUARY = {
    "start": {"year": 2023, "month": 2, "day": 5},
    "end": {"year": 2023, "month": 2, "day": 6},
}


NO_TIMES = {"effective_time", "known_time"}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (
            amended(
                principal=Principal(name="Antony Blinken", office="Senator", country="US"),
            ),
            {"details.principal.office": ("Secretary of State", "Senator")},
        ),
        (
            amended(principal=Principal(name="Antony Blinken", country="US")),
            {"details.principal.office": ("Secretary of State", None)},
        ),
        (
            amended(principal=Principal(name="A", office="Envoy", organisation="United Nations")),
            {
                "details.principal.name": ("Antony Blinken", "A"),
                "details.principal.office": ("Secretary of State", "Envoy"),
                "details.principal.country": ("US", None),
                "details.principal.organisation": (None, "United Nations"),
            },
        ),
        (
            amended(host=Host(country="CN", counterparts=[Counterpart(name="Qin Gang")])),
            {"details.host.counterparts": (None, [{"name": "Qin Gang"}])},
        ),
        (
            amended(destinations=[Place(city="Beijing", country="CN"), Place(city="Xi'an")]),
            {
                "details.destinations": (
                    [{"city": "Beijing", "country": "CN"}],
                    [{"city": "Beijing", "country": "CN"}, {"city": "Xi'an"}],
                )
            },
        ),
        (
            amended(kind=VISIT_KIND_STATE, purpose="To talk", initiated_by=SIDE_HOST),
            {
                "details.kind": ("VISIT_KIND_OFFICIAL", "VISIT_KIND_STATE"),
                "details.purpose": (None, "To talk"),
                "details.initiated_by": (None, "SIDE_HOST"),
            },
        ),
        (
            amended("title"),
            {"details.title": ("The secretary of state to Beijing", None)},
        ),
        (
            amended(planned=window("2023-02-05", "2023-02-07", as_stated="early February")),
            {
                "window.end": (FEBRUARY["end"], {"year": 2023, "month": 2, "day": 7}),
                "window.as_stated": (None, "early February"),
            },
        ),
        (
            amended(planned=window("2023-02-05", "2023-02-06", approximate=True)),
            {"window.approximate": (None, True)},
        ),
        (
            postponed(condition("if calm")),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_POSTPONED"),
                "window": (FEBRUARY, None),
                "previous_windows": (None, [FEBRUARY]),
                "conditions": (None, [{"text": "if calm", "side": "SIDE_GUEST"}]),
            },
        ),
        (
            rescheduled(window("2023-02-05", "2023-02-06", approximate=True)),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_RESCHEDULED"),
                "window.approximate": (None, True),
                "previous_windows": (None, [FEBRUARY]),
            },
        ),
        (
            rescheduled(window("2023-06-05", "2023-06-06")),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_RESCHEDULED"),
                "window.start": (FEBRUARY["start"], {"year": 2023, "month": 6, "day": 5}),
                "window.end": (FEBRUARY["end"], {"year": 2023, "month": 6, "day": 6}),
                "previous_windows": (None, [FEBRUARY]),
            },
        ),
        (
            completed(),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_COMPLETED"),
                "held_window": (None, FEBRUARY),
            },
        ),
        (cancelled(), {"status": ("STATUS_SCHEDULED", "STATUS_CANCELLED")}),
        (
            stated(STATEMENT_KIND_REPORT, SIDE_HOST, text="It is so", about_version=1),
            {
                "statements": (
                    None,
                    [
                        {
                            "kind": "STATEMENT_KIND_REPORT",
                            "side": "SIDE_HOST",
                            "text": "It is so",
                            "about_version": "1",
                        }
                    ],
                )
            },
        ),
    ],
    ids=range(15),
)
def test_a_change_is_told_field_by_field(
    client: Client, name: str, step: Any, expected: dict[str, tuple[Any, Any]]
) -> None:
    """In the order of Visit's fields, with values in protobuf's JSON mapping.

    A repeated field, a day, and a message that only one of them has are reported as a whole.
    """
    client.record(name, scheduled())

    told = between(client, name, step)

    if step.DESCRIPTOR.name not in ("Amended", "StatementRecorded"):
        assert told.keys() >= NO_TIMES
    assert {path: values for path, values in told.items() if path not in NO_TIMES} == expected
    assert [path for path in told if path not in NO_TIMES] == list(expected)


def test_a_window_that_is_set_is_told_as_a_whole(client: Client, name: str) -> None:
    client.record(name, scheduled())
    client.record(name, postponed())

    told = between(client, name, rescheduled(window("2023-02-05", "2023-02-06")))

    assert told["window"] == (None, FEBRUARY)
    assert told["status"] == ("STATUS_POSTPONED", "STATUS_RESCHEDULED")
    assert not {path for path in told if path.startswith("window.")}


def test_standing_reason_and_times_are_told(client: Client, name: str) -> None:
    """Times as RFC 3339 in UTC."""
    client.record(name, scheduled(), effective="2023-01-17", reason="As agreed")
    client.record(
        name,
        deferred(),
        effective="2023-02-03 12:00",
        known="2023-02-03 15:30",
        reason="A balloon",
        basis=[basis(SIDE_GUEST)],
    )
    denial = stated(STATEMENT_KIND_DENY, SIDE_HOST)
    client.record(name, denial, effective="2023-02-04", basis=[basis(SIDE_HOST)])

    first = compare(client, name, as_of(known_at="2023-01-18"), as_of(known_at="2023-02-03 16:00"))
    second = compare(client, name, as_of(known_at="2023-02-03 16:00"))

    assert list(differences(first).items()) == [
        ("status", ("STATUS_SCHEDULED", "STATUS_WHEN_CONDITIONS_ALLOW")),
        ("standing", ("STANDING_REPORTED", "STANDING_OFFICIAL")),
        ("window", (FEBRUARY, None)),
        ("previous_windows", (None, [FEBRUARY])),
        ("conditions", (None, [{"text": "when conditions allow", "side": "SIDE_GUEST"}])),
        ("reason", ("As agreed", "A balloon")),
        ("effective_time", ("2023-01-17T23:59:59.999999Z", "2023-02-03T12:00:00Z")),
        ("known_time", ("2023-01-17T23:59:59.999999Z", "2023-02-03T15:30:00Z")),
    ]
    assert list(differences(second)) == ["standing", "statements"]
    assert differences(second)["standing"] == ("STANDING_OFFICIAL", "STANDING_DISPUTED")
