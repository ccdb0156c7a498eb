"""Recording changes: decide, save, and answer."""
