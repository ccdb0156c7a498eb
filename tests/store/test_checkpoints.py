"""Signed checkpoints: asked for together, signed once a turn, and kept."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.audit.checkpoints import Checkpoints
from service.audit.key_file import Signed
from service.audit.keys import open_key
from service.audit.signing import Signer
from service.link.frames import Answer, AskCheckpoint
from service.rpc.signing import Signing
from service.store.errors import StoreUnavailable
from service.store.log.tree_reader import TreeReader
from service.tlog.note import Checkpoint, Note
from tests.store.serving import Service, serving


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A log of three changes."""
    with serving(tmp_path / "chancery.db") as service:
        for topic in ("scheduled", "postponed", "rescheduled"):
            service.record("beijing", topic)
        yield service


class Core:
    """The core as an edge asks it. It signs nothing before it is let go."""

    def __init__(self, service: Service, path: Path) -> None:
        key = open_key(service.database, path)
        self.signer = Signer(path, key, TreeReader(service.database))
        self.service = service
        self.asked: list[int] = []
        self.free = asyncio.Event()
        self.error: Exception | None = None

    async def ask(self, size: int) -> str:
        """The signed checkpoint of a size; 0 is the log now."""
        self.asked.append(size)
        await self.free.wait()
        if self.error is not None:
            raise self.error
        return self.signer.checkpoint(size or self.service.reads.reader.head().position)


@pytest.fixture
def core(service: Service, tmp_path: Path) -> Core:
    """The core of this log."""
    return Core(service, tmp_path / "key")


def parsed(note: str) -> Checkpoint:
    return Checkpoint.parse(Note.parse(note).text)


async def test_many_who_want_the_newest_ask_once(service: Service, core: Core) -> None:
    checkpoints = Checkpoints(core.ask, service.log_view)
    asking = [asyncio.ensure_future(checkpoints.newest()) for _ in range(50)]
    await asyncio.sleep(0)
    core.free.set()
    found = await asyncio.gather(*asking)
    assert core.asked == [0]
    assert {each.size for each in found} == {3}
    assert parsed(found[0].note).size == 3


async def test_the_newest_is_kept_until_the_log_has_moved(service: Service, core: Core) -> None:
    core.free.set()
    checkpoints = Checkpoints(core.ask, service.log_view)
    first = await checkpoints.newest()
    assert await checkpoints.newest() == first == await checkpoints.of(3)
    assert core.asked == [0]
    service.record("beijing", "postponed")
    assert (await checkpoints.newest()).size == 4
    assert core.asked == [0, 0]


async def test_one_that_is_being_asked_for_may_be_too_old(service: Service, core: Core) -> None:
    """Whoever asks after a change gets a checkpoint that has it."""
    checkpoints = Checkpoints(core.ask, service.log_view)
    early = asyncio.ensure_future(checkpoints.newest())
    await asyncio.sleep(0)
    note = core.signer.checkpoint(3)
    service.record("beijing", "postponed")
    late = asyncio.ensure_future(checkpoints.newest())
    await asyncio.sleep(0)
    signer, core.signer = core.signer, _Signed(note)  # type: ignore[assignment]
    core.free.set()
    assert (await early).size == 3
    core.signer = signer
    assert (await late).size == 4


class _Signed:
    """Signs what it was given."""

    def __init__(self, note: str) -> None:
        self._note = note

    def checkpoint(self, _size: int) -> str:
        """The note."""
        return self._note


async def test_a_checkpoint_of_a_size_is_asked_for_once(service: Service, core: Core) -> None:
    core.free.set()
    checkpoints = Checkpoints(core.ask, service.log_view)
    for _ in range(3):
        for size in (1, 2):
            found = await checkpoints.of(size)
            assert found.size == parsed(found.note).size == size
    assert core.asked == [1, 2]


async def test_what_the_core_cannot_sign_fails_and_is_asked_for_again(
    service: Service, core: Core
) -> None:
    """Nobody has to be there to hear it."""
    checkpoints = Checkpoints(core.ask, service.log_view)
    gone = asyncio.ensure_future(checkpoints.newest())
    await asyncio.sleep(0)
    gone.cancel()
    core.error = StoreUnavailable("no checkpoint can be signed")
    core.free.set()
    with pytest.raises(StoreUnavailable):
        await checkpoints.newest()
    core.error = None
    assert (await checkpoints.newest()).size == 3


def test_all_that_is_asked_in_a_turn_is_signed_with_one_note_beside_the_key(
    service: Service, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the log as it is now, however many sizes are asked for."""
    noted: list[int] = []
    note = core.signer._noted

    def counted(asked: Signed) -> Signed:
        noted.append(asked.size)
        return note(asked)

    monkeypatch.setattr(core.signer, "_noted", counted)
    signing = Signing(core.signer, lambda: service.reads.reader.head().position)
    answers: list[Answer] = []

    def reply(answer: object) -> None:
        assert isinstance(answer, Answer)
        answers.append(answer)

    for number, size in enumerate((1, 0, 2, 0, 3), 1):
        signing.ask(AskCheckpoint(number, size), reply)
    assert answers == []
    signing.turn()
    signing.turn()
    assert [parsed(each.body.decode()).size for each in answers] == [1, 3, 2, 3, 3]
    assert noted == [3]


def test_a_size_that_cannot_be_signed_fails_alone(service: Service, core: Core) -> None:
    signing = Signing(core.signer, lambda: service.reads.reader.head().position)
    answers: list[Any] = []
    for number, size in enumerate((2, 9000, 0), 1):
        signing.ask(AskCheckpoint(number, size), answers.append)
    signing.turn()
    assert [(each.number, each.code) for each in answers] == [(1, 0), (2, 15), (3, 0)]
