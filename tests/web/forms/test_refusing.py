"""What a form says where a change is not recorded, or not again."""

import re

import httpx
import pytest

from chancery.client import Connection
from chancery.client.details import Basis, Window
from service.web.forms.fields import leaves
from service.web.forms.forms import FORMS, OPENINGS
from tests.web.forms.filling import Inputs, filled, notice, opened, plan, problems, sent


async def test_what_the_status_does_not_allow_shows_what_it_does(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "illegal")
    sends = await filled(desk, f"{address}/postpone", {})
    connection.cancel("illegal", known="2023-02-03")
    shown = await desk.get(f"{address}/postpone")
    raced = await desk.post(f"{address}/postpone", data={**sends, "context.expected_version": "2"})
    for answer in (shown, raced):
        assert answer.status_code == 409
        for action in ("defer", "reschedule", "complete"):
            assert f'href="{address}/{action}"' in answer.text
        assert f'href="{address}/cancel"' not in answer.text
    assert "cancelled" in notice(shown.text)


async def test_a_form_is_open_just_where_the_visit_says_so(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "just")
    allowed = connection.visit("just").allowed_changes
    for form in FORMS.values():
        answer = await desk.get(f"{address}/{form.action}?change=1")
        is_open = form.word in allowed or form.action in ("state", "amend", "correct", "retract")
        assert answer.status_code == (200 if is_open else 409), form.action


# What is nothing of the kind, by the kind of input, and what is then said.
WRONG = {
    "day": ("2023-02-30", "There is no 2023-02-30"),
    "when": ("soon", "“soon” is no time"),
    "number": ("-3", "“-3” is no number"),
    "choice": ("<b>", "Choose "),
    "radios": ("both", "Choose "),
}


@pytest.mark.parametrize("action", [form.action for form in OPENINGS])
async def test_each_input_that_is_nothing_of_its_kind_is_told_so_beside_it(
    desk: httpx.AsyncClient, action: str
) -> None:
    form = FORMS[action]
    nodes = (*form.content(opens=True), *form.context())
    rows = ("context.basis[0]", "context.sources[0]")
    more = [f"{form.change}.details.{name}[0]" for name in ("destinations", "related")]
    every = list(leaves(nodes, [*rows, *more, f"{form.change}.details.host.counterparts[0]"]))
    wrong = {leaf.path: WRONG[leaf.kind] for leaf in every if leaf.kind in WRONG}
    answer = await sent(
        desk, f"/visits/new?change={action}", {path: text for path, (text, _) in wrong.items()}
    )
    assert answer.status_code == 422
    told = problems(answer.text)
    form_shown = Inputs(answer.text)
    for path, (text, said) in wrong.items():
        input_id = "f-" + re.sub(r"\W+", "-", path)
        assert said in told[input_id].replace("&lt;b&gt;", "<b>"), path
        if text not in ("<b>", "both"):
            assert form_shown.values[path] == text
    assert "Problem: " in answer.text
    assert "Say who travels" in answer.text  # the server's words, in the same round


async def test_what_the_server_says_of_a_field_is_told_beside_the_field(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "fields") + "/state"
    statement, basis = "statement_recorded.statement", "context.basis[1]"
    says = {
        f"{statement}.kind": "deny",
        f"{statement}.side": "host",
        f"{statement}.country": "UK",
        f"{statement}.claimed_window.approximate": "1",
        f"{statement}.condition.speaker": "x",
        "context.basis[0].side": "desk",
        f"{basis}.speaker": "White House",
        f"{basis}.url": "javascript:alert(1)",
        "context.known": "2999",
    }
    answer = await sent(desk, address, says)
    assert answer.status_code == 422
    told = problems(answer.text)
    assert "write GB" in told["f-statement_recorded-statement-country"]
    assert told["f-statement_recorded-statement-condition-text"].startswith("Give the words")
    assert told["f-context-basis-1-side"].startswith("Say who speaks")
    assert told["f-context-basis-1-attribution"] == "Say in what form it was said"
    assert "f-context-basis-1-url" in told
    assert "f-statement_recorded-statement-claimed_window-start" in told
    assert Inputs(answer.text).values.items() >= says.items()
    assert connection.visit("fields").version == 1


async def test_a_change_that_the_case_has_overtaken_is_not_asked_for_again(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "overtaken")
    sends = await filled(desk, f"{address}/postpone", {"context.reason": "flu"})
    connection.cancel("overtaken", known="2023-02-03")
    answer = await desk.post(f"{address}/postpone", data=sends)
    told = notice(answer.text)
    assert "The visit is cancelled. “Put off” is not open to it. Record what holds now" in told
    assert "send the form again" not in told
    assert Inputs(answer.text).values["context.reason"] == "flu"


async def test_what_the_form_lacks_is_no_question_of_what_the_status_allows(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "lacking")
    connection.reschedule("lacking", window=Window(as_stated="in spring"), known="2023-02-03")
    told = notice((await sent(desk, f"{address}/complete", {})).text)
    assert "say when it was held" in told
    assert "Allowed while" not in told


async def test_a_row_that_was_left_empty_is_passed_over(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "rows") + "/cancel"
    said = {"side": "guest", "speaker": "Ned Price", "attribution": "on the record"}
    says = {f"context.basis[1].{name}": text for name, text in said.items()}
    sends = await filled(desk, address, {"context.basis[0].outlet": "Reuters", **says})
    assert (await desk.post(address, data={**sends, "context.basis[0].outlet": ""})).is_redirect
    assert connection.history("rows")[-1].basis == (Basis("guest", "on the record", "Ned Price"),)


