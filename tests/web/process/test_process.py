"""The board as a process beside a server, or alone: where it listens, and how it ends."""

import asyncio
import json
import re
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, nullcontext
from pathlib import Path

import httpx
import psutil
import pytest
from structlog.testing import capture_logs

from service.config import Settings
from service.main import StartupError
from service.observe import logs
from service.web.board import BoardSettings
from service.web.page import templates
from service.web_process import run_alone
from tests.observe.scraping import METRICS, Scrape, address_of, shows
from tests.support.board import ON_BOARD, board_of, live_line, running_board
from tests.support.certificates import LOCAL
from tests.support.holders import EncryptedServer
from tests.support.messages import scheduled
from tests.support.pids import ports_of
from tests.support.place import SqliteFile
from tests.support.processes import PIPE, Process, chancery
from tests.support.server import Server
from tests.support.waiting import wait_until

STYLE = "/static/board.css"


@contextmanager
def board_alone(*options: str) -> Iterator[str]:
    """``chancery web`` with these options, and the address that it tells."""
    command = ["-m", "service.cli", "web", "--web", "127.0.0.1:0", *options]
    with Process(command, stderr=PIPE) as process:
        assert process.stderr is not None
        said = json.loads(process.stderr.readline())
        assert said["event"] == "serving the board"
        try:
            yield said["address"].removesuffix("/")
        finally:
            process.terminate()
            assert process.wait(10) == 0


def is_shown(url: str, **how: object) -> bool:
    """Whether something is answered there."""
    try:
        return httpx.get(url, timeout=5, **how).status_code == 200  # type: ignore[arg-type]
    except httpx.HTTPError:
        return False


def board_process(server: Server) -> psutil.Process:
    """The process that shows a server's board."""
    port = int(board_of(server).rpartition(":")[2])
    (found,) = [
        each
        for each in psutil.Process(server.process.pid).children()
        if ports_of(each.pid) == [port]
    ]
    return found


def test_a_server_tells_where_its_board_is_and_has_none_unless_told(tmp_path: Path) -> None:
    with Server(tmp_path / "a.db", *ON_BOARD) as server:
        assert server.logged("listening")["board"] == f"{board_of(server)}/"
        assert is_shown(board_of(server) + STYLE)
    with Server(tmp_path / "b.db") as server:
        assert "board" not in server.logged("listening")
        assert len(psutil.Process(server.process.pid).children()) == 2


def test_a_board_that_ends_is_started_again_and_the_server_does_not_notice(
    tmp_path: Path,
) -> None:
    with Server(tmp_path / "a.db", *ON_BOARD, *METRICS) as server:
        is_shown(board_of(server) + STYLE)
        board_process(server).send_signal(signal.SIGKILL)
        assert is_shown(board_of(server) + STYLE)  # who comes meanwhile waits
        server.client().record("visits/a", scheduled())
        server.logged("board serves again")
        shows(server, 1, "chancery_restarts_total", process="board")
        assert Scrape(address_of(server)).value("chancery_processes", process="board")


def test_a_server_with_open_lines_stops_without_waiting_for_them(tmp_path: Path) -> None:
    async def lines_end() -> float:
        with Server(tmp_path / "a.db", *ON_BOARD) as server:
            async with AsyncExitStack() as stack:
                opened = [live_line(board_of(server), after=0) for _ in range(20)]
                lines = [await stack.enter_async_context(each) for each in opened]
                began = time.monotonic()
                server.terminate()
                await asyncio.gather(*(line.end() for line in lines))
                ended = time.monotonic() - began
            assert server.ended() == 0
        assert not [line for line in server.log if line["event"] == "board failed"]
        return ended

    assert asyncio.run(lines_end()) < 1


def test_a_board_alone_shows_the_server_that_it_is_given(tmp_path: Path) -> None:
    with (
        Server(tmp_path / "a.db") as server,
        board_alone("--target", server.address) as address,
        httpx.stream("GET", f"{address}/live?after=0") as answer,
    ):
        assert answer.status_code == 200


async def test_while_the_server_is_away_the_board_says_so_and_recovers_by_itself(
    own_server: Server, short_waits: None
) -> None:
    target = own_server.address
    own_server.stop()
    async with (
        running_board(target) as board,
        httpx.AsyncClient(base_url=board.address, verify=False) as client,
    ):
        answer = await client.get("/live?after=0")
        assert answer.status_code == 503
        assert "The service does not answer" in answer.text
        assert (await client.get(STYLE)).status_code == 200
        own_server.start(target)
        status = 503
        async with asyncio.timeout(10):
            while status == 503:
                async with live_line(board.address, after=0) as line:
                    status = line.answer.status_code
        assert status == 200


@pytest.mark.parametrize("command", ["serve", "web"])
def test_others_reach_the_board_only_if_that_is_safe_or_allowed(
    tmp_path: Path, command: str
) -> None:
    database = f"sqlite:///{tmp_path}/a.db"
    with Server(tmp_path / "b.db") as server:
        given = {
            "serve": ["--listen", "127.0.0.1:0", "--database", database],
            "web": ["--target", server.address],
        }[command]
        done = chancery(command, *given, "--web", "0.0.0.0:0")
    assert done.stderr == (
        "Failed: other machines reach 0.0.0.0:0: callers are not known, and what is sent is not "
        "encrypted. Listen on 127.0.0.1, protect it (docs/access.md), or allow it by --insecure\n"
    )
    assert done.returncode == 1
    assert not (tmp_path / "a.db").exists()


