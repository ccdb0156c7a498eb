"""Prints the events of a calendar in some years, each as a line of JSON: URL FIRST LAST."""

import json
import sys
from datetime import UTC, datetime

from icalevents.icalevents import events

url, first, last = sys.argv[1:]
found = events(
    url=url,
    start=datetime(int(first), 1, 1, tzinfo=UTC),
    end=datetime(int(last), 12, 31, tzinfo=UTC),
)
for each in sorted(found, key=lambda each: each.uid):
    print(
        json.dumps(
            {
                "uid": each.uid,
                "summary": each.summary,
                "first": f"{each.start:%Y-%m-%d}",
                "all_day": each.all_day,
                "status": each.status,
            }
        )
    )
