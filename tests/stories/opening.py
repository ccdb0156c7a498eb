"""Visits of which a desk hears first when they are put off, moved, called off, or over."""

from tests.stories.writing import GUEST, HOST, PRESS, at, date, do, opened, say, story, window

MAY, JUNE = window("2024-05-06", "2024-05-07"), window("2024-06-03")

STORIES = [
    story(
        "own-called-off",
        "called off, and reinstated for the same days",
        [
            do("cancelled", "2024-04-01", opened(window_given_up=MAY), GUEST),
            do("rescheduled", "2024-04-05", {"window": MAY}, GUEST),
            do("rescheduled", "2024-04-06", {"window": MAY}, GUEST, refused="FAILED_PRECONDITION"),
        ],
        [
            at(1, status="CANCELLED", window=MAY, previous_windows=[]),
            at(3, status="RESCHEDULED", window=MAY, previous_windows=[]),
        ],
    ),
    story(
        "own-moved",
        "moved before anybody heard of it, and moved again",
        [
            do("rescheduled", "2024-04-01", opened(window=JUNE, window_given_up=MAY), GUEST),
            do("completed", "2024-06-02", {}, refused="FAILED_PRECONDITION"),
            do("completed", "2024-06-03", {}, PRESS),
        ],
        [
            at(1, window=JUNE, previous_windows=[(MAY, "moved")]),
            at(3, status="COMPLETED", standing="REPORTED", window=JUNE, held_window=JUNE),
            at(3, "2024-06-02", status="RESCHEDULED", held_window=None),
        ],
    ),
    story(
        "own-left-open",
        "each voice has a condition of its own, and postponing ends them",
        [
            do(
                "deferred",
                "2024-03-01",
                opened(condition={"text": "after the vote", "side": "SIDE_GUEST"}),
            ),
            do(
                "deferred",
                "2024-03-02",
                {"condition": {"text": "once there is calm", "side": "SIDE_HOST"}},
            ),
            do(
                "deferred",
                "2024-03-03",
                {"condition": {"text": " once  there is calm", "side": "SIDE_HOST"}},
                refused="FAILED_PRECONDITION",
            ),
            say(
                "REPORT",
                "GUEST",
                "2024-03-04",
                condition={"text": "after the count", "side": "SIDE_GUEST"},
            ),
            do("postponed", "2024-03-05"),
        ],
        [
            at(
                2,
                conditions=[
                    {"text": "after the vote", "version": 1},
                    {"text": "once there is calm", "version": 2},
                ],
            ),
            at(
                4,
                conditions=[
                    {"text": "once there is calm", "version": 2},
                    {"text": "after the count", "version": 3},
                ],
            ),
            at(5, status="POSTPONED", conditions=[]),
        ],
    ),
    story(
        "own-secret",
        "disclosed: it takes effect on its last day, and what is not over is not disclosed",
        [
            do("disclosed", "2024-05-06", opened(held_window=MAY), refused="INVALID_ARGUMENT"),
            do("disclosed", "2024-05-07T08:00:00Z", opened(held_window=MAY), GUEST),
            do(
                "amended",
                "2024-05-09",
                {"held_window": window("2024-05-06"), "update_mask": ["held_window"]},
            ),
            do(
                "amended",
                "2024-05-09",
                {"held_window": window("2024-05-20"), "update_mask": ["held_window"]},
                refused="INVALID_ARGUMENT FAILED_PRECONDITION",
            ),
        ],
        [
            at(
                4,
                status="COMPLETED",
                held_window=window("2024-05-06"),
                window=None,
                effective_time="2024-05-07T08:00:00Z",
                effective_period="2024-05-07",
                known_time="2024-05-07T08:00:00Z",
                known_period="",
            ),
            at(4, "2024-05-08", held_window=MAY),
        ],
    ),
    story(
        "own-secret-beginning",
        "disclosed without a last day: it takes effect when it becomes known",
        [do("disclosed", "2024-06", opened(held_window={"start": date("2024-05-06")}), HOST)],
        [
            at(
                1,
                standing="OFFICIAL",
                effective_time="2024-06-30T23:59:59.999Z",
                effective_period="2024-06",
            ),
            at(1, "", "2024-06-29", exists=False),
        ],
    ),
    story(
        "own-rough",
        "planned in words, then for June or later",
        [
            do("scheduled", "2024-01-10", opened(window={"as_stated": "after the election"})),
            do(
                "rescheduled",
                "2024-01-11",
                {"window": {"as_stated": "after the election"}},
                refused="FAILED_PRECONDITION",
            ),
            do(
                "rescheduled",
                "2024-01-12",
                {"window": {"start": date("2024-06-01"), "as_stated": "June or later"}},
            ),
            do("completed", "2024-06-20", {}, refused="FAILED_PRECONDITION"),
            do("rescheduled", "2024-06-21", {"window": {}}, refused="INVALID_ARGUMENT"),
            do("completed", "2024-06-22", {"held_window": window("2024-06-22")}),
        ],
        [
            at(
                6,
                window={"start": date("2024-06-01"), "as_stated": "June or later"},
                held_window=window("2024-06-22"),
                previous_windows=[({"as_stated": "after the election"}, "moved")],
            ),
        ],
    ),
    story(
        "own-twice-opened",
        "withdrawn by what the world learnt, and opened again: both openings answer for their days",
        [
            do("scheduled", "2024-01-10", opened(window=MAY), GUEST),
            do(
                "amended",
                "2024-01-15",
                {"details": {"purpose": "trade"}, "update_mask": ["details.purpose"]},
            ),
            do(
                "retracted",
                "2024-03-01",
                {"retracted_version": 1},
                takes_out=[1],
                reason="it was a hoax",
            ),
            do("postponed", "2024-01-20", opened(details={"title": "Birk to Santiago"}), HOST),
            say("CONFIRM", "GUEST", "2024-03-05", GUEST),
        ],
        [
            at(2, status="SCHEDULED", title="Birk to Chile", purpose="trade"),
            at(3, "2024-02-01", status="SCHEDULED"),
            at(3, exists=False),
            at(4, "2024-01-16", status="SCHEDULED", title="Birk to Chile", purpose="trade"),
            at(
                4,
                "2024-02-01",
                status="POSTPONED",
                title="Birk to Santiago",
                purpose="",
                previous_windows=[(MAY, "put off")],
            ),
            at(5, status="POSTPONED", standing="OFFICIAL", previous_windows=[], purpose=""),
        ],
    ),
]
