"""What a retraction takes out."""

from tests.model.answering import state_now
from tests.model.log import by_version, standing_status_changes, taken_out
from tests.model.refusal import invalid, not_now, unknown
from tests.model.terms import History, Json, is_status_change


def retract(history: History, event: Json) -> None:
    """An amendment, correction or statement alone; a status change together with all standing
    status changes after it. The latest retraction can be retracted itself, as long as no status
    change came after it. The event lists every version that it takes out."""
    message = event["retracted"]
    version = message["retracted_version"]
    if not history:
        raise unknown("there is no such visit")
    named = by_version(history).get(version)
    undoes = named is not None and named["change"] == "retracted"
    undone = undoes and is_latest(history, version)
    if state_now(history) is None and not undone:
        raise unknown("the visit was withdrawn")
    if named is None:
        raise not_now("there is no such change")
    if version in taken_out(history):
        raise not_now("it is retracted already")
    if undoes and not undone:
        raise not_now("only the latest retraction, and no status change came after it")
    versions = [version]
    if is_status_change(named):
        later = [e["version"] for e in standing_status_changes(history)]
        versions = [one for one in later if one >= version]
    message["retracted_versions"] = versions
    if "merged_into" in message:
        if not message["merged_into"].startswith("visits/"):
            raise invalid("a visit is named visits/{id}")
        if state_now([*history, event]) is not None:
            raise not_now("only a visit that is withdrawn is merged")


def is_latest(history: History, version: int) -> bool:
    """Whether no retraction and no status change came after it."""
    after = [event for event in history if event["version"] > version]
    return not any(event["change"] == "retracted" or is_status_change(event) for event in after)
