"""JSON that is no request is refused, and what is wrong with it is named."""

import json

import httpx
import pytest

from service.limits import QUESTION_BYTES
from tests.web.gateway.asking import DESK, HISTORY, VISITS, post, refused

GET_VISIT, LIST_VISITS = f"{VISITS}/GetVisit", f"{VISITS}/ListVisits"


@pytest.mark.parametrize(
    ("path", "said", "field"),
    [
        (LIST_VISITS, '{"pageSiz": 3}', "pageSiz"),
        (LIST_VISITS, '{"filter": {"hostCountri": "FR"}}', "filter.hostCountri"),
        (f"{DESK}/ApplyChanges", '{"changes": [{}, {"nam": 1}]}', "changes[1].nam"),
        (GET_VISIT, '{"name": "visits/x", "as_of": {"knownat": ""}}', "as_of.knownat"),
    ],
)
def test_a_misspelt_field_is_refused_by_name(
    http: httpx.Client, path: str, said: str, field: str
) -> None:
    assert refused(post(http, path, said)) == ("FIELD_NOT_SERVED", [field])


def test_who_misspells_a_field_is_told_which_was_meant(http: httpx.Client) -> None:
    message = post(http, LIST_VISITS, '{"pageSiz": 3}').json()["message"]
    assert message.endswith("perhaps page_size is meant")


@pytest.mark.parametrize(
    ("path", "said", "field"),
    [
        (LIST_VISITS, '{"pageSize": 1e99}', "page_size"),
        (LIST_VISITS, '{"pageSize": "many"}', "page_size"),
        (LIST_VISITS, '{"pageSize": 1.5}', "page_size"),
        (LIST_VISITS, '{"minPosition": 9223372036854775808}', "min_position"),
        (LIST_VISITS, '{"filter": {"statuses": ["STATUS_SCHEDULED", "X"]}}', "filter.statuses[1]"),
        (LIST_VISITS, '{"filter": {"statuses": "STATUS_SCHEDULED"}}', "filter.statuses"),
        (LIST_VISITS, '{"filter": {"underWay": "true"}}', "filter.under_way"),
        (LIST_VISITS, '{"filter": {"updatedSince": "yesterday"}}', "filter.updated_since"),
        (LIST_VISITS, '{"filter": "FR"}', "filter"),
        (LIST_VISITS, '{"filter": {"trip": "\\ud800"}}', "filter.trip"),
        (GET_VISIT, '{"name": 5}', "name"),
        (GET_VISIT, '{"name": "visits/x", "asOf": ""}', "as_of"),
        (GET_VISIT, '{"name": "visits/x", "asOf": [ ]}', "as_of"),
        (LIST_VISITS, '{"filter": {"days": ""}}', "filter.days"),
        (f"{DESK}/ApplyChanges", '{"changes": [{}, {"context": []}]}', "changes[1].context"),
        (f"{DESK}/ApplyChanges", '{"changes": [{}, ""]}', "changes[1]"),
        (GET_VISIT, '{"asOf": {"position": "1", "recordedAt": "2023-01-01T00:00:00Z"}}', "as_of"),
        (f"{DESK}/ApplyChanges", '{"changes": [{}, {"name": true}]}', "changes[1].name"),
    ],
)
def test_a_value_that_a_field_does_not_take_is_refused_by_name(
    http: httpx.Client, path: str, said: str, field: str
) -> None:
    assert refused(post(http, path, said)) == ("INVALID_FIELD", [field])


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"name": "\xff"}',
        b"[" * 200_000,
        b'{"asOf": ' * 6_000,
        b'{"name": "x", "name": "y"}',
        b'{"afterPosition": "1", "beginning": {}}',
        b"9" * 5000,
        b'{"name": NaN}',
        b'{"\x00": 1}',
        b'{"\\ud800": 1}',
        b'{"a": 1, "\\ud800": 1, "\\ud800": 1}',
        b'{"' + b"long" * 10_000 + b'": 1}',
    ],
    ids=lambda said: said[:12],
)
def test_what_is_no_json_of_a_request_is_refused(http: httpx.Client, said: bytes) -> None:
    """Also where it is nested 200,000 deep: on a method that takes so many bytes."""
    for path in (f"{HISTORY}/WatchEvents", f"{DESK}/ApplyChanges"):
        answer = post(http, path, said)
        assert answer.status_code == 400
        refused(answer)
        for leak in ("sys.", "object is not", "Errno"):
            assert leak not in answer.text


def test_a_large_request_is_read_and_named_as_a_small_one(http: httpx.Client) -> None:
    """What is read beside the loop, and what is too large for its fields to be looked through."""
    changes = [{"name": "visits/x", "postponed": {}, "context": {"note": "x" * 900}}] * 60
    asked = {"changes": changes}
    assert len(json.dumps(asked)) < QUESTION_BYTES
    answer = post(http, f"{DESK}/ApplyChanges", json.dumps(asked))
    assert answer.json()["code"] == "not_found"
    wrong = {"changes": [*changes, {"nam": 1}]}
    answer = post(http, f"{DESK}/ApplyChanges", json.dumps(wrong))
    assert refused(answer) == ("FIELD_NOT_SERVED", ["changes[60].nam"])
    large = {**changes[0], "context": {"note": "x" * 20_000}}
    wrong = {"changes": [large] * 60 + [{"nam": 1}]}
    answer = post(http, f"{DESK}/ApplyChanges", json.dumps(wrong))
    assert refused(answer)[0] == "MALFORMED_REQUEST"
