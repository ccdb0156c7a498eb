"""SQLite and PostgreSQL: opening a database, its schema, and its migrations."""
