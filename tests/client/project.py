"""A small project that uses the client, and says the types of what it is answered."""

import asyncio
import sys
from datetime import UTC, date, datetime

from chancery.client import (
    AsOf,
    AsyncConnection,
    Basis,
    Condition,
    Connection,
    Event,
    Host,
    Imported,
    Place,
    Postponed,
    Principal,
    Recorded,
    Visit,
    Window,
    draft,
)
from chancery.client.errors import ChanceryError, ChangeRefused, VersionMismatch, VisitNotFound
from chancery.client.words import StatusWord

PALACE = Basis("guest", "on the record", speaker="Buckingham Palace")


def plan(chancery: Connection) -> Visit:
    done = chancery.schedule(
        "charles-france",
        title="Charles III to France",
        principal=Principal("Charles III", office="King", country="GB"),
        host=Host("FR"),
        destinations=["Paris, FR", Place("Bordeaux", "FR")],
        kind="state",
        window=("2023-03-26", date(2023, 3, 29)),
        known=datetime(2023, 3, 3, 12, tzinfo=UTC),
        basis=[PALACE],
    )
    chancery.postpone("charles-france", reason="Protests", basis=PALACE, known="2023-03-24")
    chancery.defer("charles-france", condition=Condition("when conditions allow", "host"))
    chancery.reschedule("charles-france", window=Window(as_stated="the autumn"))
    chancery.amend("charles-france", clear="purpose", add_aliases="king")
    said = chancery.state("charles-france", "confirm", "host", claimed_status="rescheduled")
    counts: StatusWord | None = said.counts_for
    print(counts, done.event.position + 1)
    return done.visit


def ask(chancery: Connection) -> list[str]:
    then: Visit = chancery.visit("charles-france", known_at="2023-03", min_position=3)
    found = chancery.visits("charles", statuses="rescheduled", limit=10)
    first: Visit = found[0]
    rest: tuple[Visit, ...] = found[1:]
    names: list[str] = [each.details.title for each in (then, first, *rest)]
    changes = chancery.compare("charles-france", AsOf(known_at="2023-03-10")).field_changes
    names.extend(change.path for change in changes)
    for event in chancery.events("charles-france", change_types="postponed"):
        if isinstance(event.change, Postponed) and event.change.condition:
            names.append(event.change.condition.text)
    rows: list[dict[str, object]] = chancery.history("charles-france").rows()
    return [*names, str(len(rows))]


def refused(chancery: Connection) -> str:
    try:
        chancery.cancel("charles-france", expected_version=3)
    except ChangeRefused as error:
        return f"{error.status}: {', '.join(error.allowed)}"
    except VersionMismatch as error:
        return f"{error.expected} is not {error.actual}"
    except VisitNotFound as error:
        return error.nearest[0]
    except ChanceryError as error:
        return str(error)
    return ""


def follow(chancery: Connection) -> Event | None:
    cuts: list[str] = []
    follower = chancery.follow(after=1, on_cut=lambda error: cuts.append(str(error)))
    for event in follower:
        position: int | None = follower.position
        print(position, event.known_time)
        return event
    return None


async def alike(address: str) -> list[Recorded]:
    async with AsyncConnection(address, actor="anna", timeout=5) as chancery:
        visit: Visit = await chancery.visit("charles-france")
        print(visit.window, [event.version async for event in chancery.events(visit.id)])
        async for result in chancery.import_changes([draft.complete("charles-france")]):
            imported: Imported = result
            print(imported.index)
        async for event in chancery.follow():
            print(event.summary)
            break
        return list(
            await chancery.apply([draft.complete("charles-france", held_window="2023-09-22")])
        )


if __name__ == "__main__":
    with Connection(sys.argv[1]) as connection:
        print(plan(connection))
        print(ask(connection), refused(connection), follow(connection))
    print(asyncio.run(alike(sys.argv[1])))
