"""How many calls there may be at a time, and who gives way when there are too many."""

from collections.abc import Iterator
from typing import Protocol

from service.errors import TooManyCalls
from service.live.turns import Party


class Holder(Protocol):
    """A call that holds places. ``may_give_way`` says whether it can be ended any time."""

    party: Party
    may_give_way: bool

    def end(self, because: Exception) -> None:
        """End the call soon, with this error."""


class Places:
    """The places for calls of a kind, or for the bytes that they hold.

    Together they hold at most ``limit``, those of a caller who is known at most half of it, and
    those on one connection at most ``on_connection``. When all are taken, whoever has less than
    others is let in all the same: a call of the one who has most gives way, the last one or, if
    they only ``wait``, the first. Those who are not known share by their addresses, and on one
    address by their connections.
    """

    def __init__(
        self, subject: str, limit: int, on_connection: int | None = None, *, wait: bool = False
    ) -> None:
        self._subject = subject
        self._limit = limit
        self._share = max(1, limit // 2)
        self._on_connection = on_connection or limit
        self._wait = wait
        self._held: dict[Party, dict[Holder, int]] = {}
        self._by_party: dict[Party, int] = {}
        self._by_name: dict[str, int] = {}
        self.taken = 0

    def take(self, call: Holder, number: int = 1) -> None:
        """Take so many places for a call that has none here.

        :raises TooManyCalls: there are not so many for its caller.
        """
        party = call.party
        of_name = self._by_name.get(party.name, 0) + number
        of_party = self._by_party.get(party, 0) + number
        if of_name > self._share and party.is_known:
            raise TooManyCalls(f"{self._subject} of one caller", self._share)
        if of_party > self._on_connection:
            raise TooManyCalls(f"{self._subject} on one connection", self._on_connection)
        while self.taken + number > self._limit:
            refusal = TooManyCalls(self._subject, self._limit)
            other = self._other(party, of_name, of_party)
            if other is None:
                raise refusal
            self.leave(other)
            other.end(refusal)
        self.taken += number
        self._by_name[party.name] = self._by_name.get(party.name, 0) + number
        self._by_party[party] = self._by_party.get(party, 0) + number
        self._held.setdefault(party, {})[call] = number

    def leave(self, call: Holder) -> None:
        """Give back what a call has here, if it has anything."""
        party = call.party
        held = self._held.get(party, {})
        number = held.pop(call, 0)
        if not number:
            return
        self.taken -= number
        self._by_name[party.name] -= number
        self._by_party[party] -= number
        if not held:
            del self._held[party], self._by_party[party]
            if not self._by_name[party.name]:
                del self._by_name[party.name]

    def __iter__(self) -> Iterator[Holder]:
        """The calls that hold places."""
        for held in self._held.values():
            yield from held

    def _other(self, party: Party, of_name: int, of_party: int) -> Holder | None:
        """The call that gives way to one of this party, which would have so many then."""
        if not self._by_name:
            return None
        name = max(self._by_name, key=self._by_name.__getitem__)
        if self._by_name[name] <= of_name:
            name = party.name
        of_this = [each for each in self._held if each.name == name]
        most = max(of_this, key=self._by_party.__getitem__, default=None)
        if most is None or (name == party.name and self._by_party[most] <= of_party):
            return None
        calls = self._held[most]
        in_order = iter(calls) if self._wait else reversed(calls)
        return next((call for call in in_order if call.may_give_way), None)
