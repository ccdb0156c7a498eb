"""An authority that certifies servers and clients, and files with what it gave them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Pair = tuple[Path, Path]
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

LOCAL = (x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost"))


class Authority:
    """Certifies. Its own certificate is in ``file``."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _subject(name)
        self.file = folder / f"{name}.pem"
        builder = _builder(self._name, self._name, self._key, timedelta(days=365))
        builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
        self.file.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))

    def certify(
        self,
        name: str,
        *sans: x509.GeneralName,
        lasts: timedelta = timedelta(days=100),
        file: str = "",
        key: Key | None = None,
    ) -> Pair:
        """The files of a certificate with this common name, and of its key; replaced if there."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_subject(name), self._name, key, lasts)
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
        pair = self._folder / f"{file or name}.pem", self._folder / f"{file or name}.key"
        contents = (
            _pem(builder.sign(self._key, hashes.SHA256())),
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        )
        for path, content in zip(pair, contents, strict=True):
            path.touch(0o600)
            path.write_bytes(content)
        return pair


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + lasts) - timedelta(days=1))
        .not_valid_after(now + lasts)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def server_options(pair: Pair) -> Sequence[str]:
    """The options of a server that shows this certificate."""
    certificate, key = pair
    return "--tls-cert", str(certificate), "--tls-key", str(key)
