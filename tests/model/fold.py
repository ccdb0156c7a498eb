"""The fold: what a visit is after some changes, in their order."""

import copy
from dataclasses import dataclass, field
from typing import Any

from tests.model.amending import amend_details, amend_windows
from tests.model.terms import (
    ARRIVED,
    DEPARTED,
    GUEST,
    HOST,
    STATUS_OF,
    History,
    Json,
    is_status_change,
)
from tests.model.voices import speaks_for, voice_of, word_of_statement, words_of_status_change
from tests.model.windows import same_plan


@dataclass
class State:
    """A visit at one point of the fold. Each value knows the version that gave it."""

    details: Json
    opened_by: int
    status: str = ""
    status_change: Json = field(default_factory=dict)
    window: Json | None = None
    window_version: int = 0
    held_window: Json | None = None
    held_version: int = 0
    previous_windows: list[Json] = field(default_factory=list)
    conditions: list[Json] = field(default_factory=list)
    words: list[Json] = field(default_factory=list)
    given_by: dict[str, tuple[int, bool]] = field(default_factory=dict)

    @property
    def status_version(self) -> int:
        return int(self.status_change.get("version", 0))

    @property
    def facts(self) -> Any:
        """What an amendment can change."""
        return copy.deepcopy((self.details, self.window, self.held_window))


def fold(opening: Json, ordered: History, refined: dict[int, int]) -> State:
    """Windows, conditions, amendments and statements are folded in the order of step 4. The
    details begin as those of the opening; amendments recorded before it do not touch them.

    `refined` tells for each amendment which status change stood when it was entered."""
    details = copy.deepcopy(opening[opening["change"]]["details"])
    state = State(details, opening["version"])
    for event in ordered:
        if is_status_change(event):
            change_status(state, event)
        elif event["change"] == "amended":
            if event["version"] > opening["version"]:
                amend_details(state, event)
            if refined[event["version"]] == state.status_version:
                amend_windows(state, event)
        else:
            hear(state, event)
    name_voices(state)
    return state


def name_voices(state: State) -> None:
    """A voice whose country was not known yet at its place has the one that is known now."""
    for word in state.words:
        if word["side"] in (GUEST, HOST) and not (word["country"] or word["organisation"]):
            country, organisation = speaks_for(word, state.details)
            voice = (word["side"], country, organisation, "")
            word.update(voice=voice, country=country, organisation=organisation)
    conditions, state.conditions = state.conditions, []
    for one in conditions:
        side, country, organisation, _ = one["voice"]
        unnamed = side in (GUEST, HOST) and not (country or organisation)
        voice = (side, *speaks_for({"side": side}, state.details), "") if unnamed else one["voice"]
        others = [other for other in state.conditions if other["voice"] != voice]
        state.conditions = [*others, {**one, "voice": voice}]


def give_up(state: State, window: Json | None, ended: str, version: int) -> None:
    """List a window as a previous one."""
    if window is not None:
        entry = {"window": window, "ended": ended, "version": version}
        state.previous_windows.append(entry)


def change_status(state: State, event: Json) -> None:
    """The last status change is the status, and starts the standing afresh."""
    change, message, version = event["change"], event[event["change"]], event["version"]
    heard = state.words
    state.status, state.status_change = STATUS_OF[change], event
    state.words = words_of_status_change(event, state.details)
    if change == "completed":
        state.words = heard_of_the_stay(heard) + state.words
    move_windows(state, change, message, version)
    if change not in ("completed", "disclosed"):
        state.held_window = None
    else:
        state.held_window, state.held_version = message["held_window"], version
    if change != "deferred":
        state.conditions = []
    if "condition" in message:
        set_condition(state, message["condition"], version)


def move_windows(state: State, change: str, message: Json, version: int) -> None:
    """Schedule sets the window; reschedule too, and moves another one to the previous windows.
    Postpone and defer move it there. Cancel keeps it. The window that an opening gives up: cancel
    keeps it, the others list it as previous."""
    if "window_given_up" in message:
        state.window, state.window_version = message["window_given_up"], version
    if change == "scheduled":
        state.window, state.window_version = message.get("window"), version
    if change == "rescheduled":
        if state.window and not same_plan(state.window, message["window"]):
            give_up(state, state.window, "moved", version)
        state.window, state.window_version = message["window"], version
    if change in ("postponed", "deferred"):
        give_up(state, state.window, "put off", version)
        state.window, state.window_version = None, version


def heard_of_the_stay(words: list[Json]) -> list[Json]:
    """Firm ones (arrived, departed) behind the status change that a completion followed also
    count for it, whoever reports that."""
    return [
        word
        for word in words
        if word.get("statement", {}).get("kind") in (ARRIVED, DEPARTED)
        and word["firm"]
        and word["side"] in (GUEST, HOST)
        and "about_version" not in word["statement"]
    ]


def hear(state: State, event: Json) -> None:
    """A statement changes no status. The condition that it names becomes the latest of its
    voice."""
    state.words.append(word_of_statement(event, state.details))
    statement = event["statement_recorded"]["statement"]
    if "condition" in statement:
        set_condition(state, statement["condition"], event["version"])


def set_condition(state: State, condition: Json, version: int) -> None:
    """The latest of each voice, the oldest first."""
    voice = voice_of(condition, "", state.details)
    others = [one for one in state.conditions if one["voice"] != voice]
    state.conditions = [*others, {"voice": voice, "condition": condition, "version": version}]
