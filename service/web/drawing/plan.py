"""What a timeline shows, and on which scale: all that is decided before anything is drawn."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from chancery.client import Event, Visit
from service.web.drawing.folding import folded
from service.web.drawing.form import Form, form_of
from service.web.drawing.rows import Row, rows_of
from service.web.drawing.scale import Scale
from service.web.drawing.story import Spoken, Story, story_of
from service.web.drawing.windows import extent


@dataclass(frozen=True)
class Plan:
    """The parts of a timeline. ``has_end``: a line says where it ends, today or the day asked."""

    form: Form
    story: Story
    marks: tuple[Spoken, ...]
    rows: tuple[Row, ...]
    has_end: bool

    @cached_property
    def scale(self) -> Scale:
        """The scale, with every day on which something is drawn."""
        form = self.form
        return Scale(self._keys(), form.left, form.right, form.day, form.cut)

    @property
    def begins(self) -> tuple[int, ...]:
        """The days on which windows begin that were not made exact."""
        days = (extent(row) for row in self.rows if row.fate != "exact")
        return tuple(each[0] for each in days if each)

    def _keys(self) -> Iterator[int]:
        if self.has_end:
            yield from (self.story.end, self.story.end + 1)
        if self.story.disputed is not None:
            yield self.story.disputed
        for one in self.marks:
            yield from (one.known.first, one.known.last, one.effective.first, one.effective.last)
        for row in self.rows:
            yield row.known
            yield from extent(row) or ()


def plan_of(
    visit: Visit | None, events: Iterable[Event], until: date, is_past: bool, width: int
) -> Plan | None:
    """The plan of a timeline, see there; None if there is no event.

    The narrow one leaves out the days that somebody merely names.
    """
    history = tuple(events)
    if not history:
        return None
    form, story = form_of(width), story_of(visit, history, until)
    rows = rows_of(visit, history, story.end)
    if form.is_narrow:
        rows = tuple(row for row in rows if row.fate != "claim")
    return Plan(form, story, folded(story.spoken), rows, is_past or not story.is_over)
