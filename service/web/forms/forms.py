"""The forms: one for each change that the contract can record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from chancery.client.words import ChangeWord
from chancery.v1.desk_service_pb2 import Change
from chancery.v1.event_pb2 import ChangeContext
from service.web.forms.described import Said
from service.web.forms.fields import Group, Node, node_of, nodes_of
from service.web.terms import FORM_OF

# What is said of a field in one form and not in the others.
_AS_TOLD = "As it was told: a day, a month, a year, or an instant"
HINTS = {
    "statement_recorded": {
        "basis": "Leave it empty if the speaker above said so on the record. Without a speaker, "
        "it is taken as anonymous",
        "reason": "Why they said so, if they told",
    },
    "corrected": {
        "known": f"{_AS_TOLD}. Empty: as early as the change",
        "reason": "Of the mistake",
    },
    "retracted": {
        "known": f"{_AS_TOLD}. Empty: what is taken out was never known",
        "reason": "Why it is taken out",
    },
}
# What only the first change of a visit says.
OPENING = ("details", "window_given_up")


@dataclass(frozen=True)
class Form:
    """The form of one type of change.

    ``change`` is the field of the contract's ``Change``. ``legend`` is above what is no group of
    its own. ``about`` says, on the page that offers the openings, when to choose this one.
    """

    change: str
    legend: str = "How it is found"
    about: str = ""

    @property
    def word(self) -> ChangeWord:
        """The type of the change as the client says it."""
        word: ChangeWord = self.change.replace("_", " ")  # type: ignore[assignment]
        return word

    @property
    def action(self) -> str:
        """What it is called in addresses."""
        return FORM_OF[self.word]

    @property
    def is_about_change(self) -> bool:
        """Whether it is about an earlier change, whose times are then its own."""
        return self.change in ("corrected", "retracted")

    def content(self, *, opens: bool) -> tuple[Node, ...]:
        """The fields of what changes; some are there only if it opens a visit."""
        message = Change.DESCRIPTOR.fields_by_name[self.change].message_type
        assert message is not None
        is_status = self.change not in ("amended", "corrected")
        return nodes_of(self.change, message, OPENING if is_status and not opens else ())

    def context(self) -> tuple[Node, ...]:
        """The fields of when, why and on whose word."""
        without = ("effective",) if self.is_about_change else ()
        nodes = nodes_of("context", ChangeContext.DESCRIPTOR, without)
        hints = HINTS.get(self.change, {})
        return tuple(
            replace(node, said=replace(node.said, hint=hints.get(node.said.name, node.said.hint)))
            for node in nodes
        )


FORMS = {
    form.action: form
    for form in (
        Form("scheduled", about="It is planned, with or without a date"),
        Form("disclosed", about="It became known after it took place"),
        Form("postponed", about="It was put off, without a new date"),
        Form("deferred", about="It was left open until something comes about"),
        Form("rescheduled", about="It was given another date than an earlier one"),
        Form("completed"),
        Form("cancelled", about="It was called off"),
        Form("statement_recorded"),
        Form("amended"),
        Form("corrected", legend="What it should have said"),
        Form("retracted", legend="A duplicate"),
    )
}
BY_WORD = {form.word: form for form in FORMS.values()}
OPENINGS = tuple(form for form in FORMS.values() if form.about)
# What opens a visit also says which one it shall be.
NAME = node_of(
    "",
    Said(
        "name",
        "Id",
        "In the address: lower-case letters, figures and dashes. Empty: one is made",
        kind="visit",
        width="half",
    ),
    Change.DESCRIPTOR,
)
# What is in no field of a person's, and goes with the form.
KEYS = ("context.request_id", "context.expected_version", "position")


@dataclass(frozen=True)
class Section:
    """A part of a form under a heading. One that is folded opens if it is used."""

    legend: str
    nodes: tuple[Node, ...]
    hint: str = ""
    is_folded: bool = False


def sections(form: Form, nodes: Sequence[Node]) -> Iterator[Section]:
    """The fields of a form under their headings."""
    own = [node for node in nodes if not node.path.startswith("context.")]
    context = {node.path: node for node in nodes if node.path.startswith("context.")}
    single = tuple(node for node in own if not isinstance(node, Group))
    for node in own:
        if isinstance(node, Group):
            yield Section(node.said.label, (node,), node.said.hint)
    if single:
        yield Section(form.legend, single)
    word, source = context.pop("context.basis"), context.pop("context.sources")
    note = context.pop("context.note")
    what = {"corrected": " it is corrected", "retracted": " it is taken back"}
    yield Section(f"On whose word{what.get(form.change, '')}", (word,))
    yield Section("When and why", tuple(context.values()))
    yield Section("Not for every reader", (source, note), is_folded=True)


def only(nodes: Sequence[Node], paths: Sequence[str]) -> tuple[Node, ...]:
    """Those nodes, and those within groups, that are at some paths."""
    kept: list[Node] = []
    for node in nodes:
        if node.path in paths:
            kept.append(node)
        elif isinstance(node, Group) and (inner := only(node.nodes, paths)):
            kept.append(Group(node.path, node.said, inner))
    return tuple(kept)
