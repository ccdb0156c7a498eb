"""Verifying the log in a click: what it proves, and how little of the server it may take."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chancery.client import AsyncConnection, BundlePart, Connection
from service.tlog.note import Checkpoint, Note, SignerKey
from service.web import verification
from service.web.board import BoardSettings
from service.web.pages import log
from tests.support.board import client_of_board
from tests.support.holders import guarded
from tests.support.place import SqliteFile
from tests.support.server import Server
from tests.web.reading import text_of

pytestmark = pytest.mark.usefixtures("invented")

# What a browser says of a form on a page of the same site.
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def _not_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program waits for no other test: beside a whole run it would take seconds."""
    monkeypatch.setattr(verification, "BEHIND", 0)


@pytest.fixture
async def key(connection: AsyncConnection) -> str:
    """The key that the operator gives."""
    return (await connection.info()).public_key


async def verify(web: httpx.AsyncClient, **form: str) -> httpx.Response:
    """What the page says after a click."""
    fields = {"key": "", "checkpoint": ""} | form
    return await web.post("/changes/verify", data=fields, headers=FROM_HERE, timeout=60)


def signer_of(server: Server) -> SignerKey:
    """The private key of the log: with it a false checkpoint can be made."""
    key, *_ = server.place.key.read_text().split()  # behind it is what was signed with it last
    return SignerKey.parse(key)


