"""Play stories through a real server: the same comparison as through the model.

Commands and answers cross as messages of the contract. Each story needs visits that no other
story on that server has.
"""

import re
from typing import Any, Protocol

import grpc
from google.protobuf import json_format

from chancery.v1 import desk_service_pb2, visit_service_pb2
from tests.model.playing import differs, told, unlike
from tests.model.refusal import Refused
from tests.model.terms import Json

METHODS = {
    "scheduled": "ScheduleVisit",
    "disclosed": "DiscloseVisit",
    "postponed": "PostponeVisit",
    "deferred": "DeferVisit",
    "rescheduled": "RescheduleVisit",
    "completed": "CompleteVisit",
    "cancelled": "CancelVisit",
    "amended": "AmendVisit",
    "corrected": "CorrectChange",
    "statement_recorded": "RecordStatement",
    "retracted": "RetractChange",
}
WORDS = {
    "WINDOW_ENDING_MADE_EXACT": "made exact",
    "WINDOW_ENDING_MOVED": "moved",
    "WINDOW_ENDING_PUT_OFF": "put off",
    "STANCE_AGREES": "agrees",
    "STANCE_CONTRADICTS_STATUS": "contradicts the status",
    "STANCE_CONTRADICTS_DAYS": "contradicts the days",
    "STANCE_NEITHER": "neither",
}
EMPTY: Json = {
    "window": None,
    "held_window": None,
    "previous_windows": [],
    "conditions": [],
    "words": [],
    "claimed_windows": [],
    "under_way": False,
    "reason": "",
    "effective_period": "",
    "known_period": "",
}
NO_DETAILS: Json = {"title": "", "principal": None, "host": None, "aliases": [], "purpose": ""}


class Stubs(Protocol):
    """The services of a server."""

    desk: Any
    visits: Any


def with_masks(value: Any) -> Any:
    """JSON has a mask as one string, its names in camel case."""
    if isinstance(value, list):
        return [with_masks(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: with_masks(member) for key, member in value.items()}
    if "update_mask" in result:
        paths = [re.sub(r"_(.)", lambda m: m[1].upper(), path) for path in value["update_mask"]]
        result["update_mask"] = ",".join(paths)
    return result


def request_of(command: Json) -> Any:
    """The request that a command is."""
    body = {
        "name": f"visits/{command['visit']}",
        "context": command["context"],
        command["change"]: command["message"],
    }
    message = getattr(desk_service_pb2, f"{METHODS[command['change']]}Request")()
    return json_format.ParseDict(with_masks(body), message)


def recorded(stubs: Stubs, command: Json) -> Json | Refused:
    """Ask for a change, and give back what the model would."""
    try:
        call = getattr(stubs.desk, METHODS[command["change"]])
        response = call(request_of(command))
    except grpc.RpcError as error:
        return Refused(error.code().name, error.details() or "")
    event: Json = json_format.MessageToDict(response.event.event, preserving_proto_field_name=True)
    return {**event, "position": response.event.position}


def shown(stubs: Stubs, moment: Json, position: int) -> Json | None:
    """The visit as of a moment, in the fields that stories expect."""
    as_of: Json = {key: moment[key] for key in ("known_at", "valid_at") if key in moment}
    body = {"name": f"visits/{moment['visit']}", "as_of": {"position": position, **as_of}}
    request = json_format.ParseDict(body, visit_service_pb2.GetVisitRequest())
    try:
        visit = stubs.visits.GetVisit(request).visit
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return None
        raise
    return as_answer(json_format.MessageToDict(visit, preserving_proto_field_name=True))


def as_answer(visit: Json) -> Json:
    """A visit of the contract in the form of the model's answers."""
    answer = {**EMPTY, **NO_DETAILS, **visit, **visit["details"]}
    answer["previous_windows"] = [
        {**one, "ended": WORDS[one["ending"]]} for one in answer["previous_windows"]
    ]
    answer["conditions"] = [{**one, **one["condition"]} for one in answer["conditions"]]
    answer["words"] = [
        {"country": "", **word, "stance": WORDS[word["stance"]]}
        for word in answer["words"]
        if word.get("counts")
    ]
    answer["claimed_windows"] = [{"country": "", **one} for one in answer["claimed_windows"]]
    return answer


def served(story: Json, stubs: Stubs) -> list[str]:
    """Play a story through a server, and list what differs."""
    faults, position, prefixes = [], 0, [0]
    for index, command in enumerate(story["commands"]):
        result = recorded(stubs, command)
        here = f"{story['id']}, command {index + 1} ({command['change']})"
        faults += [f"{here}: {fault}" for fault in differs(command["expect"], result)]
        if not isinstance(result, Refused):
            position = result["position"]
        prefixes.append(position)
    for moment in story["moments"]:
        visit = shown(stubs, moment, prefixes[moment["prefix"]])
        here = f"{story['id']}, {told(moment)}"
        faults += [f"{here}: {fault}" for fault in unlike(moment["expect"], visit)]
    return faults
