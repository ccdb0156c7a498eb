"""How a form is drawn: what its template needs."""

import re

from starlette.responses import Response

from service.web.forms.contents import choices
from service.web.forms.desk import CONFIRM, OFFICER, Desk
from service.web.forms.fields import Group, Leaf, Rows
from service.web.forms.filled import Filled
from service.web.forms.forms import Section, sections
from service.web.forms.notices import Notice
from service.web.forms.retracting import brought_back
from service.web.page import templates
from service.web.wording import brief, guest_of, host_of, plain

SIDES = {"guest": "", "host": "", "third": "another state", "press": "", "desk": "we ourselves"}


def draw(
    desk: Desk,
    filled: Filled,
    notice: Notice | None = None,
    *,
    status: int = 200,
    focus: str = "",
    is_open: bool = True,
) -> Response:
    """The form with what stands in it. Without ``is_open`` only the notice, and where to go."""
    sides = dict(SIDES)
    if desk.visit is not None:
        sides |= {"guest": guest_of(desk.visit), "host": host_of(desk.visit)}
    return desk.page.draw(
        "forms/form.html",
        notice.status if notice else status,
        desk=desk,
        filled=filled,
        parts=_parts(desk, filled),
        problems=filled.in_order(),
        notice=notice,
        focus=focus,
        is_open=is_open,
        sides=sides,
        earlier=_earlier(desk),
        back=brought_back(desk),
        officer=OFFICER if OFFICER in desk.own else None,
        confirm=CONFIRM if CONFIRM in desk.own else None,
    )


def _earlier(desk: Desk) -> list[tuple[str, str]]:
    """The changes that a statement can be about, the latest first: the number, and what to show."""
    return [
        (str(event.version), f"{event.version}: {plain(brief(event))}")
        for event in reversed(desk.history)
        if not event.retracted_by
    ]


def _parts(desk: Desk, filled: Filled) -> list[Section]:
    """The parts of the form. Only of a visit that is withdrawn another one can stay."""
    parts = list(sections(desk.form, desk.nodes))
    opened = any(getattr(each.change, "details", None) for each in desk.taken_out)
    if desk.form.change != "retracted" or opened:
        return parts
    own = (node for node in desk.nodes if not node.path.startswith("context."))
    unused = [node for node in own if not filled.is_used([node])]
    return [part for part in parts if not set(part.nodes) & set(unused)]


def id_of(path: str) -> str:
    """The id of the input at a path, which an address can have behind its #."""
    return "f-" + re.sub(r"\W+", "-", path).strip("-")


def kind_of(node: Leaf | Group | Rows) -> str:
    """Which macro draws a node."""
    return node.kind if isinstance(node, Leaf) else type(node).__name__.lower()


templates.globals.update(id_of=id_of, kind_of=kind_of, choices=choices)
