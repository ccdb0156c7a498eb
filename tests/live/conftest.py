"""Time passes only in tests that are about it."""

from collections.abc import Iterator

import pytest

from service.live import ring


@pytest.fixture(scope="module", autouse=True)
def _no_pauses() -> Iterator[None]:
    """No pause between the turns of readers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ring, "PAUSE_SECONDS", 0.0)
        yield