async def test_without_a_key_it_claims_no_more_than_the_server_signs(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    answer = await verify(web)
    assert answer.status_code == 200
    said = text_of(answer)
    assert "The log agrees with what this server signs" in said
    assert "a server that lies would lie about its key as well" in said
    assert "This board did the sum for you." in said
    assert "The log is whole" not in said
    head = (await connection.info()).head_position
    assert f"All {head} changes were exported" in said
    assert f"Positions 1 to {head}, without a gap" in said
    assert "Versions of 17 visits, each without a gap" in said
    assert "States derived again from the changes: 9 scheduled, 2 postponed" in said


async def test_with_a_key_that_was_given_it_says_whose_it_was_and_one_waits_for_the_other(
    web: httpx.AsyncClient, key: str
) -> None:
    answers = await asyncio.gather(verify(web, key=key), verify(web, key=key))
    good, busy = sorted(answers, key=lambda answer: answer.status_code)
    assert (good.status_code, busy.status_code) == (200, 503)
    assert "The log is whole and unaltered" in text_of(good)
    assert "signed with the key that you gave" in text_of(good)
    assert "being verified for somebody else. Try again in a minute." in text_of(busy)


async def test_with_the_key_of_the_settings_it_says_that_it_is_the_operators(
    server: Server, key: str
) -> None:
    async with client_of_board(server.address, BoardSettings(key=key)) as web:
        said = text_of(await verify(web))
    assert "The log is whole and unaltered" in said
    assert "which this board knows by its settings" in said


async def test_a_key_in_the_settings_that_is_of_another_log_is_of_no_use(server: Server) -> None:
    key = str(SignerKey.new("other.example/log").verifier)
    async with client_of_board(server.address, BoardSettings(key=key)) as web:
        answer = await verify(web)
    assert answer.status_code == 503
    assert "The key in the settings of this board is of no use." in text_of(answer)


async def test_another_key_of_the_same_name_verifies_nothing(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    origin = (await connection.info()).log_origin
    answer = await verify(web, key=str(SignerKey.new(origin).verifier))
    said = text_of(answer)
    assert "The log does not verify" in said
    assert "none of the keys that were given signed for the log" in said
    assert "keep the bundle as evidence" in said


async def test_an_earlier_checkpoint_proves_that_nothing_before_it_was_altered(
    web: httpx.AsyncClient, connection: AsyncConnection, key: str
) -> None:
    kept = (await connection.checkpoint()).checkpoint
    await connection.schedule("later", title="Later", principal="Somebody")
    size = kept.split("\n")[1]
    said = text_of(await verify(web, key=key, checkpoint=kept.replace("\n", "\r\n")))
    assert f"None of the first {size} changes was altered since you kept the checkpoint." in said
    assert f"Extends the checkpoint that you kept: {size} changes" in said


async def test_a_log_that_was_written_anew_does_not_extend_the_checkpoint_that_was_kept(
    server: Server, web: httpx.AsyncClient, connection: AsyncConnection, key: str
) -> None:
    signer = signer_of(server)
    now = Checkpoint.parse(Note.parse((await connection.checkpoint()).checkpoint).text)
    of_another_past = Checkpoint(now.origin, now.size - 3, bytes(32)).signed(signer)
    said = text_of(await verify(web, key=key, checkpoint=of_another_past))
    assert "The log does not verify" in said


async def test_a_log_with_one_altered_byte_does_not_verify(
    web: httpx.AsyncClient, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def altered(self: AsyncConnection) -> Any:
        async def parts() -> AsyncIterator[BundlePart]:
            async for part in exported(self):
                data = bytearray(part.data)
                if len(data) > 1000:
                    data[len(data) // 2] ^= 1
                yield BundlePart(bytes(data), 1, 1, 1, message=part.message)

        return parts()

    exported = AsyncConnection.export
    monkeypatch.setattr(AsyncConnection, "export", altered)
    answer = await verify(web, key=key)
    said = text_of(answer)
    assert "The log does not verify" in said
    assert "whole and unaltered" not in said


BAD_KEYS = {
    "rubbish": "This is no key: a verifier key is NAME+KEYID+BASE64",
    "/etc/passwd": "This is no key",
    "x" * 60_000: "This is no key",
    "PRIVATE+KEY+a+b+c": "This is a private key. Keep it secret, and give the public one.",
    str(SignerKey.new("other.example/log").verifier): "No key here is of this log",
    "a\n" * 11: "Give at most 10 keys, one on a line.",
}


@pytest.mark.parametrize("bad", BAD_KEYS, ids=range(len(BAD_KEYS)))
async def test_a_bad_key_is_refused_beside_the_field(web: httpx.AsyncClient, bad: str) -> None:
    answer = await verify(web, key=bad)
    assert answer.status_code == 400
    assert 'id="v-key-error"' in answer.text
    said = text_of(answer)
    assert BAD_KEYS[bad] in said
    assert "Nothing was verified." in said
    assert "root:" not in said


async def test_a_bad_checkpoint_is_refused_beside_the_field(
    web: httpx.AsyncClient, connection: AsyncConnection
) -> None:
    other = Checkpoint("other.example/log", 3, bytes(32)).signed(SignerKey.new("other.example/log"))
    for bad, told in (
        ("rubbish", "This is no checkpoint: a note is text"),
        (other, "This checkpoint is of another log, other.example/log."),
        ("x" * 60_000, "This is no checkpoint"),
    ):
        answer = await verify(web, checkpoint=bad)
        assert answer.status_code == 400
        assert 'id="v-checkpoint-error"' in answer.text
        assert told in text_of(answer)


async def test_a_log_beyond_the_bound_is_left_to_the_command_line(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "CHANGES", 10)
    page = await web.get("/changes")
    assert "It is too large for the board to verify all of it in a click." in text_of(page)
    assert "Verify now" not in page.text
    answer = await verify(web)
    assert answer.status_code == 503
    assert "chancery verify log.bundle --key KEY" in text_of(answer)


async def test_of_a_log_beyond_the_bound_it_tells_whether_it_extends_a_checkpoint(
    web: httpx.AsyncClient,
    server: Server,
    connection: AsyncConnection,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log, "CHANGES", 10)
    kept = (await connection.checkpoint()).checkpoint
    await connection.schedule("still-later", title="Later", principal="Somebody")
    said = text_of(await verify(web, key=key, checkpoint=kept))
    assert "The log extends the checkpoint that you kept" in said
    assert "The changes themselves were not hashed anew" in said
    now = Checkpoint.parse(Note.parse(kept).text)
    signer = signer_of(server)
    for size, root in ((now.size - 3, bytes(32)), (now.size + 30, now.root)):
        false = Checkpoint(now.origin, size, root).signed(signer)
        assert "The log does not verify" in text_of(await verify(web, checkpoint=false))
    unsigned = Checkpoint(now.origin, now.size, now.root).signed(SignerKey.new(now.origin))
    assert "The log does not verify" in text_of(await verify(web, key=key, checkpoint=unsigned))


@pytest.mark.parametrize(
    ("bound", "value", "told"),
    [
        ("CHANGES", 10, "more than 10 changes"),
        ("BUNDLE_BYTES", 1000, "more than 0 MiB"),
        ("SECONDS", 0.3, "which is all that the board gives it"),
    ],
)
async def test_what_takes_too_much_is_given_up(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, bound: str, value: Any, told: str
) -> None:
    monkeypatch.setattr(verification, bound, value)
    answer = await verify(web)
    assert answer.status_code == 503
    assert told in text_of(answer)
    monkeypatch.undo()
    monkeypatch.setattr(verification, "CHANGES", 1)  # and the next one is begun
    assert "more than 1 changes" in text_of(await verify(web))


async def test_a_program_that_fails_is_no_verdict(
    web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    answer = await verify(web)
    assert answer.status_code == 503
    assert "The program that verifies has failed" in text_of(answer)


async def test_no_link_begins_it(web: httpx.AsyncClient) -> None:
    for method in ("GET", "HEAD"):
        answer = await web.request(method, "/changes/verify")
        assert answer.status_code in (303, 405)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await web.post("/changes/verify", headers=elsewhere)).status_code == 403


async def test_a_reader_verifies_what_a_reader_may_see(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("guarded")
    with guarded(SqliteFile(folder / "chancery.db"), folder) as server:
        tokens = server.holders.tokens
        with Connection(server.address, token=tokens["editor"]) as connection:
            connection.schedule("one", title="One", principal="Somebody", note="among us")
        shown = {"Authorization": f"Bearer {tokens['reader']}"}
        async with client_of_board(server.address) as web:
            web.headers.update(shown)
            answer = await verify(web)
    said = text_of(answer)
    assert "The log agrees with what this server signs" in said
    assert "Withheld the restricted parts of 1 change" in said
