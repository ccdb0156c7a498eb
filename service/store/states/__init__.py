"""The current-state table: its rows, filters, pages, and the names visits are found by."""
