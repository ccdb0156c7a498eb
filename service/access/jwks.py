"""The keys by which an issuer signs JWTs, from a file or from an address of the issuer's."""

import http.client
import json
import queue
import threading
import time
import urllib.request
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from joserfc.jwk import JWKRegistry, Key, OctKey

from service.access.followed import Followed
from service.limits import (
    KEYS_AGAIN_SECONDS,
    KEYS_ANSWER_SECONDS,
    KEYS_BYTES,
    KEYS_SECONDS,
)
from service.link.port import is_loopback
from service.store import files
from service.store.errors import StartupRefused

# Two names of the algorithm of one kind of key.
EDWARDS = frozenset({"Ed25519", "EdDSA"})

# Keys by their thumbprints.
Keys = Mapping[str, Key]

logger = structlog.get_logger()


class KeyFile:
    """The keys in a file. While it cannot be read, they are the last that it had."""

    def __init__(self, file: Path) -> None:
        """Read the file.

        :raises StartupRefused: that is not possible, or it has no keys.
        """
        self._file = Followed(partial(_read, file), file)

    @property
    def content(self) -> Keys:
        """The keys."""
        return self._file.content

    def refresh(self) -> bool:
        """Look whether the file has changed; whether the keys may have."""
        if not self._file.refresh():
            return False
        _log(self._file.content, self._file.problem)
        return not self._file.problem

    def hurry(self) -> None:
        """A key is missing: there is nothing to hurry."""


class FetchedKeys:
    """The keys at an address. While it does not answer, they are the last that it gave.

    They are fetched in a thread of its own, which nobody waits for but ``refresh``, and that only
    the first time.
    """

    def __init__(self, address: str) -> None:
        self.content: Keys = {}
        self._address = address
        self._problem = ""
        self._fetching: threading.Thread | None = None
        # What was answered: keys, or why there are none.
        self._answers: queue.SimpleQueue[Keys | str] = queue.SimpleQueue()
        self._asked = self._due = time.monotonic()

    def refresh(self) -> bool:
        """Ask if it is time to, and take what was answered; whether the keys have changed."""
        if self._fetching is None:
            self._ask().join(KEYS_ANSWER_SECONDS)
        elif time.monotonic() >= self._due and not self._fetching.is_alive():
            self._ask()
        return self._take()

    def hurry(self) -> None:
        """Ask soon: a key is missing."""
        self._due = min(self._due, self._asked + KEYS_AGAIN_SECONDS)

    def _ask(self) -> threading.Thread:
        self._asked = time.monotonic()
        self._due = self._asked + KEYS_SECONDS
        self._fetching = threading.Thread(target=self._fetch, daemon=True)
        self._fetching.start()
        return self._fetching

    def _fetch(self) -> None:
        try:
            self._answers.put(_parse(_download(self._address)))
        except (OSError, ValueError, http.client.HTTPException) as error:
            self._answers.put(f"cannot get the keys of {self._address}: {error}")

    def _take(self) -> bool:
        try:
            answer = self._answers.get_nowait()
        except queue.Empty:
            return False
        problem = answer if isinstance(answer, str) else ""
        if problem:
            self.hurry()
        before, self._problem = self._problem, problem
        has_changed = not problem and answer != self.content
        if isinstance(answer, Mapping):
            self.content = answer
        if has_changed or problem != before:
            _log(self.content, problem)
        return has_changed


def issuer_keys(where: str) -> KeyFile | FetchedKeys:
    """The keys of an issuer: at an address, or else in a file.

    :raises StartupRefused: the file cannot be read, or the address is none to trust.
    """
    if "://" not in where:
        return KeyFile(Path(where))
    try:
        parts = urlsplit(where)
        port = parts.port
        is_safe = parts.scheme == "https" and bool(parts.hostname)
        if parts.scheme == "http":
            is_safe = is_loopback(f"{parts.hostname}:{port or 80}")
    except (OSError, ValueError):
        is_safe = False
    if not is_safe or "@" in parts.netloc:
        raise StartupRefused(
            "--jwks must be a file, or an address that begins with https://, on this machine with "
            "http://, and has no password"
        )
    return FetchedKeys(where)


def _read(file: Path) -> Keys:
    try:
        with files.refusals("read", file):
            return _parse(file.read_bytes())
    except ValueError as error:
        raise StartupRefused(f"cannot use {file}: {error}") from None


def _parse(text: bytes) -> Keys:
    """The keys of a JWKS for signatures that are no secrets themselves.

    :raises ValueError: it has none.
    """
    try:
        found = json.loads(text)["keys"]
        keys = [_key(each) for each in found]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("this is not a JWKS, an object with keys") from None
    usable = {key.thumbprint(): key for key in keys if key is not None}
    if not usable:
        raise ValueError("the JWKS has no public keys")
    return usable


def _key(jwk: Any) -> Key | None:
    """A key; None if it is not one by which signatures can be checked without a secret."""
    try:
        # The two names of one algorithm.
        if jwk.get("alg") in EDWARDS:
            jwk = {name: value for name, value in jwk.items() if name != "alg"}
        key = JWKRegistry.import_key(jwk)
        key.ensure_kid()
        return None if isinstance(key, OctKey) else key
    # One that cannot be used spoils no others, and the library raises many kinds.
    except Exception:
        return None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it could lead past what was said of the address."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""
        return


def _download(address: str) -> bytes:
    """What an address answers.

    :raises OSError: it does not answer as it should, or takes too long.
    :raises ValueError: the answer is too large.
    """
    until = time.monotonic() + KEYS_ANSWER_SECONDS
    found = bytearray()
    # A proxy may lead to other machines, but does not lead to this one.
    proxies = urllib.request.ProxyHandler(None if address.startswith("https:") else {})
    opener = urllib.request.build_opener(_NoRedirect, proxies)
    with opener.open(address, timeout=KEYS_ANSWER_SECONDS) as answer:
        while some := answer.read1(1 << 16):
            found += some
            if len(found) > KEYS_BYTES:
                raise ValueError(f"the answer has more than {KEYS_BYTES} bytes")
            if time.monotonic() > until:
                raise TimeoutError("the answer takes too long")
    return bytes(found)


def _log(keys: Keys, problem: str) -> None:
    if problem:
        logger.error("keys not read", reason=problem, keys_kept=len(keys))
    else:
        logger.info("keys read", keys=len(keys))
