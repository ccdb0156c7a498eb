"""An issuer of JWTs: its keys, and tokens of all kinds that it signed or did not."""

import hmac
import json
import time
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.util import urlsafe_b64encode

ISSUER, AUDIENCE = "https://issuer.example", "chancery"
KINDS: dict[str, Any] = {
    "ES256": lambda kid: ECKey.generate_key("P-256", {"kid": kid}),
    "RS256": lambda kid: RSAKey.generate_key(2048, {"kid": kid}),
    "Ed25519": lambda kid: OKPKey.generate_key("Ed25519", {"kid": kid}),
}


class Issuer:
    """An issuer with a key of its own, whose public half is in ``file``."""

    def __init__(self, file: Path, algorithm: str = "ES256", kid: str = "first") -> None:
        self.file = file
        self.algorithm = algorithm
        self.key = KINDS[algorithm](kid)
        self.publish(self.key)

    def publish(self, *keys: Any) -> None:
        """Let the file have these keys."""
        self.file.write_text(json.dumps(KeySet(list(keys)).as_dict(private=False)))

    def options(self, where: str = "") -> tuple[str, ...]:
        """The options of a server that trusts this issuer."""
        audience = ("--jwt-audience", AUDIENCE)
        return "--jwks", where or str(self.file), "--jwt-issuer", ISSUER, *audience

    def token(
        self, role: Any = "reader", name: Any = "Jo", lasts: float = 600, **claims: Any
    ) -> str:
        """A token; a claim of None is left out."""
        all_claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time() + lasts)}
        all_claims |= {"role": role, "sub": name} | claims
        said = {name: value for name, value in all_claims.items() if value is not None}
        return self.sign(json.dumps(said).encode())

    def sign(self, payload: bytes, key: Any = None, **header: Any) -> str:
        """A token with whatever bytes as its claims."""
        header = {"alg": self.algorithm, "kid": self.key.kid} | header
        header = {name: value for name, value in header.items() if value is not None}
        registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
        return jws.serialize_compact(header, payload, key or self.key, registry=registry)

    def forged(self) -> dict[str, str]:
        """Tokens by which somebody without the key tries to be an operator."""
        claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time() + 600)}
        payload = json.dumps(claims | {"role": "operator", "sub": "Otto"}).encode()
        own = type(self)(self.file.with_name("other.json"), self.algorithm, self.key.kid)
        good = self.token("operator", "Otto")
        return {
            "alg none": f"{_joined({'alg': 'none'}, payload)}.",
            "HS256 with the public key": _hs256(payload, self.key.as_pem(private=False)),
            "another key": own.sign(payload),
            "another key, embedded": own.sign(payload, jwk=own.key.as_dict(private=False)),
            "the signature of another token": f"{good.rpartition('.')[0]}.{own.sign(b'{}')[-86:]}",
            "no signature": f"{good.rpartition('.')[0]}.",
        }


def _joined(header: dict[str, Any], payload: bytes) -> str:
    """What is signed of a token."""
    parts = json.dumps(header).encode(), payload
    return b".".join(map(urlsafe_b64encode, parts)).decode()


def _hs256(payload: bytes, secret: bytes) -> str:
    """A token whose signature anybody can make who has the secret."""
    said = _joined({"alg": "HS256"}, payload)
    signature = hmac.digest(secret, said.encode(), "sha256")
    return f"{said}.{urlsafe_b64encode(signature).decode()}"
