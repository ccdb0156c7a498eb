"""What people type into a form, and what it is taken for."""

from datetime import UTC, date, datetime

import httpx

from chancery.client import Connection
from chancery.client.details import Window
from tests.web.forms.filling import Inputs, plan, problems, sent


async def test_days_and_times_are_taken_as_people_type_them(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "typed") + "/reschedule"
    says = {
        "rescheduled.window.start": "7.3.2023",
        "rescheduled.window.end": "8 March 2023",
        "context.known": "3 Feb 2023 14:30",
        "context.effective": "February 2023",
    }
    answer = await sent(desk, address, {**says, "context.known": "3/2/2023"})
    told = problems(answer.text)["f-context-known"]
    assert "can be 3 February 2023 or 2 March 2023" in told
    assert Inputs(answer.text).values.items() >= {**says, "context.known": "3/2/2023"}.items()
    assert (await sent(desk, address, says)).status_code == 303
    visit = connection.visit("typed")
    assert visit.window == Window(date(2023, 3, 7), date(2023, 3, 8))
    assert visit.known_time == datetime(2023, 2, 3, 14, 30, tzinfo=UTC)
    assert visit.effective_period == "2023-02"


async def test_a_statement_is_about_a_change_that_is_chosen_from_a_list(
    desk: httpx.AsyncClient, connection: Connection
) -> None:
    address = plan(connection, "about")
    connection.postpone("about", known="2023-02-03")
    page = await desk.get(f"{address}/state?about=2")
    chosen, other = '<option value="2" selected>2: Put off', '<option value="1">1: Planned for'
    assert page.text.index(chosen) < page.text.index(other)
    field = "statement_recorded.statement.about_version"
    answer = await sent(desk, f"{address}/state", {field: "99"})
    assert '<option value="99" selected>change 99</option>' in answer.text


async def test_a_country_may_be_named(desk: httpx.AsyncClient, connection: Connection) -> None:
    details = "scheduled.details"
    says = {
        "name": "countries",
        f"{details}.title": "Countries",
        f"{details}.principal.name": "Somebody",
        f"{details}.principal.country": "germany",
        f"{details}.host.country": "cn",
    }
    address = "/visits/new?change=schedule"
    strange = await sent(desk, address, {**says, f"{details}.host.country": "Atlantis"})
    assert "not the code of a country" in problems(strange.text)[
        "f-scheduled-details-host-country"
    ].replace("&#39;", "'")
    assert (await sent(desk, address, says)).status_code == 303
    visit = connection.visit("countries")
    assert visit.details.principal is not None
    assert visit.details.host is not None
    assert (visit.details.principal.country, visit.details.host.country) == ("DE", "CN")


async def test_an_id_is_refused_as_the_form_asks_for_it(desk: httpx.AsyncClient) -> None:
    says = {"name": "A visit", "scheduled.details.title": "A visit"}
    told = problems((await sent(desk, "/visits/new?change=schedule", says)).text)["f-name"]
    assert told.startswith("Id: an id has 1 to 63 characters")
