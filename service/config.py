"""The settings of a server, read once at start.

Each is an environment variable ``CHANCERY_<NAME>`` and an option of
``chancery serve``; an option wins.
"""

from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a server is started with."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_", frozen=True)

    listen: str = Field(
        default="127.0.0.1:50051",
        description="Address to listen on, HOST:PORT; port 0 takes a free one.",
    )
    database: str = Field(
        default="sqlite:///chancery.db",
        description="The event store: sqlite:///FILE, or postgresql+psycopg://USER@HOST/DATABASE, "
        "also with several hosts: ...///DATABASE?host=A:5432&host=B:5432&"
        "target_session_attrs=read-write.",
    )
    key_file: str = Field(
        default="",
        description="The file with the key that the log signs with; made at the first start, "
        "and the same for all servers of a log. If empty, it is that of the SQLite file with "
        ".key behind its name; with PostgreSQL it is required.",
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes that serve on the port, each with the bounds below; more than one "
        "needs PostgreSQL.",
    )
    read_only: bool = Field(
        default=False,
        description="Refuse changes: for a server on a standby of PostgreSQL.",
    )
    max_calls: int = Field(
        default=1000,
        ge=1,
        description="Calls served at the same time; more are RESOURCE_EXHAUSTED.",
    )
    max_watches: int = Field(
        default=2000,
        ge=1,
        description="Watches served at the same time; more are RESOURCE_EXHAUSTED.",
    )
    cached_visits: int = Field(
        default=10_000,
        ge=1,
        description="Visits whose current state is kept in memory.",
    )
    log_format: Literal["json", "text"] = Field(
        default="json",
        description="How log lines are written to standard error: json, or text for people.",
    )
    shutdown_seconds: float = Field(
        default=5.0,
        gt=0,
        le=8,
        description="How long calls in flight may take to end after SIGTERM.",
    )

    @field_validator("listen")
    @classmethod
    def _is_address(cls, listen: str) -> str:
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError("must be HOST:PORT, with a port of 0 to 65535")
        return listen
