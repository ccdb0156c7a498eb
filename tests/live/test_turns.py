"""Places that callers take in turn: one with a thousand questions waits behind itself."""

import asyncio
from collections.abc import Sequence

import pytest

from service.live.turns import Party, Turns


def known(name: str, connection: str = "") -> Party:
    """A caller who is known."""
    return Party(name, connection, name)


def unknown(address: str, connection: str) -> Party:
    """A connection of an address."""
    return Party(address, connection, connection)


async def served(turns: Turns, callers: Sequence[Party]) -> list[Party]:
    """Who is served in which order, if all come at once and each gives its place to the next."""
    order: list[Party] = []

    async def call(party: Party) -> None:
        await turns.take(party)
        order.append(party)
        await asyncio.sleep(0)
        turns.leave(party)

    await asyncio.gather(*map(call, callers))
    return order


async def test_whoever_comes_last_with_one_question_is_served_soon() -> None:
    greedy, polite = known("greedy"), known("polite")

    order = await served(Turns(1, 1), [greedy] * 100 + [polite])

    assert order.index(polite) == 2  # one was served already, and one was the first to wait


async def test_the_connections_of_an_address_take_turns_and_the_addresses_before_them() -> None:
    """So neither many calls nor many connections give an address more than one turn of two."""
    crowd = [unknown("10.0.0.1", f"10.0.0.1:{port}") for port in range(20)]
    greedy, polite = unknown("10.0.0.2", "10.0.0.2:1"), unknown("10.0.0.2", "10.0.0.2:2")

    order = await served(Turns(1, 1), [greedy] * 50 + crowd + [polite])

    assert order.index(polite) <= 4


async def test_one_caller_leaves_a_place_free_for_others() -> None:
    """However many of its calls wait, on however many connections."""
    turns = Turns(3, 2)
    waiting = [asyncio.ensure_future(turns.take(known("greedy", f"{i}"))) for i in range(10)]
    await asyncio.sleep(0)
    assert (turns.taken, turns.waiting) == (2, 8)

    await asyncio.wait_for(turns.take(known("polite")), 1)

    assert turns.taken == 3
    for each in waiting:
        each.cancel()


async def test_a_caller_that_gives_up_takes_no_place() -> None:
    """Neither while it waits nor just as its turn comes."""
    turns = Turns(1, 1)
    greedy, polite = known("greedy"), known("polite")
    await turns.take(greedy)
    gone = [asyncio.ensure_future(turns.take(each)) for each in (polite, greedy, polite)]
    await asyncio.sleep(0)
    gone[0].cancel()  # it is still the first that waits when the place becomes free
    gone[1].cancel()
    turns.leave(greedy)
    gone[2].cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone[2]
    await asyncio.gather(*gone, return_exceptions=True)

    assert (turns.taken, turns.waiting) == (0, 0)
    await asyncio.wait_for(turns.take(polite), 1)
