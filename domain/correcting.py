"""What a correction must meet: it says of a change that stands what that should have said."""

from collections.abc import Sequence

from domain.checks import check_held, published_later
from domain.corrections import correctable, corrected
from domain.errors import CorrectionRefused, InvalidValue, NothingChanged, rfc3339
from domain.events import (
    Amended,
    Completed,
    Corrected,
    Deferred,
    Disclosed,
    Event,
    Rescheduled,
    Retracted,
    StatementRecorded,
)
from domain.history import Past, View, known_moment
from domain.values import DESK, Basis

# What a change cannot be without.
_REQUIRED = {
    Rescheduled: ("window",),
    Disclosed: ("held_window",),
    Completed: ("held_window",),
    Deferred: ("condition",),
    Amended: ("window", "held_window"),
}


def target(past: Past, version: int, mask: Sequence[str]) -> int:
    """The version of the change to correct.

    Version 0 means the change that gave the named fields their present values, and a correction
    the change that it corrects.

    :raises InvalidValue: the visit has no such version.
    :raises CorrectionRefused: the change does not stand, does not say these fields, or several
        changes gave them their values.
    """
    if version > past.version:
        text = f"must be a version of the visit, which has {past.version}"
        raise InvalidValue.of("corrected.corrected_version", text)
    if version == 0:
        givers = {path: _giver(past, path) for path in mask}
        versions = sorted(set(givers.values()))
        if len(versions) > 1:
            of_paths = ", ".join(f"{path}: {giver}" for path, giver in givers.items())
            why = f"several changes gave these values ({of_paths}): name the version to correct"
            raise CorrectionRefused(past.visit_id, why, versions)
        version = versions[0]
    event, out = past.events[version - 1], past.timeline.out
    if isinstance(event, Corrected) and version not in out:
        event = past.events[event.corrected_version - 1]
    version = event.originator_version
    if version in out:
        raise CorrectionRefused(past.visit_id, f"change {version} is retracted", [version])
    if isinstance(event, Retracted):
        why = f"change {version} is a retraction: undo that"
        raise CorrectionRefused(past.visit_id, why, [version])
    if wrong := [path for path in mask if path not in correctable(event)]:
        raise _does_not_say(event, wrong[0])
    return version


def right_basis(past: Past, version: int, basis: Sequence[Basis]) -> tuple[Basis, ...]:
    """The basis that a change should have had; without any, the one that it has by default."""
    if basis:
        return tuple(basis)
    event = past.events[version - 1]
    own = event.statement.own_basis if isinstance(event, StatementRecorded) else DESK
    return (own,)


def check(past: Past, correction: Corrected) -> None:
    """Check a correction that would be recorded next.

    :raises InvalidValue: it leaves out what the change must say, becomes known before it, or says
        that a visit was held, or a basis published, in the future.
    :raises NothingChanged: the change says so already.
    """
    later = published_later("corrected.basis", correction.right_basis, correction.timestamp)
    if later:
        raise InvalidValue(later)
    event = past.events[correction.corrected_version - 1]
    known = known_moment(past.events, event)
    if correction.known is not None and correction.known.instant < known.instant:
        text = f"must not be before that of the change, {rfc3339(known.instant)}"
        raise InvalidValue.of(f"context.{correction.known.field('known')}", text)
    corrections = View(past.events, past.timeline).corrections.get(event.originator_version, [])
    before = corrected(event, corrections)
    after = corrected(before, [correction])
    if after == before:
        version = event.originator_version
        raise NothingChanged(past.visit_id, f"change {version} says so already", version)
    for name in _REQUIRED.get(type(event), ()):
        if name in correction.update_mask and getattr(after, name) is None:
            raise InvalidValue.of(f"corrected.{name}", "is required")
    if "held_window" in correction.update_mask:
        held, effective = correction.held_window, event.effective_moment
        assert held is not None
        check_held(Corrected, held, effective)


def _giver(past: Past, path: str) -> int:
    """The version of the change that gave a field its present value."""
    state = past.state
    assert state.opening is not None
    assert state.status_change is not None
    if path == "window_given_up" or path.startswith("details."):
        return state.given_by.get(path, state.opening.originator_version)
    if path == "condition" and state.conditions:
        versions = {each.event.originator_version for each in state.conditions.values()}
        if len(versions) > 1:
            why = "several changes gave the conditions: name the version to correct"
            raise CorrectionRefused(past.visit_id, why, sorted(versions))
        return versions.pop()
    return state.given_by.get(path, state.status_change.originator_version)


def _does_not_say(event: Event, path: str) -> CorrectionRefused:
    version, change = event.originator_version, event.TOPIC.replace("_", " ")
    says = sorted(correctable(event))
    why = (
        f"change {version} ({change}) does not say {path}. What it says is {', '.join(says)}; what "
        "a statement says, and single items, are retracted and recorded anew"
    )
    return CorrectionRefused(event.originator_id, why, [version], path, says)
