"""Why a log is closed, and on PostgreSQL a notification whenever the log has grown."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column, and the trigger."""
    op.add_column("head", sa.Column("closed", _Text))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION tell_of_log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_notify('chancery_log', NEW.size::text); RETURN NULL; END $$"
        )
        op.execute(
            "CREATE TRIGGER tell_of_log AFTER UPDATE ON head "
            "FOR EACH ROW EXECUTE FUNCTION tell_of_log()"
        )
