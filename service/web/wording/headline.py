"""What a change did, in one sentence without its full stop."""

from collections.abc import Iterator

from markupsafe import Markup

from chancery.client import (
    Amended,
    Basis,
    Cancelled,
    Completed,
    Corrected,
    Deferred,
    DetailItems,
    Disclosed,
    Event,
    Postponed,
    Rescheduled,
    Retracted,
    Scheduled,
    StatementRecorded,
    Window,
)
from chancery.client.words import ChangeWord
from service.web.wording.fields import path, value
from service.web.wording.numbers import changes, listed
from service.web.wording.statement import said, teller, verb, voice
from service.web.wording.text import QUOTED, own, quoted
from service.web.wording.windows import given, held, window

_WITHOUT_A_DATE = Markup("Planned, without a date")
# As much of a quotation as a line bears that says a change in short.
_BRIEF = 60
_LABELS: dict[ChangeWord, str] = {
    "scheduled": "planned",
    "disclosed": "became known after it was held",
    "postponed": "put off, with no new date",
    "deferred": "left open",
    "rescheduled": "planned again",
    "completed": "took place",
    "cancelled": "called off",
    "retracted": "taken back",
    "statement recorded": "statement",
}


def headline(event: Event, before: Window | None = None, *, limit: int = QUOTED) -> Markup:
    """What a change did: ``Planned again for 18 to 19 June 2023, instead of 5 to 6 February``.

    ``before`` is the window that was planned until then, if that is known. Quotations are cut
    after ``limit`` letters; 0 is never.
    """
    match event.change:
        case Scheduled(window=days):
            return Markup("Planned {}").format(given(days)) if days else _WITHOUT_A_DATE
        case Rescheduled() as change:
            return _planned_again(change, change.window_given_up or before)
        case Disclosed(held_window=days):
            return Markup("Became known after it was held, {}").format(window(days))
        case Postponed() | Deferred() | Cancelled() as change:
            return _put_off(event.change_type, change, limit)
        case Completed(held_window=days):
            return Markup("Took place {}").format(held(days)) if days else Markup("Took place")
        case _:
            return _no_status(event, limit)


def brief(event: Event) -> Markup:
    """The same in a few words: of a statement only who does what."""
    if isinstance(event.change, StatementRecorded):
        statement = event.change.statement
        return Markup("{} {}").format(teller(statement, event.basis), verb(statement.kind))
    return headline(event, limit=_BRIEF)


def label(event: Event) -> str:
    """What a change is, without its days and values: ``the host confirms``, ``corrects change 3``.

    It stands where the list of changes is near, which says the rest.
    """
    match event.change:
        case StatementRecorded(statement=statement):
            return f"{voice(Basis(side=statement.side))} {verb(statement.kind)}"
        case Corrected(corrected_version=version):
            return f"corrects change {version}"
        case Retracted() as change:
            return f"takes back {changes(_retracted(change))}"
        case _:
            return _LABELS.get(event.change_type, event.change_type)


def _planned_again(change: Rescheduled, before: Window | None) -> Markup:
    if before is not None and window(before) == window(change.window):
        return Markup("Planned again for the same days, {}").format(window(change.window))
    instead = Markup(", instead of {}").format(window(before)) if before else ""
    return Markup("Planned again {}{}").format(given(change.window), instead)


def _put_off(word: ChangeWord, change: Postponed | Deferred | Cancelled, limit: int) -> Markup:
    condition, given_up = change.condition, change.window_given_up
    words = Markup(": {}").format(quoted(condition.text, limit)) if condition else Markup()
    told = _LABELS[word].capitalize()
    if isinstance(change, Deferred) and not words:
        words = Markup(", under no stated condition")
    before = Markup("; it was planned {}").format(given(given_up)) if given_up else ""
    return Markup("{}{}{}").format(told, words, before)


def _no_status(event: Event, limit: int) -> Markup:
    """What a change did that is no change of status."""
    match event.change:
        case StatementRecorded(statement=statement):
            return said(statement, limit, event.basis)
        case Amended() as change:
            days = change.window if "window" in change.update_mask else None
            if days is not None and len(change.update_mask) == 1:
                return Markup("Made exact: {}").format(window(days))
            return Markup("Amended: {}").format(Markup("; ").join(_amendments(change)))
        case Corrected(corrected_version=version) as change:
            told = Markup("; ").join(_values(change))
            return Markup("Change {} corrected: {}").format(version, told)
        case Retracted() as change:
            return _taken_back(change)
        case _:
            return Markup("The content of this change is not there any more")


def _taken_back(change: Retracted) -> Markup:
    told = changes(_retracted(change)).capitalize()
    if change.merged_into:
        other = own(change.merged_into.removeprefix("visits/"))
        return Markup("{} taken back: the same visit as {}").format(told, other)
    return Markup("{} taken back as entered in error").format(told)


def _retracted(change: Retracted) -> tuple[int, ...]:
    return change.retracted_versions or (change.retracted_version,)


def _amendments(change: Amended) -> Iterator[Markup]:
    yield from _values(change)
    for how, items in ("also", change.added), ("no longer", change.removed):
        for name, told in _items(items) if items else ():
            yield Markup("{} {} {}").format(name, how, told)


def _items(items: DetailItems) -> Iterator[tuple[str | Markup, Markup]]:
    """The names and texts of single items."""
    if items.aliases:
        yield "known", listed(map(own, items.aliases))
    for each in items.related:
        yield "related", value("details.related", (each,))
    if items.principal_other_names:
        yield "the guest", listed(map(own, items.principal_other_names))
    for names in (*items.counterpart_other_names, *items.city_other_names):
        yield own(names.name), listed(map(own, names.other_names))


def _values(change: Amended | Corrected) -> Iterator[Markup]:
    """The new value of each field that the mask names."""
    for masked in change.update_mask:
        content: object = change
        for name in masked.split("."):
            content = getattr(content, name, None)
        name, told = path(masked), value(masked, content)
        if told:
            yield Markup("{} {}").format(name, told)
        else:
            yield Markup("{} cleared").format(name)
