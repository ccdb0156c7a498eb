"""The roles of roles.sql: acting as the owner of the tables, and granting to the others."""

from sqlalchemy import Connection, func, select, text

# Any number will do that no other program locks.
_SCHEMA_LOCK = func.hashtext("chancery_log")

# Roles belong to the whole server: that one exists says nothing about this database.
_IS_OWNER = text(
    "SELECT 1 FROM pg_roles WHERE rolname = 'chancery_owner' AND pg_has_role(oid, 'member') "
    "AND has_schema_privilege(oid, current_schema(), 'CREATE')"
)
_GRANTS = (
    "GRANT SELECT, INSERT ON log, segment TO chancery_app",
    "GRANT SELECT, UPDATE ON head TO chancery_app",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON tile, visit, alias, word, label, days TO chancery_app",
    "GRANT SELECT ON alembic_version TO chancery_app",
    "GRANT SELECT ON log, head, tile, segment, visit, alias, word, label, days, alembic_version "
    "TO chancery_reader",
)


def lock_schema(connection: Connection) -> None:
    """Keep other processes from migrating until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))


def become_owner(connection: Connection) -> bool:
    """Act as the owner role, if roles.sql was run in this database and the user has that role.

    Returns whether this is so.
    """
    if connection.execute(_IS_OWNER).first() is None:
        return False
    connection.execute(text("SET LOCAL ROLE chancery_owner"))
    return True


def grant(connection: Connection) -> None:
    """Grant to the other roles of roles.sql what they need."""
    for statement in _GRANTS:
        connection.execute(text(statement))
