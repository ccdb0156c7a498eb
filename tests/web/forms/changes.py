"""Every change as the client records it, and what the form of it is filled in with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chancery.client import Connection, draft
from chancery.client.details import (
    Basis,
    Condition,
    Counterpart,
    Host,
    Place,
    Principal,
    RelatedVisit,
    Window,
)
from chancery.v1.desk_service_pb2 import Change
from tests.web.forms.filling import inputs_of

WORDS = [
    Basis(
        "press",
        "anonymous",
        "two officials",
        "GB",
        source_count=2,
        outlet="Reuters",
        url="https://example.org/1?a=b&c=d",
        published=date(2023, 2, 1),
        quote="It is “off”",
    ),
    Basis("guest", "on the record", "Ned Price", organisation="State Department"),
]
ABOUT: dict[str, Any] = {
    "known": "2023-02-04",
    "effective": "2023-02",
    "reason": "following the\nshootdown of a balloon",
    "basis": WORDS,
    "sources": [Basis("host", "background", "a diplomat")],
    "note": "ask again",
}
ROUGH = Window(date(2023, 3, 1), date(2023, 4, 30), approximate=True, as_stated="in spring")
GIVEN_UP = Window(date(2023, 2, 5), date(2023, 2, 6))
CONDITION = Condition("when conditions allow", "guest", "Antony Blinken", "US")
LATER = Condition("once the airspace is safe", "host", organisation="Foreign Ministry")


def facts(name: str) -> dict[str, Any]:
    """All that can be said of a visit."""
    return {
        "title": "Blinken to Beijing",
        "principal": Principal("Antony Blinken", "Secretary", "US", other_names=("布林肯", "Tony")),
        "host": Host(
            "CN",
            counterparts=(
                Counterpart("Qin Gang", "Minister", "CN", ("秦刚",)),
                Counterpart("Wang Yi", other_names=("王毅",)),
            ),
        ),
        "destinations": [Place("Beijing", "CN", ("Peking", "北京")), Place("Shanghai")],
        "kind": "official working",
        "purpose": "talks",
        "trip": "asia-2023",
        "aliases": [f"{name} one", f"{name} two"],
        "related": [RelatedVisit("return visit", f"{name}-other")],
        "initiated_by": "host",
    }


@dataclass
class Case:
    """A change as the client records it, and the form that records it for another visit.

    ``before`` makes what must be there. ``inputs`` is what the form says; without it, all that the
    change says.
    """

    action: str
    drafted: Callable[[str], Change]
    before: Callable[[Connection, str], object] = lambda connection, name: None
    inputs: Callable[[str], dict[str, str]] | None = None
    query: str = ""
    opens: bool = field(default=False)


def planned(connection: Connection, name: str) -> None:
    """A visit with everything that can be said of one, and one made exact since."""
    connection.schedule(name, **facts(name), window=GIVEN_UP, known="2023-01-17")


def put_off(connection: Connection, name: str) -> None:
    """The same, put off and left open."""
    planned(connection, name)
    connection.postpone(name, known="2023-02-03", condition=CONDITION)
    connection.defer(name, known="2023-02-03", condition=LATER, reason="a balloon")


def put_off_first(name: str) -> dict[str, Any]:
    """What a visit is opened with that was planned before it was heard of."""
    return {**facts(name), **ABOUT, "window_given_up": GIVEN_UP}


OPENINGS = [
    Case("schedule", lambda n: draft.schedule(n, **facts(n), **ABOUT, window=ROUGH)),
    Case("disclose", lambda n: draft.disclose(n, **facts(n), **ABOUT, held_window="2023-01-02")),
    Case("postpone", lambda n: draft.postpone(n, condition=CONDITION, **put_off_first(n))),
    Case("defer", lambda n: draft.defer(n, condition=CONDITION, **put_off_first(n))),
    Case("reschedule", lambda n: draft.reschedule(n, window=ROUGH, **put_off_first(n))),
    Case("cancel", lambda n: draft.cancel(n, condition=CONDITION, **put_off_first(n))),
]
for each in OPENINGS:
    each.opens = True
CHANGES = [
    Case("postpone", lambda n: draft.postpone(n, condition=CONDITION, **ABOUT), planned),
    Case("defer", lambda n: draft.defer(n, condition=CONDITION, **ABOUT), planned),
    Case("reschedule", lambda n: draft.reschedule(n, window=ROUGH, **ABOUT), planned),
    Case("complete", lambda n: draft.complete(n, held_window=GIVEN_UP, **ABOUT), planned),
    Case("complete", lambda n: draft.complete(n), planned),
    Case("cancel", lambda n: draft.cancel(n, condition=CONDITION, **ABOUT), planned),
    Case(
        "state",
        lambda n: draft.state(
            n,
            "deny",
            "host",
            speaker="Mao Ning",
            country="CN",
            text="<b>There</b> is none",
            claimed_status="when conditions allow",
            claimed_window=ROUGH,
            condition=CONDITION,
            about_version=1,
            **ABOUT,
        ),
        planned,
    ),
    Case(
        "amend",
        lambda n: draft.amend(
            n,
            title="Blinken in Beijing",
            window=("2023-02-05", "2023-02-07"),
            clear=["purpose", "initiated_by"],
            add_aliases=[f"{n} three"],
            remove_aliases=[f"{n} one"],
            add_related=[RelatedVisit("continues", f"{n}-third")],
            remove_related=[RelatedVisit("return visit", f"{n}-other")],
            add_names=["ブリンケン"],
            remove_names=["Tony"],
            add_counterpart_names={"Wang Yi": ["Wang"]},
            remove_city_names={"Beijing": ["Peking"]},
            known="2023-02-02",
        ),
        planned,
        lambda n: {
            "amended.details.title": "Blinken in Beijing",
            "amended.window.end": "2023-02-07",
            "amended.details.purpose": "",
            "amended.details.initiated_by": "",
            "amended.details.aliases": f"{n} two\n{n} three",
            "amended.details.related[0].relation": "continues",
            "amended.details.related[0].name": f"{n}-third",
            "amended.details.principal.other_names": "布林肯\nブリンケン",
            "amended.details.host.counterparts[1].other_names": "王毅\nWang",
            "amended.details.destinations[0].other_names": "北京",
            "context.known": "2023-02-02",
        },
    ),
    Case(
        "amend",
        lambda n: draft.amend(
            n, principal=Principal("Antony J. Blinken", "Secretary", "US", other_names=("布林肯",))
        ),
        planned,
        lambda n: {
            "amended.details.principal.name": "Antony J. Blinken",
            "amended.details.principal.other_names": "布林肯",
        },
    ),
    Case(
        "correct",
        lambda n: draft.correct(
            n, 1, window=("2023-02-05", None), trip="asia", right_reason="why", right_basis=WORDS
        ),
        planned,
        lambda n: {
            "corrected.window.end": "",
            "corrected.details.trip": "asia",
            "corrected.reason": "why",
            **inputs_of(_right(WORDS).corrected.basis[0], "corrected.basis[0]"),
            **inputs_of(_right(WORDS).corrected.basis[1], "corrected.basis[1]"),
        },
        "?change=1",
    ),
    Case(
        "correct",
        lambda n: draft.correct(n, 3, condition=CONDITION, clear="reason", reason="misread"),
        put_off,
        lambda n: {
            **dict.fromkeys(["corrected.reason", "corrected.condition.organisation"], ""),
            **{f"corrected.{k}": v for k, v in inputs_of(_condition(), "condition").items()},
            "context.reason": "misread",
        },
        "?change=3",
    ),
    Case(
        "retract",
        lambda n: draft.retract(n, 2, reason="another visit", note="oh"),
        put_off,
        lambda n: {"context.reason": "another visit", "context.note": "oh", "confirm": "1"},
        "?change=2",
    ),
]


def _right(words: list[Basis]) -> Change:
    return draft.correct("x", 1, right_basis=words)


def _condition() -> Any:
    return draft.postpone("x", condition=CONDITION).postponed.condition
