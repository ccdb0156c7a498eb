"""How a channel is made, and how a call says who makes it."""

import ssl
from collections.abc import Sequence
from ipaddress import ip_address
from os import PathLike
from pathlib import Path

import grpc

OPTIONS = [
    # A proxy set for web pages does not lead to a server on this machine or network.
    ("grpc.enable_http_proxy", 0),
    # A connection of its own, also beside others of the same process: servers give each a share.
    ("grpc.use_local_subchannel_pool", 1),
    # Reconnect soon after a server comes back, and notice one that vanished without a word.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 5000),  # also bounds one attempt to connect
    ("grpc.max_reconnect_backoff_ms", 3000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
]
# What a target begins with if it is to be called encrypted.
HTTPS = "https://"

File = str | PathLike[str]
Metadata = tuple[tuple[str, str | bytes], ...]


class Destination:
    """Where a channel leads, whether it is encrypted, and what its calls send of who makes them.

    ``address`` is the target as gRPC takes it. Without ``credentials`` nothing is encrypted.
    """

    def __init__(
        self,
        target: str,
        actor: str = "",
        token: str = "",
        ca: File = "",
        certificate: tuple[File, File] | None = None,
        insecure: bool = False,
    ) -> None:
        """See ``AsyncConnection`` for what they mean.

        :raises ValueError: something cannot be used, which is named first, as in "ca: ...".
        """
        self.target = target
        self.address = target.removeprefix(HTTPS).removesuffix("/")
        self.credentials: grpc.ChannelCredentials | None = None
        if target.startswith(HTTPS) or ca or certificate:
            self.credentials = _credentials(ca, certificate)
        self._sends_anywhere = insecure
        self.metadata = self.metadata_of(actor, token)

    def metadata_of(self, actor: str, token: str) -> Metadata:
        """What a call sends of who makes it.

        :raises ValueError: the token would be sent unencrypted, or something cannot be sent.
        """
        may_send = self.credentials or self._sends_anywhere or is_local(self.address)
        if token and not may_send:
            raise ValueError(
                f"token: it would be sent to {self.target} unencrypted. Write "
                f"{HTTPS}{self.target}, name the CA of the server, or allow it as insecure"
            )
        return _metadata(actor, token)


def is_local(address: str) -> bool:
    """Whether a target of gRPC can only be on this machine."""
    kind, _, rest = address.partition(":")
    if kind in ("unix", "unix-abstract"):
        return True
    if kind in ("dns", "ipv4", "ipv6"):
        address = rest.rpartition("/")[2]
    return all(_is_local(each) for each in address.split(","))


def _is_local(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _credentials(ca: File, certificate: tuple[File, File] | None) -> grpc.ChannelCredentials:
    """What a channel shows and trusts.

    gRPC tells nobody what is wrong with a file, so it is tried before.
    """
    tried = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    shown: Sequence[bytes | None] = (None, None)
    trusted = None
    if ca:
        try:
            tried.load_verify_locations(ca)
            trusted = Path(ca).read_bytes()
        except ssl.SSLError:
            raise ValueError(f"ca: {ca} has no certificate in PEM") from None
        except OSError as error:
            raise ValueError(f"ca: cannot read {ca}: {error.strerror}") from None
    if certificate:
        chain, key = certificate
        try:
            tried.load_cert_chain(chain, key, password="")
            shown = Path(key).read_bytes(), Path(chain).read_bytes()
        except ssl.SSLError:
            raise ValueError(
                f"certificate: {chain} and {key} must be a certificate and its key, in PEM and "
                "without a password"
            ) from None
        except OSError as error:
            raise ValueError(f"certificate: cannot read {chain}, {key}: {error.strerror}") from None
    return grpc.ssl_channel_credentials(trusted, *shown)


def _metadata(actor: str, token: str) -> Metadata:
    """What a call sends along of who makes it: the token and the name, if there are any.

    Header lines hold ASCII, and may lose blanks at their ends.

    :raises ValueError: the name has no form in UTF-8, or the token is none.
    """
    metadata: list[tuple[str, str | bytes]] = []
    if actor.isascii() and actor.isprintable() and actor == actor.strip():
        metadata += [("chancery-actor", actor)] if actor else []
    else:
        metadata.append(("chancery-actor-bin", actor.encode()))
    if token:
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ValueError("token: it has ASCII characters alone, and no blanks")
        metadata.append(("authorization", f"Bearer {token}"))
    return tuple(metadata)
