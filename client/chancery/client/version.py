"""The version of both distributions. pyproject.toml says which client the server needs: this."""

__version__ = "0.1.0"
