"""The log whose copies are edited."""

import asyncio

import pytest

from tests.verify.logs import Kept, kept_log


@pytest.fixture(scope="package")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What was kept of a log of many visits; nothing changes it."""
    return asyncio.run(kept_log(tmp_path_factory.mktemp("kept") / "chancery.db"))