def test_a_board_alone_that_others_reach_starts_only_once_its_server_answers(
    short_waits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "to_stderr", nullcontext)  # the tests' own log stays as it is
    settings = Settings(web="0.0.0.0:0", tls_cert="cert", tls_key="key")
    with pytest.raises(StartupError, match="has to say whether it knows its callers, and cannot"):
        run_alone(settings, "127.0.0.1:1", "")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--web-key", "x"], "Failed: --web-key: a verifier key is NAME+KEYID+BASE64\n"),
        (["--tls-cert", "x"], "Failed: --tls-cert needs --tls-key\n"),
        (["--ca", "/nowhere"], "Failed: ca: cannot read /nowhere: No such file or directory\n"),
    ],
)
def test_a_board_alone_with_a_wrong_setting_says_which(options: list[str], told: str) -> None:
    done = chancery("web", "--web", "127.0.0.1:0", *options)
    assert (done.stderr.splitlines(True)[-1], done.returncode) == (told, 1)


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with Server(tmp_path / "a.db", *ON_BOARD) as server:
        taken = board_of(server).removeprefix("http://")
        done = chancery("web", "--web", taken)
        assert done.stderr == f"Failed: cannot listen on {taken}: Address already in use\n"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("--web", "8080"),
        ("--web-public", "board.example"),
        ("--web-public", "https://board.example/desk"),
        ("--web-cors", "https://a.example, https://b.example"),
        ("--web-cors", "*"),
    ],
)
def test_a_setting_that_is_no_address_is_a_usage_error(setting: str, value: str) -> None:
    done = chancery("web", setting, value)
    assert re.search(rf"Invalid value for .*{setting}", done.stderr)
    assert done.returncode == 2


@pytest.mark.parametrize("setting", ["--web-public", "--web-cors"])
def test_a_setting_of_a_board_that_there_is_not_is_refused(tmp_path: Path, setting: str) -> None:
    database = f"sqlite:///{tmp_path}/a.db"
    done = chancery("serve", "--database", database, setting, "https://a.example")
    assert done.stderr == f"Failed: {setting} needs --web\n"


@pytest.mark.parametrize(
    ("proxies", "scheme"), [("", "http"), ("192.0.2.1", "http"), ("127.0.0.1", "https")]
)
async def test_only_a_proxy_that_is_named_is_believed_by_which_scheme_its_client_came(
    server: Server, proxies: str, scheme: str
) -> None:
    """uvicorn would believe everybody on this machine."""
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
    settings = BoardSettings(proxies=proxies)
    async with running_board(server.address, settings) as board, httpx.AsyncClient() as client:
        page = await client.get(f"{board.address}/visits", headers=told)
    assert f'<span class="addr">{scheme}://127.0.0.1:{board.port}/visits</span>' in page.text


@pytest.mark.parametrize("proxies", ["proxy.example", "127.0.0.1,*", "10.0.0.1/8"])
def test_a_proxy_is_named_by_an_address_or_a_network(proxies: str) -> None:
    done = chancery("web", "--web-proxy", proxies)
    assert re.search(r"Invalid value for .*--web-proxy", done.stderr)
    assert done.returncode == 2


async def test_what_draws_the_pages_is_read_before_anybody_asks(server: Server) -> None:
    assert templates.cache is not None
    templates.cache.clear()
    async with running_board(server.address) as board, httpx.AsyncClient() as client:
        await client.get(board.address + STYLE)
        assert len(templates.cache) >= len(templates.list_templates())


async def test_a_stop_tells_how_many_pages_it_cut_off_and_traces_none_of_them() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, capture_logs() as logged:
        async with httpx.AsyncClient(timeout=10) as client:
            async with running_board(f"127.0.0.1:{silent.getsockname()[1]}") as board:
                asking = asyncio.ensure_future(client.get(board.address))
                await asyncio.sleep(0.3)
            await asyncio.wait([asking], timeout=10)
            assert asking.done()
            assert asking.exception() or asking.result().status_code == 500
    assert [line["reason"] for line in logged] == [
        "Cancel 1 running task(s), timeout graceful shutdown exceeded"
    ]


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EncryptedServer]:
    """A server with TLS that knows its callers, and its board."""
    folder = tmp_path_factory.mktemp("tls")
    place = SqliteFile(folder / "chancery.db")
    with EncryptedServer(place, folder, "--edges", "2", *ON_BOARD) as server:
        yield server


def test_with_tls_the_board_shows_the_same_certificate_and_a_new_one_within_a_second(
    encrypted: EncryptedServer,
) -> None:
    address = board_of(encrypted)
    trusting = ssl.create_default_context(cafile=str(encrypted.authority.file))
    assert address.startswith("https://127.0.0.1:")
    assert is_shown(address + STYLE, verify=trusting)
    port = int(address.rpartition(":")[2])
    with httpx.Client(verify=trusting) as client:
        assert client.get(address + STYLE).status_code == 200
        encrypted.authority.certify("server", *LOCAL)
        new = encrypted.pair[0].read_text()
        shown = wait_until(lambda: ssl.get_server_certificate(("127.0.0.1", port)) == new, 20)
        assert shown < 1.5
        assert client.get(address + STYLE).status_code == 200  # on the connection of before


async def test_with_tls_the_board_asks_the_server_with_the_credentials_of_the_caller(
    encrypted: EncryptedServer,
) -> None:
    trusting = ssl.create_default_context(cafile=str(encrypted.authority.file))
    async with httpx.AsyncClient(base_url=board_of(encrypted), verify=trusting) as client:
        assert (await client.get("/live?after=0")).status_code == 401
        shown = {"Authorization": f"Bearer {encrypted.holders.tokens['reader']}"}
        async with client.stream("GET", "/live?after=0", headers=shown) as answer:
            assert answer.status_code == 200
