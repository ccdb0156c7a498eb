"""Whose signature counts for what: the log's present key, retired ones, and witnesses."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from service.tlog.bundle import BundleEntry, InvalidBundle
from service.tlog.note import COSIGNATURE, Checkpoint, InvalidNote, SignerKey, VerifierKey
from tests.verify.histories import (
    KEY,
    NOON,
    OPENING,
    SECOND,
    STATEMENT,
    checkpoint,
    entries_of,
    event,
    log_bundle,
    verified,
)

WITNESS = SignerKey("witness.example/w1", bytes([7]) * 32, COSIGNATURE)
RETIRED = SignerKey(KEY.name, bytes(32))
KEYS = [KEY.verifier, WITNESS.verifier]
CHANGES = [event(OPENING, 1), event(STATEMENT, 2), event(STATEMENT, 3), event(STATEMENT, 4)]
# The second, counted from noon, in which each was recorded.
ENTRIES = entries_of(CHANGES, [NOON + second * SECOND for second in (0, 100, 100, 200)])


def cosigned(made: Checkpoint, second: int) -> str:
    """A checkpoint that the log signed, and a witness some seconds after noon."""
    return made.signed(KEY) + WITNESS.sign(str(made), NOON // SECOND + second)


def bundle(second: int, entries: Sequence[BundleEntry] = ENTRIES) -> bytes:
    """The bundle of a log whose checkpoint a witness cosigned then."""
    return log_bundle(entries, lambda made: cosigned(made, second))


# Witnesses


@pytest.mark.parametrize("second", [194, 200, 201, 3600])
def test_changes_that_were_recorded_before_a_witness_saw_them_are_verified(
    file: Path, second: int
) -> None:
    """Its clock may be 5 seconds behind, and it names whole seconds."""
    report = verified(file, bundle(second), KEYS)
    assert report.signers[WITNESS.verifier] == (NOON // SECOND + second,)


@pytest.mark.parametrize(("second", "position"), [(193, 4), (93, 2), (-7, 1)])
def test_a_change_dated_after_a_witness_saw_it_is_refused_with_both_times(
    file: Path, second: int, position: int
) -> None:
    with pytest.raises(InvalidBundle) as caught:
        verified(file, bundle(second), KEYS)
    assert caught.value.position == position
    minutes, seconds = divmod({4: 200, 2: 100, 1: 0}[position], 60)
    assert f"recorded at 2024-06-01T12:{minutes:02}:{seconds:02}.000000Z" in caught.value.problem
    saw = f"{11 if second < 0 else 12}:{second // 60 % 60:02}:{second % 60:02}"
    assert f"a witness saw it in the log at 2024-06-01T{saw}.000000Z" in caught.value.problem


@pytest.mark.parametrize("second", [100, 105, 150, 200, 205])
def test_changes_that_came_after_a_witness_saw_the_log_are_verified(
    file: Path, second: int
) -> None:
    since = cosigned(checkpoint(ENTRIES[:3]), second)
    report = verified(file, log_bundle(ENTRIES), KEYS, since)
    assert report.since_signers[WITNESS.verifier] == (NOON // SECOND + second,)


def test_a_change_dated_before_a_witness_saw_the_log_without_it_is_refused_with_both_times(
    file: Path,
) -> None:
    """It was dated back: the witness saw those before it alone."""
    since = cosigned(checkpoint(ENTRIES[:3]), 206)
    with pytest.raises(InvalidBundle) as caught:
        verified(file, log_bundle(ENTRIES), KEYS, since)
    assert caught.value.position == 4
    assert caught.value.problem == (
        "the change was recorded at 2024-06-01T12:03:20.000000Z, and a witness saw the log "
        "without it at 2024-06-01T12:03:26.000000Z"
    )


def test_a_change_dated_after_a_witness_saw_the_earlier_log_is_refused(file: Path) -> None:
    since = cosigned(checkpoint(ENTRIES[:3]), 93)
    with pytest.raises(InvalidBundle) as caught:
        verified(file, log_bundle(ENTRIES), KEYS, since)
    assert caught.value.position == 2


@pytest.mark.parametrize("others", [(150,), (150, 300), (300, 150)])
def test_each_time_at_which_a_witness_cosigned_a_checkpoint_counts(
    file: Path, others: tuple[int, ...]
) -> None:
    """It may cosign one checkpoint several times, and the lines may stand in any order."""
    made = checkpoint(ENTRIES[:3])
    since = made.signed(KEY) + "".join(
        WITNESS.sign(str(made), NOON // SECOND + second) for second in others
    )
    if max(others) == 150:
        report = verified(file, log_bundle(ENTRIES), KEYS, since)
        assert report.since_signers[WITNESS.verifier] == (NOON // SECOND + 150,)
    else:
        with pytest.raises(InvalidBundle, match="saw the log without it at 2024-06-01T12:05:00"):
            verified(file, log_bundle(ENTRIES), KEYS, since)


def test_a_witness_that_is_not_asked_contradicts_nothing(file: Path) -> None:
    """Its key was not given."""
    assert verified(file, bundle(0)).changes == 4


def test_a_witness_that_signed_nothing_is_told(file: Path) -> None:
    with pytest.raises(InvalidNote, match=r"^the witness witness.example/w1, key .*, did not "):
        verified(file, log_bundle(ENTRIES), KEYS)
    with pytest.raises(InvalidNote, match="did not cosign"):
        verified(file, log_bundle(ENTRIES), KEYS, checkpoint(ENTRIES[:2]).signed(KEY))


def test_a_witness_may_have_cosigned_either_checkpoint(file: Path) -> None:
    since = cosigned(checkpoint(ENTRIES[:3]), 150)
    assert verified(file, log_bundle(ENTRIES), KEYS, since).changes == 4
    assert verified(file, bundle(300), KEYS, checkpoint(ENTRIES[:2]).signed(KEY)).changes == 4


# Retired keys


def by_retired(made: Checkpoint) -> str:
    """A checkpoint that only the retired key signed."""
    return made.signed(RETIRED)


@pytest.mark.parametrize("since", [None, KEY, RETIRED])
def test_a_bundle_that_a_retired_key_signed_is_refused(file: Path, since: SignerKey | None) -> None:
    """Whatever signed the checkpoint that was kept."""
    keys = [KEY.verifier, RETIRED.verifier]
    kept = None if since is None else checkpoint(ENTRIES[:2]).signed(since)
    with pytest.raises(InvalidNote, match="only a retired key of the log"):
        verified(file, log_bundle(ENTRIES, by_retired), keys, kept)


def test_a_retired_key_is_good_for_the_checkpoint_that_was_kept(file: Path) -> None:
    keys: list[VerifierKey] = [KEY.verifier, RETIRED.verifier]
    kept = by_retired(checkpoint(ENTRIES[:2]))
    report = verified(file, log_bundle(ENTRIES), keys, kept)
    assert report.since_signers == {RETIRED.verifier: ()}
    told = "^the checkpoint that was kept: none of the keys"
    with pytest.raises(InvalidNote, match=told):
        verified(file, log_bundle(ENTRIES), keys[:1], kept)


def test_a_checkpoint_of_another_log_is_told_by_both_names(file: Path) -> None:
    """Also without the key of the other log, which nobody needs."""
    other = SignerKey("chancery.invalid/other", bytes(32))
    kept = Checkpoint(other.name, 2, bytes(32)).signed(other)
    told = f"^the checkpoint that was kept is of another log, {other.name}; this is {KEY.name}$"
    with pytest.raises(InvalidNote, match=told):
        verified(file, log_bundle(ENTRIES), [KEY.verifier], kept)
