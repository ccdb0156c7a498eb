"""The steps with `buf curl`, and the contract by reflection: client.py HOST:PORT visits/NAME."""

import base64
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TARGET, NAME = sys.argv[1:]
PROTOS = Path(__file__).parents[2] / "protos"
# Codes of gRPC, by their names in the protocol of Connect.
CODES = {
    "canceled": 1,
    "invalid_argument": 3,
    "deadline_exceeded": 4,
    "not_found": 5,
    "failed_precondition": 9,
    "internal": 13,
    "unavailable": 14,
}
STATUSES = {"STATUS_SCHEDULED": 1}

KNOWN = datetime.fromisoformat("2023-01-17T12:00:00.123456Z")
DAY = {"year": 2023, "month": 2, "day": 5}
SCHEDULED = {
    "details": {
        "title": "The secretary of state to Beijing",
        "principal": {"name": "Antony Blinken", "country": "US"},
        "host": {"country": "CN"},
    },
    "window": {"start": DAY, "end": DAY},
}


class Refused(Exception):
    """The call failed: its code, and its details by the names of their types."""

    def __init__(self, code: int, details: dict[str, Any]) -> None:
        self.code = code
        self.details = details
        super().__init__(code, details)

    @property
    def told(self) -> dict[str, Any]:
        """The code and the reason."""
        return {"code": self.code, "reason": self.details["google.rpc.ErrorInfo"]["reason"]}


def tell(step: str, **told: Any) -> None:
    """Print what came of a step."""
    print(json.dumps({"step": step, **told}), flush=True)


