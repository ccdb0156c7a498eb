"""What a signature does not make true: a log that was made by hand, and signed, is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from chancery.v1 import event_pb2 as events
from chancery.v1 import values_pb2 as values
from chancery.v1.event_pb2 import VisitEvent
from service.codec import wire
from service.tlog.bundle import InvalidBundle
from service.tlog.parts import CONTENT, RESTRICTED, part_commitment, part_key
from tests.store.logbook import part_of
from tests.tlog import second_verifier
from tests.verify.histories import (
    KEY,
    NOON,
    OPENING,
    SECOND,
    STATEMENT,
    entries_of,
    event,
    log_bundle,
    verified,
    visit_bundle,
)

AMENDMENT = events.Amended(details=values.VisitDetails(title="Another title"))
AMENDMENT.update_mask.paths.append("details.title")
HISTORY = [event(OPENING, 1), event(events.Postponed(), 2), event(STATEMENT, 3)]


def refused(file: Path, data: bytes) -> InvalidBundle:
    """Why the verifier refuses a bundle."""
    with pytest.raises(InvalidBundle) as caught:
        verified(file, data)
    return caught.value


def test_a_log_that_is_by_the_rules_is_verified(file: Path) -> None:
    """The counterpart of all tests below."""
    data = log_bundle(entries_of(HISTORY))
    assert verified(file, data).states == {"postponed": 1}
    assert second_verifier.verify(data, str(KEY.verifier)) == 3


def test_two_changes_of_one_version_are_found_in_the_whole_log_alone(file: Path) -> None:
    """Two bundles of the visit verify against one root, each with another second change."""
    entries = entries_of([*HISTORY[:2], event(events.Cancelled(), 2)])
    assert verified(file, visit_bundle(entries, "oslo", [1, 2])).states == {"postponed": 1}
    assert verified(file, visit_bundle(entries, "oslo", [1, 3])).states == {"cancelled": 1}
    error = refused(file, log_bundle(entries))
    assert error.position == 3
    assert "is change 2 of visits/oslo, but change 3 comes next" in error.problem


# Bytes that are not canonical


def fields(version: int = 1, **given: Any) -> dict[int, bytes]:
    """The fields of an opening, each serialized, by their numbers."""
    opening = event(OPENING, version, **given)
    found = {}
    for field, _ in opening.ListFields():
        found[field.number] = part_of(opening, range(field.number, field.number + 1))
    return found


def joined(*parts: dict[int, bytes]) -> bytes:
    """The fields in the order of their numbers; of one number, those that are given first."""
    by_number = [(number, data) for part in parts for number, data in part.items()]
    return b"".join(data for _, data in sorted(by_number, key=lambda each: each[0]))


NEWER = "a newer version may have written it"
FINER = Timestamp(seconds=NOON // SECOND - 60, nanos=1)
OTHER_FORM = "the bytes are not in canonical form"
ONE_FIELD = wire.bytes_field(50, b"hidden")
# Of each the bytes, what is said, and whether the second verifier can tell: it knows fields alone.
NOT_CANONICAL: dict[str, tuple[bytes, str, bool]] = {
    "an unknown field of the header": (joined(fields(), {15: b"\x78\x01"}), NEWER, False),
    "an unknown field of the content": (joined(fields(), {50: ONE_FIELD}), NEWER, False),
    "an unknown field at the end": (
        joined(fields(), {200: wire.bytes_field(200, b"hidden")}),
        NEWER,
        False,
    ),
    "an unknown field within the change": (
        joined(fields(), {20: wire.bytes_field(20, OPENING.SerializeToString() + ONE_FIELD)}),
        NEWER,
        True,
    ),
    "a field twice": (joined(fields(), {2: b"\x10\x01"}), OTHER_FORM, True),
    "a number that is too long": (joined(fields() | {2: b"\x10\x81\x00"}), OTHER_FORM, True),
    "a default value": (joined(fields(), {16: b"\x82\x01\x00"}), OTHER_FORM, False),
    "fields in another order": (
        b"".join(fields()[number] for number in (2, 1, 3, 17, 20, 100, 101)),
        OTHER_FORM,
        True,
    ),
    "two changes": (joined(fields(), {22: b"\xb2\x01\x00"}), OTHER_FORM, False),
    "another type of change": (
        joined(fields(change_type=events.CHANGE_TYPE_POSTPONED)),
        "the change is scheduled, but change_type says postponed",
        False,
    ),
    "no type of change": (
        joined(fields(change_type=0)),
        "the change is scheduled, but change_type says unspecified",
        False,
    ),
    "an unknown type of change": (
        joined(fields(change_type=99)),
        "the change is scheduled, but change_type says 99",
        False,
    ),
    "an unknown value": (
        joined(fields(basis=[values.Basis(side=99)])),  # type: ignore[arg-type]
        f"the value 99 of basis.side is not known: {NEWER}",
        False,
    ),
    "no change": (joined({n: f for n, f in fields().items() if n != 20}), "has no change", False),
    "a time that is finer than a microsecond": (
        joined(fields(known_time=FINER, effective_time=FINER)),
        "effective_time is finer than a microsecond",
        False,
    ),
    "a period without its time": (
        joined(fields(known_period="2024-05")),
        "known_period is without known_time",
        False,
    ),
    "an empty message": (
        joined(fields(basis=[values.Basis(side=values.SIDE_DESK, published=values.Date())])),
        "basis.published is empty",
        False,
    ),
    "no visit": (joined(fields(visit="")), "which change of which visit", False),
    "a visit without the word": (joined(fields(visit="oslo")), "which change of which", False),
    "no version": (joined(fields(version=0)), "which change of which visit", True),
}


@pytest.mark.parametrize(("body", "told", "second"), NOT_CANONICAL.values(), ids=NOT_CANONICAL)
def test_a_change_that_is_not_in_canonical_form_is_refused_with_the_reason(
    file: Path, body: bytes, told: str, second: bool
) -> None:
    """The log committed to these bytes, and signed."""
    data = log_bundle(entries_of([HISTORY[0], body]))
    error = refused(file, data)
    assert error.position == 2
    assert error.problem.startswith("the change is not as a server writes it: ")
    assert told in error.problem
    if second:
        with pytest.raises(second_verifier.Refused):
            second_verifier.verify(log_bundle(entries_of([body])), str(KEY.verifier))


def test_a_field_in_the_part_of_another_is_refused(file: Path) -> None:
    """The parts, joined, are canonical: only where they are cut differs."""
    (entry,) = entries_of(HISTORY[:1])
    header, content, restricted = (part.content or b"" for part in entry.parts)
    for cut in (
        [header[:-2], header[-2:] + content, restricted],
        [header, content + restricted, b""],
        [header + content, b"", restricted],
    ):
        data = log_bundle(entries_of([cut]))
        assert refused(file, data).problem == "a field of the change is in another part"
        with pytest.raises(second_verifier.Refused):
            second_verifier.verify(data, str(KEY.verifier))


# Histories that are not by the rules


def at(microseconds: int) -> Timestamp:
    stamp = Timestamp()
    stamp.FromMicroseconds(microseconds)
    return stamp


LATER = at(NOON + 3600 * SECOND)
RETRACTION = events.Retracted(retracted_version=2, retracted_versions=[2])
# Of each the changes; the last one is not by the rules.
AGAINST_RULES: dict[str, list[VisitEvent]] = {
    "an amendment first": [event(AMENDMENT, 1)],
    "a statement first": [event(STATEMENT, 1)],
    "a second opening": [HISTORY[0], event(OPENING, 2)],
    "put off after it took place": [
        HISTORY[0],
        event(events.Cancelled(), 2),
        event(events.Postponed(), 3),
    ],
    "a retraction of itself": [HISTORY[0], event(events.Retracted(retracted_version=2), 2)],
    "a retraction of what is to come": [HISTORY[0], event(RETRACTION, 2)],
    "a retraction of what was retracted": [
        *HISTORY[:2],
        event(RETRACTION, 3),
        event(RETRACTION, 4),
    ],
    "no actor": [HISTORY[0], event(events.Postponed(), 2, actor="")],
    "no request id": [HISTORY[0], event(events.Postponed(), 2, request_id="")],
    "effective after it was recorded": [
        HISTORY[0],
        event(events.Postponed(), 2, effective_time=LATER, known_time=LATER),
    ],
    "an opening without details": [event(events.Scheduled(window=OPENING.window), 1)],
    "a visit of no such name": [event(OPENING, 1, visit="visits/Oslo!")],
    "a statement about what is to come": [
        HISTORY[0],
        event(
            events.StatementRecorded(
                statement=values.Statement(
                    kind=values.STATEMENT_KIND_DENY, side=values.SIDE_HOST, about_version=9
                )
            ),
            2,
        ),
    ],
}


@pytest.mark.parametrize("changes", AGAINST_RULES.values(), ids=AGAINST_RULES)
def test_a_history_that_no_desk_can_have_recorded_is_refused_where_it_leaves_the_rules(
    file: Path, changes: list[VisitEvent]
) -> None:
    error = refused(file, log_bundle(entries_of(changes)))
    assert error.position == len(changes)
    assert "by the rules" in error.problem


def test_a_public_bundle_is_held_against_the_rules_as_well(file: Path) -> None:
    """But for what is withheld: who recorded a change."""
    for name, changes in AGAINST_RULES.items():
        entries = [each.without_restricted() for each in entries_of(changes)]
        if name in ("no actor", "no request id"):
            assert verified(file, log_bundle(entries)).withheld == 2
        else:
            assert refused(file, log_bundle(entries)).position == len(changes)


def test_a_change_that_its_command_makes_otherwise_is_refused(file: Path) -> None:
    """The command takes of the details only what the mask names."""
    more = events.Amended()
    more.CopyFrom(AMENDMENT)
    more.details.purpose = "unsaid"
    error = refused(file, log_bundle(entries_of([HISTORY[0], event(more, 2)])))
    assert error.position == 2
    assert error.problem == "the change is not the one that its command makes"


def test_a_version_that_is_retracted_a_thousand_times_is_refused_at_the_second_time(
    file: Path,
) -> None:
    """However many follow, they are not folded."""
    changes = [*HISTORY[:2], *[event(RETRACTION, 3 + number) for number in range(1000)]]
    assert refused(file, log_bundle(entries_of(changes))).position == 4


# What is missing


@pytest.mark.parametrize("number", [CONTENT, RESTRICTED])
def test_a_part_that_is_missing_is_counted_and_everything_else_verified(
    file: Path, number: int
) -> None:
    """A content that was destroyed leaves the status of its visit unknown."""
    entries = entries_of([*HISTORY, event(OPENING, 1, "visits/rome")])
    parts = list(entries[1].parts)
    parts[number] = parts[number].withheld()
    entries[1] = replace(entries[1], parts=tuple(parts))
    data = log_bundle(entries)

    report = verified(file, data)

    is_content = number == CONTENT
    assert (report.destroyed, report.withheld) == (int(is_content), int(not is_content))
    assert report.closed == int(is_content)
    assert report.states == {"scheduled": 1} | ({} if is_content else {"postponed": 1})
    assert second_verifier.verify(data, str(KEY.verifier)) == 4


def test_a_header_without_a_type_of_change_is_refused_also_if_the_content_is_missing(
    file: Path,
) -> None:
    first, second = entries_of([HISTORY[0], event(events.Postponed(), 2, change_type=0)])
    header, content, restricted = second.parts
    second = replace(second, parts=(header, content.withheld(), restricted))
    error = refused(file, log_bundle([first, second]))
    assert error.position == 2
    assert error.problem.endswith("it does not say which type of change it is")


def test_a_visit_that_became_known_at_the_beginning_of_1970_is_verified(file: Path) -> None:
    """A message of that time has no bytes."""
    opening = event(OPENING, 1, known_time=Timestamp(), effective_time=Timestamp())
    assert verified(file, log_bundle(entries_of([opening]))).states == {"scheduled": 1}


def test_who_guesses_what_is_withheld_cannot_tell_that_it_is_right(file: Path) -> None:
    """The bytes of the right guess, tried with all that a public bundle has, as keys and nonces."""
    entries = entries_of(HISTORY)
    data = log_bundle([each.without_restricted() for each in entries])
    assert b"anna" not in data
    pieces = {data[begin : begin + 32] for begin in range(len(data) - 31)}
    for entry in entries:
        guess, commitment = entry.parts[RESTRICTED].content, entry.parts[RESTRICTED].commitment
        assert guess is not None
        assert commitment in pieces
        assert entry.parts[RESTRICTED].key not in pieces
        for piece in pieces:
            assert part_commitment(piece, guess) != commitment
            assert part_commitment(part_key(piece, RESTRICTED), guess) != commitment


# The file itself


def test_a_file_that_changes_between_the_two_readings_is_refused(file: Path) -> None:
    """The second reading is not believed: each leaf is checked again."""
    changes = [HISTORY[0], *[event(STATEMENT, version) for version in range(2, 1001)]]
    data = log_bundle(entries_of(changes))
    changes[499] = event(events.Cancelled(), 500)
    forged = log_bundle(entries_of(changes))
    for other in (forged, data[: len(data) // 2] + bytes(len(data) - len(data) // 2)):

        def replace_it(done: int, of: int, other: bytes = other) -> None:
            if (done, of) == (1000, 2000):
                file.write_bytes(other)

        with pytest.raises(InvalidBundle, match="the file was changed while it was read"):
            verified(file, data, progress=replace_it)
    assert verified(file, data).states == {"scheduled": 1}
