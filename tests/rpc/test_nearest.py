"""A refusal for a visit that does not exist names those that may be meant."""

from typing import Any

import pytest

from tests.support.messages import apply, change, get_visit, postponed, retracted, scheduled
from tests.support.server import Client, refusal

VISITS = {
    "charles-france": ["The King in Versailles"],
    "charles-germany": [],
    "blinken-beijing-2023": ["Blinken to China"],
    "blinken-beijing-2024": [],
    "zz-withdrawn": [],
}


@pytest.fixture(scope="module")
def visits(client: Client) -> Client:
    """A server with these visits, one of which is withdrawn, among others."""
    for visit_id, aliases in VISITS.items():
        client.record(f"visits/{visit_id}", scheduled(title="A visit", aliases=aliases))
    client.record("visits/zz-withdrawn", retracted(1))
    for i in range(100):
        client.record(f"visits/m{i:03}", scheduled(title="Charles France Blinken"))
    return client


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("charles-frnce", ["charles-france"]),
        ("chrles-france", ["charles-france"]),
        ("hcarles-france", ["charles-france"]),
        ("xcharles-france", ["charles-france"]),
        ("Charles France 2023", ["charles-france"]),
        ("charles_france", ["charles-france"]),
        ("charles-frances", ["charles-france"]),
        ("charles-garmany", ["charles-germany", "charles-france"]),
        ("blinken-bejing-2023", ["blinken-beijing-2023", "blinken-beijing-2024"]),
        ("beijing-blinken-2023", ["blinken-beijing-2023", "blinken-beijing-2024"]),
        ("king-in-versaille", ["charles-france"]),
        ("blinken to chine", ["blinken-beijing-2023"]),
        ("zz-withdrwn", []),
        ("nowhere", []),
        ("習近平", []),
        ("\U0001f54a", []),
        ("x" * 200, []),
    ],
)
def test_the_nearest_ids_are_told(visits: Client, name: str, nearest: list[str]) -> None:
    """In the message, and for programs; up to three, and none that is far."""
    told = refusal(visits.visits.GetVisit, get_visit(f"visits/{name}"))

    assert told.reason == "VISIT_NOT_FOUND"
    found = told.metadata["nearest"].split(",") if nearest else []
    assert ("nearest" in told.metadata) == bool(nearest)
    assert found[: len(nearest)] == nearest
    assert len(found) <= 3
    meant = f"; the nearest: {', '.join(found)}" if nearest else ""
    assert told.message == f"there is no visit {name!r}{meant}"


def test_they_are_told_in_questions_about_the_past_and_for_changes(visits: Client) -> None:
    """Also for one of several changes."""
    name = "visits/charles-frnce"
    several = apply(change("visits/m001", postponed()), change(name, postponed()))
    calls: list[tuple[Any, ...]] = [
        (visits.visits.GetVisit, get_visit(name, position=visits.head)),
        (visits.record, name, postponed()),
        (visits.desk.ApplyChanges, several),
    ]
    for call, *request in calls:
        told = refusal(call, *request)
        assert told.reason == "VISIT_NOT_FOUND"
        assert told.metadata["nearest"].split(",")[0] == "charles-france"
    assert told.message.startswith("changes[1]: there is no visit 'charles-frnce'; the nearest: ")
    assert told.metadata["path"] == "changes[1]"


def test_a_change_that_is_refused_for_want_of_a_visit_has_no_hint_where_none_is_near(
    visits: Client,
) -> None:
    """It fails as before."""
    told = refusal(visits.record, "visits/qqqq", postponed())
    assert (told.reason, told.message) == ("VISIT_NOT_FOUND", "there is no visit 'qqqq'")
    assert "nearest" not in told.metadata
