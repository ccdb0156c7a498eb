"""The version of both distributions, chancery and chancery-client. Change it here, and what the server needs
in pyproject.toml."""

__version__ = "0.1.0"
