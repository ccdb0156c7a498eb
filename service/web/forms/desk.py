"""What one form is about: a visit as it is, and perhaps an earlier change of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request

from chancery.client.errors import VisitWithdrawn
from chancery.client.event import Corrected, Event, Retracted
from chancery.client.visit import Visit
from chancery.v1.desk_service_pb2 import Change
from service.web.forms import edits
from service.web.forms.described import Said
from service.web.forms.fields import Leaf, Node
from service.web.forms.filled import Filled
from service.web.forms.forms import FORMS, NAME, OPENINGS, Form, only
from service.web.page import Page

OFFICER = Leaf(
    "officer",
    Said(
        "officer",
        "Your name",
        "Recorded with the change, not verified",
        width="half",
        missing="Give your name: it is recorded with the change",
    ),
    "line",
)
CONFIRM = Leaf(
    "confirm",
    Said(
        "confirm",
        "Take out all of them",
        missing="Say that all of these changes are to be taken out",
    ),
    "check",
)


def new_request_id() -> str:
    """A key under which one change is recorded once."""
    return str(uuid.uuid4())


@dataclass
class Desk:
    """A form for one change of a visit, or for the one that opens it.

    ``event`` is the earlier change that it is about. ``base`` says what is there to be changed,
    for forms that show it. What cannot be had is missing: then the form can still be shown.
    """

    page: Page
    form: Form
    nodes: tuple[Node, ...]
    """The fields of the contract's message."""
    visit: Visit | None = None
    event: Event | None = None
    base: Change | None = None
    paths: Sequence[str] = ()
    version: int | None = None
    position: int = 0
    history: tuple[Event, ...] = ()
    taken_out: tuple[Event, ...] = ()
    request_id: str = field(default_factory=new_request_id)

    @property
    def opens(self) -> bool:
        """Whether the change opens a visit."""
        return "id" not in self.page.request.path_params

    @property
    def visit_id(self) -> str:
        """The visit, as the address has it."""
        return str(self.page.request.path_params.get("id", ""))

    @property
    def is_allowed(self) -> bool:
        """Whether the visit's status allows the change; what is not about it is always allowed."""
        table = ("completed", *(form.word for form in OPENINGS))
        if self.visit is None or self.form.word not in table:
            return True
        return self.form.word in self.visit.allowed_changes

    @property
    def own(self) -> tuple[Leaf, ...]:
        """The inputs that the contract does not have."""
        info, several = self.page.info, len(self.taken_out) > 1
        asks_name = info is None or not info.callers_known
        return (*((OFFICER,) if asks_name else ()), *((CONFIRM,) if several else ()))

    def filled(self) -> Filled:
        """The form as it is at first: with what is there to be changed."""
        said = Filled.saying(self.nodes, self.base) if self.base else Filled(self.nodes)
        said.nodes = (*said.nodes, *self.own)
        return said

    @classmethod
    def blind(cls, page: Page) -> "Desk":
        """The form alone, where the server tells nothing of the visit."""
        form, opens = form_of(page.request), "id" not in page.request.path_params
        nodes = (*form.content(opens=opens), *form.context())
        return cls(page, form, (NAME, *nodes) if opens else nodes)

    @classmethod
    async def at(cls, page: Page, position: int = 0, version: int | None = None) -> "Desk":
        """The form for what its address names.

        ``version`` and ``position`` are the visit's as it was when the form was shown, and 0 or
        None if it is shown now.

        :raises ChanceryError: there is no such visit, or the server does not answer.
        :raises HTTPException: there is no such change.
        """
        desk = cls.blind(page)
        if desk.opens:
            return desk
        try:
            desk.visit = await page.connection.visit(desk.visit_id)
            desk.version, desk.position = desk.visit.version, desk.visit.position
        except VisitWithdrawn:
            if desk.form.change != "retracted":
                raise
        if desk.form.change == "statement_recorded":
            desk.history = tuple(await page.connection.history(desk.visit_id))
        elif desk.form.change == "amended":
            await desk._show_facts(position)
        elif desk.form.is_about_change:
            await desk._find_change()
            if desk.form.change == "corrected":
                desk._show_change(version)
        return desk

    async def _show_facts(self, position: int) -> None:
        seen = self.visit
        if position and seen is not None and position != seen.position:
            seen = await self.page.connection.visit(self.visit_id, position=position)
        assert seen is not None
        self._begin_with(edits.amendable(seen.message))
        assert self.base is not None
        self.base.amended.CopyFrom(edits.facts(seen.message))

    async def _find_change(self) -> None:
        """Find the change that the address names; for a correction's, the one that it corrects."""
        name = self.visit.name if self.visit else self.visit_id
        self.history = tuple(await self.page.connection.history(name))
        self.version = self.history[-1].version
        asked = self.page.request.query_params.get("change", "")
        found = [each for each in self.history if str(each.version) == asked]
        if not found:
            raise HTTPException(
                404, f"This visit has no change {asked[:10] or 'without a number'}."
            )
        self.event = found[0]
        if self.form.change == "corrected" and isinstance(self.event.change, Corrected):
            self.event = self.history[self.event.change.corrected_version - 1]

    def _show_change(self, version: int | None) -> None:
        """Begin with what the change says, as the visit's history up to a version has it."""
        assert self.event is not None
        until = version if version is not None else self.version or 0
        right = [self.history[number - 1] for number in self.event.corrected_by if number <= until]
        self._begin_with(edits.correctable(self.event))
        assert self.base is not None
        self.base.corrected.CopyFrom(edits.said_by(self.event, right))

    def _begin_with(self, paths: Sequence[str]) -> None:
        """Show what is there to be changed at these paths of the change, and nothing else."""
        change = self.form.change
        self.base, self.paths = Change(), paths
        content = only(self.form.content(opens=False), [f"{change}.{path}" for path in paths])
        self.nodes = (*content, *self.form.context())

    def why_not(self) -> str:
        """Why the change that the form is about cannot be corrected; empty if it can."""
        event = self.event
        if event is None or self.form.change != "corrected":
            return ""
        if event.retracted_by:
            return f"Change {event.version} was taken back by change {event.retracted_by}."
        if isinstance(event.change, Retracted):
            return f"Change {event.version} takes others back. Undo that instead."
        return ""


def form_of(request: Request) -> Form:
    """The form that an address names.

    :raises HTTPException: there is none.
    """
    if "id" in request.path_params:
        return FORMS[request.url.path.rpartition("/")[2]]
    form = FORMS.get(request.query_params.get("change", ""))
    if form not in OPENINGS:
        raise HTTPException(404, "There is no such form. Choose among those that open a visit.")
    return form
