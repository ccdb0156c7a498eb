"""A desk that follows a visit and enters each change at nine the next morning."""

from datetime import timedelta
from typing import Any

from domain.events import Event
from domain.terms import Attribution, Side, StatementKind
from domain.values import Basis, Place, Statement
from tests.domain.builders import at, blank_visit, enter, word

BACKGROUND = Attribution.BACKGROUND
ANONYMOUS = Attribution.ANONYMOUS
RECORD = Attribution.OFFICIAL_RECORD
BEIJING = Place("Beijing", "CN")


class Desk:
    """Follows one visit. ``loaded`` is the time at which an archive is entered, if it is one."""

    def __init__(self, visit_id: str, loaded: str = "") -> None:
        self.visit = blank_visit(visit_id)
        self._loaded = loaded

    def enter(
        self, command: str, effective: str, *basis: Basis, known: str = "", **values: Any
    ) -> Event:
        """Enter a change that took effect at a time, and became known then or later."""
        return enter(
            self.visit,
            command,
            self._loaded or _morning_after(known or effective),
            effective=effective,
            known=known or effective,
            basis=basis,
            **values,
        )

    def hear(
        self,
        kind: StatementKind,
        side: Side,
        day: str,
        attribution: Attribution = Attribution.ON_THE_RECORD,
        **said: Any,
    ) -> Event:
        """Enter what a side said on a day."""
        statement = Statement(kind, side, **said)
        return self.enter(
            "record_statement",
            day,
            word(side, said.get("speaker", ""), attribution),
            statement=statement,
        )


def _morning_after(day: str) -> str:
    return f"{at(day) + timedelta(days=1, hours=9):%Y-%m-%d %H:%M}"
