"""A service manager is told when a server serves, and when it shows a new certificate."""

import os
import signal
import ssl
from collections.abc import Mapping
from pathlib import Path

from tests.support.certificates import LOCAL, Authority, server_options
from tests.support.manager import Manager
from tests.support.place import SqliteFile
from tests.support.ports import free_port
from tests.support.processes import PIPE, Process
from tests.support.server import PATIENCE, Server


class ManagedServer(Server):
    """A server that a manager starts."""

    environment: Mapping[str, str]

    def _begin(self, command: list[str]) -> Process:
        return Process(command, stderr=PIPE, env=os.environ | self.environment)


def shown(port: int) -> str:
    """The certificate that is shown at a port."""
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=PATIENCE)


def test_a_reload_is_done_when_the_edges_and_the_board_show_the_new_certificate(
    tmp_path: Path,
) -> None:
    """At its start it is ready when both can be asked, and at its end it says so."""
    authority, board = Authority(tmp_path), free_port()
    pair = authority.certify("server", *LOCAL)
    web = ("--web", f"127.0.0.1:{board}")
    server = ManagedServer(SqliteFile(tmp_path / "desk.db"), *server_options(pair), *web)
    with Manager(tmp_path) as manager:
        server.environment = manager.environment
        with server:
            assert manager.hears(PATIENCE) == "READY=1"
            before = pair[0].read_text()
            assert {shown(port) for port in (server.port, board)} == {before}
            authority.certify("server", *LOCAL)
            assert pair[0].read_text() != before
            server.process.send_signal(signal.SIGHUP)
            assert manager.hears(PATIENCE).startswith("RELOADING=1\n")
            assert manager.hears(PATIENCE) == "READY=1"
            assert {shown(port) for port in (server.port, board)} == {pair[0].read_text()}
            assert server.stop() == 0
        assert manager.hears(PATIENCE) == "STOPPING=1"
