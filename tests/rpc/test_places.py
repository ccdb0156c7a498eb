"""How many calls there may be at a time, and who gives way when there are too many."""

from dataclasses import dataclass

import pytest

from service.errors import TooManyCalls
from service.live.turns import Party
from service.rpc.places import Places


@dataclass(eq=False)
class Waiting:
    """A call that does nothing but hold places."""

    party: Party
    may_give_way: bool = True
    because: Exception | None = None

    def end(self, because: Exception) -> None:
        """Remember why."""
        self.because = because


def unknown(address: str, connection: str) -> Waiting:
    """A call from an address."""
    return Waiting(Party(address, f"{address}:{connection}", f"{address}:{connection}"))


def known(name: str) -> Waiting:
    """A call of a caller who is known."""
    return Waiting(Party(name, "10.0.0.9:1", name))


def filled(limit: int, call: Waiting, *, wait: bool = False) -> tuple[Places, list[Waiting]]:
    """Places all of which are taken by calls of one party."""
    places = Places("calls", limit, wait=wait)
    calls = [Waiting(call.party) for _ in range(limit)]
    for each in calls:
        places.take(each)
    return places, calls


@pytest.mark.parametrize("other", [("10.0.0.1", "2"), ("10.0.0.2", "1")])
def test_whoever_has_most_gives_way_to_another(other: tuple[str, str]) -> None:
    """To another address, and to another connection of its own; its last call goes first."""
    places, greedy = filled(10, unknown("10.0.0.1", "1"))

    for _ in range(5):
        places.take(unknown(*other))

    assert [each.because is not None for each in greedy] == [False] * 5 + [True] * 5
    assert places.taken == 10


def test_nobody_is_let_in_once_it_would_have_as_many_as_others() -> None:
    places, _ = filled(10, unknown("10.0.0.1", "1"))
    for _ in range(5):
        places.take(unknown("10.0.0.2", "1"))

    with pytest.raises(TooManyCalls):
        places.take(unknown("10.0.0.2", "1"))


def test_a_connection_does_not_give_way_to_itself() -> None:
    places, greedy = filled(10, unknown("10.0.0.1", "1"))

    with pytest.raises(TooManyCalls):
        places.take(unknown("10.0.0.1", "1"))

    assert not any(each.because for each in greedy)


def test_what_may_be_recorded_already_never_gives_way() -> None:
    places, greedy = filled(10, unknown("10.0.0.1", "1"))
    for each in greedy[1:]:
        each.may_give_way = False

    places.take(unknown("10.0.0.2", "1"))
    with pytest.raises(TooManyCalls):
        places.take(unknown("10.0.0.3", "1"))

    assert [each for each in greedy if each.because] == greedy[:1]


def test_a_caller_who_is_known_has_half_of_all_at_most() -> None:
    """Even if nobody else wants any."""
    places = Places("calls", 10)
    for _ in range(5):
        places.take(known("anna"))

    with pytest.raises(TooManyCalls, match="at most 5 calls of one caller"):
        places.take(known("anna"))


def test_of_those_that_wait_the_one_that_waits_longest_gives_way() -> None:
    places, stuck = filled(10, unknown("10.0.0.1", "1"), wait=True)

    places.take(unknown("10.0.0.2", "1"))

    assert [each for each in stuck if each.because] == stuck[:1]


def test_places_that_are_given_back_are_free() -> None:
    """Once and for all, also if they are given back twice."""
    places, calls = filled(10, unknown("10.0.0.1", "1"))
    for each in (*calls, *calls):
        places.leave(each)

    assert (places.taken, list(places)) == (0, [])
    filled_again = [unknown("10.0.0.1", "1") for _ in range(10)]
    for each in filled_again:
        places.take(each)
    assert not any(each.because for each in filled_again)
