"""What is handed to the writer: changes, each with the state that it leaves."""

import hmac
from dataclasses import dataclass

from service.store.states.rows import VisitRow


@dataclass(frozen=True)
class Entry:
    """A change to be recorded. ``row`` is None if no state is kept of its visit.

    ``request_digest`` is SHA-256 of the request.
    """

    visit_id: str
    version: int
    topic: str
    body: bytes
    actor: str = ""
    request_id: str | None = None
    request_digest: bytes | None = None
    row: VisitRow | None = None


def keyed_digest(nonce: bytes, request_digest: bytes | None) -> bytes | None:
    """What an entry with this nonce stores of the digest of its request.

    Without the nonce it confirms no guess of what was asked.
    """
    return None if request_digest is None else hmac.digest(nonce, request_digest, "sha256")
