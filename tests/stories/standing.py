"""Who said so: voices, words, claims, arrivals."""

from tests.stories.writing import GUEST, HOST, PRESS, at, do, opened, say, story, window

MAY, JUNE = window("2024-05-06", "2024-05-07"), window("2024-06-03")
BELGIUM = {**HOST, "country": "BE"}


def plan(*basis: dict[str, str]) -> dict[str, object]:
    return do("scheduled", "2024-01-10", opened(window=MAY), *(basis or (PRESS,)))


STORIES = [
    story(
        "own-two-hosts",
        "two host states have two voices; a doubt ends the word of its own",
        [
            plan(),
            say("CONFIRM", "HOST", "2024-02-01", HOST),
            say("DENY", "HOST", "2024-02-02", BELGIUM, country="BE"),
            say("DOUBT", "HOST", "2024-02-03", BELGIUM, country="BE"),
            say("DOUBT", "HOST", "2024-02-04", {**HOST, "attribution": "ATTRIBUTION_BACKGROUND"}),
        ],
        [
            at(
                3,
                standing="DISPUTED",
                words=[("HOST", "CL", 2, "agrees"), ("HOST", "BE", 3, "contradicts the status")],
            ),
            at(5, standing="OFFICIAL", words=[("HOST", "CL", 2, "agrees")]),
        ],
    ),
    story(
        "own-whose-word",
        "a word is firm on its speaker's own basis, and never on a restricted one",
        [
            plan(),
            say("CONFIRM", "HOST", "2024-02-01", GUEST),
            say("CONFIRM", "HOST", "2024-02-02", BELGIUM),
            do(
                "statement_recorded",
                "2024-02-03",
                {"statement": {"kind": "STATEMENT_KIND_CONFIRM", "side": "SIDE_HOST"}},
                sources=[HOST],
            ),
            say("DENY", "HOST", "2024-02-04", speaker="the minister's office"),
            say("CONFIRM", "HOST", "2024-02-05", {**HOST, "outlet": "Fjord Times"}),
        ],
        [
            at(4, standing="REPORTED", words=[]),
            at(5, standing="DISPUTED", words=[("HOST", "CL", 5, "contradicts the status")]),
            at(6, standing="OFFICIAL", words=[("HOST", "CL", 6, "agrees")]),
        ],
    ),
    story(
        "own-claims",
        "what is claimed decides; days alone do not dispute",
        [
            plan(GUEST),
            say("CONFIRM", "HOST", "2024-02-01", HOST, claimed_status="STATUS_CANCELLED"),
            say("DENY", "HOST", "2024-02-02", HOST, claimed_status="STATUS_RESCHEDULED"),
            say("DENY", "HOST", "2024-02-03", HOST, claimed_window=JUNE),
            say("DECLINE", "HOST", "2024-02-04", HOST),
            do("postponed", "2024-02-05", {}, GUEST),
            say("DENY", "HOST", "2024-02-06", HOST, claimed_window=MAY),
        ],
        [
            at(
                2,
                standing="DISPUTED",
                words=[("GUEST", "NO", 1, "agrees"), ("HOST", "CL", 2, "contradicts the status")],
            ),
            at(
                3,
                standing="OFFICIAL",
                words=[("GUEST", "NO", 1, "agrees"), ("HOST", "CL", 3, "agrees")],
            ),
            at(
                5,
                standing="OFFICIAL",
                words=[("GUEST", "NO", 1, "agrees"), ("HOST", "CL", 4, "contradicts the days")],
            ),
            at(
                7,
                standing="DISPUTED",
                words=[("GUEST", "NO", 6, "agrees"), ("HOST", "CL", 7, "contradicts the status")],
            ),
        ],
    ),
    story(
        "own-hopes",
        "each voice claims a window, which the plan or a denial ends",
        [
            do("postponed", "2024-02-01", opened(), GUEST),
            say("REPORT", "HOST", "2024-02-02", claimed_window={"as_stated": "in spring"}),
            say("REPORT", "PRESS", "2024-02-03", PRESS, claimed_window=JUNE),
            say(
                "REPORT",
                "PRESS",
                "2024-02-04",
                {**PRESS, "outlet": "Andes Post"},
                claimed_window=MAY,
            ),
            say("REPORT", "DESK", "2024-02-05", claimed_window=JUNE),
            say("DENY", "HOST", "2024-02-06"),
            say("REPORT", "PRESS", "2024-02-07", PRESS, claimed_window=MAY),
            do("rescheduled", "2024-02-08", {"window": MAY}, GUEST),
            say("REPORT", "THIRD", "2024-02-09", country="AR", claimed_window=MAY),
            say("REPORT", "THIRD", "2024-02-10", country="PE", claimed_window=JUNE),
        ],
        [
            at(
                5,
                claimed_windows=[
                    {"side": "SIDE_HOST", "country": "CL", "version": 2},
                    {"side": "SIDE_PRESS", "version": 3, "window": JUNE},
                    {"side": "SIDE_PRESS", "version": 4, "window": MAY},
                ],
            ),
            at(
                7,
                claimed_windows=[
                    {"side": "SIDE_PRESS", "version": 4},
                    {"side": "SIDE_PRESS", "version": 7},
                ],
            ),
            at(8, claimed_windows=[]),
            at(10, claimed_windows=[{"side": "SIDE_THIRD", "country": "PE", "version": 10}]),
        ],
    ),
    story(
        "own-arrivals",
        "an arrival counts for the completion that the press reports",
        [
            plan(),
            say("ARRIVED", "HOST", "2024-05-06", HOST),
            say("ARRIVED", "PRESS", "2024-05-06T20:00:00Z", PRESS),
            say("DEPARTED", "GUEST", "2024-05-07", GUEST),
            do("completed", "2024-05-07", {}, PRESS),
        ],
        [
            at(3, under_way=True, standing="OFFICIAL", words=[("HOST", "CL", 2, "agrees")]),
            at(4, under_way=False),
            at(
                5,
                status="COMPLETED",
                standing="OFFICIAL",
                under_way=False,
                words=[("HOST", "CL", 2, "agrees"), ("GUEST", "NO", 4, "agrees")],
            ),
        ],
    ),
    story(
        "own-arrival-against",
        "an arrival contradicts a visit that was put off",
        [
            plan(GUEST),
            do("postponed", "2024-05-01", {}, GUEST),
            say("ARRIVED", "HOST", "2024-05-06", HOST),
        ],
        [
            at(
                3,
                status="POSTPONED",
                standing="DISPUTED",
                under_way=False,
                words=[("GUEST", "NO", 2, "agrees"), ("HOST", "CL", 3, "contradicts the status")],
            ),
        ],
    ),
    story(
        "own-about",
        "a word about a status change counts while it made the status, or one entered again for it",
        [
            plan(),
            do("cancelled", "2024-02-01", {}, PRESS),
            say("CONFIRM", "HOST", "2024-02-03", HOST, about_version=2),
            say("CONFIRM", "GUEST", "2024-02-03", GUEST, about_version=1),
            say("REPORT", "PRESS", "2024-02-04", PRESS),
            say("DENY", "GUEST", "2024-02-05", GUEST, about_version=5),
            do("retracted", "", {"retracted_version": 5}, takes_out=[5]),
            do("retracted", "", {"retracted_version": 2}, takes_out=[2]),
            do("cancelled", "2024-01-31", {}, PRESS),
            say(
                "DENY",
                "GUEST",
                "2024-02-06",
                GUEST,
                about_version=20,
                refused="FAILED_PRECONDITION INVALID_ARGUMENT",
            ),
        ],
        [
            at(4, standing="OFFICIAL", words=[("HOST", "CL", 3, "agrees")]),
            at(
                6,
                standing="DISPUTED",
                words=[("HOST", "CL", 3, "agrees"), ("GUEST", "NO", 6, "contradicts the status")],
            ),
            at(7, standing="OFFICIAL", words=[("HOST", "CL", 3, "agrees")]),
            at(8, status="SCHEDULED", standing="OFFICIAL", words=[("GUEST", "NO", 4, "agrees")]),
            at(10, status="CANCELLED", standing="OFFICIAL", words=[("HOST", "CL", 3, "agrees")]),
        ],
    ),
]
