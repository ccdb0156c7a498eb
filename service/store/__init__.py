"""The event store: the log and the current-state table on SQLAlchemy Core.

``tables`` is the schema. ``engines`` opens a database, ``states`` writes and reads the
current-state table, and ``log`` appends to the log and reads it.
"""
