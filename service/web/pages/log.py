"""The log as the page of changes shows it: its checkpoint, and what verifying it proves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chancery.client.words import STATUS
from service.web import wording
from service.web.board import board_of
from service.web.page import Page
from service.web.verification import (
    CHANGES,
    NotVerified,
    Verdict,
    Verifier,
    checkpoint_in,
    extends,
    keys_in,
)

# One for the process: it is what has to be kept from too much work.
VERIFIER = Verifier()

Whose = Literal["operator", "given", "server"]


@dataclass(frozen=True)
class Log:
    """The latest checkpoint: which log it is, how many changes it has, and their root."""

    origin: str
    size: int
    root: str

    @classmethod
    async def of(cls, page: Page) -> "Log":
        """The log behind a page."""
        found = await page.connection.checkpoint()
        origin, _, root = found.checkpoint.split("\n")[:3]
        return cls(origin, found.view_position, root)

    @property
    def is_too_large(self) -> bool:
        """Whether the board leaves it to the command line to verify it."""
        return self.size > CHANGES


@dataclass(frozen=True)
class Checked:
    """What became of a verification: a verdict, or why there is none.

    ``whose`` says whose key it was. ``given`` is what the form said, and ``problems`` what of it
    is wrong, by the names of its fields.
    """

    verdict: Verdict | None = None
    whose: Whose = "server"
    not_verified: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The status of the answer."""
        if self.problems:
            return 400
        return 503 if self.not_verified else 200

    @property
    def heading(self) -> str:
        """What it comes to, claiming no more than the key allows."""
        if self.verdict is None:
            return "Not verified" if self.not_verified or self.problems else ""
        if not self.verdict.is_good:
            return "The log does not verify"
        if self.extends:
            return "The log extends the checkpoint that you kept"
        if self.whose == "server":
            return "The log agrees with what this server signs"
        return "The log is whole and unaltered"

    @property
    def lines(self) -> list[tuple[str, str]]:
        """What was checked, one line for each fact."""
        facts = self.verdict.facts if self.verdict else {}
        if "checkpoint" not in facts:
            return []
        checkpoint = facts["checkpoint"]
        signed = ", ".join(each["key"] for each in checkpoint["signed_by"])
        visits = sum(map(int, facts["states"].values()))
        states = ", ".join(f"{int(facts['states'][word]):,} {word}" for word in _states(facts))
        found = [
            ("Checkpoint", f"{int(checkpoint['size']):,} changes, root {checkpoint['root']}"),
            ("Signed by", signed),
            ("Changes", f"{int(facts['changes']):,}: each leaf commits to the parts of its change"),
            ("Positions", f"{facts['first_position']} to {facts['last_position']}, without a gap")
            if "first_position" in facts
            else ("Positions", "none"),
            ("Versions", f"of {wording.plural(visits, 'visit')}, each without a gap"),
            ("States", f"derived again from the changes: {states or 'none'}"),
        ]
        if withheld := int(facts["restricted_parts_withheld"]):
            told = wording.plural(withheld, "change")
            found.append(
                ("Withheld", f"the restricted parts of {told}, but not what commits to it")
            )
        if "since" in facts:
            since = facts["since"]
            kept = f"{int(since['size']):,} changes, root {since['root']}"
            found.append(("Extends", f"the checkpoint that you kept: {kept}"))
        return found

    @property
    def extends(self) -> int:
        """The size of the checkpoint that the log extends, if that alone was looked at."""
        return int(self.verdict.facts.get("extends", 0)) if self.verdict else 0

    @property
    def kept_size(self) -> int:
        """The size of the checkpoint that was kept; 0 if there was none."""
        since = self.verdict.facts.get("since") if self.verdict else None
        return int(since["size"]) if since else 0


def _states(facts: Mapping[str, Mapping[str, str]]) -> list[str]:
    known = [word for word in STATUS.choices().split(", ") if word in facts["states"]]
    return known + [word for word in facts["states"] if word not in known]


async def checked(page: Page, log: Log, form: Mapping[str, str]) -> Checked:
    """Verify the log with the key that a form gives, or else the operator's, or the server's."""
    given = {name: form.get(name, "") for name in ("key", "checkpoint")}
    settled = board_of(page.request).settings.key
    whose: Whose = "given" if given["key"] else "operator" if settled else "server"
    own = page.info.public_key if page.info else ""
    problems = {}
    try:
        keys = keys_in(given["key"], log.origin) or keys_in(settled or own, log.origin)
    except ValueError as error:
        if not given["key"]:
            told = f"The key in the settings of this board is of no use. {error}"
            return Checked(whose=whose, not_verified=told, given=given)
        problems["key"] = str(error)
    try:
        since = checkpoint_in(given["checkpoint"], log.origin)
    except ValueError as error:
        problems["checkpoint"] = str(error)
    if problems:
        return Checked(whose=whose, given=given, problems=problems)
    if log.is_too_large and since:
        return Checked(await extends(page.connection, keys, since), whose, given=given)
    if log.is_too_large:
        return Checked(whose=whose, not_verified=f"The log has {log.size:,} changes.", given=given)
    try:
        verdict = await VERIFIER.verify(page.connection, keys, since)
    except NotVerified as error:
        return Checked(whose=whose, not_verified=str(error), given=given)
    return Checked(verdict, whose, given=given)
