"""Who can reach a server: others only if that is safe, or the operator says that they may."""

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from service import serve
from service.access.reach import check_reach, warning_of
from service.config import Settings
from service.store.errors import StartupRefused
from tests.support.processes import chancery

OTHERS = ["0.0.0.0:0", "[::]:0", "192.0.2.1:50051"]
UNKNOWN, PLAIN = "callers are not known", "what is sent is not encrypted"


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
    lacks = PLAIN if tokens else f"{UNKNOWN}, and {PLAIN}"
    assert done.returncode == 1
    assert done.stderr == (
        f"Failed: other machines reach {address}: {lacks}. Listen on 127.0.0.1, protect it "
        "(docs/access.md), or allow it by --insecure\n"
    )
    assert not database.exists()


@pytest.mark.parametrize("address", OTHERS)
@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ({}, f"{UNKNOWN}, and {PLAIN}"),
        ({"token_file": "tokens"}, PLAIN),
        ({"jwks": "keys"}, PLAIN),
        ({"tls_cert": "cert"}, UNKNOWN),
    ],
)
def test_who_allows_it_is_warned_at_each_start(
    address: str, given: dict[str, Any], lacks: str
) -> None:
    settings = Settings(listen=address, insecure=True, **given)
    warning = warning_of(settings)
    assert warning == f"other machines reach {address}: {lacks}"
    with capture_logs() as lines:
        serve._log_start(settings, warning, {"closed": None})
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("listening", "info"),
        ("insecure", "warning"),
    ]
    assert lines[1]["reason"] == warning


@pytest.mark.parametrize("address", OTHERS)
def test_nobody_is_warned_where_calls_are_encrypted_and_callers_known(address: str) -> None:
    for known in ("token_file", "jwks", "listen_mtls"):
        given: dict[str, Any] = {known: "127.0.0.1:0"}
        assert warning_of(Settings(listen=address, tls_cert="cert", **given)) == ""


@pytest.mark.parametrize("insecure", [True, False])
@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:0", "localhost:0"])
def test_nobody_is_warned_of_what_only_this_machine_reaches(address: str, insecure: bool) -> None:
    assert warning_of(Settings(listen=address, insecure=insecure)) == ""


@pytest.mark.parametrize("address", OTHERS)
def test_a_board_is_held_to_the_same_and_has_to_know_its_name(address: str) -> None:
    plain = Settings(web=address, web_public="https://board.example")
    with pytest.raises(StartupRefused, match=f"{UNKNOWN}, and {PLAIN}"):
        warning_of(plain)
    safe: dict[str, Any] = {"tls_cert": "cert", "token_file": "tokens"}
    assert warning_of(plain.model_copy(update=safe)) == ""
    with pytest.raises(StartupRefused, match="needs --web-public"):
        warning_of(Settings(web=address, **safe))
    assert warning_of(Settings(web="127.0.0.1:0")) == ""


def test_a_host_that_nobody_knows_is_refused() -> None:
    with pytest.raises(StartupRefused, match=r"cannot listen on nowhere\.invalid:1"):
        check_reach("nowhere.invalid:1", False, is_encrypted=False, knows_callers=False)
