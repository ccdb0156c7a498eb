"""Several visits in one log: what one of them may do depends on the others."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.model.answering import answer, state_now
from tests.model.deciding import decide
from tests.model.refusal import Refused, not_now
from tests.model.terms import History, Json
from tests.model.texts import alias_key


@dataclass
class World:
    """The log of the model."""

    histories: dict[str, History] = field(default_factory=dict)
    position: int = 0

    def history(self, visit: str) -> History:
        return self.histories.get(visit, [])

    def record(self, command: Json, now: datetime) -> Json | Refused:
        """Decide on a command, and record what is accepted."""
        visit = command["visit"]
        result = decide(
            self.history(visit), command["change"], command["context"], command["message"], now
        )
        if isinstance(result, Refused):
            return result
        try:
            self.demand_free_names(visit, [*self.history(visit), result])
            self.demand_standing(visit, result)
        except Refused as refused:
            return refused
        self.position += 1
        result["position"] = self.position
        self.histories.setdefault(visit, []).append(result)
        return result

    def aliases(self, history: History) -> set[str]:
        """A visit that is withdrawn keeps its aliases."""
        for length in range(len(history), 0, -1):
            visit = answer(history[:length])
            if visit is not None:
                return {alias_key(alias) for alias in visit["aliases"]}
        return set()

    def demand_free_names(self, visit: str, history: History) -> None:
        """No two visits share an alias, and none is another's id."""
        names = self.aliases(history) | {visit}
        for other, recorded in self.histories.items():
            if other != visit and names & (self.aliases(recorded) | {other}):
                raise Refused("ALREADY_EXISTS", f"{other} has that name")

    def demand_standing(self, visit: str, event: Json) -> None:
        """A duplicate is merged into another standing visit."""
        if event["change"] != "retracted" or "merged_into" not in event["retracted"]:
            return
        other = event["retracted"]["merged_into"].removeprefix("visits/")
        if other == visit or state_now(self.history(other)) is None:
            raise not_now("a duplicate is merged into another standing visit")
