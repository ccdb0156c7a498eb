"""The certificate that a server shows, its key, and the authorities that certify its clients."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from service.access.followed import Followed
from service.config import Settings
from service.limits import EXPIRY_SECONDS
from service.store import files
from service.store.errors import StartupRefused

# The keys that a server may have.
RSA_BITS = 2048
CURVES = ("secp256r1", "secp384r1")
KEYS = f"it must be a key of RSA with {RSA_BITS} bits or more, or of EC on P-256 or P-384"

logger = structlog.get_logger()


@dataclass(frozen=True)
class Identity:
    """What a server shows to its clients, and by what it knows theirs, all in PEM.

    ``expires`` is when the first of its certificates does.
    """

    chain: bytes
    key: bytes = field(repr=False)
    client_ca: bytes
    expires: datetime


class Tls:
    """The identity of a server. While its files cannot be used, it is the last that they had."""

    def __init__(self, chain: Path, key: Path, client_ca: Path | None) -> None:
        """Read the files.

        :raises StartupRefused: that is not possible, or they do not fit.
        """
        read = partial(_read, chain, key, client_ca)
        self._files = Followed(read, *(each for each in (chain, key, client_ca) if each))
        self._warned = ""

    @property
    def identity(self) -> Identity:
        """The identity. Any thread may ask."""
        return self._files.content

    def refresh(self) -> None:
        """Read the files if they have changed, and warn of a certificate that expires."""
        if self._files.refresh():
            if self._files.problem:
                logger.error("the certificate stays as it was", reason=self._files.problem)
            else:
                logger.info("certificate read", expires=self.identity.expires.isoformat())
        warned, self._warned = self._warned, self.warning()
        if self._warned and self._warned != warned:
            logger.warning("certificate", reason=self._warned)

    def warning(self) -> str:
        """What is to be warned of as to when the certificate expires; empty if nothing is."""
        now, expires = datetime.now(UTC), self.identity.expires
        if now >= expires:
            return f"the certificate of the server expired on {expires.date()}"
        if now >= expires - timedelta(seconds=EXPIRY_SECONDS):
            return f"the certificate of the server expires on {expires.date()}"
        return ""


def tls_of(settings: Settings) -> Tls | None:
    """The identity of a server with these settings; None if it has none.

    :raises StartupRefused: the files cannot be used.
    """
    if not settings.tls_cert:
        return None
    client_ca = Path(settings.client_ca) if settings.client_ca else None
    return Tls(Path(settings.tls_cert), Path(settings.tls_key), client_ca)


def _read(chain_file: Path, key_file: Path, ca_file: Path | None) -> Identity:
    chain, certificates = _certificates(chain_file)
    try:
        key = files.read_secret(key_file, "the key of the certificate").encode()
        public = load_pem_private_key(key, None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise StartupRefused(
            f"cannot use {key_file}: it is not a private key in PEM without a password"
        ) from None
    if not _is_served(public):
        raise StartupRefused(f"cannot use {key_file}: {KEYS}")
    if public != certificates[0].public_key():
        raise StartupRefused(
            f"the key in {key_file} is not that of the certificate in {chain_file}"
        )
    client_ca = _certificates(ca_file)[0] if ca_file else b""
    expires = min(each.not_valid_after_utc for each in certificates)
    return Identity(chain, key, client_ca, expires)


def _is_served(key: object) -> bool:
    """Whether gRPC serves and calls with keys of this kind: others it takes, and then fails."""
    if isinstance(key, RSAPublicKey):
        return key.key_size >= RSA_BITS
    return isinstance(key, EllipticCurvePublicKey) and key.curve.name in CURVES


def _certificates(file: Path) -> tuple[bytes, Sequence[x509.Certificate]]:
    """A file as it is, and the certificates in it, at least one."""
    with files.refusals("read", file):
        text = file.read_bytes()
    try:
        return text, x509.load_pem_x509_certificates(text)
    except ValueError:
        raise StartupRefused(f"cannot use {file}: it has no certificate in PEM") from None
