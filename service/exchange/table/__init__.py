"""A desk's own table: CSV, of which each row is a change."""
