"""Who is known now: those whom the files name as they are, and the calls that end with that."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from service.access import followed
from service.access.caller import Caller, Role
from service.access.caller_file import CallerFile, certified
from service.access.callers import Callers, known_callers
from service.access.followed import follow
from service.access.token_file import add_token, read_tokens, remove_tokens
from service.config import Settings
from service.errors import NotAuthenticated
from service.store.errors import StartupRefused


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a token of Anna's, which is looked at often."""
    monkeypatch.setattr(followed, "FOLLOW_SECONDS", 0.005)
    add_token(tmp_path / "tokens", "anna", Role.EDITOR)
    return tmp_path / "tokens"


def followed_callers(file: Path) -> Callers:
    """The callers whom a server with this file of tokens knows, as they are from now on."""
    callers = known_callers(Settings(token_file=str(file)))
    assert callers is not None
    follow(callers.refresh)
    return callers


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until that is so."""
    for _ in range(4000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never was")


def knows(callers: Callers, token: str) -> bool:
    """Whether the token is valid."""
    try:
        return bool(callers.with_token(token))
    except NotAuthenticated:
        return False


async def test_a_token_is_valid_from_when_it_is_made_until_it_is_taken_back(file: Path) -> None:
    callers = followed_callers(file)
    for name in ("ben", "carla"):
        token = add_token(file, name, Role.READER)
        await until(lambda token=token: knows(callers, token))  # type: ignore[misc]
        assert callers.with_token(token).name == name
        remove_tokens(file, name=name)
        await until(lambda token=token: not knows(callers, token))  # type: ignore[misc]


async def test_where_no_token_is_left_nobody_is_let_in(file: Path) -> None:
    """A file without tokens names nobody, and is not as if there were none."""
    remove_tokens(file, name="anna")
    callers = followed_callers(file)
    assert not knows(callers, "chancery_unknown")
    token = add_token(file, "ben", Role.READER)
    await until(lambda: knows(callers, token))


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
    callers, restore = followed_callers(file), restorer(file)
    for spoil in (
        file.unlink,
        lambda: file.chmod(0o666),
        lambda: file.write_text("x"),
    ):
        assert knows(callers, token)
        spoil()
        await until(lambda: not knows(callers, token))
        restore()
        await until(lambda: knows(callers, token))


async def held(callers: Callers, caller: Caller) -> str:
    """What ends a call of the caller that lasts."""
    try:
        async with callers.held_by(caller):
            await asyncio.sleep(20)
    except NotAuthenticated as error:
        return str(error)
    return "nothing"


ENDED = "the credentials are no longer valid"


async def test_the_calls_of_a_holder_end_when_the_token_is_taken_back(file: Path) -> None:
    """All of them, and those of nobody else."""
    mine, other = (add_token(file, name, Role.READER) for name in ("ben", "carla"))
    callers = followed_callers(file)
    calls = [asyncio.ensure_future(held(callers, callers.with_token(mine))) for _ in range(3)]
    others = asyncio.ensure_future(held(callers, callers.with_token(other)))
    await asyncio.sleep(0.05)

    remove_tokens(file, name="ben")

    assert await asyncio.gather(*calls) == [ENDED] * 3
    assert not others.done()
    others.cancel()


async def test_a_call_ends_when_its_token_gets_another_role(file: Path) -> None:
    token = add_token(file, "ben", Role.EDITOR)
    callers = followed_callers(file)
    call = asyncio.ensure_future(held(callers, callers.with_token(token)))
    await asyncio.sleep(0.05)

    replace(file, "editor", "reader")

    assert await call == ENDED
    assert callers.with_token(token).role is Role.READER


async def test_a_call_that_ends_by_itself_ends_as_it_does(file: Path) -> None:
    """A timeout of its own stays one, and a cancelled call is cancelled."""
    callers = followed_callers(file)
    (token,) = read_tokens(file)
    async with callers.held_by(token.caller):
        pass
    with pytest.raises(TimeoutError):
        async with callers.held_by(token.caller), asyncio.timeout(0.01):
            await asyncio.sleep(20)
    call = asyncio.ensure_future(held(callers, token.caller))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert callers._lasting == {}


# The names in certificates


def roles_file(folder: Path, *lines: str) -> Path:
    """A file with the roles of certificates."""
    file = folder / "roles"
    file.touch(0o600)
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def test_the_names_in_certificates_have_the_roles_that_the_file_says(tmp_path: Path) -> None:
    """A name may be a URI, and may have blanks; a name that is not there has no role."""
    names = {"anna": Role.EDITOR, "spiffe://desk/importer": Role.OPERATOR, "Jo Bloggs": Role.READER}
    file = roles_file(tmp_path, *(f"{role.value} {name}" for name, role in names.items()))
    callers = Callers(certificates=CallerFile(certified, file), certificate_name="uri")
    for name, role in names.items():
        assert (callers.certified(name).name, callers.certified(name).role) == (name, role)
    for name in ("Anna", "anna ", "", "ann", "jo"):
        with pytest.raises(NotAuthenticated, match="has no role here"):
            callers.certified(name)


async def test_the_calls_of_a_name_end_when_it_is_withdrawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "FOLLOW_SECONDS", 0.005)
    file = roles_file(tmp_path, "reader anna", "reader ben")
    callers = Callers(certificates=CallerFile(certified, file), certificate_name="dns")
    follow(callers.refresh)
    anna, ben = (
        asyncio.ensure_future(held(callers, callers.certified(name))) for name in ("anna", "ben")
    )
    await asyncio.sleep(0.05)

    replace(file, "reader anna\n", "")

    assert await anna == ENDED
    assert not ben.done()
    ben.cancel()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("anna", "line 2 of .*roles is not a role and a name"),
        ("king anna", "line 2 of .*roles is not a role and a name"),
        ("reader ", "line 2 of .*roles is not a role and a name"),
        ("reader  anna", "line 2 of .*roles is not a role and a name"),
        ("reader unverified:anna", "line 2 of .*roles is not a role and a name"),
        ("reader ben", "roles names somebody twice"),
    ],
)
def test_a_file_of_roles_with_something_else_in_it_is_refused(
    tmp_path: Path, line: str, problem: str
) -> None:
    with pytest.raises(StartupRefused, match=problem):
        certified(roles_file(tmp_path, "editor ben", line))


def test_a_file_of_roles_that_others_may_write_is_refused(tmp_path: Path) -> None:
    file = roles_file(tmp_path, "editor ben")
    file.chmod(0o620)
    with pytest.raises(StartupRefused, match=r"others may read .*roles.*: chmod 600 it"):
        certified(file)
