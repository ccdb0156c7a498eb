"""How each field of the contract's messages is asked for, wherever a form has such a message."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "line",
    "text",
    "lines",
    "choice",
    "radios",
    "check",
    "number",
    "change",
    "country",
    "day",
    "when",
    "visit",
]


@dataclass(frozen=True)
class Said:
    """How one field of a message is asked for.

    ``name`` is the contract's. ``missing`` is said if the field is required and was left empty.
    ``is_more`` folds it away until it is used. Of a list of messages, ``label`` is that of one.
    """

    name: str
    label: str
    hint: str = ""
    kind: Kind | None = None
    width: Literal["short", "half", "full"] = "full"
    missing: str = ""
    is_more: bool = False

    @property
    def is_optional(self) -> bool:
        """Whether it may be left empty."""
        return not self.missing


_CODE = "As Argentina, or AR"
_OFFICE = Said("office", "Office", "The office held at that time", width="half")
_COUNTRY = Said("country", "Country", _CODE, "country", width="short")
_ORGANISATION = Said("organisation", "Organisation", "If it is not a state", width="half")
_OTHER_NAMES = Said(
    "other_names", "Other names", "Other spellings and scripts, one on a line", is_more=True
)
_DAYS = "Say when: the days, or the phrase as it was said"
_SIDE = "Say who speaks: guest, host, third, press or desk"

# The fields of each message, in the order in which they are asked for.
FIELDS: dict[str, tuple[Said, ...]] = {
    "Window": (
        Said("start", "First day", "As 7 Dec 2026", width="short", missing=_DAYS),
        Said("end", "Last day", "Empty if it is open", width="short"),
        Said(
            "as_stated",
            "The phrase as it was said",
            "If no days were named: “this month”, “early next year”. "
            "Then the days are your estimate",
        ),
        Said("approximate", "The days are an estimate"),
    ),
    "Principal": (
        Said("name", "Name", missing="Say who travels"),
        _OFFICE,
        _COUNTRY,
        _ORGANISATION,
        _OTHER_NAMES,
    ),
    "Host": (
        _COUNTRY,
        _ORGANISATION,
        Said("counterparts", "Counterpart", "Whom the principal expects to meet", is_more=True),
    ),
    "Counterpart": (
        Said("name", "Name", missing="Give the counterpart's name", width="half"),
        _OFFICE,
        Said("country", "Country", "If it is not the host's", "country", width="short"),
        _OTHER_NAMES,
    ),
    "Place": (
        Said("city", "City", width="half"),
        _COUNTRY,
        Said("other_names", "Other names of the city", "As “Kiev”, one on a line", is_more=True),
    ),
    "RelatedVisit": (
        Said("relation", "This visit", missing="Say how it is related", width="half"),
        Said(
            "name",
            "The other visit",
            "Its id",
            kind="visit",
            width="half",
            missing="Name the other visit",
        ),
    ),
    "VisitDetails": (
        Said("title", "Title", "Short, for people", missing="Give the visit a title"),
        Said("principal", "Who travels", missing="Say who travels"),
        Said("host", "Who is visited"),
        Said("destinations", "Destination", "Where to"),
        Said("kind", "Kind of visit", width="half"),
        Said("purpose", "Purpose", kind="text", is_more=True),
        Said("initiated_by", "On whose initiative", width="half", is_more=True),
        Said(
            "trip",
            "Trip",
            "A label that visits made on one journey share",
            width="half",
            is_more=True,
        ),
        Said(
            "aliases",
            "Aliases",
            "Other ids or spellings for the visit, one on a line",
            is_more=True,
        ),
        Said("related", "Related visit", "Visits that belong to this one", is_more=True),
    ),
    "Basis": (
        Said("side", "Who speaks", kind="radios", missing=_SIDE),
        Said("speaker", "Speaker", "A person or office: “Ned Price, State Department”"),
        Said("attribution", "In what form", missing="Say in what form it was said"),
        Said("outlet", "Outlet", "Where it was published", width="half"),
        Said("url", "Address", "http or https", width="half"),
        Said("quote", "Quotation", kind="text", is_more=True),
        Said("published", "Day published", "As 7 Dec 2026", width="short", is_more=True),
        Said("source_count", "Sources claimed", "“Three sources”: 3", width="short", is_more=True),
        Said(
            "country",
            "Speaker's country",
            "If not the side's own",
            "country",
            width="short",
            is_more=True,
        ),
        Said(
            "organisation",
            "Speaker's organisation",
            "If it is not a state",
            width="half",
            is_more=True,
        ),
    ),
    "Condition": (
        Said(
            "text",
            "The words, as they were said",
            "A state of affairs that has to come about: “when conditions allow”. "
            "For “a mutually convenient time”, put the visit off instead",
            missing="Give the words of the condition",
        ),
        Said("side", "Whose words", kind="radios", missing=_SIDE),
        Said("speaker", "Speaker", "The person or office that said them", width="half"),
        Said("country", "Speaker's country", "If not the side's own", "country", width="short"),
        _ORGANISATION,
    ),
    "Statement": (
        Said("kind", "What it does", missing="Say what the statement does", width="half"),
        Said("side", "Who speaks", "Whoever carried it", kind="radios", missing=_SIDE),
        Said("speaker", "Speaker", "A person or office: “Ned Price, State Department”"),
        Said("text", "What was said", kind="text"),
        Said("country", "Speaker's country", "If not the side's own", "country", width="short"),
        _ORGANISATION,
        Said("about_version", "About which change", "If about one alone", "change", "half"),
        Said("claimed_status", "The status that it claims", width="half"),
        Said("claimed_window", "The days that it claims or hopes for", is_more=True),
        Said("condition", "The condition that it names", is_more=True),
    ),
    "ChangeContext": (
        Said(
            "known",
            "Became known on",
            "A day, month, year or instant: 7 Dec 2026, 7 Dec 2026 14:30, in UTC. Empty: now",
            width="half",
        ),
        Said(
            "effective",
            "Took effect on",
            "As it was told, in the same way. Empty: when it became known",
            width="half",
        ),
        Said("reason", "Reason", "Why, not who said so", kind="text"),
        Said("basis", "Word", "If none is given, the word of the desk"),
        Said("sources", "Source", "For readers with the right to them. They never count"),
        Said("note", "Internal remark", "For the same readers", kind="text"),
    ),
    "Scheduled": (Said("details", "The visit"), Said("window", "The days")),
    "Disclosed": (
        Said("details", "The visit"),
        Said("held_window", "When it was held", missing=_DAYS),
    ),
    "Postponed": (
        Said("details", "The visit"),
        Said("window_given_up", "The days that were given up"),
        Said("condition", "A condition, if one was named"),
    ),
    "Deferred": (
        Said("details", "The visit"),
        Said("window_given_up", "The days that were given up"),
        Said("condition", "The condition", missing="Give the words of the condition"),
    ),
    "Rescheduled": (
        Said("details", "The visit"),
        Said("window_given_up", "The days that were given up"),
        Said("window", "The new days", missing=_DAYS),
    ),
    "Completed": (
        Said("held_window", "When it was held", "Empty: as planned, if the days are exact"),
    ),
    "Cancelled": (
        Said("details", "The visit"),
        Said("window_given_up", "The days for which it was planned"),
        Said("condition", "On what it might still come about, if that was said"),
    ),
    "Amended": (
        Said("window", "The days", "More exact, for the same plan"),
        Said("held_window", "When it was held"),
        Said("details", "The visit"),
    ),
    "Corrected": (
        Said("window", "The days"),
        Said("held_window", "When it was held"),
        Said("window_given_up", "The days that were given up"),
        Said("condition", "The condition"),
        Said("details", "The visit"),
        Said("reason", "The reason that it should have said", kind="text"),
        Said("basis", "Word", "The words on which it should have rested, all of them"),
    ),
    "StatementRecorded": (Said("statement", "The statement"),),
    "Retracted": (
        Said(
            "merged_into",
            "The visit that stays",
            "Its id, if this one was a duplicate",
            kind="visit",
            width="half",
        ),
    ),
}
