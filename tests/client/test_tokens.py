"""Both clients show a token with every call."""

import threading
from collections.abc import Callable, Iterator
from inspect import isawaitable
from typing import Any

import pytest

from chancery.client import AsyncConnection, Connection
from chancery.client.errors import ChanceryError, NotAuthenticated, NotPermitted
from tests.support.holders import NAMES, UNKNOWN, GuardedServer, guarded, is_known
from tests.support.messages import change, postponed, scheduled, stated
from tests.support.place import SqliteFile
from tests.support.server import Server
from tests.support.waiting import wait_until

Calling = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedServer]:
    """A server that knows its callers."""
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(SqliteFile(folder / "chancery.db"), folder) as server:
        yield server


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that does not know its callers."""
    with Server(tmp_path_factory.mktemp("open") / "chancery.db") as server:
        yield server


def test_the_holder_of_the_token_is_the_actor_whatever_name_is_given(
    server: GuardedServer, calling: Calling, name: str
) -> None:
    """In single changes, several, and imports; what is asked about them is answered too."""
    shown = {"token": server.holders.tokens["editor"], "actor": "mallory"}
    calling(lambda c: c.messages.record(change(name, scheduled())), **shown)
    calling(lambda c: c.messages.apply_changes([change(name, postponed())]), **shown)
    calling(lambda c: c.messages.import_changes([change(name, stated())]), first=1, **shown)
    history = calling(lambda c: c.history(name.removeprefix("visits/")), first=3, **shown)
    assert [each.actor for each in history] == [NAMES["editor"]] * 3
    followed = calling(lambda c: c.follow(), first=3, **shown)
    assert [each.actor for each in followed][:3] == [NAMES["editor"]] * 3


def test_a_reader_is_told_that_it_may_not_record(
    server: GuardedServer, calling: Calling, name: str
) -> None:
    with pytest.raises(NotPermitted) as refused:
        calling(
            lambda c: c.messages.record(change(name, scheduled())),
            token=server.holders.tokens["reader"],
        )
    assert refused.value.roles == ("ROLE_EDITOR",)
    assert refused.value.is_refusal


@pytest.mark.parametrize("token", ["", UNKNOWN])
def test_who_has_no_token_or_a_bad_one_is_told_so_at_once(
    calling: Calling, name: str, token: str
) -> None:
    """And not tried again."""
    for use in (
        lambda c: c.visit(name.removeprefix("visits/")),
        lambda c: c.messages.import_changes([change(name, scheduled())]),
    ):
        with pytest.raises(NotAuthenticated):
            calling(use, first=1, token=token)
    with pytest.raises(NotAuthenticated):
        calling(lambda c: c.follow(), first=1, token=token)


@pytest.mark.parametrize("kind", [Connection, AsyncConnection])
async def test_one_channel_serves_many_callers_and_each_is_known_as_itself(
    server: GuardedServer, name: str, kind: type[Any]
) -> None:
    """Closing one of them leaves the channel to the others; closing the channel ends all."""
    editor, reader = (server.holders.tokens[role] for role in ("editor", "reader"))
    lender = kind(server.address)
    one, other = lender.for_caller(token=editor), lender.for_caller(token=reader)
    recorded = await _done(one.messages.record(change(name, scheduled())))
    assert recorded.event.event.actor == NAMES["editor"]
    with pytest.raises(NotPermitted):
        await _done(other.messages.record(change(name, postponed())))
    with pytest.raises(NotAuthenticated):
        await _done(lender.visit(name))
    await _done(other.close())
    assert (await _done(one.visit(name))).version == 1
    await _done(lender.close())
    with pytest.raises(ValueError, match="closed"):
        await _done(one.visit(name))


async def _done(result: Any) -> Any:
    """What a method of either client answers."""
    return await result if isawaitable(result) else result


@pytest.mark.parametrize("kind", [Connection, AsyncConnection])
async def test_a_callers_token_is_not_sent_unencrypted_to_another_machine(kind: type[Any]) -> None:
    lender = kind("chancery.example:50051")
    with pytest.raises(ValueError, match="unencrypted"):
        lender.for_caller(token="secret")
    await _done(lender.close())


def test_a_follower_ends_when_its_token_is_revoked(server: GuardedServer) -> None:
    """It does not try again with a token that is gone."""
    token = server.holders.new("reader", "Nora")
    with Connection(server.address, token=token) as connection:
        wait_until(lambda: is_known(connection))
        follower = connection.follow()
        ends: list[Exception] = []

        def follow() -> None:
            try:
                for _ in follower:
                    pass
            except ChanceryError as error:
                ends.append(error)

        thread = threading.Thread(target=follow)
        thread.start()
        server.logged("call", actor="Nora")
        server.holders.revoke("Nora")
        thread.join(20)
    assert [type(each) for each in ends] == [NotAuthenticated]


def test_a_server_without_tokens_takes_the_name_beside_one(
    calling_at: Calling, open_server: Server, name: str
) -> None:
    given = {"token": UNKNOWN, "actor": "José"}
    recorded = calling_at(
        open_server.address, lambda c: c.messages.record(change(name, scheduled())), **given
    )
    assert recorded.event.event.actor == "unverified:José"


@pytest.mark.parametrize(
    "token", ["ab c", "abc\n", "abc\r\nx-role: operator", "abé", "a\x00b", " "]
)
@pytest.mark.parametrize("kind", [Connection, AsyncConnection])
def test_a_token_that_is_none_is_refused_and_not_shown(kind: Any, token: str) -> None:
    with pytest.raises(ValueError, match="ASCII characters alone") as refused:
        kind("127.0.0.1:1", token=token)
    assert token.strip() not in str(refused.value) or not token.strip()


@pytest.mark.parametrize("kind", [Connection, AsyncConnection])
async def test_a_connection_does_not_show_its_token(kind: Any) -> None:
    connection = kind("127.0.0.1:1", token=UNKNOWN)
    assert UNKNOWN not in repr(connection)
