"""The log: appending to it, reading it, and its tree."""
