"""Playbooks: YAML or JSON that is written by hand, read as changes, and written again."""

import json
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st

from chancery.client import Host, Place, Principal, Window, draft
from chancery.v1.desk_service_pb2 import Change
from service.exchange.playbooks import reading, text, writing
from service.exchange.playbooks.reading import STATEMENTS, VERBS, Bad, Read
from service.exchange.recognising import recognise
from tests.model.serving import with_masks
from tests.model.telling import random_history

EXAMPLE = Path(__file__).parents[3] / "examples" / "playbook.yaml"
OPEN = b"visit: ana-oslo\nchanges:\n- change: schedule\n  title: T\n  principal: Ana\n"


def changes(data: bytes) -> list[Change]:
    """The changes of a file in which nothing is wrong."""
    found = list(reading.read(BytesIO(data)))
    assert [each for each in found if isinstance(each, Bad)] == []
    return [each.change for each in found if isinstance(each, Read)]


def bad(data: bytes) -> Bad:
    """What is wrong with a file, which is one thing."""
    (found,) = [each for each in reading.read(BytesIO(data)) if isinstance(each, Bad)]
    return found


def written(found: list[Change]) -> bytes:
    """The changes as playbooks, one for each visit."""
    visits = groupby(found, lambda change: change.name.removeprefix("visits/"))
    return "".join(writing.playbook(name, 1, list(own)) for name, own in visits).encode()


def test_the_example_has_every_kind_of_change() -> None:
    found = changes(EXAMPLE.read_bytes())
    kinds = {field.name for field in Change.DESCRIPTOR.oneofs_by_name["change"].fields}
    assert {each.WhichOneof("change") for each in found} == kinds
    assert recognise(EXAMPLE.read_bytes()) == "playbooks"


def test_scalars_are_the_texts_that_they_are() -> None:
    """``NO`` is Norway, and a month no number."""
    data = (
        OPEN + b"  host: NO\n  destinations: [NO, 'Oslo, NO']\n  known: 2025-01\n  window: 2025\n"
    )
    assert changes(data) == [
        draft.schedule(
            "ana-oslo",
            title="T",
            principal=Principal("Ana"),
            host=Host("NO"),
            destinations=(Place(country="NO"), Place("Oslo", "NO")),
            known="2025-01",
            window="2025",
            expected_version=0,
        )
    ]


@pytest.mark.parametrize(
    ("given_text", "window"),
    [
        ("2025-02", "2025-02"),
        ("2025-02-05 to 2025-02-06", ("2025-02-05", "2025-02-06")),
        ("2025-02-05 or later", ("2025-02-05", None)),
        ("by 2025-02", (None, "2025-02")),
        ("{as_stated: in spring}", Window(as_stated="in spring")),
    ],
)
def test_a_window_is_written_in_short_or_part_by_part(given_text: str, window: Any) -> None:
    opened = changes(OPEN + f"  window: {given_text}\n".encode())[0]
    expected = draft.schedule("ana-oslo", title="T", principal="Ana", window=window)
    assert opened.scheduled == expected.scheduled


def test_json_says_the_same_as_yaml() -> None:
    documents = list(yaml.load_all(EXAMPLE.read_bytes(), yaml.BaseLoader))
    data = json.dumps(documents).encode()
    assert changes(b"\xef\xbb\xbf" + data) == changes(data)
    assert changes(data) == changes(EXAMPLE.read_bytes())
    assert recognise(data) == "playbooks"
    assert [each.where for each in reading.read(BytesIO(data)) if isinstance(each, Read)][:2] == [
        "change 1",
        "change 2",
    ]


def test_a_playbook_that_goes_on_says_the_number_of_its_first_change() -> None:
    data = b"visit: v\nfirst: 4\nchanges:\n- change: cancel\n- change: retract\n  version: 4\n"
    assert [each.context.expected_version for each in changes(data)] == [3, 4]
    assert writing.playbook("v", 4, changes(data)).startswith("---\nvisit: v\nfirst: 4\n")


def test_other_readers_of_yaml_read_the_same_texts() -> None:
    data = OPEN + b"  host: NO\n  known: 2025-01-03\n  purpose: '12'\n"
    ((change,),) = (each["changes"] for each in yaml.safe_load_all(written(changes(data))))
    assert (change["host"], change["known"], change["purpose"]) == ("NO", "2025-01-03", "12")


