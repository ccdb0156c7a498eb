"""Which words count for the standing, and how each stands to the visit."""

from dataclasses import dataclass

from tests.model.fold import State
from tests.model.terms import (
    AGREEING,
    ARRIVED,
    COMPLETED,
    DECLINE,
    DENY,
    DEPARTED,
    DESK,
    DOUBT,
    GROUP,
    GUEST,
    HOST,
    REPORT,
    STATUS_OF,
    History,
    Json,
    is_status_change,
)
from tests.model.voices import Voice
from tests.model.windows import has_days, same_plan, share_a_day

AGREES = "agrees"
CONTRADICTS_STATUS, CONTRADICTS_DAYS = "contradicts the status", "contradicts the days"


@dataclass(frozen=True)
class Heard:
    """The visit at the end of a fold, and what the fold was made of."""

    state: State
    recorded: History
    ordered: list[int]
    kept: set[int]
    out: set[int]

    def event(self, version: int) -> Json:
        return next(event for event in self.recorded if event["version"] == version)


def is_about_the_status(word: Json, heard: Heard) -> bool:
    """A statement about a status change counts only while that change made the status, or, where
    it was retracted, a later change to the same status did; about any other change, while that
    stands behind the change that made the status."""
    version = word.get("statement", {}).get("about_version", 0)
    if not version:
        return True
    about, state = heard.event(version), heard.state
    if is_status_change(about):
        again = version in heard.out and state.status_version > version
        same = STATUS_OF[about["change"]] == state.status
        return version == state.status_version or (again and same)
    if about["change"] == "corrected":
        if version not in heard.kept:
            return False
        version = about["corrected"]["corrected_version"]
        if version == state.status_version:
            return True
    behind = heard.ordered[heard.ordered.index(state.status_version) + 1 :]
    return version in behind


def words_that_count(heard: Heard) -> dict[Voice, Json]:
    """Each voice of the guest or host side has at most one word: its latest firm one. Decline and
    report neither count nor clear. A firm doubt ends the voice's word."""
    result: dict[Voice, Json] = {}
    for word in heard.state.words:
        kind = word.get("statement", {}).get("kind")
        if word["side"] not in (GUEST, HOST) or not word["firm"] or kind in (REPORT, DECLINE):
            continue
        if not is_about_the_status(word, heard):
            continue
        result.pop(word["voice"], None)
        if kind != DOUBT:
            result[word["voice"]] = word
    return result


def agrees_with_status(word: Json, status: str) -> bool:
    """*Announce, confirm, reaffirm* without a claimed status agree. With one, the claim decides.
    *Deny* without one contradicts; what it claims is what holds instead; with a claimed window
    alone it is about the days where the status is planned or completed, and then agrees with the
    status; otherwise it contradicts. *Arrived* and *departed* agree with the groups planned and
    completed, and contradict open and cancelled."""
    statement = word.get("statement")
    group = GROUP[status]
    if statement is None:
        return True
    if statement["kind"] in (ARRIVED, DEPARTED):
        return group in ("planned", "completed")
    if "claimed_status" in statement:
        return GROUP[statement["claimed_status"]] == group
    if statement["kind"] == DENY:
        return "claimed_window" in statement and group in ("planned", "completed")
    return statement["kind"] in AGREEING


def stance(word: Json, state: State) -> str:
    """It agrees, contradicts the status (claims another one, or contradicts without a claim),
    contradicts the days (claims a window that shares no day with the planned or held one), or
    neither."""
    if not agrees_with_status(word, state.status):
        return CONTRADICTS_STATUS
    claimed = word.get("statement", {}).get("claimed_window")
    windows = [w for w in (state.window, state.held_window) if w and has_days(w)]
    if not claimed or not has_days(claimed) or not windows:
        return AGREES
    shared = any(share_a_day(claimed, window) for window in windows)
    return AGREES if shared else CONTRADICTS_DAYS


def standing_of(heard: Heard) -> str:
    """*Disputed* if any guest or host voice disagrees; else *official* if one agrees; else
    *reported*. A contradiction about days alone counts as agreeing."""
    stances = {stance(word, heard.state) for word in words_that_count(heard).values()}
    if CONTRADICTS_STATUS in stances:
        return "STANDING_DISPUTED"
    return "STANDING_OFFICIAL" if stances else "STANDING_REPORTED"


def all_words(heard: Heard) -> list[Json]:
    """The last word of every voice, of any side and however firm, statement or basis of the
    status change; and of each guest and host voice also the word that counts, where that is
    another, with its stance."""
    counting = words_that_count(heard)
    last = {word["voice"]: word for word in heard.state.words}
    result = []
    for word in heard.state.words:
        counts = counting.get(word["voice"]) is word
        if counts or last[word["voice"]] is word:
            shown = {**word, "counts": counts}
            if counts:
                shown["stance"] = stance(word, heard.state)
            result.append(shown)
    return result


def claimed_windows(heard: Heard) -> list[Json]:
    """The latest claimed window of each voice but the desk's since the change that made the
    status, also of press and third, where it is not the plan (when completed: neither planned nor
    held). A later *deny* of that voice without a window ends it."""
    state = heard.state
    behind = heard.ordered[heard.ordered.index(state.status_version) + 1 :]
    latest: dict[Voice, Json] = {}
    for word in state.words:
        statement = word.get("statement")
        if statement is None or word["version"] not in behind or word["side"] == DESK:
            continue
        if "claimed_window" in statement:
            latest.pop(word["voice"], None)
            latest[word["voice"]] = word
        elif statement["kind"] == DENY:
            latest.pop(word["voice"], None)
    held = state.held_window if state.status == COMPLETED else None
    plans = [window for window in (state.window, held) if window]
    return [
        {**word, "window": word["statement"]["claimed_window"]}
        for word in latest.values()
        if not any(same_plan(word["statement"]["claimed_window"], plan) for plan in plans)
    ]


def under_way(heard: Heard) -> bool:
    """Planned, and an *arrived* since the change that made the status stands that no *departed*
    follows."""
    kinds = [word.get("statement", {}).get("kind") for word in heard.state.words]
    moves = [kind for kind in kinds if kind in (ARRIVED, DEPARTED)]
    return GROUP[heard.state.status] == "planned" and moves[-1:] == [ARRIVED]
