"""Settings that need each other: none is passed over in silence."""

import re
from typing import Any

import pytest

from service.access.together import NEEDS, check_together
from service.config import Settings
from service.main import StartupError, access
from service.store.errors import StartupRefused

ALL = dict.fromkeys((name for pair in NEEDS for name in pair), "127.0.0.1:0")


def _settings(**given: Any) -> Settings:
    """Settings that are not looked at one by one."""
    return Settings.model_construct(**given)


@pytest.mark.parametrize(("given", "needed"), NEEDS)
def test_a_setting_without_one_that_it_needs_is_refused(given: str, needed: str) -> None:
    """The message names both, as options. All of them together are fine."""
    check_together(_settings(**ALL))
    with pytest.raises(StartupRefused) as refused:
        check_together(_settings(**ALL | {needed: ""}))
    assert re.fullmatch(r"--[a-z-]+ needs --[a-z-]+", str(refused.value))
    assert f"--{needed.replace('_', '-')}" in str(refused.value)


def test_a_server_checks_that_before_it_reads_a_file() -> None:
    with pytest.raises(StartupError, match="--tls-cert needs --tls-key"):
        access(Settings(tls_cert="nowhere"))