@pytest.mark.parametrize(
    ("data", "where", "reason"),
    [
        (b"- a\n - b: [", "line 2", "not YAML"),
        (b"visit: x\nvisit: y\n", "line 2", "stands twice"),
        (b'{"visit": "x", "visit": "y"}', "", "stands twice"),
        (b"a: &x [1]\nb: *x\n", "", "refers to another part"),
        (b"[" * 5000, "", "nested too deeply"),
        (b"- " * 5000, "line 1", "not YAML"),
        (b"x: \x01", "", "not YAML"),
        (b"\x80", "", "not YAML"),
        (b'{"visit": \x80}', "", "not UTF-8 text"),
        (b'{"visit": ', "line 1", "not JSON"),
        (b"soon\n", "", "the keys visit and changes"),
        (b"visit: x\nchange: []\n", "line 1", "unknown key 'change'; there are visit, first"),
        (b"visit: x\nchanges: []\n", "line 1", "changes: give a list"),
        (b"visit: X Y\nchanges: [a]\n", "line 1", "'X Y' is not an id"),
        (b"visit: x\nfirst: soon\nchanges: [a]\n", "line 1", "first: 'soon' is not a number"),
        (b"visit: x\nchanges:\n- change: schedul\n", "line 3", "unknown change 'schedul'"),
        (b"visit: x\nchanges:\n- change: deny\n", "line 3", "side: 'deny' needs it"),
        (b"visit: x\nchanges:\n- {change: deny, side: gast}\n", "line 3", "choose from guest"),
        (OPEN + b"  colour: red\n", "line 3", "'schedule' has no key 'colour'"),
        (OPEN + b"  host: {nation: FR}\n", "line 3", "host: unknown key 'nation'"),
        (OPEN + b"  window: soon\n", "line 3", "window: 'soon' is not a day"),
        (OPEN + b"  window: {start: soon}\n", "line 3", "window: 'soon' is not a day"),
        (OPEN + b"  known: 03/04/2025\n", "line 3", "'03/04/2025' is not a time"),
        (OPEN + b"  basis: [{speaker: A}]\n", "line 3", "basis[1].side: it is missing"),
        (OPEN + b"  basis: [guest]\n", "line 3", "basis[1]: a text is not enough"),
        (
            OPEN + b"- {change: defer, condition: dry}\n",
            "line 6",
            "condition: a text is not enough",
        ),
        (OPEN + b"  purpose: [a]\n", "line 3", "purpose: give one text"),
        (OPEN + b"- cancel\n- change: retract\n", "change 2", "the 1 after it are not read"),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(data: bytes, where: str, reason: str) -> None:
    found = bad(data)
    assert found.where == where
    assert reason in found.reason


@pytest.mark.parametrize("seed", range(60))
def test_any_story_is_written_and_read_as_the_same_changes(seed: int) -> None:
    """The order of a mask's names means nothing."""
    found: list[Change] = []
    for command in random_history(seed)[1]:
        if command["expect"]["accepted"]:
            body = {
                "name": f"visits/{command['visit']}",
                "context": {**command["context"], "expected_version": len(found)},
                command["change"]: command["message"],
            }
            found.append(ParseDict(with_masks(body), Change()))
    again = changes(written(found)) if found else []
    assert list(map(comparable, again)) == list(map(comparable, found))


def comparable(change: Change) -> Change:
    """The change with its mask in order, and an effective time that is not the known one."""
    copy = Change()
    copy.CopyFrom(change)
    for kind in ("amended", "corrected"):
        if copy.HasField(kind):
            mask = getattr(copy, kind).update_mask
            paths = sorted(mask.paths)
            mask.Clear()
            mask.paths.extend(paths)
            if not paths:
                getattr(copy, kind).ClearField("update_mask")
            if not getattr(copy, kind).details.ListFields():
                getattr(copy, kind).ClearField("details")
    context = copy.context
    if not copy.HasField("disclosed") and (
        (context.effective_period and context.effective_period == context.known_period)
        or (context.HasField("effective_time") and context.effective_time == context.known_time)
    ):
        context.ClearField("effective_period")
        context.ClearField("effective_time")
    return copy


TEXTS = st.sampled_from(
    ["", "x", "NO", "2025", "2025-02 to 2025-03", "by 2025", "0", "-1", "yes", "guest", "state"]
) | st.text(max_size=5)
CONTENTS = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "side", "text", "start", "end", "country", "city", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
GIVEN = st.tuples(
    st.sampled_from([*VERBS, *STATEMENTS, "x"]),
    st.dictionaries(st.sampled_from([*reading.KEYWORDS, "x"]), CONTENTS, max_size=6),
)


@given(st.lists(GIVEN, max_size=3), st.booleans())
def test_whatever_a_file_says_is_a_change_or_is_named(
    found: list[tuple[str, dict[str, Any]]], is_json: bool
) -> None:
    """None of it is an error of the program."""
    document: Any = {"visit": "v", "changes": [{"change": what, **said} for what, said in found]}
    data = json.dumps(document).encode() if is_json else text.written(document).encode()
    for each in reading.read(BytesIO(data)):
        assert isinstance(each, Read) or each.reason


@given(CONTENTS | st.dictionaries(st.sampled_from(["id", "steps", "principal"]), CONTENTS))
def test_whatever_a_document_is_it_is_named(document: Any) -> None:
    for each in reading.read(BytesIO(json.dumps([document]).encode())):
        assert isinstance(each, Bad)


def test_the_words_of_a_file_are_those_of_the_contract() -> None:
    assert len(VERBS) + len({"state"}) == len(Change.DESCRIPTOR.oneofs_by_name["change"].fields)
    assert "doubt" in STATEMENTS
