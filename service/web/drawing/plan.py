"""What a timeline shows: all that is read from a history before anything is drawn."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from chancery.client import Event, Visit
from service.web.drawing.folding import folded
from service.web.drawing.form import Form
from service.web.drawing.rows import Row, rows_of
from service.web.drawing.scale import Scale
from service.web.drawing.story import Spoken, Story, story_of
from service.web.drawing.windows import extent


@dataclass(frozen=True)
class Plan:
    """What the timeline of a visit and its key show, in whatever form.

    ``is_past``: its last day is one that was asked about. Without events it is empty.
    """

    story: Story
    marks: tuple[Spoken, ...]
    rows: tuple[Row, ...]
    is_past: bool

    @property
    def has_end(self) -> bool:
        """Whether a line says where it ends, today or the day asked."""
        return self.is_past or not self.story.is_over

    def rows_in(self, form: Form) -> tuple[Row, ...]:
        """The rows of days; the narrow form leaves out those that somebody merely names."""
        if form.is_narrow:
            return tuple(row for row in self.rows if row.fate != "claim")
        return self.rows

    def scale_in(self, form: Form) -> Scale:
        """The scale, with every day on which something is drawn."""
        return Scale(self._keys(form), form.left, form.right, form.day, form.cut)

    def _keys(self, form: Form) -> Iterator[int]:
        if self.has_end:
            yield from (self.story.end, self.story.end + 1)
        if self.story.disputed is not None:
            yield self.story.disputed
        for one in self.marks:
            yield from (one.known.first, one.known.last, one.effective.first, one.effective.last)
        for row in self.rows_in(form):
            yield row.known
            yield from extent(row) or ()


def plan_of(
    visit: Visit | None, events: Iterable[Event], until: date, *, is_past: bool = False
) -> Plan:
    """What to draw of a visit, for ``timeline`` and ``timeline_key``.

    ``events`` is its history, in any order: what ``connection.history(visit)`` gives, which says
    what was retracted and corrected. ``visit`` is the visit at the same moment; None if it was
    withdrawn. The drawing ends with the day ``until``: today, or, if ``is_past``, the day by which
    all in it was known or recorded. What was in force on a day may have become known later: ask
    for that with today.
    """
    history = tuple(events)
    story = story_of(visit, history, until)
    return Plan(story, folded(story.spoken), rows_of(visit, history, story.end), is_past)
