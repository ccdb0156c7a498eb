"""The version of both distributions, chancery and chancery-client: this is its one place."""

__version__ = "0.1.0"
