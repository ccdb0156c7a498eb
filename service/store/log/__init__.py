"""The log: its head, its one writer, and reading it back."""
