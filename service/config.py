"""The settings of a server, read once at start.

Each is an option of ``chancery serve``, an environment variable ``CHANCERY_<NAME>`` and a key of
the settings file; of these the first that is given wins.
"""

import re
from ipaddress import ip_network
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# All by which whoever checks a signature needs no secret.
JWT_ALGORITHMS = frozenset(
    f"{kind}{bits}" for kind in ("ES", "RS", "PS") for bits in (256, 384, 512)
)
JWT_ALGORITHMS |= {"Ed25519", "EdDSA"}
# A scheme, a host, and perhaps a port.
ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


class Settings(BaseSettings):
    """The settings of a server."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_", env_ignore_empty=True, frozen=True)

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
    # Who may reach the server, and as whom: see docs/access.md.
    token_file: str = Field(
        default="",
        description="The file of the tokens by which callers are known; `chancery token new` makes "
        "it. What changes in it takes effect within a second. Without this, --jwks and "
        "--listen-mtls everybody may do everything, under a name that is not verified.",
    )
    jwks: str = Field(
        default="",
        description="The keys of the issuer whose JWTs make callers known: a file, or an address "
        "(https://, on this machine http:// too), which is asked again every five minutes.",
    )
    jwt_issuer: str = Field(default="", description="The `iss` that a JWT must have.")
    jwt_audience: str = Field(default="", description="The `aud` that a JWT must have.")
    jwt_role_claim: str = Field(default="role", description="The claim of a JWT with the role.")
    jwt_name_claim: str = Field(
        default="sub", description="The claim of a JWT with the name: the actor of changes."
    )
    jwt_algorithms: str = Field(
        default="ES256,RS256,Ed25519",
        description="The algorithms by which a JWT may be signed.",
    )
    tls_cert: str = Field(
        default="",
        description="A PEM file: the certificate of the server and those that lead from it to its "
        "authority. A new one takes effect within a second, on new connections.",
    )
    tls_key: str = Field(default="", description="The PEM file of the certificate's key.")
    listen_mtls: str = Field(
        default="",
        description="Another address to listen on, HOST:PORT, where each client has to show a "
        "certificate, and is known by it.",
    )
    client_ca: str = Field(
        default="",
        description="A PEM file: the certificates of the authorities that certify clients.",
    )
    certificate_roles: str = Field(
        default="",
        description="The file that says what the clients with certificates may do. Each line is a "
        "role and a name, such as `editor anna`.",
    )
    certificate_name: Literal["common_name", "dns", "uri", "email", "spiffe_id"] = Field(
        default="common_name",
        description="The part of a client's certificate that has its name.",
    )
    connection_seconds: int | None = Field(
        default=None,
        ge=1,
        description="Seconds after which a connection is closed, once its calls have ended or a "
        "minute later: so long may a certificate that was withdrawn be of use. By default 3600 "
        "with TLS, and without end otherwise.",
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
        "encrypted, or callers not known.",
    )
    metrics_listen: str = Field(
        default="",
        description="Address that shows metrics for Prometheus over HTTP, HOST:PORT. Without one "
        "there are none.",
    )
    web: str = Field(
        default="",
        description="Address of the status board, HOST:PORT: pages, feeds and the contract over "
        "HTTP, or HTTPS with --tls-cert. `chancery serve` has no board without one; `chancery "
        "web` takes 127.0.0.1:8080.",
    )
    web_public: str = Field(
        default="",
        description="The address by which people reach the board, such as "
        "https://board.example, if that is another.",
    )
    web_cors: str = Field(
        default="",
        description="Origins whose pages may call the contract over HTTP, such as "
        "https://app.example, with commas between them.",
    )
    web_key: str = Field(
        default="",
        description="The log's verifier key, as its operator keeps it apart from the server. The "
        "board verifies with it; without one it says what this server signs.",
    )
    web_proxy: str = Field(
        default="",
        description="The addresses or networks of the proxies in front of the board, such as "
        "127.0.0.1, with commas between them. They are believed what they tell of their clients: "
        "scheme and address, in X-Forwarded-Proto and X-Forwarded-For.",
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

    @field_validator("listen", "listen_mtls", "metrics_listen", "web")
    @classmethod
    def _is_address(cls, listen: str, info: ValidationInfo) -> str:
        if not listen and info.field_name != "listen":
            return listen
        host, _, port = listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError("must be HOST:PORT, with a port of 0 to 65535")
        return listen

    @field_validator("web_public", "web_cors")
    @classmethod
    def _are_origins(cls, origins: str, info: ValidationInfo) -> str:
        found = origins.split(",") if info.field_name == "web_cors" and origins else [origins]
        if origins and not all(map(ORIGIN.fullmatch, found)):
            raise ValueError(
                "write a scheme and a host, such as https://board.example or "
                "http://127.0.0.1:8080, and nothing behind"
            )
        return origins

    @field_validator("web_proxy")
    @classmethod
    def _are_networks(cls, proxies: str) -> str:
        for each in filter(None, proxies.split(",")):
            try:
                ip_network(each.strip())
            except ValueError:
                raise ValueError(
                    f"{each.strip()} is no address: write 127.0.0.1, or a network as 10.0.0.0/8"
                ) from None
        return proxies

    @field_validator("jwt_algorithms")
    @classmethod
    def _are_algorithms(cls, names: str) -> str:
        if unknown := set(names.split(",")) - JWT_ALGORITHMS:
            raise ValueError(
                f"{', '.join(sorted(unknown))} cannot be used: name some of "
                f"{', '.join(sorted(JWT_ALGORITHMS))}, with commas between them"
            )
        return names
