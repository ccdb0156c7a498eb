"""Short ways to retract a change, and to see that this is refused."""

from typing import Any

import pytest

from domain.errors import InvalidValue, RetractionRefused
from domain.events import Retracted
from domain.visit import Visit
from tests.domain.builders import NOW, enter


def retract(visit: Visit, version: int, recorded: str = NOW, **more: Any) -> tuple[int, ...]:
    """Retract a change. Returns all versions that this takes out."""
    event = enter(visit, "retract", recorded, retracted_version=version, **more)
    assert isinstance(event, Retracted)
    assert event.retracted_version == version
    return event.retracted_versions


def retraction_refused(visit: Visit, version: int, why: str) -> None:
    """See that a retraction is refused, and why. Nothing is recorded."""
    before = visit.version
    with pytest.raises(RetractionRefused, match=why) as refused:
        retract(visit, version)
    assert (refused.value.visit_id, refused.value.version) == (visit.id, version)
    assert visit.version == before


def problems(refused: pytest.ExceptionInfo[InvalidValue]) -> list[str]:
    return [problem.field for problem in refused.value.problems]
