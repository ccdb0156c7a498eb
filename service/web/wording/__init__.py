"""The case in words: pure functions from values of the contract to text.

Whatever may hold somebody's own words is ``Markup``: those words are escaped, stand between
quotation marks, and keep their direction of writing to themselves. ``plain`` makes text of it.
All else, such as a day, is text. No function asks a clock: the moment comes in.

The command line says some of this too (``service/cli/draw``), and shares nothing with it: it
writes one line for a terminal from the messages as they came, with codes and names of fields as
scripts have them, where this writes prose for a page.
"""

from service.web.wording.basis import basis, link, who
from service.web.wording.countries import country, country_code, in_prose
from service.web.wording.dates import (
    age,
    ago,
    clock,
    day,
    instant,
    is_overdue,
    moment,
    overdue_days,
    short_day,
    short_when,
    span,
    when,
)
from service.web.wording.fields import differing, path, value
from service.web.wording.headline import brief, headline, label
from service.web.wording.numbers import count, listed, number, plural
from service.web.wording.people import guest_of, host_of, person, place, route
from service.web.wording.sentence import disagreements, sentence
from service.web.wording.statement import notes, said, stance, verb, voice
from service.web.wording.text import QUOTED, plain, quoted, unbroken
from service.web.wording.windows import given, short_window, window
from service.web.wording.words import (
    ACTIONS,
    action,
    attribution,
    change_word,
    kind,
    relation,
    status,
)

__all__ = [
    "ACTIONS",
    "QUOTED",
    "action",
    "age",
    "ago",
    "attribution",
    "basis",
    "brief",
    "change_word",
    "clock",
    "count",
    "country",
    "country_code",
    "day",
    "differing",
    "disagreements",
    "given",
    "guest_of",
    "headline",
    "host_of",
    "in_prose",
    "instant",
    "is_overdue",
    "kind",
    "label",
    "link",
    "listed",
    "moment",
    "notes",
    "number",
    "overdue_days",
    "path",
    "person",
    "place",
    "plain",
    "plural",
    "quoted",
    "relation",
    "route",
    "said",
    "sentence",
    "short_day",
    "short_when",
    "short_window",
    "span",
    "stance",
    "status",
    "unbroken",
    "value",
    "verb",
    "voice",
    "when",
    "who",
    "window",
]
