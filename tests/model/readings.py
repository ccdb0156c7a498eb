"""How the steps of documented visits are read: what each is in our terms, and who spoke.

The facts are in the file of playbooks, which is no part of the project. A reading names its
entry, the steps that are of this visit, and for each of these the change or statement, the sides
that spoke, and the standing after it.
"""

from dataclasses import dataclass

OFFICIAL, REPORTED, DISPUTED = "official", "reported", "disputed"
Step = tuple[str, str, str]


@dataclass(frozen=True)
class Reading:
    """One visit. `part` tells which of several principals or hosts of its entry it is about."""

    visit: str
    entry: str
    guest: dict[str, str]
    steps: dict[int, Step]
    principal: int = 0
    host: int = 0


US, GB, CN, BR = ({"country": code} for code in ("US", "GB", "CN", "BR"))
UA, VA = {"country": "UA"}, {"country": "VA"}

READINGS = [
    Reading(
        "playbook-blinken",
        "blinken-china-2023",
        US,
        {
            1: ("scheduled", "guest", OFFICIAL),
            2: ("report", "press", OFFICIAL),
            3: ("confirm", "host", OFFICIAL),
            4: ("confirm", "guest", OFFICIAL),
            5: ("background", "guest", OFFICIAL),
            6: ("deferred", "guest", OFFICIAL),
            7: ("deny", "host", DISPUTED),
            8: ("reaffirm", "guest", DISPUTED),
            9: ("report", "press", DISPUTED),
            10: ("decline", "guest", DISPUTED),
            11: ("decline", "host", DISPUTED),
            12: ("report", "press", DISPUTED),
            13: ("rescheduled", "guest", OFFICIAL),
            14: ("arrived", "press", OFFICIAL),
            15: ("completed", "guest", OFFICIAL),
        },
    ),
    Reading(
        "playbook-burns",
        "burns-china-2023",
        US,
        {1: ("disclosed", "press", REPORTED), 2: ("confirm", "guest", REPORTED)},
    ),
    Reading(
        "playbook-singapore",
        "trump-kim-singapore-2018",
        US,
        {
            1: ("scheduled", "guest", OFFICIAL),
            2: ("cancelled", "guest", OFFICIAL),
            3: ("report", "guest", OFFICIAL),
            4: ("rescheduled", "guest", OFFICIAL),
            5: ("completed", "guest", OFFICIAL),
        },
    ),
    Reading(
        "playbook-charles",
        "charles-france-2023",
        GB,
        {
            1: ("scheduled", "guest", OFFICIAL),
            2: ("postponed", "guest host", OFFICIAL),
            3: ("report", "host", OFFICIAL),
            4: ("rescheduled", "guest", OFFICIAL),
            5: ("completed", "press", REPORTED),
        },
    ),
    Reading(
        "playbook-xi",
        "xi-japan-2020",
        CN,
        {
            1: ("scheduled", "press", REPORTED),
            2: ("reaffirm", "host", OFFICIAL),
            3: ("report", "press", OFFICIAL),
            4: ("deferred", "host guest", OFFICIAL),
        },
    ),
    Reading(
        "playbook-rousseff",
        "rousseff-us-2013",
        BR,
        {
            1: ("scheduled", "host", OFFICIAL),
            2: ("deferred", "guest host", OFFICIAL),
            3: ("rescheduled", "guest host", OFFICIAL),
            4: ("completed", "host", OFFICIAL),
        },
    ),
    Reading(
        "playbook-denmark",
        "trump-denmark-2019",
        US,
        {
            1: ("scheduled", "guest", OFFICIAL),
            2: ("postponed", "guest", OFFICIAL),
            3: ("cancelled", "guest", OFFICIAL),
            4: ("report", "host", OFFICIAL),
        },
    ),
    Reading(
        "playbook-indonesia",
        "obama-indonesia-australia-2010",
        US,
        {
            1: ("rescheduled", "guest", OFFICIAL),
            2: ("rescheduled", "guest", OFFICIAL),
            3: ("postponed", "guest", OFFICIAL),
            4: ("completed", "guest", OFFICIAL),
        },
    ),
    Reading(
        "playbook-australia",
        "obama-indonesia-australia-2010",
        US,
        {
            1: ("rescheduled", "guest", OFFICIAL),
            2: ("rescheduled", "guest", OFFICIAL),
            3: ("postponed", "guest", OFFICIAL),
            5: ("completed", "guest", OFFICIAL),
        },
        host=1,
    ),
    Reading(
        "playbook-borrell",
        "borrell-china-2023",
        {"organisation": "European Union"},
        {
            1: ("postponed", "guest", OFFICIAL),
            2: ("rescheduled", "guest", OFFICIAL),
            3: ("postponed", "guest", OFFICIAL),
            4: ("reaffirm", "host", OFFICIAL),
            5: ("reaffirm", "guest", OFFICIAL),
            6: ("rescheduled", "guest", REPORTED),
            7: ("completed", "press", REPORTED),
        },
    ),
    Reading(
        "playbook-zelensky",
        "zelensky-saudi-2025",
        UA,
        {
            1: ("rescheduled", "guest", OFFICIAL),
            2: ("report", "press", OFFICIAL),
            3: ("completed", "press", REPORTED),
        },
    ),
    Reading(
        "playbook-pope",
        "pope-drc-2022",
        VA,
        {
            1: ("postponed", "guest", OFFICIAL),
            2: ("report", "guest", OFFICIAL),
            3: ("rescheduled", "guest", OFFICIAL),
            4: ("completed", "press", REPORTED),
        },
    ),
    Reading(
        "playbook-kissinger",
        "kissinger-china-1971",
        US,
        {1: ("scheduled", "guest", OFFICIAL), 2: ("completed", "guest", OFFICIAL)},
    ),
    Reading(
        "playbook-nixon",
        "kissinger-china-1971",
        US,
        {3: ("scheduled", "guest host", OFFICIAL), 4: ("completed", "guest", OFFICIAL)},
        principal=1,
    ),
]
