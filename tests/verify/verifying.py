"""The verifier's report on copies of the kept log."""

from pathlib import Path

from service.verify import Report, verify_bundle, verify_database
from tests.support.place import Place
from tests.verify.logs import Kept


def verified_bundle(kept: Kept, file: Path, since: int = 0) -> Report:
    """The verifier's report; checked against the checkpoint of a size, if one is given."""
    note = kept.since(since) if since else None
    return verify_bundle(file, [kept.key.verifier], note, lambda done, of: None)


def verified_database(kept: Kept, place: Place, since: int = 0) -> Report:
    """The verifier's report; checked against the checkpoint of a size, if one is given."""
    note = kept.since(since) if since else None
    return verify_database(place.url, [kept.key.verifier], note, lambda done, of: None)
