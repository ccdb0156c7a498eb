"""An example of each method. One after the other, from the first, they work on a new log."""

import json
from typing import Any

from google.protobuf.descriptor import MethodDescriptor

GUEST = {"side": "SIDE_GUEST", "attribution": "ATTRIBUTION_ON_THE_RECORD"}
HOST = {"side": "SIDE_HOST", "attribution": "ATTRIBUTION_ON_THE_RECORD"}
CHARLES, BLINKEN = "visits/charles-france", "visits/blinken-beijing"


def day(text: str) -> dict[str, int]:
    """A day, as the contract writes it."""
    year, month, number = map(int, text.split("-"))
    return {"year": year, "month": month, "day": number}


def days(first: str, last: str) -> dict[str, Any]:
    """A window."""
    return {"start": day(first), "end": day(last)}


def details(title: str, principal: str, country: str, host: str) -> dict[str, Any]:
    """The details of a visit of somebody with an office and a country."""
    return {
        "title": title,
        "principal": {"name": principal, "country": country},
        "host": {"country": host},
    }


BIDEN = "Joe Biden", "US"
ANNOUNCED = {"knownPeriod": "2023-05-16", "basis": [GUEST | {"speaker": "White House"}]}

EXAMPLES: dict[str, dict[str, Any]] = {
    "ScheduleVisit": {
        "name": CHARLES,
        "context": {
            "requestId": "charles-france-1",
            "knownPeriod": "2023-03-03",
            "basis": [GUEST | {"speaker": "Buckingham Palace"}],
        },
        "scheduled": {
            "details": details("Charles III to France", "Charles III", "GB", "FR"),
            "window": days("2023-03-26", "2023-03-29"),
        },
    },
    "DiscloseVisit": {
        "name": "visits/biden-kyiv",
        "context": {"knownPeriod": "2023-02-20", "basis": [HOST]},
        "disclosed": {
            "details": details("Biden to Kyiv", *BIDEN, "UA"),
            "heldWindow": days("2023-02-20", "2023-02-20"),
        },
    },
    "PostponeVisit": {
        "name": CHARLES,
        "context": {"knownPeriod": "2023-03-24", "reason": "Protests", "basis": [GUEST, HOST]},
    },
    "DeferVisit": {
        "name": BLINKEN,
        "context": {"knownPeriod": "2023-02-03", "reason": "A balloon", "basis": [GUEST]},
        "deferred": {
            "condition": {"text": "when conditions allow", "side": "SIDE_GUEST"},
            "details": details("Blinken to Beijing", "Antony Blinken", "US", "CN"),
            "windowGivenUp": days("2023-02-05", "2023-02-06"),
        },
    },
    "RescheduleVisit": {
        "name": CHARLES,
        "context": {"expectedVersion": 2, "knownPeriod": "2023-08-24", "basis": [GUEST]},
        "rescheduled": {"window": days("2023-09-20", "2023-09-23")},
    },
    "CompleteVisit": {
        "name": CHARLES,
        "context": {"knownPeriod": "2023-09-22", "basis": [HOST]},
        "completed": {"heldWindow": days("2023-09-20", "2023-09-22")},
    },
    "CancelVisit": {
        "name": "visits/trump-denmark",
        "context": {"knownPeriod": "2019-08-20", "basis": [GUEST | {"outlet": "Twitter"}]},
        "cancelled": {
            "details": details("Trump to Denmark", "Donald Trump", "US", "DK"),
            "windowGivenUp": days("2019-09-02", "2019-09-03"),
        },
    },
    "AmendVisit": {
        "name": CHARLES,
        "context": {"knownPeriod": "2023-09-20"},
        "amended": {
            "updateMask": "details.kind",
            "details": {"kind": "VISIT_KIND_STATE"},
            "added": {"aliases": ["king-in-paris"]},
        },
    },
    "CorrectChange": {
        "name": CHARLES,
        "context": {"reason": "A slip of the pen"},
        "corrected": {
            "correctedVersion": 3,
            "updateMask": "window",
            "window": days("2023-09-20", "2023-09-22"),
        },
    },
    "RecordStatement": {
        "name": BLINKEN,
        "context": {"knownPeriod": "2023-02-03"},
        "statementRecorded": {
            "statement": {
                "kind": "STATEMENT_KIND_CONFIRM",
                "side": "SIDE_GUEST",
                "speaker": "Ned Price",
                "claimedStatus": "STATUS_WHEN_CONDITIONS_ALLOW",
            }
        },
    },
    "RetractChange": {
        "name": BLINKEN,
        "context": {"reason": "Entered twice"},
        "retracted": {"retractedVersion": 2},
    },
    "ApplyChanges": {
        "changes": [
            {
                "name": f"visits/biden-{place}",
                "context": ANNOUNCED,
                "cancelled": {"details": details(f"Biden to {title}", *BIDEN, country)},
            }
            for place, title, country in (
                ("sydney", "Sydney", "AU"),
                ("port-moresby", "Port Moresby", "PG"),
            )
        ]
    },
    "ImportChanges": {
        "changes": [
            {
                "name": BLINKEN,
                "context": {"requestId": "archive:17", "knownPeriod": "2023-06-14"},
                "rescheduled": {"window": days("2023-06-18", "2023-06-19")},
            }
        ]
    },
    "GetVisit": {"name": CHARLES, "asOf": {"knownAt": "2023-03-31T23:59:59Z"}},
    "BatchGetVisits": {"names": [CHARLES, BLINKEN, "visits/nobody"]},
    "ListVisits": {
        "filter": {"hostCountry": "FR", "days": {"start": day("2023-09-01")}},
        "orderBy": "window.start desc",
        "pageSize": 10,
    },
    "CountVisits": {"countBy": ["COUNT_BY_STATUS", "COUNT_BY_HOST_COUNTRY"]},
    "ListEvents": {"visit": CHARLES, "backwards": True, "pageSize": 2},
    "ReadEvents": {"afterPosition": "5", "limit": "3"},
    "WatchEvents": {"visit": CHARLES, "beginning": {}},
    "CompareVisit": {
        "name": CHARLES,
        "before": {"knownAt": "2023-03-23T23:59:59Z"},
        "after": {"knownAt": "2023-08-31T23:59:59Z"},
    },
    "ListChanges": {
        "filter": {"visit": CHARLES, "changeTypes": ["CHANGE_TYPE_POSTPONED"]},
    },
    "GetCheckpoint": {"previousSize": "2"},
    "GetInclusionProof": {"position": "3"},
    "GetConsistencyProof": {"firstSize": "2", "secondSize": "6"},
    "GetTile": {"width": 4, "entries": True},
    "ExportBundle": {"visit": CHARLES, "withoutRestricted": True},
    "GetServerInfo": {},
}


def command(method: MethodDescriptor, request: dict[str, Any]) -> str:
    """The command line that calls a method."""
    return (
        "buf curl --protocol grpc --http2-prior-knowledge \\\n"
        f"    http://127.0.0.1:50051/{method.containing_service.full_name}/{method.name} \\\n"
        f"    --data '{_json(request)}'"
    )


def _json(value: Any, margin: int = 0) -> str:
    """A value in one line, or in several where it does not fit into 90 characters."""
    line = json.dumps(value)
    if len(line) + margin <= 90 or not isinstance(value, dict | list):
        return line
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {_json(each, margin + 2)}" for key, each in value.items()]
    else:
        items = [_json(each, margin + 2) for each in value]
    begin, end = ("{", "}") if isinstance(value, dict) else ("[", "]")
    indent = " " * (margin + 2)
    joined = f",\n{indent}".join(items)
    return f"{begin}\n{indent}{joined}\n{' ' * margin}{end}"
