"""CompareVisit names each field that differs, and no other."""

from typing import Any

import pytest

from chancery.v1.values_pb2 import (
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


OPENED, CHANGED = "2023-01-17", "2023-02-10"
OF_THE_STATUS = ["effective_time", "effective_period", "known_time", "known_period"]
HEARD = ["last_heard_time", "last_heard_period"]


def known_on(day: str) -> dict[str, str]:
    """How it is told that something became known on a day."""
    return {"known_time": f"{day}T23:59:59.999Z", "known_period": day}


def by_desk(day: str, version: int) -> dict[str, Any]:
    """The word of a change of the status without a basis."""
    return {"side": "SIDE_DESK", "version": version, **known_on(day)}


def ended(how: str) -> list[dict[str, Any]]:
    """The planned window, once the second change ended it."""
    return [{"window": FEBRUARY, "ending": f"WINDOW_ENDING_{how}", "version": 2}]


WORDS_AFRESH = ([by_desk(OPENED, 1)], [by_desk(CHANGED, 2)])


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
            amended("kind"),
            {"details.kind": ("VISIT_KIND_OFFICIAL", None)},
        ),
        (
            amended(planned=window("2023-02-05", "2023-02-07", as_stated="early February")),
            {
                "window.end": (FEBRUARY["end"], {"year": 2023, "month": 2, "day": 7}),
                "window.as_stated": (None, "early February"),
                "previous_windows": (None, ended("MADE_EXACT")),
            },
        ),
        (
            amended(planned=window("2023-02-05", "2023-02-06", approximate=True)),
            {
                "window.approximate": (None, True),
                "previous_windows": (None, ended("MADE_EXACT")),
            },
        ),
        (
            postponed(condition("if calm")),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_POSTPONED"),
                "window": (FEBRUARY, None),
                "previous_windows": (None, ended("PUT_OFF")),
                "conditions": (
                    None,
                    [
                        {
                            "condition": {"text": "if calm", "side": "SIDE_GUEST"},
                            "version": 2,
                            **known_on(CHANGED),
                        }
                    ],
                ),
                "words": WORDS_AFRESH,
            },
        ),
        (
            rescheduled(window("2023-02-05", "2023-02-07", approximate=True)),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_RESCHEDULED"),
                "window.end": (FEBRUARY["end"], {"year": 2023, "month": 2, "day": 7}),
                "window.approximate": (None, True),
                "previous_windows": (None, ended("MOVED")),
                "words": WORDS_AFRESH,
            },
        ),
        (
            rescheduled(window("2023-06-05", "2023-06-06")),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_RESCHEDULED"),
                "window.start": (FEBRUARY["start"], {"year": 2023, "month": 6, "day": 5}),
                "window.end": (FEBRUARY["end"], {"year": 2023, "month": 6, "day": 6}),
                "previous_windows": (None, ended("MOVED")),
                "words": WORDS_AFRESH,
            },
        ),
        (
            completed(),
            {
                "status": ("STATUS_SCHEDULED", "STATUS_COMPLETED"),
                "held_window": (None, FEBRUARY),
                "words": WORDS_AFRESH,
            },
        ),
        (
            cancelled(),
            {"status": ("STATUS_SCHEDULED", "STATUS_CANCELLED"), "words": WORDS_AFRESH},
        ),
        (
            stated(STATEMENT_KIND_REPORT, SIDE_HOST, text="It is so", about_version=1),
            {
                "words": (
                    [by_desk(OPENED, 1)],
                    [
                        by_desk(OPENED, 1),
                        {
                            "side": "SIDE_HOST",
                            "country": "CN",
                            "attribution": "ATTRIBUTION_ANONYMOUS",
                            "version": 2,
                            **known_on(CHANGED),
                            "statement": {
                                "kind": "STATEMENT_KIND_REPORT",
                                "side": "SIDE_HOST",
                                "text": "It is so",
                                "about_version": 1,
                            },
                        },
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
    client.record(name, scheduled(), known=OPENED)

    told = between(client, name, step, known=CHANGED)

    is_of_the_status = step.DESCRIPTOR.name not in ("Amended", "StatementRecorded")
    times = [*OF_THE_STATUS, *HEARD] if is_of_the_status else HEARD
    assert list(told) == [*expected, *times]
    assert {path: told[path] for path in expected} == expected
    assert {tuple(told[path]) for path in times} == {
        (OPENED, CHANGED),
        (f"{OPENED}T23:59:59.999Z", f"{CHANGED}T23:59:59.999Z"),
    }


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

    guest = {
        "side": "SIDE_GUEST",
        "country": "US",
        "attribution": "ATTRIBUTION_ON_THE_RECORD",
        "version": 2,
        "known_time": "2023-02-03T15:30:00Z",
        "counts": True,
        "stance": "STANCE_AGREES",
    }
    asked = {"text": "when conditions allow", "side": "SIDE_GUEST"}
    assert list(differences(first).items()) == [
        ("status", ("STATUS_SCHEDULED", "STATUS_WHEN_CONDITIONS_ALLOW")),
        ("standing", ("STANDING_REPORTED", "STANDING_OFFICIAL")),
        ("window", (FEBRUARY, None)),
        ("previous_windows", (None, ended("PUT_OFF"))),
        (
            "conditions",
            (None, [{"condition": asked, "version": 2, "known_time": "2023-02-03T15:30:00Z"}]),
        ),
        ("reason", ("As agreed", "A balloon")),
        ("words", ([by_desk(OPENED, 1)], [guest])),
        ("effective_time", ("2023-01-17T23:59:59.999Z", "2023-02-03T12:00:00Z")),
        ("effective_period", ("2023-01-17", None)),
        ("known_time", ("2023-01-17T23:59:59.999Z", "2023-02-03T15:30:00Z")),
        ("known_period", ("2023-01-17", None)),
        ("last_heard_time", ("2023-01-17T23:59:59.999Z", "2023-02-03T15:30:00Z")),
        ("last_heard_period", ("2023-01-17", None)),
    ]
    assert list(differences(second)) == ["standing", "words", *HEARD]
    assert differences(second)["standing"] == ("STANDING_OFFICIAL", "STANDING_DISPUTED")
