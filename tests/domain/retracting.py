"""A short way to retract a change."""

from typing import Any

import pytest

from domain.errors import InvalidValue
from domain.visit import Visit
from tests.domain.builders import NOW, enter


def retract(visit: Visit, version: int, recorded: str = NOW, **more: Any) -> None:
    enter(visit, "retract", recorded, retracted_version=version, **more)


def problems(refused: pytest.ExceptionInfo[InvalidValue]) -> list[str]:
    return [problem.field for problem in refused.value.problems]
