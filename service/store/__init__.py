"""The event store: the log and the current-state table on SQLAlchemy Core.

``tables`` is the schema, ``database`` opens it, ``writer`` and ``batch`` append to the
log, ``reader`` reads it, and ``recorder`` shows both to eventsourcing.
"""