def started(method: str, request: dict[str, Any], *options: str) -> "subprocess.Popen[str]":
    """A call, whose answers are read as they come."""
    command = ["buf", "curl", "--http2-prior-knowledge", "--protocol", "grpc", "--emit-defaults"]
    command += [*options, "--data", json.dumps(request), f"http://{TARGET}/chancery.v1.{method}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answers(call: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    """The answers to a call, each printed as an object of several lines."""
    assert call.stdout is not None
    assert call.stderr is not None
    lines = []
    for line in call.stdout:
        lines.append(line)
        if line == "}\n":
            yield json.loads("".join(lines))
            lines.clear()
    said = call.stderr.read()
    if call.wait() != 0:
        raise refusal(said)


def refusal(said: str) -> Refused:
    """What a call said when it failed: an error of gRPC as JSON, or a sentence."""
    if "deadline exceeded" in said:
        return Refused(CODES["deadline_exceeded"], {})
    if not said.startswith("{"):
        return Refused(CODES["unavailable"], {})
    error = json.loads(said)
    details = {each["type"]: decoded(**each) for each in error.get("details", [])}
    return Refused(CODES[error["code"]], details)


def decoded(type: str, value: str, **_: Any) -> Any:
    """A detail of an error, of which buf only shows the bytes."""
    command = ["buf", "convert", str(PROTOS), "--type", type, "--from", "-#format=binpb"]
    data = base64.b64decode(value + "==")
    return json.loads(subprocess.run(command, input=data, capture_output=True, check=True).stdout)


def ask(method: str, **request: Any) -> dict[str, Any]:
    """The answer to a unary call."""
    (answer,) = answers(started(method, request))
    return answer


def failing(call: "subprocess.Popen[str]") -> Refused:
    """How a call fails."""
    try:
        list(answers(call))
    except Refused as refused:
        return refused
    raise AssertionError("the call succeeded")


def record() -> None:
    """A visit is scheduled, twice with one request id."""
    context = {"request_id": "scheduled", "known_time": written(KNOWN)}
    for step in "scheduled", "scheduled again":
        done = ask("DeskService/ScheduleVisit", name=NAME, context=context, scheduled=SCHEDULED)
        tell(step, position=int(done["event"]["position"]), replayed=done["replayed"])


def written(moment: datetime) -> str:
    """A time with all its digits."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def ask_as_of() -> None:
    """The visit as of the time when it became known, and just before."""
    get = "VisitService/GetVisit"
    visit = ask(get, name=NAME, as_of={"known_at": written(KNOWN)})["visit"]
    seconds, digits = visit["knownTime"].rstrip("Z").split(".")
    known_time = [int(datetime.fromisoformat(seconds + "Z").timestamp()), int(digits.ljust(9, "0"))]
    tell("visit", status=STATUSES[visit["status"]], known_time=known_time)
    before = written(KNOWN - timedelta(microseconds=1))
    refused = failing(started(get, {"name": NAME, "as_of": {"known_at": before}}))
    tell("a microsecond before", **refused.told)


def be_refused() -> None:
    """A change that the status does not allow, and one with a bad field."""
    ask("DeskService/CompleteVisit", name=NAME, completed={})
    refused = failing(started("DeskService/PostponeVisit", {"name": NAME, "postponed": {}}))
    violations = [
        [each["type"], each["subject"]]
        for each in refused.details["google.rpc.PreconditionFailure"]["violations"]
    ]
    metadata = refused.details["google.rpc.ErrorInfo"]["metadata"]
    tell("refused", **refused.told, violations=violations, metadata=metadata)
    bad = {"name": f"{NAME}-bad", "scheduled": {}}
    refused = failing(started("DeskService/ScheduleVisit", bad))
    violations = refused.details["google.rpc.BadRequest"]["fieldViolations"]
    tell("bad field", **refused.told, fields=[each["field"] for each in violations])


def load() -> None:
    """Two changes in a stream, of which the second is refused."""
    changes = [
        {
            "name": f"{NAME}-imported",
            "context": {"request_id": f"imported {number}"},
            "scheduled": SCHEDULED,
        }
        for number in range(2)
    ]
    call = started("DeskService/ImportChanges", {"changes": changes})
    results = [result for answer in answers(call) for result in answer["results"]]
    tell("import", codes=[result.get("error", {"code": 0})["code"] for result in results])


def read() -> None:
    """All changes, the checkpoint and the bundle."""
    frames = list(answers(started("HistoryService/ReadEvents", {})))
    tell("replay", positions=positions_of(frames))
    checkpoint = ask("AuditService/GetCheckpoint")["checkpoint"]
    parts = answers(started("AuditService/ExportBundle", {}))
    size = sum(len(base64.b64decode(part["data"])) for part in parts)
    tell("audit", checkpoint=checkpoint, bundle_bytes=size)


def positions_of(frames: list[dict[str, Any]]) -> list[int]:
    """The positions of the changes in frames."""
    return [int(event["position"]) for frame in frames for event in frame.get("events", [])]


def watch(after: int, log_origin: str, *options: str) -> "subprocess.Popen[str]":
    """A watch, which lasts until it is ended."""
    request = {"after_position": after, "log_origin": log_origin}
    return started("HistoryService/WatchEvents", request, "--timeout", "0", *options)


def end_watches() -> None:
    """One is cancelled, one ends at its deadline, and one is of another log."""
    call = watch(0, "")
    next(answers(call))
    call.send_signal(signal.SIGINT)
    tell("cancelled", code=failing(call).code)
    tell("deadline", code=failing(watch(0, "", "--timeout", "2s")).code)
    tell("another log", **failing(watch(0, "another.example/log")).told)


def follow() -> None:
    """A watch that goes on after the last position when the server is back."""
    position, log_origin, positions, lost = 0, "", [], False
    while True:
        call = watch(position, log_origin)
        try:
            for frame in answers(call):
                log_origin = log_origin or frame["logOrigin"]
                position = int(frame["position"])
                positions += positions_of([frame.get("events", {})])
                if "caughtUp" in frame and not lost:
                    tell("watching", positions=positions, position=position)
                    positions.clear()
                if lost and positions:
                    tell("resumed", positions=positions, log_origin=log_origin)
                    call.kill()
                    return
        except Refused as refused:
            if not lost:
                tell("lost", code=refused.code)
            lost = True
            time.sleep(0.1)


info = ask("InfoService/GetServerInfo")
tell("info", log_origin=info["logOrigin"], head=int(info["headPosition"]))
record()
ask_as_of()
be_refused()
load()
read()
end_watches()
follow()
