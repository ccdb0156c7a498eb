"""An index for each filter of a list, so that lists are hardly slower from a long log."""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ROWS = 5000
_WINDOW = ("window_start", "window_end")
_INDEXED = (
    "status",
    "standing",
    "principal",
    "principal_country",
    "host_country",
    "trip",
    "window_end",
    "planned_until",
    "long_until",
)


def upgrade() -> None:
    """Create and fill the words, the columns and the indexes, from the table of visits."""
    visit_word = op.create_table(
        "word",
        sa.Column("word", _Text, primary_key=True),
        sa.Column("visit_id", _Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.add_column("visit", sa.Column("planned_until", _Text))
    op.add_column("visit", sa.Column("long_until", _Text))
    op.execute(
        "UPDATE visit SET planned_until = window_end WHERE status IN ('scheduled', 'rescheduled')"
    )
    connection = op.get_bind()
    visit = sa.table("visit", *map(sa.column, ["visit_id", "words", *_WINDOW, "long_until"]))
    last = ""
    while rows := connection.execute(
        sa.select(visit).where(visit.c.visit_id > last).order_by(visit.c.visit_id).limit(_ROWS)
    ).all():
        last = rows[-1].visit_id
        words = [{"word": w, "visit_id": r.visit_id} for r in rows for w in set(r.words.split())]
        long_ones = [{"of": row.visit_id} for row in rows if _is_long(row)]
        if words:
            connection.execute(sa.insert(visit_word), words)
        if long_ones:
            same = visit.c.visit_id == sa.bindparam("of")
            connection.execute(
                sa.update(visit).where(same).values(long_until=visit.c.window_end), long_ones
            )
    for column in _INDEXED:
        op.create_index(f"visit_{column}", "visit", [column, "visit_id"])


def _is_long(row: sa.Row[tuple[str, str, str | None, str | None, str | None]]) -> bool:
    start, end = row.window_start, row.window_end
    if start is None or end is None:
        return False
    return date.fromisoformat(end) - date.fromisoformat(start) > timedelta(31)
