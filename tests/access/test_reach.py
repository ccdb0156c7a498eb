"""Who can reach a server: others only if the operator says that they may."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service import serve
from service.config import Settings
from tests.support.processes import chancery

OTHERS = ["0.0.0.0:0", "[::]:0", "192.0.2.1:50051"]


@pytest.mark.parametrize("address", OTHERS)
@pytest.mark.parametrize("tokens", [True, False])
def test_a_server_does_not_start_where_others_reach_it(
    tmp_path: Path, address: str, tokens: bool
) -> None:
    """Also if it knows its callers: their tokens would be on the wire."""
    file, database = tmp_path / "tokens", tmp_path / "chancery.db"
    file.touch(0o600)
    given = ["--token-file", file] if tokens else []
    done = chancery("serve", "--listen", address, "--database", f"sqlite:///{database}", *given)
    who = "callers are known by their tokens" if tokens else "everybody may do all"
    assert done.returncode == 1
    assert done.stderr == (
        f"Failed: other machines reach {address}: {who}, and calls are not encrypted. "
        "Listen on 127.0.0.1, or allow it by --insecure\n"
    )
    assert not database.exists()


@pytest.mark.parametrize("address", OTHERS)
def test_who_allows_it_is_warned_at_each_start(address: str) -> None:
    settings = Settings(listen=address, insecure=True)
    warning = serve._check_reach(settings)
    with capture_logs() as lines:
        serve._log_start(address, warning, {"closed": None})
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("listening", "info"),
        ("insecure", "warning"),
    ]
    assert address in lines[1]["reason"]


@pytest.mark.parametrize("insecure", [True, False])
def test_nobody_is_warned_of_what_only_this_machine_reaches(insecure: bool) -> None:
    assert serve._check_reach(Settings(listen="127.0.0.1:0", insecure=insecure)) == ""
