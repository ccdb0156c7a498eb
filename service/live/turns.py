"""Places that callers take in turn, so that one with a thousand questions waits behind itself."""

import asyncio
from collections import Counter, deque
from contextvars import ContextVar
from typing import NamedTuple


class Party(NamedTuple):
    """On whose behalf something is done, as far as others have to share with it.

    ``name`` is that of a caller who is known, or else the address that it calls from, and
    ``connection`` one of its connections. ``sharer`` is the one of both that has a share: a
    known caller has one in all, and of an address each connection, since many people may call
    from there.
    """

    name: str
    connection: str
    sharer: str

    @property
    def is_known(self) -> bool:
        """Whether it is a caller who is known."""
        return self.sharer == self.name


NOBODY = Party("", "", "")
# The party of the call that is being served; the server's own work is that of nobody.
PARTY: ContextVar[Party] = ContextVar("party", default=NOBODY)


class Turns:
    """A number of places, of which one sharer never has more than a share.

    Whoever comes when none is free waits. The names that wait take turns, and so do the
    connections of a name; what waits on one connection keeps its order.
    """

    def __init__(self, places: int, share: int) -> None:
        self._free = places
        self._share = share
        self._taken: Counter[str] = Counter()
        # What waits, by name and by connection. Whoever has the next turn stands first.
        self._waiting: dict[str, dict[Party, deque[asyncio.Future[None]]]] = {}

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return sum(len(turns) for lines in self._waiting.values() for turns in lines.values())

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken.total()

    async def take(self, party: Party) -> None:
        """Take a place, and wait for it if need be. It must be given back by ``leave``."""
        if self._has_place_for(party):
            self._give(party)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(party.name, {}).setdefault(party, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(party, turn)
            else:  # it was just given
                self.leave(party)
            raise

    def leave(self, party: Party) -> None:
        """Give a place back."""
        self._free += 1
        self._taken[party.sharer] -= 1
        if not self._taken[party.sharer]:
            del self._taken[party.sharer]
        while (party_next := self._next()) is not None:
            turn = self._waiting[party_next.name][party_next].popleft()
            self._to_the_end(party_next)
            if not turn.cancelled():
                self._give(party_next)
                turn.set_result(None)

    def _has_place_for(self, party: Party) -> bool:
        return self._free > 0 and self._taken[party.sharer] < self._share

    def _give(self, party: Party) -> None:
        self._free -= 1
        self._taken[party.sharer] += 1

    def _next(self) -> Party | None:
        """Whose turn it is; None if nobody that waits can have a place."""
        if not self._free:
            return None
        lines = (party for parties in self._waiting.values() for party in parties)
        return next(filter(self._has_place_for, lines), None)

    def _to_the_end(self, party: Party) -> None:
        """Let all others have their turns before the party has another one."""
        lines = self._waiting.pop(party.name)
        turns = lines.pop(party)
        if turns:
            lines[party] = turns
        if lines:
            self._waiting[party.name] = lines

    def _forget(self, party: Party, turn: "asyncio.Future[None]") -> None:
        """Wait no more, if the turn was not passed over already."""
        lines = self._waiting.get(party.name, {})
        if turn not in lines.get(party, ()):
            return
        lines[party].remove(turn)
        if not lines[party]:
            del lines[party]
        if not lines:
            del self._waiting[party.name]
