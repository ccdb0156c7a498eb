"""Visits and moments for tests of the effective and the known time."""

from typing import Any

import pytest

from domain.errors import InvalidValue
from domain.times import Moment
from domain.visit import Visit
from tests.domain.builders import NOW, at, blank_visit, end_of_day, enter

TEN = "2023-02-03 10:00"


def stands(text: str, period: str = "") -> Moment:
    """A moment resolved to an instant; a bare day means its latest one."""
    return Moment(at(text) if ":" in text else end_of_day(text), period)


def visit_from(effective: str, recorded: str) -> Visit:
    """A visit that was scheduled at a given effective time."""
    visit = blank_visit()
    enter(visit, "schedule", recorded, effective=effective)
    return visit


def refused_fields(visit: Visit, command: str, recorded: str = NOW, **times: Any) -> list[str]:
    """The fields for which a command is refused. The visit does not change."""
    version = visit.version
    with pytest.raises(InvalidValue) as refused:
        enter(visit, command, recorded, **times)
    assert visit.version == version
    return [problem.field for problem in refused.value.problems]
