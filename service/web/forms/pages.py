"""The pages of the forms: shown, filled in, sent, and sent again."""

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chancery.client.errors import ChanceryError, NotAuthenticated, NotPermitted
from service.web import form_body
from service.web.board import board_of, with_query
from service.web.caller import end_session, name_of
from service.web.forms import edits
from service.web.forms.desk import OFFICER, Desk, form_of
from service.web.forms.drawn import draw
from service.web.forms.filled import Filled
from service.web.forms.forms import OPENINGS, Form
from service.web.forms.notices import Notice, not_open, notice_of
from service.web.forms.retracting import first_try, look_ahead
from service.web.forms.sending import Sending
from service.web.look_back import LookBack
from service.web.page import Page

# What the address of a form may say beforehand, and in which field.
GIVEN = {"id": "name", "about": "statement_recorded.statement.about_version"}


async def show(request: Request) -> Response:
    """A form, or the openings to choose from."""
    page = await Page.of(request)
    _check(page)
    if "id" not in request.path_params and "change" not in request.query_params:
        return page.draw("forms/openings.html", forms=OPENINGS, given=request.url.query)
    form = form_of(request)
    if form.is_about_change and "change" not in request.query_params:
        return await _choose(page, form)
    desk = await Desk.at(page)
    if desk.visit is not None and desk.visit.id != desk.visit_id:
        address = with_query(request, f"/{desk.visit.name}/{desk.form.action}")
        return RedirectResponse(address, 303)
    if not desk.is_allowed:
        return draw(desk, desk.filled(), not_open(desk), is_open=False)
    if why := desk.why_not():
        return draw(desk, desk.filled(), Notice("Not from here", why, 409), is_open=False)
    if desk.form.change == "retracted":
        try:
            await look_ahead(desk, page.connection, first_try(desk))
        except ChanceryError as error:
            return draw(desk, desk.filled(), notice_of(error, desk), is_open=False)
    return draw(desk, _begun(desk))


async def send(request: Request) -> Response:
    """A form that was filled in: it is recorded, or shown again with what is wrong."""
    inputs = await form_body.sent(request)
    form_of(request)
    page = Page(request, board_of(request).connection(request), LookBack())
    position, version = map(
        form_body.number, map(inputs.get, ("position", "context.expected_version"))
    )
    try:
        page = await Page.of(request)
        _check(page)
        desk = await Desk.at(page, position or 0, version)
    except NotPermitted:
        raise
    except ChanceryError as error:
        desk = replace(Desk.blind(page), version=version, position=position or 0)
        response = await Sending.of(desk, inputs).failed(error)
        if isinstance(error, NotAuthenticated):
            end_session(request, response)
        return response
    return await Sending.of(desk, inputs).answer()


async def _choose(page: Page, form: Form) -> Response:
    """The changes of a visit that the form can be about, the latest first."""
    visit_id = page.request.path_params["id"]
    history = await page.connection.history(visit_id, backwards=True)
    is_right = form.change == "corrected"
    found = [
        event
        for event in history
        if not event.retracted_by and (edits.correctable(event) or not is_right)
    ]
    return page.draw("forms/choose.html", form=form, visit_id=visit_id, events=found)


def _begun(desk: Desk) -> Filled:
    """A form with what is known before it is filled in."""
    filled, request = desk.filled(), desk.page.request
    paths = {node.path for node in desk.nodes}
    for name, path in GIVEN.items():
        if (text := request.query_params.get(name)) and path.partition(".")[0] in {
            each.partition(".")[0] for each in paths
        }:
            filled.values[path] = text[:80]
    if OFFICER in desk.own:
        filled.values[OFFICER.path] = name_of(request)
    return filled


def _check(page: Page) -> None:
    """Refuse forms to whoever may not record changes, or not as of the moment of the page.

    :raises NotAuthenticated: nobody is signed in.
    :raises HTTPException: why.
    """
    if page.may_record:
        return
    assert page.info is not None
    if page.info.callers_known and not page.info.caller:
        raise NotAuthenticated
    if page.look:
        raise HTTPException(400, "Changes are recorded as the case stands now: go back to now.")
    if page.info.read_only:
        raise HTTPException(403, "This server only reads. Ask one that records changes.")
    role = page.info.caller_role or "caller without a role"
    raise HTTPException(403, f"As {role} you may read here, and record nothing.")
