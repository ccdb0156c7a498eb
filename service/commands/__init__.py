"""Recording changes: decide on the visit as it stands, save, and answer."""
