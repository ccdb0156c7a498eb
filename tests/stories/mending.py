"""Facts that change, facts that were wrong, and changes that were entered in error."""

from tests.stories.writing import BIRK, GUEST, HOST, PRESS, at, day, do, opened, say, story, window

ROUGH = {**window("2024-05-01", "2024-05-31"), "approximate": True, "as_stated": "in May"}
MAY, JUNE, JULY = window("2024-05-06", "2024-05-07"), window("2024-06-03"), window("2024-07-01")


def amend(known: str, refused: str = "", **values: object) -> dict[str, object]:
    names = sorted(values)
    if "purpose" in values:
        values = {"details": {"purpose": values["purpose"]}}
        names = ["details.purpose"]
    return do("amended", known, {**values, "update_mask": names}, refused=refused)


def correct(
    version: int = 0, known: str = "", refused: str = "", **values: object
) -> dict[str, object]:
    message = {**values, "update_mask": sorted(values)}
    if version:
        message["corrected_version"] = version
    return do("corrected", known, message, refused=refused)


REFUSED = "FAILED_PRECONDITION"

STORIES = [
    story(
        "own-made-exact",
        "an amended window refines its own plan, and has no effect behind another",
        [
            do("scheduled", "2024-01-10", opened(window=ROUGH), GUEST),
            amend("2024-03-01", window=MAY),
            do("rescheduled", "2024-02-01", {"window": JUNE}, GUEST),
            amend("2024-02-02", window=JUNE, refused=REFUSED),
            amend("2024-01-20", window=JULY, refused=REFUSED),
            do("postponed", "2024-02-10", {}, GUEST),
            amend("2024-02-11", window=JULY, refused=REFUSED),
            amend("2024-02-11", held_window=JULY, refused=REFUSED),
        ],
        [
            at(2, window=MAY, previous_windows=[(ROUGH, "made exact")]),
            at(2, "2024-02-20", window=ROUGH, previous_windows=[]),
            at(5, window=JUNE, previous_windows=[(ROUGH, "moved")]),
            at(8, window=None, previous_windows=[(ROUGH, "moved"), (JUNE, "put off")]),
        ],
    ),
    story(
        "own-nothing-new",
        "an amendment that changes nothing at its place is refused, one that is overtaken is not",
        [
            do("scheduled", "2024-01-10", opened(details={"purpose": "fish"})),
            amend("2024-02-01", purpose="fish", refused=REFUSED),
            amend("2024-02-01", purpose="copper"),
            amend("2024-01-20", purpose="fish", refused=REFUSED),
            amend("2024-01-25", purpose="trade"),
            do("amended", "2024-02-02", {"added": {"aliases": ["birk-chile"]}}),
            do("amended", "2024-02-03", {"added": {"aliases": ["birk chile 24", "birk-chile"]}}),
            do("amended", "2024-02-04", {"removed": {"aliases": ["birk-chile"]}}),
            do("amended", "2024-02-05", {"removed": {"aliases": ["birk-chile"]}}, refused=REFUSED),
            do("amended", "2024-02-05", {"added": {"principal_other_names": ["B. Birk"]}}),
            do("amended", "2024-02-06", {"update_mask": ["*"]}, refused="INVALID_ARGUMENT"),
        ],
        [
            at(5, purpose="copper"),
            at(5, "2024-01-31", purpose="trade"),
            at(7, aliases=["birk-chile", "birk chile 24"]),
            at(11, aliases=["birk chile 24"], principal={**BIRK, "other_names": ["B. Birk"]}),
        ],
    ),
    story(
        "own-wrong-window",
        "a wrong window is corrected where it stood, as if it had been right from the first",
        [
            do("scheduled", "2024-01-10", opened(window=MAY), GUEST),
            do("rescheduled", "2024-02-01", {"window": JUNE}, GUEST),
            correct(1, window=ROUGH),
            correct(window=JULY),
            correct(2, known="2024-01-31", window=MAY, refused=REFUSED + " INVALID_ARGUMENT"),
            correct(2, known="2024-03-01", window=window("2024-07-02")),
            correct(3, window=window("2024-05-20")),
            do(
                "corrected",
                "",
                {"window": JULY, "update_mask": ["window"]},
                effective="2024-02",
                refused="INVALID_ARGUMENT",
            ),
            correct(2, held_window=JUNE, refused=REFUSED),
        ],
        [
            at(3, window=JUNE, previous_windows=[(ROUGH, "moved")]),
            at(3, "2024-01-15", window=ROUGH),
            at(4, "2024-02-01", window=JULY),
            at(9, "2024-02-29", window=JULY, previous_windows=[(window("2024-05-20"), "moved")]),
            at(9, window=window("2024-07-02"), last_heard_time=day("2024-03-01")),
        ],
    ),
    story(
        "own-never-said",
        "a window and a basis that nobody gave are corrected away, as if they had not been entered",
        [
            do("scheduled", "2024-01-10", opened(window=MAY), GUEST),
            do("corrected", "", {"update_mask": ["window"]}),
            do("corrected", "", {"update_mask": ["window"]}, refused=REFUSED),
            do("corrected", "", {"update_mask": ["basis"]}),
            say("CONFIRM", "HOST", "2024-01-12", PRESS, speaker="a spokesman"),
            do("corrected", "", {"corrected_version": 4, "update_mask": ["basis"]}),
            do("rescheduled", "2024-02-01", {"window": JUNE}, GUEST),
            do("corrected", "", {"update_mask": ["window"]}, refused=REFUSED + " INVALID_ARGUMENT"),
        ],
        [
            at(1, window=MAY, standing="OFFICIAL"),
            at(3, "2024-01-10", window=None, previous_windows=[], standing="OFFICIAL"),
            at(4, window=None, standing="REPORTED", words=[]),
            at(5, standing="REPORTED", words=[]),
            at(6, standing="OFFICIAL", words=[("HOST", "CL", 4, "agrees")]),
            at(8, window=JUNE, previous_windows=[]),
        ],
    ),
    story(
        "own-which-change",
        "without a version the change is found; several, a statement and a lost one are refused",
        [
            do("postponed", "2024-02-01", opened(window_given_up=MAY), PRESS, reason="a storm"),
            say(
                "REPORT",
                "HOST",
                "2024-02-02",
                condition={"text": "after the harvest", "side": "SIDE_HOST"},
            ),
            do(
                "amended",
                "2024-02-03",
                {"details": {"purpose": "fish"}, "update_mask": ["details.purpose"]},
            ),
            do(
                "corrected",
                "",
                {
                    "details": {"title": "Birk to Santiago", "purpose": "copper"},
                    "update_mask": ["details.title", "details.purpose"],
                },
                refused=REFUSED,
            ),
            correct(condition={"text": "after the vote", "side": "SIDE_HOST"}, refused=REFUSED),
            correct(window=JUNE, refused=REFUSED),
            correct(1, condition={"text": "after the vote", "side": "SIDE_GUEST"}),
            correct(reason="a strike", window_given_up=JUNE),
            correct(basis=[HOST]),
            do(
                "corrected",
                "",
                {"details": {"purpose": "copper"}, "update_mask": ["details.purpose"]},
            ),
            do(
                "corrected",
                "",
                {"corrected_version": 1, "update_mask": ["details.title"]},
                refused="INVALID_ARGUMENT",
            ),
        ],
        [
            at(3, standing="REPORTED", reason="a storm", purpose="fish"),
            at(
                11,
                standing="OFFICIAL",
                reason="a strike",
                purpose="copper",
                previous_windows=[(JUNE, "put off")],
                words=[("HOST", "CL", 1, "agrees")],
                conditions=[
                    {"text": "after the vote", "version": 1},
                    {"text": "after the harvest", "version": 2},
                ],
            ),
            at(11, "2024-02-01", reason="a strike", purpose=""),
        ],
    ),
    story(
        "own-taken-back",
        "a retraction takes out what came after, can be undone, and not after a new status",
        [
            do("scheduled", "2024-01-10", opened(window=MAY), GUEST),
            do("postponed", "2024-02-01", {}, GUEST),
            say("CONFIRM", "HOST", "2024-02-02", HOST),
            do("rescheduled", "2024-03-01", {"window": JUNE}, GUEST),
            do("retracted", "", {"retracted_version": 2}, takes_out=[2, 4]),
            do("retracted", "", {"retracted_version": 4}, refused=REFUSED),
            do("retracted", "", {"retracted_version": 5}, takes_out=[5]),
            do("retracted", "2024-03-10", {"retracted_version": 4}, takes_out=[4]),
            do("retracted", "", {"retracted_version": 5}, refused=REFUSED),
            do(
                "retracted",
                "",
                {"retracted_version": 3},
                effective="2024-03",
                refused="INVALID_ARGUMENT",
            ),
            do("cancelled", "2024-04-01", {}, GUEST),
            do("retracted", "", {"retracted_version": 7}, refused=REFUSED),
        ],
        [
            at(
                5,
                status="SCHEDULED",
                window=MAY,
                last_heard_time=day("2024-02-02"),
                words=[("GUEST", "NO", 1, "agrees"), ("HOST", "CL", 3, "agrees")],
            ),
            at(5, "2024-02-15", status="SCHEDULED"),
            at(7, status="RESCHEDULED", window=JUNE, previous_windows=[(MAY, "put off")]),
            at(8, status="POSTPONED", last_heard_time=day("2024-02-02")),
            at(8, "2024-03-09", status="RESCHEDULED", window=JUNE),
            at(12, status="CANCELLED", window=None),
        ],
    ),
    story(
        "own-withdrawn",
        "a withdrawn visit keeps its names, opens again, or answers with another's name",
        [
            do("scheduled", "2024-01-10", opened(details={"aliases": ["own birk"]}), visit="own-a"),
            do(
                "scheduled",
                "2024-01-11",
                opened(details={"aliases": ["Own Bírk"]}),
                visit="own-b",
                refused="ALREADY_EXISTS",
            ),
            do(
                "scheduled",
                "2024-01-11",
                opened(details={"aliases": ["own-a"]}),
                visit="own-b",
                refused="ALREADY_EXISTS",
            ),
            do("scheduled", "2024-01-11", opened(), visit="own-b"),
            do(
                "retracted",
                "",
                {"retracted_version": 1, "merged_into": "visits/own-b"},
                visit="own-b",
                refused=REFUSED + " INVALID_ARGUMENT",
            ),
            do("retracted", "", {"retracted_version": 1}, visit="own-b", takes_out=[1]),
            do(
                "completed",
                "2024-03-01",
                {"held_window": window("2024-03-01")},
                visit="own-b",
                refused="NOT_FOUND",
            ),
            do("cancelled", "2024-03-01", opened(), visit="own-b"),
            do("amended", "", {"removed": {"aliases": ["own birk"]}}, visit="own-a"),
            do("amended", "", {"added": {"aliases": ["own birk"]}}, visit="own-b"),
            do(
                "retracted",
                "",
                {"retracted_version": 2},
                visit="own-a",
                refused="ALREADY_EXISTS " + REFUSED,
            ),
            do(
                "retracted",
                "",
                {"retracted_version": 1, "merged_into": "visits/own-b"},
                visit="own-a",
                takes_out=[1],
            ),
        ],
        [
            at(6, visit="own-b", exists=False),
            at(8, visit="own-b", status="CANCELLED", aliases=[]),
            at(12, visit="own-b", aliases=["own birk"]),
        ],
    ),
]
