"""The certificate of a server: which can be used, that it is renewed, and that its end is told."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from structlog.testing import capture_logs

from service.access.tls import Tls
from service.store.errors import StartupRefused
from tests.support.certificates import Authority, Key, Pair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority."""
    return Authority(tmp_path)


@pytest.fixture
def pair(authority: Authority) -> Pair:
    """The files of a certificate and its key."""
    return authority.certify("server")


def spoiled(file: Path, content: str) -> None:
    """Replace what a file has."""
    file.write_text(content)


def test_a_pair_that_does_not_fit_is_refused(authority: Authority, pair: Pair) -> None:
    other, _ = authority.certify("other")
    with pytest.raises(StartupRefused, match=r"the key in .*server.key is not that of .*other.pem"):
        Tls(other, pair[1], None)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "server.key: it is not a private key in PEM without a password"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a private key"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", ""),
    ],
)
def test_a_key_that_cannot_be_read_is_refused(pair: Pair, content: str, problem: str) -> None:
    spoiled(pair[1], content)
    with pytest.raises(StartupRefused, match=f"^cannot use .*{problem}"):
        Tls(*pair, None)


@pytest.mark.parametrize(
    "key",
    [
        ed25519.Ed25519PrivateKey.generate(),
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(65537, 1024),
    ],
    ids=["Ed25519", "P-521", "secp256k1", "RSA 1024"],
)
def test_a_key_of_a_kind_with_which_connections_would_fail_is_refused(
    authority: Authority, key: Key
) -> None:
    """gRPC itself would notice that at the first handshake, or not at all."""
    pair = authority.certify("odd", key=key)
    with pytest.raises(StartupRefused, match=r"odd.key: it must be a key of RSA with 2048 bits"):
        Tls(*pair, None)


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)],
    ids=["P-384", "RSA 2048"],
)
def test_other_usual_keys_are_taken(authority: Authority, key: Key) -> None:
    assert Tls(*authority.certify("usual", key=key), None).identity


def test_a_key_that_others_may_read_is_refused(pair: Pair) -> None:
    pair[1].chmod(0o640)
    with pytest.raises(StartupRefused, match=r"others may read .*server.key.*: chmod 600 it"):
        Tls(*pair, None)


@pytest.mark.parametrize("which", [0, 2])
def test_a_file_without_a_certificate_is_refused(
    authority: Authority, pair: Pair, which: int
) -> None:
    files = [*pair, authority.file]
    spoiled(files[which], "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(StartupRefused, match=f"cannot use {files[which]}: it has no certificate"):
        Tls(*files)
    files[which].unlink()
    with pytest.raises(StartupRefused, match=f"cannot read {files[which]}: No such file"):
        Tls(*files)


def test_a_new_pair_and_a_new_authority_are_taken(authority: Authority, pair: Pair) -> None:
    tls = Tls(*pair, authority.file)
    before = tls.identity
    tls.refresh()
    assert tls.identity is before
    authority.certify("server")
    tls.refresh()
    assert tls.identity.chain == pair[0].read_bytes() != before.chain
    authority.file.write_text(authority.file.read_text() * 2)
    tls.refresh()
    assert tls.identity.client_ca == authority.file.read_bytes() != before.client_ca


def test_while_the_files_do_not_fit_the_old_pair_is_kept_and_that_is_told_once(
    authority: Authority, pair: Pair
) -> None:
    """As when the certificate is replaced a moment before its key."""
    tls = Tls(*pair, None)
    before = tls.identity
    new = authority.certify("new")
    pair[0].write_bytes(new[0].read_bytes())
    with capture_logs() as lines:
        for _ in range(3):
            tls.refresh()
            assert tls.identity is before
        pair[1].write_bytes(new[1].read_bytes())
        tls.refresh()
    assert tls.identity.key == new[1].read_bytes()
    events = [line["event"] for line in lines]
    assert events == ["the certificate stays as it was", "certificate read"]


@pytest.mark.parametrize(
    ("days", "warning"),
    [(15, ""), (13, "the certificate of the server expires on 20"), (-1, "expired on 20")],
)
def test_the_end_of_a_certificate_is_told_two_weeks_ahead_and_after_it(
    authority: Authority, days: int, warning: str
) -> None:
    tls = Tls(*authority.certify("server", lasts=timedelta(days=days)), None)
    assert warning in tls.warning()
    assert bool(tls.warning()) == bool(warning)
    with capture_logs() as lines:
        for _ in range(3):
            tls.refresh()
    assert [line["reason"] for line in lines] == [tls.warning()] * bool(warning)


def test_the_key_is_not_shown(pair: Pair) -> None:
    assert "PRIVATE" not in repr(Tls(*pair, None).identity)
