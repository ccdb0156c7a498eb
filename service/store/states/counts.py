"""Counting visits, in all and by the values of a column."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from service.store.states.pages import Selection
from service.store.tables import visit


class Count(NamedTuple):
    """How many visits have a value, and the id of one of them."""

    value: str
    number: int
    visit_id: str


def count_visits(connection: Connection, asked: Selection) -> int:
    """How many visits are selected."""
    number = select(func.count()).select_from(asked.source).where(*asked.conditions)
    return int(connection.execute(number).scalar_one())


def count_by(connection: Connection, asked: Selection, column: str, limit: int) -> Sequence[Count]:
    """The values of a column that most of the selected visits have, up to ``limit`` values.

    The largest number comes first.
    """
    value: Any = visit.c[column]
    number = func.count()
    statement = (
        select(value, number, func.min(visit.c.visit_id))
        .select_from(asked.source)
        .where(*asked.conditions)
        .group_by(value)
        .order_by(number.desc(), value)
        .limit(limit)
    )
    return list(map(Count._make, connection.execute(statement)))
