"""Asking: a visit or a list, now or as of another moment, and the history."""
