"""An answer leaves an edge once its view is at what the core had told before."""

from types import SimpleNamespace
from typing import Any

import pytest

from service.access.caller import Caller, Role
from service.codec import wire
from service.link.frames import Answer
from service.live.turns import NOBODY
from service.rpc.desk_service import IMPORT_ORIGIN, DeskServicer
from service.store.errors import StoreUnavailable
from tests.store.serving import Desk, Service, serving
from tests.support.place import Place


class Recorder:
    """A link with a core that has recorded what it is asked for, before it was replaced."""

    async def ask(self, *_: object, **__: object) -> Answer:
        """The first answer again."""
        return Answer(1, b"the answer")


async def answer(service: Service, method: str) -> bytes:
    """What the edge answers to a call; of an import the first answer, which names the log too."""
    servicer = DeskServicer(Recorder(), service.log_view, service.queries)  # type: ignore[arg-type]
    call: Any = SimpleNamespace(caller=Caller("ann", Role.EDITOR), party=NOBODY, id="call")
    handler = servicer.handler(method)
    if method != "ImportChanges":
        return bytes(await handler(b"", call))
    (first,) = await handler(call)(b"")
    origin = wire.string_field(IMPORT_ORIGIN, service.log_view.head.origin)
    return bytes(first).removesuffix(origin)


@pytest.mark.parametrize("method", ["ScheduleVisit", "ImportChanges"])
async def test_a_new_core_answers_when_its_edge_knows_what_the_old_one_committed(
    place: Place, method: str
) -> None:
    """The old one could not tell; the new one only told how long the log is."""
    with serving(place) as service:
        Desk(service.application).record("beijing", "scheduled")
        service.log_view.notice(1)
        assert service.log_view.head.position == 0
        assert await answer(service, method) == b"the answer"
        assert service.log_view.head.position == 1


async def test_a_change_is_answered_although_its_edge_cannot_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits as long as the edge tries."""

    async def fail(*_: object) -> None:
        raise StoreUnavailable("the database cannot be read")

    with serving(place) as service:
        monkeypatch.setattr(service.reads, "run", fail)
        service.log_view.notice(1)
        assert await answer(service, "ScheduleVisit") == b"the answer"
        assert service.log_view.head.position == 0
