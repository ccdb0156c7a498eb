"""The version of both distributions, chancery and chancery-client. Change it here only."""

__version__ = "0.1.0"
