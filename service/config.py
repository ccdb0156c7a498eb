"""The settings of a server, read once at start.

Each is an environment variable ``CHANCERY_<NAME>`` and an option of
``chancery serve``; an option wins.
"""

from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings of a server."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_", frozen=True)

    listen: str = Field(
        default="127.0.0.1:50051",
        description="Address to listen on, HOST:PORT. Port 0 picks a free port.",
    )
    database: str = Field(
        default="sqlite:///chancery.db",
        description="The event store: sqlite:///FILE, or postgresql+psycopg://USER@HOST/DATABASE. "
        "With several hosts: postgresql+psycopg:///DATABASE?host=A:5432&host=B:5432&"
        "target_session_attrs=read-write.",
    )
    key_file: str = Field(
        default="",
        description="The file of the log's signing key, the same for all servers of a log. It is "
        "created at the first start. With SQLite the default is the database file's name and "
        ".key; with PostgreSQL there is none.",
    )
    token_file: str = Field(
        default="",
        description="The file of the tokens by which callers are known; `chancery token new` makes "
        "it. What changes in it takes effect within a second. Without one everybody may do "
        "everything, under a name that is not verified.",
    )
    access_record: str = Field(
        default="",
        description="The file that tells who read the audit service and who was refused, kept "
        "where callers are known. With SQLite the default is the database file's name and "
        ".access; with PostgreSQL there is none.",
    )
    insecure: bool = Field(
        default=False,
        description="Listen on an address that other machines reach, although calls are not "
        "encrypted.",
    )
    edges: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes that answer calls on the port, each with the limits below. One more "
        "records changes. A client's connection stays on one of them.",
    )
    read_only: bool = Field(
        default=False,
        description="Refuse all changes, as a server on a PostgreSQL standby must.",
    )
    max_calls: int = Field(
        default=1000,
        ge=1,
        description="Calls served at a time. Further ones get RESOURCE_EXHAUSTED.",
    )
    max_watches: int = Field(
        default=2000,
        ge=1,
        description="Watches served at a time. Further ones get RESOURCE_EXHAUSTED.",
    )
    cached_visits: int = Field(
        default=10_000,
        ge=1,
        description="Visits kept in memory with their current state.",
    )
    log_format: Literal["json", "text"] = Field(
        default="json",
        description="Format of the log lines on standard error: json, or text for people.",
    )
    shutdown_seconds: float = Field(
        default=5.0,
        gt=0,
        le=8,
        description="Seconds that calls in flight have to end after SIGTERM.",
    )

    @field_validator("listen")
    @classmethod
    def _is_address(cls, listen: str) -> str:
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError("must be HOST:PORT, with a port of 0 to 65535")
        return listen
