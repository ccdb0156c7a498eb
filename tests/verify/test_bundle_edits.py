"""No edit of a bundle is overlooked, and its position is named if there is one."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from service.tlog.bundle import BundleKind, InvalidBundle
from service.tlog.note import InvalidNote
from tests.support.examples import examples
from tests.tlog import second_verifier
from tests.verify.bundle_edits import EDITS, Edit, Parts, parts_of
from tests.verify.logs import ENTRIES, Kept
from tests.verify.verifying import verified_bundle

# Of each edit, for each of three bundles and their public ones; more are in
# test_database_edits.py.
TIMES = examples(3)


def named(kept: Kept, file: Path, since: int) -> int | None:
    """The position, if any, that the verifier names when it refuses a bundle."""
    try:
        verified_bundle(kept, file, since)
    except InvalidBundle as error:
        return error.position
    except InvalidNote:
        return None
    raise AssertionError("the edit was overlooked")


def second(kept: Kept, file: Path, since: int = 0) -> int:
    """The number of changes that the second verifier finds proved."""
    note = kept.checkpoint(since) if since else None
    return second_verifier.verify(file.read_bytes(), str(kept.key.verifier), note)


@pytest.mark.parametrize("kind", BundleKind)
def test_what_was_exported_is_verified_by_both(
    kept: Kept, tmp_path: Path, kind: BundleKind
) -> None:
    """With an earlier checkpoint, with the current one, and without one."""
    file = tmp_path / "bundle"
    file.write_bytes(kept.bundles[kind])
    for since in (0, 600, ENTRIES):
        report = verified_bundle(kept, file, since)
        assert report.checkpoint.size == ENTRIES
        assert report.changes == len(parts_of(kept, kind).entries) == second(kept, file, since)


@pytest.mark.parametrize("kind", BundleKind)
@pytest.mark.parametrize("public", [False, True], ids=["whole", "public"])
def test_what_was_exported_without_restricted_parts_is_verified_by_both(
    kept: Kept, tmp_path: Path, kind: BundleKind, public: bool
) -> None:
    """It has the same root and the same visits; what is withheld is counted."""
    file = tmp_path / "bundle"
    bundle = kept.public[kind] if public else kept.bundles[kind]
    file.write_bytes(bundle)
    report = verified_bundle(kept, file)
    assert report.withheld == (report.changes if public else 0)
    assert report.destroyed == report.closed == 0
    assert second(kept, file) == report.changes
    file.write_bytes(kept.bundles[kind])
    assert verified_bundle(kept, file).states == report.states


@pytest.mark.parametrize("kind", BundleKind)
@pytest.mark.parametrize("public", [False, True], ids=["whole", "public"])
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_every_edit_is_found_where_it_is(
    kept_file: Kept,
    tmp_path: Path,
    kind: BundleKind,
    public: bool,
    edit: Callable[[Parts, random.Random], Edit],
) -> None:
    """The second verifier, which names no positions, refuses it as well."""
    chance = random.Random(f"{edit.__name__} of {kind}")
    parts, file = parts_of(kept_file, kind, public=public), tmp_path / "bundle"
    data = kept_file.public[kind] if public else kept_file.bundles[kind]
    for _ in range(TIMES):
        made = edit(parts, chance)
        assert made.edited != data
        file.write_bytes(made.edited)
        assert named(kept_file, file, made.since) in made.named
        with pytest.raises(second_verifier.Refused):
            second(kept_file, file, made.since)
    file.write_bytes(data)
    assert verified_bundle(kept_file, file)


def test_every_flipped_bit_of_the_head_of_a_visits_bundle_is_refused(
    kept_file: Kept, tmp_path: Path
) -> None:
    """The visit's name is not signed, but its changes show which it is."""
    data, file = kept_file.bundles[BundleKind.VISIT], tmp_path / "bundle"
    for at in range(len(parts_of(kept_file, BundleKind.VISIT).head)):
        for bit in range(8):
            file.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
            named(kept_file, file, 0)
