"""Time passes, and frames grow large, only in tests that are about it."""

from collections.abc import Iterator

import pytest

from service.live import ring, watch


@pytest.fixture(scope="module", autouse=True)
def _no_pauses() -> Iterator[None]:
    """No pause between the turns of readers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ring, "PAUSE_SECONDS", 0.0)
        yield


@pytest.fixture
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make frames, pages and stretches of the log so small that a few changes are many."""
    monkeypatch.setattr(watch, "WATCH_FRAME_BYTES", 60)
    monkeypatch.setattr(watch, "WATCH_CHANGES", 3)
    monkeypatch.setattr(watch, "WATCH_POSITIONS", 5)
