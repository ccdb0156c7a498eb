"""Every change recorded by its form is the same as recorded through the Python client."""

from collections.abc import Iterator

import httpx
import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.json_format import MessageToDict

from chancery.client import Connection
from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import ChangeContext
from service.web.forms.described import FIELDS
from service.web.forms.filled import Filled
from service.web.forms.forms import FORMS, NAME
from tests.support.server import Server
from tests.web.forms.changes import CHANGES, OPENINGS
from tests.web.forms.filling import OFFICER, inputs_of, problems, sent


def last(connection: Connection, name: str) -> str:
    """The last change of a visit, without what tells two visits apart."""
    message = connection.history(name)[-1].message.event
    for each in ("request_id", "actor"):
        message.ClearField(each)
    for kind in ("amended", "corrected"):
        if message.HasField(kind):
            getattr(message, kind).update_mask.paths.sort()
    return repr(MessageToDict(message)).replace(name, "NAME")


@pytest.mark.parametrize("number", range(len(OPENINGS + CHANGES)))
async def test_a_form_records_what_the_client_records(
    desk: httpx.AsyncClient, server: Server, number: int
) -> None:
    case = [*OPENINGS, *CHANGES][number]
    theirs, ours = f"by-client-{number}", f"by-form-{number}"
    with Connection(server.address, actor=OFFICER) as connection:
        case.before(connection, theirs)
        case.before(connection, ours)
        connection.record(case.drafted(theirs))
        address = f"/visits/new?change={case.action}" if case.opens else f"/visits/{ours}/"
        address += "" if case.opens else case.action + case.query
        says = case.inputs(ours) if case.inputs else inputs_of(case.drafted(ours))
        if not case.opens:
            says.pop("name", None)
        answer = await sent(desk, address, says)
        assert answer.status_code == 303, problems(answer.text)
        made = connection.history(ours)[-1]
        assert answer.headers["location"] == f"/visits/{ours}?done={made.version}"
        assert made.actor == f"unverified:{OFFICER}"
        assert last(connection, ours) == last(connection, theirs).replace(theirs, ours)


@pytest.mark.parametrize("number", range(len(OPENINGS)))
def test_a_form_that_shows_a_change_says_that_change(number: int) -> None:
    case = OPENINGS[number]
    change, form = case.drafted("shown"), FORMS[case.action]
    nodes = (NAME, *form.content(opens=True), *form.context())
    filled, said = Filled.saying(nodes, change), Change()
    filled.write(nodes, said)
    assert filled.values == inputs_of(change)
    assert said == change


def test_every_change_of_the_contract_has_a_form_that_is_tried() -> None:
    changes = {each.name for each in Change.DESCRIPTOR.oneofs_by_name["change"].fields}
    assert {form.change for form in FORMS.values()} == changes
    assert {case.action for case in OPENINGS + CHANGES} == FORMS.keys()


# What a form says of itself, and what it finds out.
FOUND_OUT = {
    "Amended.update_mask",
    "Amended.added",
    "Amended.removed",
    "Corrected.update_mask",
    "Corrected.corrected_version",
    "Retracted.retracted_version",
    "Retracted.retracted_versions",
    "ChangeContext.request_id",
    "ChangeContext.expected_version",
    "ChangeContext.validate_only",
}


def test_every_field_of_the_contract_is_asked_for() -> None:
    missing = set()
    for message in messages():
        asked = {said.name for said in FIELDS.get(message.name, ())}
        for each in message.fields:
            one = each.containing_oneof
            name = one.name if one and not one.name.startswith("_") else each.name
            missing |= {f"{message.name}.{each.name}"} if name not in asked else set()
    assert missing == FOUND_OUT


def messages() -> Iterator[Descriptor]:
    """The messages that a change is made of, but for days and times and what a form finds out."""
    seen: set[str] = set()
    new: list[Descriptor] = [ChangeContext.DESCRIPTOR]
    for each in Change.DESCRIPTOR.oneofs_by_name["change"].fields:
        assert each.message_type is not None
        new.append(each.message_type)
    while new:
        message = new.pop()
        is_plain = message.file.package != "chancery.v1" or message.name in ("Date", "DetailItems")
        if is_plain or message.name in seen:
            continue
        seen.add(message.name)
        yield message
        new += [each.message_type for each in message.fields if each.message_type is not None]
