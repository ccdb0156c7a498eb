"""What becomes of a form that is sent twice, too late, or into silence."""

from typing import Any

import httpx
import pytest

from chancery.client import AsyncConnection, Connection
from chancery.client.details import Condition
from chancery.client.errors import Unavailable
from tests.web.forms.filling import Inputs, filled, notice, plan

WINDOW = {"rescheduled.window.start": "2023-06-18", "rescheduled.window.end": "2023-06-19"}


async def test_sent_twice_a_form_records_once_and_says_so(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "twice") + "/complete"
    sends = await filled(desk, address, {"completed.held_window.start": "2023-02-05"})
    first, second = [await desk.post(address, data=sends) for _ in range(2)]
    assert first.headers["location"] == "/visits/twice?done=2"
    assert second.headers["location"] == "/visits/twice?done=2&again=1"
    assert connection.visit("twice").version == 2


async def test_sent_again_with_other_words_it_asks_whether_that_is_another_change(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "reworded") + "/state"
    says = {
        "statement_recorded.statement.kind": "deny",
        "statement_recorded.statement.side": "host",
    }
    sends = await filled(desk, address, says)
    assert (await desk.post(address, data=sends)).status_code == 303
    said = {"statement_recorded.statement.text": "never"}
    again = await desk.post(address, data={**sends, **said})
    assert again.status_code == 409
    assert "recorded already, as change 2, with other words" in notice(again.text)
    form = Inputs(again.text)
    assert form.values["context.request_id"] != sends["context.request_id"]
    third = await desk.post(address, data=form.values)
    assert third.headers["location"] == "/visits/reworded?done=3"


async def test_a_lost_race_keeps_what_was_written_and_shows_the_case_as_it_is_now(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "raced") + "/reschedule"
    sends = await filled(desk, address, {**WINDOW, "context.reason": "mine"})
    connection.defer("raced", condition=Condition("when <i>conditions</i> allow", "guest"))
    lost = await desk.post(address, data=sends)
    assert lost.status_code == 409
    assert "somebody else recorded a change" in notice(lost.text)
    assert "when &lt;i&gt;conditions&lt;/i&gt; allow" in lost.text
    form = Inputs(lost.text)
    assert form.values.items() >= {**WINDOW, "context.reason": "mine"}.items()
    assert (await desk.post(address, data=form.values)).status_code == 303
    assert connection.visit("raced").status == "rescheduled"


async def test_an_amendment_that_lost_a_race_does_not_undo_the_other(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "amended", purpose="talks", aliases=["one"]) + "/amend"
    sends = await filled(desk, address, {"amended.details.title": "Mine"})
    connection.amend("amended", purpose="other talks", add_aliases=["two"])
    lost = await desk.post(address, data=sends)
    assert lost.status_code == 409
    form = Inputs(lost.text)
    assert form.values["amended.details.purpose"] == "other talks"
    assert (await desk.post(address, data=form.values)).status_code == 303
    details = connection.visit("amended").details
    assert (details.title, details.purpose) == ("Mine", "other talks")
    assert details.aliases == ("one", "two")


async def test_without_an_answer_everything_is_kept_and_sending_again_is_safe(
    desk: httpx.AsyncClient, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = plan(connection, "unanswered") + "/reschedule"
    sends = await filled(desk, address, {**WINDOW, "context.reason": "kept"})
    record, info = AsyncConnection.record, AsyncConnection.info

    async def recorded_and_lost(self: Any, change: Any) -> Any:
        await record(self, change)
        raise Unavailable("gone")

    async def silent(self: Any) -> Any:
        raise Unavailable("gone")

    for name, failing in (("record", recorded_and_lost), ("info", silent)):
        with monkeypatch.context() as patched:
            patched.setattr(AsyncConnection, name, failing)
            lost = await desk.post(address, data=sends)
        assert lost.status_code == 503
        assert "it is recorded only once" in notice(lost.text)
        form = Inputs(lost.text)
        assert form.values.items() >= sends.items() - {("position", sends["position"])}
    assert AsyncConnection.info is info
    again = await desk.post(address, data=form.values)
    assert again.headers["location"] == "/visits/unanswered?done=2&again=1"


async def test_a_visit_that_was_withdrawn_meanwhile_keeps_what_was_written(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "gone") + "/cancel"
    sends = await filled(desk, address, {"context.reason": "kept"})
    connection.retract("gone", 1)
    lost = await desk.post(address, data=sends)
    assert lost.status_code == 404
    assert "withdrawn" in notice(lost.text)
    assert Inputs(lost.text).values["context.reason"] == "kept"
