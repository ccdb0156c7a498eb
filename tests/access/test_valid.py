"""The tokens that are valid now: the file as it is, and the calls that end with a token."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from service.access import valid
from service.access.caller import Caller, Role
from service.access.token_file import add_token, read_tokens, remove_tokens
from service.access.valid import ValidTokens
from service.errors import NotAuthenticated


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a token of Anna's, which is looked at often."""
    monkeypatch.setattr(valid, "TOKENS_SECONDS", 0.005)
    add_token(tmp_path / "tokens", "anna", Role.EDITOR)
    return tmp_path / "tokens"


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until that is so."""
    for _ in range(4000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never was")


def knows(tokens: ValidTokens, token: str) -> bool:
    """Whether the token is valid."""
    try:
        return bool(tokens.holder(token))
    except NotAuthenticated:
        return False


async def test_a_token_is_valid_from_when_it_is_made_until_it_is_taken_back(file: Path) -> None:
    tokens = ValidTokens(file)
    tokens.follow()
    for name in ("ben", "carla"):
        token = add_token(file, name, Role.READER)
        await until(lambda token=token: knows(tokens, token))  # type: ignore[misc]
        assert tokens.holder(token).name == name
        remove_tokens(file, name=name)
        await until(lambda token=token: not knows(tokens, token))  # type: ignore[misc]


def restorer(file: Path) -> Callable[[], None]:
    """What makes the file again as it is now."""
    content = file.read_text()

    def restore() -> None:
        file.unlink(missing_ok=True)
        file.touch(0o600)
        file.write_text(content)

    return restore


def replace(file: Path, old: str, new: str) -> None:
    """Edit the file by hand."""
    file.write_text(file.read_text().replace(old, new))


async def test_while_the_file_cannot_be_read_no_token_is_valid(file: Path) -> None:
    """It is removed, others may write it, or it has something else in it: then all come back."""
    token = add_token(file, "ben", Role.READER)
    tokens, restore = ValidTokens(file), restorer(file)
    tokens.follow()
    for spoil in (
        file.unlink,
        lambda: file.chmod(0o666),
        lambda: file.write_text("x"),
    ):
        assert knows(tokens, token)
        spoil()
        await until(lambda: not knows(tokens, token))
        restore()
        await until(lambda: knows(tokens, token))


async def held(tokens: ValidTokens, caller: Caller) -> str:
    """What ends a call of the caller that lasts."""
    try:
        async with tokens.held_by(caller):
            await asyncio.sleep(20)
    except NotAuthenticated as error:
        return str(error)
    return "nothing"


async def test_the_calls_of_a_holder_end_when_the_token_is_taken_back(file: Path) -> None:
    """All of them, and those of nobody else."""
    mine, other = (add_token(file, name, Role.READER) for name in ("ben", "carla"))
    tokens = ValidTokens(file)
    tokens.follow()
    calls = [asyncio.ensure_future(held(tokens, tokens.holder(mine))) for _ in range(3)]
    others = asyncio.ensure_future(held(tokens, tokens.holder(other)))
    await asyncio.sleep(0.05)

    remove_tokens(file, name="ben")

    assert await asyncio.gather(*calls) == ["the token is no longer valid"] * 3
    assert not others.done()
    others.cancel()


async def test_a_call_ends_when_its_token_gets_another_role(file: Path) -> None:
    token = add_token(file, "ben", Role.EDITOR)
    tokens = ValidTokens(file)
    tokens.follow()
    call = asyncio.ensure_future(held(tokens, tokens.holder(token)))
    await asyncio.sleep(0.05)

    replace(file, "editor", "reader")

    assert await call == "the token is no longer valid"
    assert tokens.holder(token).role is Role.READER


async def test_a_call_that_ends_by_itself_ends_as_it_does(file: Path) -> None:
    """A timeout of its own stays one, and a cancelled call is cancelled."""
    tokens = ValidTokens(file)
    (token,) = read_tokens(file)
    async with tokens.held_by(token.caller):
        pass
    with pytest.raises(TimeoutError):
        async with tokens.held_by(token.caller), asyncio.timeout(0.01):
            await asyncio.sleep(20)
    call = asyncio.ensure_future(held(tokens, token.caller))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert tokens._lasting == {}
