"""A form that was filled in: what it says, and what became of it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from chancery.client.answers import Recorded
from chancery.client.errors import ChanceryError, InvalidRequest, RequestIdReused, VersionMismatch
from chancery.v1.desk_service_pb2 import Change
from service.web.board import board_of
from service.web.caller import remember_name
from service.web.form_body import number
from service.web.forms import edits
from service.web.forms.desk import CONFIRM, OFFICER, Desk, new_request_id
from service.web.forms.drawn import draw
from service.web.forms.fields import leaves
from service.web.forms.filled import Filled
from service.web.forms.forms import KEYS
from service.web.forms.notices import notice_of
from service.web.forms.rebasing import rebased
from service.web.forms.retracting import look_ahead

# What a form sends beside its fields: the button.
BUTTON = "do"
INVALID = 422


@dataclass
class Sending:
    """What was sent of a form. ``values`` is by the name of the input."""

    desk: Desk
    filled: Filled
    inputs: dict[str, str]

    @classmethod
    def of(cls, desk: Desk, inputs: dict[str, str]) -> "Sending":
        """The form with what was sent.

        :raises HTTPException: it has fields that the form does not have.
        """
        filled = desk.filled()
        shown = filled.values
        filled.take({name: _unless_same(text, shown.get(name)) for name, text in inputs.items()})
        known = {leaf.path for leaf in leaves(filled.nodes, inputs)}
        known |= {*KEYS, BUTTON, OFFICER.path, CONFIRM.path}
        if strange := min((name for name in inputs.keys() - known if inputs[name]), default=""):
            raise HTTPException(400, f"The form has no field “{strange[:60]}”.")
        desk.request_id = inputs.get("context.request_id") or desk.request_id
        return cls(desk, filled, inputs)

    async def answer(self) -> Response:
        """Record what the form says, or show it again with what is wrong."""
        button, _, path = self.inputs.get(BUTTON, "").partition(":")
        if button == "more":
            self.filled.add_row(path)
            return draw(self.desk, self.filled, focus=path)
        try:
            return await self._record()
        except InvalidRequest as error:
            self._refuse(error)
            return draw(self.desk, self.filled, status=INVALID)
        except ChanceryError as error:
            return await self.failed(error)

    async def failed(self, error: ChanceryError) -> Response:
        """The form as it was written, and why it was not recorded, or perhaps was.

        :raises ChanceryError: there is nothing to be said of that beside the form.
        """
        if isinstance(error, VersionMismatch | RequestIdReused) and self.desk.page.info:
            with suppress(ChanceryError):
                await self._carry_over()
        if isinstance(error, RequestIdReused):
            self.desk.request_id = new_request_id()
        return draw(self.desk, self.filled, notice_of(error, self.desk))

    async def _carry_over(self) -> None:
        """Go on with the visit as it is now.

        :raises ChanceryError: it cannot be had.
        """
        before = self.desk
        now = await Desk.at(before.page)
        self.desk = replace(now, request_id=before.request_id)
        self.filled = rebased(self.filled, before.filled(), now.filled())

    async def _record(self) -> Response:
        """Record what the form says.

        :raises ChanceryError: the server refuses, or does not answer.
        """
        desk, filled = self.desk, self.filled
        name = filled.values.get(OFFICER.path, "")
        connection = board_of(desk.page.request).connection(desk.page.request, actor=name)
        change = self._change()
        if OFFICER in desk.own and not name:
            filled.errors[OFFICER.path] = OFFICER.said.missing
        if desk.form.change == "retracted" and not filled.errors:
            await look_ahead(desk, connection, change)
            filled.nodes = (*desk.nodes, *desk.own)
            if CONFIRM in desk.own and CONFIRM.path not in filled.values:
                filled.errors[CONFIRM.path] = CONFIRM.said.missing
        if filled.errors:
            change.context.validate_only = True
        done = await connection.record(change)
        if filled.errors:
            return draw(desk, filled, status=INVALID)
        return _done(done, name)

    def _change(self) -> Change:
        """What the form says, as far as it can be read."""
        desk, filled, said = self.desk, self.filled, Change()
        filled.write(desk.nodes, said)
        if not desk.opens:
            said.name = desk.visit.name if desk.visit else f"visits/{desk.visit_id}"
            version = number(self.inputs.get("context.expected_version"))
            if version is not None:
                said.context.expected_version = version
        said.context.request_id = desk.request_id
        content = getattr(said, desk.form.change)
        content.SetInParent()
        if desk.opens:
            content.details.SetInParent()
        if desk.event is not None and desk.form.change == "retracted":
            said.retracted.retracted_version = desk.event.version
        if desk.base is not None:
            self._only_what_differs(desk.base, said)
        return said

    def _only_what_differs(self, base: Change, said: Change) -> None:
        """Leave out of an amendment or a correction what was there before."""
        if self.desk.form.change == "amended":
            edit: Any = edits.amendment(base.amended, said.amended)
            is_edit = edit != type(edit)()
        else:
            edit = edits.correction(base.corrected, said.corrected, self.desk.paths)
            is_edit = bool(edit.update_mask.paths)
        getattr(said, self.desk.form.change).CopyFrom(edit)
        if not is_edit and not self.filled.errors:
            self.filled.errors[""] = "Nothing is changed: change what is to be another"

    def _refuse(self, error: InvalidRequest) -> None:
        """Take note of what the server says is wrong."""
        change = self.desk.form.change
        for path, problem in error.fields.items():
            for item, field in edits.ITEMS.items():
                for verb in ("added", "removed"):
                    path = path.replace(f"{change}.{verb}.{item}", f"{change}.{field}")
            self.filled.refuse(OFFICER.path if path.startswith("metadata") else path, problem)
        if not self.filled.errors:
            self.filled.errors[""] = error.details()


def _done(done: Recorded, name: str) -> Response:
    """Back to the visit, which tells what was recorded."""
    again = "&again=1" if done.replayed else ""
    address = f"/visits/{quote(done.visit.id)}?done={done.event.version}{again}"
    response = RedirectResponse(address, 303)
    if name:
        remember_name(response, name)
    return response


def _unless_same(text: str, shown: str | None) -> str:
    """What was shown, if a browser gives it back with other blanks alone."""
    return shown if shown is not None and shown.split() == text.split() else text