async def test_a_name_is_asked_for_and_remembered_where_nobody_is_known(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "named") + "/cancel"
    nameless = await sent(desk, address, {"officer": ""})
    assert problems(nameless.text) == {
        "f-officer": "Give your name: it is recorded with the change"
    }
    strange = await sent(desk, address, {"officer": "a:b\u202e"})
    assert "f-officer" in problems(strange.text)
    assert (await sent(desk, address, {"officer": "王毅"})).status_code == 303
    assert connection.history("named")[-1].actor == "unverified:王毅"
    assert (await opened(desk, f"{address[:-7]}/state")).values["officer"] == "王毅"
    again = await sent(desk, f"{address[:-7]}/amend", {"officer": ""})
    assert "f-officer" in problems(again.text), "the cookie only fills in the field"


async def test_a_retraction_tells_all_that_it_takes_out_and_asks(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "retracted")
    connection.postpone("retracted", known="2023-02-03", reason="first")
    connection.reschedule("retracted", window="2023-06", known="2023-06-01")
    page = (await desk.get(f"{address}/retract?change=2")).text
    assert "This takes out 2 changes: 2, 3" in page
    unasked = await sent(desk, f"{address}/retract?change=2", {})
    assert unasked.status_code == 422
    assert list(problems(unasked.text)) == ["f-confirm"]
    assert connection.visit("retracted").version == 3
    done = await sent(desk, f"{address}/retract?change=2", {"confirm": "1"})
    assert done.status_code == 303
    assert connection.visit("retracted").status == "scheduled"
    undo = (await desk.get(f"{address}/retract?change=4")).text
    assert "It brings back what that took out" in undo
    assert (await sent(desk, f"{address}/retract?change=4", {})).status_code == 303
    assert connection.visit("retracted").status == "rescheduled"
    twice = await desk.get(f"{address}/retract?change=4")
    assert twice.status_code == 409


async def test_a_visit_that_was_withdrawn_can_be_brought_back_and_merged(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    plan(connection, "stays")
    address = plan(connection, "duplicate") + "/retract?change="
    done = await sent(desk, f"{address}1", {"retracted.merged_into": "stays"})
    assert done.status_code == 303
    assert connection.history("duplicate")[-1].change.merged_into == "visits/stays"  # type: ignore
    page = (await desk.get("/visits/duplicate")).text
    assert 'href="/visits/duplicate/retract"' in page
    assert (await opened(desk, "/visits/new?change=defer&id=duplicate")).values[
        "name"
    ] == "duplicate"
    assert (await sent(desk, f"{address}2", {})).status_code == 303
    assert connection.visit("duplicate").status == "scheduled"


async def test_a_change_that_cannot_be_corrected_says_why(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "corrected")
    connection.postpone("corrected", known="2023-02-03")
    connection.retract("corrected", 2)
    for change, why in (("2", "was taken back by change 3"), ("3", "Undo that instead")):
        answer = await desk.get(f"{address}/correct?change={change}")
        assert answer.status_code == 409
        assert why in notice(answer.text)
    same = await sent(desk, f"{address}/correct?change=1", {})
    assert same.status_code == 422
    assert "Nothing is changed" in notice(same.text)
    for change in ("9", "x", "01"):
        assert (await desk.get(f"{address}/correct?change={change}")).status_code == 404


async def test_without_a_number_one_chooses_among_the_changes_that_it_can_be(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "chosen")
    connection.postpone("chosen", known="2023-02-03")
    connection.retract("chosen", 2)
    for action, versions in (("correct", ["1"]), ("retract", ["3", "1"])):
        page = (await desk.get(f"{address}/{action}")).text
        assert re.findall(rf'href="{address}/{action}\?change=(\d)"', page) == versions


async def test_an_id_or_alias_that_is_taken_leads_to_the_visit_that_has_it(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    plan(connection, "taken", aliases=["the taken one"])
    says = {"scheduled.details.title": "x", "scheduled.details.principal.name": "y"}
    for more in ({"name": "taken"}, {"scheduled.details.aliases": "The Taken one"}):
        answer = await sent(desk, "/visits/new?change=schedule", {**says, **more})
        assert answer.status_code == 409
        assert 'href="/visits/taken"' in answer.text
        assert Inputs(answer.text).values.items() >= {**says, **more}.items()


async def test_every_label_hint_and_link_of_a_form_leads_to_something_there_is_once(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "labelled")
    pages = [await desk.get(f"{address}/{action}?change=1") for action in FORMS]
    pages.append(await sent(desk, f"{address}/cancel", {"context.basis[0].quote": "x"}))
    pages += [await desk.get(f"/visits/new?change={form.action}") for form in OPENINGS]
    for answer in pages:
        ids = re.findall(r' id="([^"]+)"', answer.text)
        assert len(ids) == len(set(ids))
        named = " ".join(re.findall(r' (?:for|aria-\w+by)="([^"]+)"', answer.text))
        assert set(named.split()) <= set(ids)
        assert set(re.findall(r'href="#([^"]+)"', answer.text)) <= set(ids)


async def test_an_alias_leads_to_the_form_of_its_visit(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    plan(connection, "aliased", aliases=["other-name"])
    answer = await desk.get("/visits/other-name/state?about=1")
    assert answer.headers["location"] == "/visits/aliased/state?about=1"
    form = await opened(desk, "/visits/aliased/state?about=1")
    assert form.values["statement_recorded.statement.about_version"] == "1"


async def test_forms_record_as_things_stand_now(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "then")
    answer = await desk.get(f"{address}/postpone?known=2023-02-01")
    assert answer.status_code == 400
    assert "go back to now" in answer.text
    assert (await desk.get(f"{address}/nothing")).status_code == 404
    assert (await desk.get("/visits/no-such/postpone")).status_code == 404
