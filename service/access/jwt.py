"""Who holds a JWT: a token that an issuer has signed, and that says whose it is and until when."""

import json
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from joserfc.errors import ExpiredTokenError, InvalidClaimError, InvalidKeyIdError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry, deserialize_compact
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from service.access.caller import Caller, Role
from service.access.jwks import EDWARDS, issuer_keys
from service.access.token_file import a_holder
from service.config import Settings
from service.errors import NotAuthenticated
from service.limits import CACHED_JWTS, CLOCK_SECONDS


class Jwts:
    """The holders of the JWTs of one issuer.

    Those that were verified are remembered, until they expire or the issuer's keys change.
    """

    def __init__(self, settings: Settings) -> None:
        """Read the keys.

        :raises StartupRefused: that is not possible.
        """
        self._keys = issuer_keys(settings.jwks)
        self._registry = _Registry(settings.jwt_algorithms.split(","))
        self._claims: dict[str, ClaimsOption] = {
            "iss": {"essential": True, "value": settings.jwt_issuer},
            "aud": {"essential": True, "value": settings.jwt_audience},
            "exp": {"essential": True},
        }
        self._role_claim, self._name_claim = settings.jwt_role_claim, settings.jwt_name_claim
        self._verified: dict[bytes, Caller] = {}

    def holder(self, token: str) -> Caller:
        """Who holds a JWT.

        :raises NotAuthenticated: it is not valid.
        """
        digest = sha256(token.encode()).digest()
        caller = self._verified.get(digest)
        if caller is None:
            caller = self._verify(token)
            while len(self._verified) >= CACHED_JWTS:
                del self._verified[next(iter(self._verified))]
            self._verified[digest] = caller
        elif caller.expires <= time.time():
            raise NotAuthenticated("the token has expired")
        return caller

    def has(self, caller: Caller) -> bool:
        """Whether the key that signed the caller's JWT is still one of the issuer's."""
        return caller.digest in self._keys.content

    def refresh(self) -> None:
        """Look whether the keys have changed."""
        if self._keys.refresh():
            self._verified.clear()

    def _verify(self, token: str) -> Caller:
        try:
            return self._read(token)
        except NotAuthenticated:
            raise
        except ExpiredTokenError:
            raise NotAuthenticated("the token has expired") from None
        except InvalidClaimError as error:
            said = {"iss": "of another issuer", "aud": "for another audience"}
            raise NotAuthenticated(f"the token is {said.get(error.claim, 'not valid')}") from None
        except InvalidKeyIdError:
            self._keys.hurry()
            raise NotAuthenticated("the token is signed with a key that is not known") from None
        # Whatever is odd about what somebody sent, it is no token: the library raises many kinds.
        except Exception:
            raise NotAuthenticated("the token is not valid") from None

    def _read(self, token: str) -> Caller:
        """Who holds a JWT. Raises whatever the library does if it is not valid."""
        header = _object(urlsafe_b64decode(token.partition(".")[0].encode()))
        if "crit" in header:
            raise ValueError("what is critical is not known here")
        keys = KeySet(list(self._keys.content.values()))
        key = keys.get_by_kid(header.get("kid"), {"alg": header["alg"], "use": "sig"})
        # A key of another kind than the algorithm takes is refused here too.
        signed = deserialize_compact(token, key, registry=self._registry)
        claims = _object(signed.payload)
        self._check(claims)
        name = a_holder(claims[self._name_claim])
        return Caller(name, self._role_of(claims), key.thumbprint(), float(claims["exp"]))

    def _check(self, claims: dict[str, Any]) -> None:
        """Check who made the token, for whom, and when. Raises what the library does."""
        now = int(time.time())
        # The issuer's clock may be ahead. What has expired has, though.
        began: dict[str, Any] = {name: claims[name] for name in ("nbf", "iat") if name in claims}
        JWTClaimsRegistry(now + int(CLOCK_SECONDS)).validate(began)
        others = {name: claims[name] for name in claims if name not in began}
        JWTClaimsRegistry(now, 0, **self._claims).validate(others)

    def _role_of(self, claims: dict[str, Any]) -> Role:
        """The role in the claims: a role, or a list with one among whatever else it has."""
        said = claims.get(self._role_claim)
        roles = {each.value for each in Role}.intersection(
            said if isinstance(said, list) else [said]
        )
        if len(roles) != 1:
            raise NotAuthenticated("the token does not have one of the roles")
        return Role(roles.pop())


class _Registry(JWSRegistry):
    """The algorithms that are allowed, and no others."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(strict_check_header=False)
        self._names = set(names)
        # Two names of one algorithm.
        if self._names & EDWARDS:
            self._names |= EDWARDS

    def get_alg(self, name: str) -> JWSAlgModel:
        """The algorithm of that name."""
        if name not in self._names:
            raise ValueError("the algorithm is not allowed")
        return self.algorithms[name]


def _object(text: bytes) -> dict[str, Any]:
    """The members of a JSON object.

    :raises ValueError: it is something else, or has a member twice: readers would differ.
    """

    def members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("a member comes twice")
        return dict(pairs)

    found = json.loads(text, object_pairs_hook=members)
    if not isinstance(found, dict):
        raise ValueError("this is no object")
    return found
