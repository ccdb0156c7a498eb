"""What a form says above its fields: why nothing was recorded, or perhaps nothing."""

from dataclasses import dataclass

from chancery.client.errors import (
    AliasTaken,
    ChanceryError,
    Exhausted,
    NotAuthenticated,
    NotFound,
    Refused,
    RequestIdReused,
    VersionMismatch,
    VisitExists,
)
from chancery.client.words import ChangeWord
from service.web.forms.desk import Desk
from service.web.forms.forms import BY_WORD
from service.web.problems import HTTP_STATUS
from service.web.wording import action


@dataclass(frozen=True)
class Notice:
    """What is said: in a few words, in a sentence or two, and where to go from here.

    ``status`` is that of HTTP. ``links`` are texts and addresses.
    """

    heading: str
    text: str
    status: int
    links: tuple[tuple[str, str], ...] = ()
    before: str = ""


def notice_of(error: ChanceryError, desk: Desk) -> Notice:
    """What to say of a change that was not recorded, or perhaps was.

    :raises ChanceryError: the form has nothing to say of that.
    """
    if isinstance(error, VersionMismatch | Refused) and not isinstance(error, RequestIdReused):
        return _with_allowed(_refused(error, desk), desk)
    if isinstance(error, RequestIdReused | VisitExists | AliasTaken):
        return _taken(error)
    return _failed(error)


def _refused(error: VersionMismatch | Refused, desk: Desk) -> Notice:
    """What the visit does not allow as it is now."""
    if isinstance(error, VersionMismatch):
        text = "While you wrote, somebody else recorded a change. What you wrote is kept. "
        if desk.is_allowed:
            text += "Look at the case as it is now, and send the form again if it still holds."
        else:
            text += f"{_not_open(desk)} Record what holds now instead."
        return Notice("Not recorded: the case has changed", text, 409)
    return Notice("Not recorded", f"{_capital(error.details())}.", 409)


def _taken(error: RequestIdReused | VisitExists | AliasTaken) -> Notice:
    """What is taken: the key of the form, an id, or an alias."""
    if isinstance(error, RequestIdReused):
        text = (
            f"This form was recorded already, as change {error.version}, with other words. If what "
            "it says now is another change, send it again."
        )
        return Notice("Recorded before", text, 409)
    if isinstance(error, AliasTaken):
        text = f"Another visit goes by “{error.alias}”. Choose another alias or id."
    else:
        text = "There is a visit of that id. Record the change there, or choose another id."
    link = error.visit.removeprefix("visits/"), f"/{error.visit}"
    return Notice("Not recorded", text, 409, (link,), "That visit")


def _failed(error: ChanceryError) -> Notice:
    """What has to do with the form only in that it has to be sent again.

    :raises ChanceryError: it is nothing of the kind.
    """
    status, said = HTTP_STATUS.get(error.code(), 500), _capital(error.details())
    if isinstance(error, NotAuthenticated):
        text = (
            "You are no longer signed in. What you wrote is kept: sign in by the link, in another "
            "tab, and then send this form again."
        )
        return Notice("Not recorded", text, status, (("Sign in", "/sign-in"),))
    if isinstance(error, NotFound):
        return Notice("Not recorded", f"{said}. What you wrote is kept.", status)
    if isinstance(error, Exhausted):
        return Notice("Not recorded", f"{said}. What you wrote is kept: send it later.", status)
    if error.is_in_doubt:
        text = (
            "The service did not answer, so it is not known whether this was recorded. What you "
            "wrote is kept. Send it again: it is recorded only once."
        )
        return Notice("No answer", text, status)
    raise error


def not_open(desk: Desk) -> Notice:
    """What to say where the status of a visit does not allow the change."""
    return _with_allowed(Notice("Not from here", _not_open(desk), 409), desk)


def _not_open(desk: Desk) -> str:
    assert desk.visit is not None
    wanted = action(desk.form.word).capitalize()
    return f"The visit is {desk.visit.status}. “{wanted}” is not open to it."


def _with_allowed(notice: Notice, desk: Desk) -> Notice:
    """The same, with links to what the visit's status allows, if it does not allow this."""
    visit = desk.visit
    if visit is None or desk.is_allowed:
        return notice
    links = tuple(links_to(desk.visit_id, visit.allowed_changes))
    before = f"Allowed while it is {visit.status}" if links else "Its status allows no other"
    return Notice(notice.heading, notice.text, notice.status, links, before)


def links_to(visit_id: str, words: tuple[ChangeWord, ...]) -> list[tuple[str, str]]:
    """The forms of some changes of a visit, by what one does."""
    return [
        (action(word), f"/visits/{visit_id}/{BY_WORD[word].action}")
        for word in words
        if word in BY_WORD
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")
