"""When it took effect, and when it became known."""

from tests.stories.writing import (
    BIRK,
    GUEST,
    HOST,
    PRESS,
    at,
    date,
    day,
    do,
    opened,
    say,
    story,
    window,
)

MAY, JUNE = window("2024-05-06", "2024-05-07"), window("2024-06-03")
REFUSED = "FAILED_PRECONDITION"

STORIES = [
    story(
        "own-round-in-circles",
        "20 May, then May, then 10 May: each keeps the place that it was given",
        [
            do("scheduled", "2024-01-10", opened(window=JUNE), PRESS),
            say("CONFIRM", "HOST", "2024-05-20", HOST),
            say("DENY", "HOST", "2024-05", HOST),
            say("CONFIRM", "HOST", "2024-05-10", HOST),
        ],
        [
            at(4, standing="DISPUTED", words=[("HOST", "CL", 3, "contradicts the status")]),
            at(4, "2024-05-25", standing="OFFICIAL", words=[("HOST", "CL", 2, "agrees")]),
        ],
    ),
    story(
        "own-rough-times",
        "nothing is raised, and only what lies wholly before a status change is refused",
        [
            do("scheduled", "2024-02-10", opened(window=JUNE), GUEST),
            do("postponed", "2024-02-05", {}, GUEST, refused=REFUSED),
            do("postponed", "2024-03-20", {}, GUEST, effective="2024-02"),
            do("rescheduled", "2024-02-15", {"window": MAY}, GUEST),
            do(
                "cancelled",
                "2024-02-16",
                {},
                GUEST,
                effective="2024-02-17",
                refused="INVALID_ARGUMENT",
            ),
            do("cancelled", "2024-02-16", {}, GUEST, effective="2024"),
        ],
        [
            at(3, effective_time=day("2024-02-29"), effective_period="2024-02"),
            at(
                4,
                status="RESCHEDULED",
                effective_time=day("2024-02-15"),
                previous_windows=[(JUNE, "put off")],
            ),
            at(4, "2024-03-01", status="RESCHEDULED", previous_windows=[(JUNE, "moved")]),
            at(6, status="CANCELLED", effective_time=day("2024-02-16"), effective_period="2024"),
        ],
    ),
    story(
        "own-archive",
        "what was held was known before its plan was, and both say who travelled",
        [
            do(
                "scheduled",
                "1998",
                opened(window=window("1969-03-02", "1969-03-04")),
                PRESS,
                effective="1969",
            ),
            do("completed", "1969-03-10", {}, GUEST, effective="1969-03-04"),
            do(
                "amended",
                "1998",
                {"details": {"purpose": "fish"}, "update_mask": ["details.purpose"]},
            ),
        ],
        [
            at(
                3,
                "1970-01-01",
                status="COMPLETED",
                principal=BIRK,
                window=None,
                purpose="",
                held_window=window("1969-03-02", "1969-03-04"),
            ),
            at(3, "1969-03-09", exists=False),
            at(3, status="COMPLETED", window=window("1969-03-02", "1969-03-04"), purpose="fish"),
        ],
    ),
    story(
        "own-future",
        "what lies in the future did not take place",
        [
            do("scheduled", "2024-01-10", opened(window=window("2199-05-01"))),
            do("completed", "", {}, refused=REFUSED),
            do("completed", "2024-05-05", {"held_window": MAY}, refused="INVALID_ARGUMENT"),
            do("cancelled", "2199-01-01", {}, refused="INVALID_ARGUMENT"),
            do(
                "cancelled",
                "2024-04-01",
                {},
                {**PRESS, "published": date("2199-01-01")},
                refused="INVALID_ARGUMENT",
            ),
            do("completed", "2024-05-05T11:00:00Z", {"held_window": MAY}),
            do(
                "corrected",
                "",
                {"held_window": window("2024-05-07"), "update_mask": ["held_window"]},
                refused="INVALID_ARGUMENT FAILED_PRECONDITION",
            ),
            do(
                "corrected",
                "",
                {"held_window": window("2024-05-05"), "update_mask": ["held_window"]},
            ),
        ],
        [at(8, status="COMPLETED", held_window=window("2024-05-05"))],
    ),
    story(
        "own-texts",
        "what nobody can see is no text, and no country is made up",
        [
            do(
                "scheduled",
                "2024-01-10",
                opened(details={"title": "\u200b\u00ad"}),
                refused="INVALID_ARGUMENT",
            ),
            do(
                "scheduled",
                "2024-01-10",
                opened(details={"title": "Birk\u202e to Chile"}),
                refused="INVALID_ARGUMENT",
            ),
            do(
                "scheduled",
                "2024-01-10",
                opened(details={"host": {"country": "UK"}}),
                refused="INVALID_ARGUMENT",
            ),
            do(
                "scheduled",
                "2024-01-10",
                opened(details={"host": {"country": "EU"}}),
                refused="INVALID_ARGUMENT",
            ),
            do(
                "scheduled",
                "2024-01-10",
                opened(details={"title": " Birk  to\u00ad Chile\u200b", "host": {"country": "YU"}}),
            ),
        ],
        [at(5, title="Birk to Chile", host={"country": "YU"})],
    ),
]
