"""Readers that are not ours: what they make of calendars and of linked data.

Two are in Python. Two are in ``node/``, for Node; ``make test`` installs them by npm.
"""

import json
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import icalendar
from pyld import jsonld  # type: ignore[import-untyped]

NODE = Path(__file__).parent / "node"
OWN_NODE = Path(__file__).parents[2] / ".venv-node" / "bin"

SCHEMA = "http://schema.org/"
# What of schema.org's own context matters here; a reader fetches all of it.
CONTEXT = {
    "@vocab": SCHEMA,
    "schema": SCHEMA,
    "eventStatus": {"@id": "schema:eventStatus", "@type": "@id"},
    "url": {"@id": "schema:url", "@type": "@id"},
    "startDate": {"@id": "schema:startDate", "@type": "schema:Date"},
}
CONTEXTS = {"https://schema.org": CONTEXT}


def in_node(program: str, given: str) -> Any:
    """What a program of ``node/`` makes of its input.

    :raises RuntimeError: it failed; the message is what it said.
    """
    assert (NODE / "node_modules").exists(), "these tests need readers in Node: make readers"
    node = shutil.which("node", path=f"{OWN_NODE}{os.pathsep}{os.environ['PATH']}")
    assert node, "these tests need Node: make readers"
    done = subprocess.run([node, NODE / program], input=given.encode(), capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout)


def by_ical_js(calendar: str) -> list[dict[str, Any]]:
    """The events of a calendar as ical.js reads them."""
    found: list[dict[str, Any]] = in_node("calendar.mjs", calendar)
    return found


def by_icalendar(calendar: str) -> list[dict[str, Any]]:
    """The same as icalendar reads them, in the same form."""
    read: Any = icalendar.Calendar.from_ical(calendar)
    return [_event(each) for each in read.walk("VEVENT")]


def _event(event: Any) -> dict[str, Any]:
    first, after = event["DTSTART"].dt, event["DTEND"].dt
    own = {}
    for name in ("status", "standing", "condition", "trip"):
        said = event.get(f"X-CHANCERY-{name}", [])
        own[name] = [str(each) for each in (said if isinstance(said, list) else [said])]
    return {
        "uid": str(event["UID"]),
        "first": first.isoformat(),
        "after": after.isoformat(),
        "whole_days": type(first) is type(after) is date,
        "sequence": event["SEQUENCE"],
        "summary": str(event["SUMMARY"]),
        "description": str(event["DESCRIPTION"]),
        "location": str(event["LOCATION"]) if "LOCATION" in event else None,
        "status": str(event["STATUS"]),
        "transparent": event["TRANSP"] == "TRANSPARENT",
        "url": str(event["URL"]),
        "own": own,
    }


def by_jsonld_js(document: Any) -> Any:
    """What jsonld.js understands of linked data, which has no context but those here."""
    return in_node("linked.mjs", json.dumps({"document": document, "contexts": CONTEXTS}))


def by_pyld(document: Any) -> Any:
    """The same as pyld understands it."""
    return jsonld.expand(document, {"documentLoader": _load})


def _load(url: str, options: Any) -> dict[str, Any]:
    """A context, without a network."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": {"@context": CONTEXTS[url]},
    }
