"""The current-state table: one row for each visit, as its changes leave it."""
