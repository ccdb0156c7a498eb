"""Changes that cannot be entered, and single names that two desks enter."""

from tests.stories.writing import BIRK, GUEST, HOST, PRESS, at, do, opened, say, story, window

MAY = window("2024-05-06", "2024-05-07")
CHILEAN = {"name": "Camila Cruz", "office": "Foreign Minister"}
REFUSED = "FAILED_PRECONDITION"


def names(kind: str, name: str, *others: str) -> dict[str, object]:
    return {f"{kind}_other_names": [{"name": name, "other_names": list(others)}]}


STORIES = [
    story(
        "own-unknown",
        "a visit that is not there, and one that is there already",
        [
            do("postponed", "2024-01-09", {}, refused="NOT_FOUND " + REFUSED + " INVALID_ARGUMENT"),
            do(
                "completed",
                "2024-01-09",
                {"held_window": window("2024-01-09")},
                refused="NOT_FOUND",
            ),
            do("retracted", "", {"retracted_version": 1}, refused="NOT_FOUND"),
            do("scheduled", "2024-01-10", opened(window=MAY), GUEST, expected_version=0),
            do("scheduled", "2024-01-11", opened(window=MAY), GUEST, refused="ALREADY_EXISTS"),
            do("postponed", "2024-01-12", opened(), GUEST, refused=REFUSED + " INVALID_ARGUMENT"),
            do("postponed", "2024-01-12", {"window_given_up": MAY}, refused="INVALID_ARGUMENT"),
            do("postponed", "2024-01-13", {}, GUEST, expected_version=0, refused="ABORTED"),
            do("cancelled", "2024-01-13", {}, GUEST, expected_version=1),
            do("postponed", "2024-01-14", {}, GUEST, refused=REFUSED),
            do(
                "retracted",
                "",
                {"retracted_version": 9},
                refused=REFUSED + " INVALID_ARGUMENT NOT_FOUND",
            ),
            do(
                "corrected",
                "",
                {"corrected_version": 9, "reason": "?", "update_mask": ["reason"]},
                refused=REFUSED + " INVALID_ARGUMENT NOT_FOUND",
            ),
        ],
        [at(12, status="CANCELLED", window=MAY)],
    ),
    story(
        "own-spellings",
        "other names are added and removed one by one",
        [
            do(
                "scheduled",
                "2024-01-10",
                opened(
                    window=MAY,
                    details={
                        "host": {"country": "CL", "counterparts": [CHILEAN]},
                        "destinations": [{"city": "Valparaiso", "country": "CL"}],
                    },
                ),
            ),
            do("amended", "", {"added": names("counterpart", "Camila Cruz", "C. Cruz", "Cruz")}),
            do(
                "amended",
                "",
                {
                    "removed": names("counterpart", "Camila Cruz", "Cruz"),
                    "added": names("city", "Valparaiso", "Valparaíso"),
                },
            ),
            do(
                "amended",
                "",
                {"added": names("city", "Santiago", "Santiago de Chile")},
                refused=REFUSED + " INVALID_ARGUMENT",
            ),
            do(
                "amended", "", {"added": names("city", "Valparaiso", "Valparaíso")}, refused=REFUSED
            ),
            do("amended", "", {"added": {"principal_other_names": ["B. Birk"]}}),
            do(
                "corrected",
                "",
                {"details": {"principal": BIRK}, "update_mask": ["details.principal"]},
                refused=REFUSED,
            ),
        ],
        [
            at(
                7,
                host={"country": "CL", "counterparts": [{**CHILEAN, "other_names": ["C. Cruz"]}]},
                principal={**BIRK, "other_names": ["B. Birk"]},
                details={
                    "title": "Birk to Chile",
                    "principal": {**BIRK, "other_names": ["B. Birk"]},
                    "host": {
                        "country": "CL",
                        "counterparts": [{**CHILEAN, "other_names": ["C. Cruz"]}],
                    },
                    "destinations": [
                        {"city": "Valparaiso", "country": "CL", "other_names": ["Valparaíso"]}
                    ],
                },
            ),
        ],
    ),
    story(
        "own-corrected-again",
        "a correction of a correction corrects the first change, and goes alone",
        [
            do("postponed", "2024-02-01", opened(window_given_up=MAY), PRESS),
            do(
                "corrected", "", {"corrected_version": 1, "basis": [HOST], "update_mask": ["basis"]}
            ),
            say("REAFFIRM", "GUEST", "2024-02-02", GUEST, about_version=2),
            do(
                "corrected",
                "",
                {"corrected_version": 2, "basis": [HOST], "update_mask": ["basis"]},
                refused=REFUSED,
            ),
            do(
                "corrected",
                "",
                {"corrected_version": 2, "reason": "a storm", "update_mask": ["reason"]},
            ),
            do("retracted", "", {"retracted_version": 2}, takes_out=[2]),
            do(
                "corrected",
                "",
                {"corrected_version": 2, "reason": "a flood", "update_mask": ["reason"]},
                refused=REFUSED,
            ),
        ],
        [
            at(
                3,
                standing="OFFICIAL",
                words=[("HOST", "CL", 1, "agrees"), ("GUEST", "NO", 3, "agrees")],
            ),
            at(7, standing="REPORTED", words=[], reason="a storm"),
        ],
    ),
    story(
        "own-merged",
        "only a visit that is withdrawn is merged, and only into one that stands",
        [
            do("scheduled", "2024-01-10", opened(window=MAY), visit="own-kept"),
            do("scheduled", "2024-01-10", opened(window=MAY), visit="own-double"),
            do("postponed", "2024-02-01", {}, visit="own-double"),
            do(
                "retracted",
                "",
                {"retracted_version": 2, "merged_into": "visits/own-kept"},
                visit="own-double",
                refused=REFUSED + " INVALID_ARGUMENT",
            ),
            do(
                "retracted",
                "",
                {"retracted_version": 1, "merged_into": "visits/own-nobody"},
                visit="own-double",
                refused=REFUSED + " INVALID_ARGUMENT NOT_FOUND",
            ),
            do(
                "retracted",
                "",
                {"retracted_version": 1, "merged_into": "visits/own-kept"},
                visit="own-double",
                takes_out=[1, 2],
            ),
            do(
                "retracted",
                "",
                {"retracted_version": 2},
                visit="own-double",
                refused="NOT_FOUND " + REFUSED,
            ),
            do("retracted", "", {"retracted_version": 3}, visit="own-double", takes_out=[3]),
        ],
        [at(8, visit="own-double", status="POSTPONED", previous_windows=[(MAY, "put off")])],
    ),
]
