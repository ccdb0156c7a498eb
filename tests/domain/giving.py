"""Give a visit a command, or see why it is refused."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from domain.checks import Context
from domain.errors import InvalidValue
from domain.terms import Attribution, Side, StatementKind
from domain.values import Statement
from domain.visit import Visit
from tests.domain.builders import DETAILS, LEAST, blank_visit, context, scheduled_visit, word

PRESS = word(Side.PRESS, attribution=Attribution.ANONYMOUS)
REPORT = Statement(StatementKind.REPORT, Side.PRESS)


def visit_for(command: str) -> Visit:
    """A visit that takes the command."""
    return blank_visit() if command in ("schedule", "disclose") else scheduled_visit()


def give(command: str, values: Mapping[str, Any]) -> Visit:
    """The visit after a command with these values, which may include values of the context."""
    given = {**LEAST[command], **values}
    asked = replace(context(), **{k: v for k, v in given.items() if k in Context.RULES})
    visit = visit_for(command)
    getattr(visit, command)(asked, **{k: v for k, v in given.items() if k not in Context.RULES})
    return visit


def problems(command: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Why a command with these values is refused, by field. Nothing is recorded."""
    with pytest.raises(InvalidValue) as refused:
        give(command, values)
    assert all(problem.text for problem in refused.value.problems)
    return {problem.field: problem.text for problem in refused.value.problems}


def details(**changed: Any) -> dict[str, Any]:
    return {"details": replace(DETAILS, **changed)}
