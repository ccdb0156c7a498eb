"""A visit that is first heard of when it is put off, and windows that are only partly known."""

import json
import zlib

import pytest

from tests.cli.desk import Desk

MINISTER = "--title 'A visit' --principal 'Ana {0} (Minister), country=PT' --host DE"


def planned(desk: Desk, name: str) -> str:
    """What the card of a visit says is, was and should be planned, one a line."""
    card = desk.does(f"show {name}").split("\n\n")[1]
    return "\n".join(
        line for line in card.splitlines() if line.startswith(("Planned", "Before", "Claimed"))
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("postpone", "postponed, reported"),
        ("defer --condition 'after the vote' --side host", "when conditions allow, reported"),
        ("reschedule --from 2027-09", "rescheduled, reported: 1 to 30 September 2027"),
        ("cancel", "cancelled, reported: 1 to 2 June 2024"),
    ],
)
def test_a_visit_may_be_first_heard_of_when_it_is_put_off_or_called_off(
    desk: Desk, change: str, told: str
) -> None:
    """With the window that is given up: cancelled, the visit keeps it."""
    verb, _, options = change.partition(" ")
    name = f"first-{verb}"
    days = "--given-up-from 2024-06-01 --given-up-to 2024-06-02 --known 2024-05-20"
    answer = desk.does(f"{verb} {name} {options} {MINISTER.format(verb)} {days}")
    assert f"version 1 of visits/{name} is {told}" in answer
    ending = "Planned" if verb == "cancel" else "Before"
    assert f"{ending} 1 to 2 June 2024" in " ".join(planned(desk, name).split())


def test_the_server_names_a_visit_that_a_postponement_opens(desk: Desk) -> None:
    answer = desk.reads(f"postpone {MINISTER.format('Unnamed')} --given-up-as-stated 'in May'")
    assert answer["visit"]["previous_windows"][0]["window"] == {"as_stated": "in May"}


def test_details_are_refused_for_a_visit_that_is_open_already(desk: Desk, scheduled: str) -> None:
    told = desk.is_refused(f"postpone {scheduled} --title Again --principal Ana")
    assert told.endswith(
        "Instead, leave out the details, which only open a visit, or choose another id\n"
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", ""),
        ("--as-stated 'after the election'", 'Planned  "after the election"'),
        ("--from 2027-06 --or-later", "Planned  from 1 June 2027"),
        ("--to 2027-12", "Planned  until 31 December 2027"),
        ("--from '5 June 2027'", "Planned  5 June 2027"),
        ("--from 5.6.2027 --to 7.6.2027", "Planned  5 to 7 June 2027"),
        (
            "--from 2027-06 --approximate --as-stated 'early summer'",
            'Planned  about 1 to 30 June 2027, "early summer"',
        ),
    ],
)
def test_a_window_is_planned_as_far_as_it_is_known(desk: Desk, options: str, told: str) -> None:
    name = f"w{zlib.crc32(options.encode()):x}"
    answer = desk.reads(f"schedule {MINISTER.format(name)} {options}")
    assert " ".join(planned(desk, answer["visit"]["name"]).split()) == " ".join(told.split())


def test_a_hope_for_a_date_is_claimed_and_no_plan(desk: Desk, scheduled: str) -> None:
    desk.does(f"state {scheduled} report --side host --speaker Macron --as-stated 'next spring'")
    assert 'Claimed host, FR: "next spring"' in " ".join(planned(desk, scheduled).split())


# Hints


def test_the_times_of_a_change_are_echoed(desk: Desk, scheduled: str) -> None:
    answer = desk.does(
        f"schedule echo-1 {MINISTER.format('Echo')} --from 2024-06 --known '5 March 2024'"
    )
    assert answer.endswith("1 to 30 June 2024\nKnown 5 March 2024\n")
    answer = desk.does(
        "postpone echo-1 --effective 2024-04 --known '2024-05-06 09:30' --tz Asia/Tokyo"
    )
    assert answer.endswith("\nIn force since April 2024, known 6 May 2024, 00:30 UTC\n")
    assert "Known" not in desk.does(f"postpone {scheduled}")


@pytest.mark.parametrize(
    ("command", "days"),
    [
        (f"schedule past-1 {MINISTER.format('Past 1')} --from 2024-06-01", "1 June 2024"),
        (
            f"cancel past-2 {MINISTER.format('Past 2')} --given-up-to 2024-06-01",
            "until 1 June 2024",
        ),
        ("state {0} report --side press --from 2024-06-01", "1 June 2024"),
    ],
)
def test_a_window_that_is_over_is_warned_of_where_no_time_was_given(
    desk: Desk, scheduled: str, command: str, days: str
) -> None:
    status, _, complaint = desk.tries(command.format(scheduled))
    assert (status, complaint) == (
        0,
        f"Note: {days} is over, and no time was given: this change counts as known only from now "
        "on. Say with --known when it became known.\n",
    )


def test_a_window_is_not_over_because_its_first_day_is(desk: Desk) -> None:
    """Open at the end, or still to end, and where a time was given, there is no warning."""
    desk.does(f"schedule {MINISTER.format('Open')} --from 2024-06 --or-later")
    desk.does(f"schedule {MINISTER.format('Long')} --from 2024 --to 2099")
    desk.does(f"schedule {MINISTER.format('Told')} --from 2024-06 --effective 2024-05")


def test_a_visit_of_the_same_principal_host_and_days_is_hinted_at(desk: Desk) -> None:
    """However the name is written. The change is recorded all the same."""
    days = "--from 2027-11-02 --to 2027-11-03"
    visit = "--title {0} --principal {1} --host DE"
    desk.does(f"schedule twin-1 {visit.format('One', 'Wałęsa')} {days}")
    status, answer, complaint = desk.tries(
        f"schedule twin-2 {visit.format('Two', 'WALESA')} --from 2027-11-03"
    )
    assert (status, answer[:8]) == (0, "Recorded")
    assert complaint == (
        "Note: visits/twin-1 has the same principal, host and days "
        "(One: scheduled, reported: 2 to 3 November 2027)\n"
    )
    for other in (
        f"{visit.format('Other', 'WALESA')} --from 2027-11-04",
        f"{visit.format('Other', 'Havel')} {days}",
        f"{visit.format('Other', 'WALESA').replace('DE', 'FR')} {days}",
        visit.format("Other", "WALESA"),
    ):
        desk.does(f"schedule {other}")


def test_a_visit_is_not_hinted_at_for_itself(desk: Desk) -> None:
    command = f"schedule itself {MINISTER.format('Itself')} --from 2027-12 --request-id itself"
    desk.does(command)
    assert desk.does(command).startswith("Already recorded")


def test_hints_leave_json_as_it_is(desk: Desk) -> None:
    status, answer, complaint = desk.tries(
        f"schedule {MINISTER.format('Json')} --from 2024-06-01 --json"
    )
    assert status == 0
    assert json.loads(answer)["visit"]["status"] == "STATUS_SCHEDULED"
    assert complaint.startswith("Note: 1 June 2024 is over")
