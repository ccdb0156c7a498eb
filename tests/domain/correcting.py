"""Short ways to correct a change, and to see why this is refused."""

from typing import Any

import pytest

from domain.errors import CorrectionRefused
from domain.events import Corrected
from domain.visit import Visit
from tests.domain.builders import NOW, context

REASON: dict[str, Any] = {"reason": "Another reason"}


def correct(
    visit: Visit, *mask: str, version: int = 0, recorded: str = NOW, known: str = "", **right: Any
) -> Corrected:
    """Say what the fields in the mask should have been; without a version, in whichever change."""
    visit.correct(
        context(recorded, known=known), corrected_version=version, update_mask=mask, **right
    )
    event = visit.changes[-1]
    assert isinstance(event, Corrected)
    return event


def refusal(visit: Visit, *mask: str, **given: Any) -> CorrectionRefused:
    """Why a correction of these fields is refused. Nothing is recorded."""
    version = visit.version
    with pytest.raises(CorrectionRefused) as refused:
        correct(visit, *mask, **given)
    assert (refused.value.visit_id, visit.version) == (visit.id, version)
    return refused.value
