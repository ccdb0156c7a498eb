"""JWTs: whose they are, until when, and which are none."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OctKey

from service.access import jwks, jwt
from service.access.caller import Role
from service.access.jwt import Jwts
from service.config import Settings
from service.errors import NotAuthenticated
from service.store.errors import StartupRefused
from tests.support.issuer import AUDIENCE, ISSUER, KINDS, Issuer


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """An issuer with one key."""
    return Issuer(tmp_path_factory.mktemp("issuer") / "jwks.json")


def jwts(issuer: Issuer, **settings: Any) -> Jwts:
    """The holders of JWTs of the issuer, for a server with these settings."""
    given = {"jwks": str(issuer.file), "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    return Jwts(Settings(**given | settings))


def refused(known: Jwts, token: str) -> str:
    """Why the token is refused; empty if it is not."""
    try:
        known.holder(token)
    except NotAuthenticated as error:
        return str(error)
    return ""


@pytest.mark.parametrize("algorithm", KINDS)
def test_a_token_that_the_issuer_signed_is_its_holders_until_it_expires(
    tmp_path: Path, algorithm: str
) -> None:
    issuer = Issuer(tmp_path / "jwks.json", algorithm)
    token = issuer.token("editor", "Jo Bloggs", lasts=600)
    known = jwts(issuer)
    for _ in range(2):  # the second time it is remembered
        caller = known.holder(token)
        assert (caller.name, caller.role) == ("Jo Bloggs", Role.EDITOR)
        assert 590 < caller.expires - time.time() <= 600
        assert known.has(caller)


def test_the_two_names_of_an_algorithm_are_one(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path / "jwks.json", "Ed25519")
    issuer.publish(
        type(issuer.key).import_key(issuer.key.as_dict(private=False) | {"alg": "EdDSA"})
    )
    for allowed in ("EdDSA", "Ed25519"):
        assert not refused(jwts(issuer, jwt_algorithms=allowed), issuer.token())


def test_tokens_that_somebody_else_made_are_refused(issuer: Issuer) -> None:
    known = jwts(issuer)
    found = {how: refused(known, token) for how, token in issuer.forged().items()}
    assert found == dict.fromkeys(found, "the token is not valid")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://other.example"}, "of another issuer"),
        ({"iss": f"{ISSUER}/"}, "of another issuer"),
        ({"iss": None}, "not valid"),
        ({"iss": [ISSUER]}, "of another issuer"),
        ({"aud": "others"}, "for another audience"),
        ({"aud": ["others"]}, "for another audience"),
        ({"aud": None}, "not valid"),
        ({"exp": None}, "not valid"),
        ({"exp": "tomorrow"}, "not valid"),
        ({"exp": True}, "not valid"),
        ({"exp": float("inf")}, "not valid"),
        ({"nbf": 1 << 40}, "not valid"),
        ({"iat": 1 << 40}, "not valid"),
        ({"sub": None}, "not valid"),
        ({"sub": ""}, "not valid"),
        ({"sub": 7}, "not valid"),
        ({"sub": "unverified:jo"}, "not valid"),
        ({"sub": "jo\x1b[2J"}, "not valid"),
        ({"sub": "j" * 201}, "not valid"),
    ],
    ids=str,
)
def test_a_token_with_other_claims_is_refused(
    issuer: Issuer, claims: dict[str, Any], why: str
) -> None:
    assert refused(jwts(issuer), issuer.token(**claims)) == f"the token is {why}"


@pytest.mark.parametrize("role", [None, "king", ["king"], "", 7, ["reader", "editor"], {"a": 1}])
def test_a_token_without_one_role_is_refused(issuer: Issuer, role: Any) -> None:
    assert refused(jwts(issuer), issuer.token(role)) in (
        "the token does not have one of the roles",
        "the token is not valid",
    )


def test_a_token_may_be_for_several_and_from_a_clock_that_is_ahead(issuer: Issuer) -> None:
    known = jwts(issuer)
    assert not refused(known, issuer.token(aud=["others", AUDIENCE]))
    assert not refused(known, issuer.token(nbf=time.time() + 3, iat=time.time() + 3))


def test_the_claims_with_the_name_and_the_role_are_settings(issuer: Issuer) -> None:
    """A list may have roles of other services beside the one of this."""
    known = jwts(issuer, jwt_role_claim="groups", jwt_name_claim="email")
    token = issuer.token(None, None, groups=["staff", "auditor"], email="jo@desk.example")
    assert known.holder(token).name == "jo@desk.example"
    assert known.holder(token).role is Role.AUDITOR


@pytest.mark.parametrize("lasts", [0, -1, -3600])
def test_a_token_that_has_expired_is_refused(issuer: Issuer, lasts: float) -> None:
    assert refused(jwts(issuer), issuer.token(lasts=lasts)) == "the token has expired"


def test_a_remembered_token_expires_as_well(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, token = jwts(issuer), issuer.token(lasts=60)
    assert not refused(known, token)
    later = time.time() + 61
    monkeypatch.setattr(jwt.time, "time", lambda: later)  # type: ignore[attr-defined]
    assert refused(known, token) == "the token has expired"


def test_no_more_tokens_are_remembered_than_the_bound_says(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwt, "CACHED_JWTS", 3)
    known = jwts(issuer)
    for number in range(5):
        known.holder(issuer.token(name=f"Jo {number}"))
    assert [caller.name for caller in known._verified.values()] == ["Jo 2", "Jo 3", "Jo 4"]


def test_a_token_that_says_something_twice_is_refused(issuer: Issuer) -> None:
    """Whoever reads it might take the one or the other."""
    said = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time() + 60), "sub": "Jo"}
    text = json.dumps(said | {"role": "reader"})
    assert not refused(jwts(issuer), issuer.sign(text.encode()))
    doubled = text.replace("{", '{"role": "operator", ', 1)
    assert refused(jwts(issuer), issuer.sign(doubled.encode())) == "the token is not valid"


def test_what_is_critical_in_a_header_is_not_passed_over(issuer: Issuer) -> None:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time() + 60), "sub": "Jo"}
    payload = json.dumps(claims | {"role": "reader"}).encode()
    assert not refused(jwts(issuer), issuer.sign(payload, x="unknown"))
    token = issuer.sign(payload, b64=True, crit=["b64"])
    assert refused(jwts(issuer), token) == "the token is not valid"


@pytest.mark.parametrize(
    "token", ["..", "a.b.c", f"{'e30.' * 2}e30", "e30.é.e30", f"{'W' * 8000}..", "W1td.W10.W10"]
)
def test_what_is_no_token_is_refused(issuer: Issuer, token: str) -> None:
    assert refused(jwts(issuer), token) == "the token is not valid"


def test_an_algorithm_that_is_not_allowed_is_refused_though_the_key_is_there(
    tmp_path: Path,
) -> None:
    issuer = Issuer(tmp_path / "jwks.json", "RS256")
    assert refused(jwts(issuer, jwt_algorithms="ES256"), issuer.token()) == "the token is not valid"
    assert refused(jwts(issuer), issuer.token()) == ""


@pytest.mark.parametrize("name", ["HS256", "none", "", "ES256,HS512", "ES256, RS256"])
def test_algorithms_that_take_a_secret_or_nothing_cannot_be_allowed(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be used: name some of ES256, "):
        Settings(jwt_algorithms=name)


# The keys


def test_of_several_keys_a_token_names_its_own(tmp_path: Path) -> None:
    issuer, other = (Issuer(tmp_path / f"{kid}.json", kid=kid) for kid in ("first", "second"))
    issuer.publish(issuer.key, other.key)
    known = jwts(issuer)
    for each in (issuer, other):
        assert not refused(known, each.token())
    unknown = "the token is signed with a key that is not known"
    assert refused(known, issuer.sign(b"{}", kid="third")) == unknown
    assert refused(known, issuer.sign(b"{}", kid=None)) == unknown


def test_a_secret_among_the_keys_is_not_used(tmp_path: Path) -> None:
    """Nor does a key that cannot be read spoil the others."""
    issuer = Issuer(tmp_path / "jwks.json")
    published = json.loads(issuer.file.read_text())
    secret = OctKey.generate_key(256, {"kid": "secret"})
    published["keys"] += [secret.as_dict(private=True), {"kty": "EC"}, {"kty": "new"}]
    issuer.file.write_text(json.dumps(published))
    known = jwts(issuer)
    assert list(known._keys.content) == [issuer.key.thumbprint()]
    assert not refused(known, issuer.token())


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"keys": []}', '{"keys": 1}', '{"keys": [1]}', '{"keys": [{}]}']
)
def test_a_file_without_keys_is_refused_at_the_start(tmp_path: Path, text: str) -> None:
    issuer = Issuer(tmp_path / "jwks.json")
    issuer.file.write_text(text)
    with pytest.raises(StartupRefused, match=r"cannot use .*jwks.json: th(e|is) .*JWKS"):
        jwts(issuer)


def test_the_keys_stay_as_they_were_while_the_file_cannot_be_used(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path / "jwks.json")
    known, token = jwts(issuer), issuer.token()
    for text in ("", '{"keys": []}'):
        issuer.file.write_text(text)
        known.refresh()
        assert not refused(known, token)


def test_what_was_signed_with_a_withdrawn_key_is_no_longer_valid(tmp_path: Path) -> None:
    """Even if it was remembered."""
    issuer = Issuer(tmp_path / "jwks.json")
    known, token = jwts(issuer), issuer.token()
    caller = known.holder(token)
    issuer.publish(KINDS["ES256"]("second"))
    known.refresh()
    assert not known.has(caller)
    assert refused(known, token) == "the token is signed with a key that is not known"


@pytest.mark.parametrize(
    "address",
    ["http://issuer.example/", "http://192.0.2.1/", "ftp://a", "https://", "https://a:b@c/"],
)
def test_keys_are_not_taken_from_an_address_that_others_can_speak_for(address: str) -> None:
    with pytest.raises(StartupRefused, match="--jwks must be a file, or an address that begins"):
        jwks.issuer_keys(address)
