"""Statements that lead a database back to an older schema, as no migration does."""

INDEXED = (
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
FROM_0005 = (
    "DROP TABLE word",
    *(f"DROP INDEX visit_{column}" for column in INDEXED),
    "ALTER TABLE visit DROP COLUMN planned_until",
    "ALTER TABLE visit DROP COLUMN long_until",
)
TO_0002 = (
    *FROM_0005,
    "DROP TABLE segment",
    "ALTER TABLE head DROP COLUMN closed",
    "UPDATE alembic_version SET version_num = '0002'",
)
TO_0001 = (
    *TO_0002,
    "DROP TABLE tile",
    "ALTER TABLE head DROP COLUMN public_key",
    "UPDATE alembic_version SET version_num = '0001'",
)
TO_0004 = (*FROM_0005, "UPDATE alembic_version SET version_num = '0004'")
