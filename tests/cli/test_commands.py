"""The commands, through a real server."""

import json
import re
from datetime import UTC, datetime

import pytest

from tests.cli.desk import STORY, Desk
from tests.support.processes import chancery
from tests.support.server import Server

BEIJING = "blinken-beijing-2023"


@pytest.mark.parametrize("name", [BEIJING, f"visits/{BEIJING}", "blinken-china"])
def test_a_visit_is_shown_by_its_id_its_name_or_an_alias(desk: Desk, name: str) -> None:
    told = desk.does(f"show {name}")
    assert told.startswith(f"Blinken to China\nvisits/{BEIJING}\n")
    assert "Status        completed, official\n" in told
    assert "Held          18 to 19 June 2023\n" in told


def test_the_timeline_tells_what_when_why_and_who_said_so(desk: Desk) -> None:
    told = desk.does(f"show {BEIJING}")
    deferral = told[told.index("   5  3 February 2023") : told.index("   6  4 February 2023")]
    assert 'Left open until "when conditions allow" (guest, Antony Blinken)' in deferral
    assert "Why: A Chinese surveillance balloon" in deferral
    assert "guest, readout, Ned Price, State Department: " in deferral
    assert "by unverified:anna" in deferral
    assert told.count(" recorded ") == len(STORY.read_text().splitlines())


def test_an_unknown_visit_is_not_found(desk: Desk) -> None:
    assert desk.is_refused("show nowhere") == "Failed: there is no visit 'nowhere'\n"


def test_show_answers_one_json_document(desk: Desk) -> None:
    document = desk.reads(f"show {BEIJING}")
    assert document["visit"]["status"] == "STATUS_COMPLETED"
    assert document["visit"]["held_window"]["start"] == {"year": 2023, "month": 6, "day": 18}
    assert "view_position" in document


def test_history_answers_one_json_document_a_line(desk: Desk) -> None:
    lines = desk.does(f"history {BEIJING} --json").splitlines()
    events = [json.loads(line) for line in lines]
    assert [int(event["event"]["version"]) for event in events] == list(range(1, 17))


def test_history_is_read_backwards_by_type_and_with_a_limit(desk: Desk) -> None:
    told = desk.does(
        f"history {BEIJING} --backwards --limit 2 --type deferred --type amended --type completed"
    )
    assert told.index("Completed") < told.index("Amended")
    assert "Left open" not in told


def test_the_whole_log_is_replayed_after_a_position(desk: Desk) -> None:
    told = desk.does("history --after 15 --limit 1")
    assert told.startswith("  16  18 October 2023")
    assert f"visits/{BEIJING} 16: Guest" in told


def test_visits_are_listed_by_words_and_filters(desk: Desk, scheduled: str) -> None:
    assert BEIJING in desk.does("list blinken --status completed --standing official")
    assert BEIJING not in desk.does("list --status when-conditions-allow")
    window = desk.reads("list --from 2027-06 --host-country FR --principal-country PT")
    assert f"visits/{scheduled}" in [visit["name"] for visit in window["visits"]]
    assert desk.reads("list --to 2027-05 --host-country FR").get("visits", []) == []
    assert len(desk.reads("list --limit 1 --order-by 'update_time desc'")["visits"]) == 1


def test_a_visit_is_found_on_the_days_that_were_planned_and_on_those_that_came(
    desk: Desk,
) -> None:
    """Unless only one of them is asked for."""
    desk.does(
        "schedule moved --title 'A visit' --principal 'Ana Example, country=PT' --host FR "
        "--from 2023-06-01 --to 2023-06-02 --known 2023-05-20"
    )
    desk.does("complete moved --from 2023-06-10 --to 2023-06-11 --known 2023-06-12")
    for days, is_found in {
        "--from 2023-06-10 --to 2023-06-11": True,
        "--from 2023-06-01 --to 2023-06-01": True,
        "--from 2023-06-01 --to 2023-06-01 --days held": False,
        "--from 2023-06-11 --to 2023-06-11 --days planned": False,
        "--from 2023-06-03 --to 2023-06-09": False,
    }.items():
        assert ("moved" in desk.does(f"list {days}")) is is_found, days


def test_info_tells_what_the_server_is(desk: Desk) -> None:
    assert re.search(r"^Engine +SQLite", desk.does("info"), re.MULTILINE)
    assert desk.reads("info")["engine"].startswith("SQLite")


def test_a_visit_goes_through_every_change(desk: Desk, scheduled: str) -> None:
    today = datetime.now(UTC).date()
    for command, told in {
        f"amend {scheduled} --from 2027-06-01 --kind official --purpose Talks": "scheduled",
        f"postpone {scheduled} --reason Illness": "postponed",
        f"reschedule {scheduled} --from 2027-07 --as-stated 'in July' --approximate": (
            'rescheduled, reported: about 1 to 31 July 2027, "in July"'
        ),
        f"state {scheduled} confirm --side host --speaker 'A spokesman' --basis "
        "'host, on the record, speaker=A spokesman'": "rescheduled, official",
        f"defer {scheduled} --condition 'after the vote' --side host": '"after the vote" (host)',
        f"cancel {scheduled}": "cancelled, reported",
        f"reschedule {scheduled} --from 2027-08-01": "rescheduled, reported: 1 August 2027",
        f"complete {scheduled} --from {today}": "completed, reported: ",
    }.items():
        assert told in desk.does(command)
    visit = desk.reads(f"show {scheduled}")["visit"]
    assert visit["version"] == 9
    assert visit["details"]["kind"] == "VISIT_KIND_OFFICIAL"


def test_a_secret_trip_is_disclosed_with_the_precision_that_is_known(desk: Desk) -> None:
    desk.does(
        "disclose burns-beijing --title 'Burns to China' --host CN "
        "--principal 'William Burns (CIA Director), country=US' "
        "--from 2023-05 --approximate --effective 2023-05 --known 2023-06-06 --basis "
        "'guest, background, speaker=a US official, outlet=CBS News, published=2023-06-06'"
    )
    told = desk.does("show burns-beijing")
    assert "Since       May 2023; known 6 June 2023\n" in told
    assert "not known by then" in desk.is_refused("show burns-beijing --known-at 2023-06-05")


def test_a_change_has_the_times_the_reason_and_the_basis_that_were_typed(desk: Desk) -> None:
    answer = desk.reads(
        "schedule typed --title T --principal 'Ana Typed' --host FR --from 2023-06-01 "
        "--effective 2023-02 --known 2023-03-01T12:00:00.5+01:00 --reason Agreed "
        "--request-id key-7 --basis 'guest, readout, speaker=Office' "
        "--basis 'press, anonymous, sources=2' --source 'host, background, speaker=a friend' "
        "--note 'Call again'"
    )
    event = answer["event"]["event"]
    assert event["actor"] == "unverified:anna"
    assert event["request_id"] == "key-7"
    assert event["reason"] == "Agreed"
    assert event["effective_time"] == "2023-02-28T23:59:59.999Z"
    assert event["effective_period"] == "2023-02"
    assert event["known_time"] == "2023-03-01T11:00:00.500Z"
    assert "known_period" not in event
    assert [basis["side"] for basis in event["basis"]] == ["SIDE_GUEST", "SIDE_PRESS"]
    assert [source["speaker"] for source in event["sources"]] == ["a friend"]
    assert event["note"] == "Call again"


def test_a_refused_change_tells_the_status_and_what_is_allowed(desk: Desk) -> None:
    assert desk.is_refused(f"postpone {BEIJING}") == (
        f"Refused: visits/{BEIJING} is completed; asked for: postpone\n"
        "Allowed from here: no change of status\n"
    )


def test_a_refused_request_names_each_field(desk: Desk) -> None:
    told = desk.is_refused("schedule x --title T --principal A --from 2027-06-02 --to 2027-06-01")
    assert told.startswith("Refused: the request is not valid\n  scheduled.window")


def test_the_same_request_is_made_once(desk: Desk, scheduled: str) -> None:
    command = f"postpone {scheduled} --request-id once"
    assert desk.does(command).startswith("Recorded at position ")
    assert desk.does(command).startswith("Already recorded at position ")
    assert "used before" in desk.is_refused(f"cancel {scheduled} --request-id once")


def test_another_version_than_expected_is_refused(desk: Desk, scheduled: str) -> None:
    assert "at version 1, not at 3" in desk.is_refused(f"cancel {scheduled} --expected-version 3")
    desk.does(f"cancel {scheduled} --expected-version 1")


def test_what_is_only_validated_is_not_recorded(desk: Desk, scheduled: str) -> None:
    assert desk.does(f"cancel {scheduled} --validate-only").startswith("Valid, not recorded: ")
    assert desk.reads(f"show {scheduled}")["visit"]["status"] == "STATUS_SCHEDULED"


def test_a_retracted_change_is_marked_in_the_timeline(desk: Desk, scheduled: str) -> None:
    desk.does(f"postpone {scheduled}")
    desk.does(f"retract {scheduled} 2 --reason 'entered in error'")
    told = desk.does(f"show {scheduled}")
    assert "Status        scheduled, reported" in told
    assert "Postponed  (retracted by change 3)" in told


def test_a_duplicate_is_withdrawn_and_its_history_stays(desk: Desk, scheduled: str) -> None:
    assert "withdrawn" in desk.does(f"retract {scheduled} 1 --merged-into {BEIJING}")
    assert f"duplicate of '{BEIJING}'" in desk.is_refused(f"show {scheduled}")
    assert "Retracted change 1" in desk.does(f"history {scheduled}")


def test_the_server_makes_a_name_where_none_is_given(desk: Desk) -> None:
    answer = desk.reads("schedule --title T --principal 'Ana Unnamed' --host FR --from 2027-06-01")
    name = answer["visit"]["name"]
    assert name.startswith("visits/")
    desk.does(f"show {name}")


def test_changes_are_applied_from_standard_input_all_or_none(desk: Desk, scheduled: str) -> None:
    good = json.dumps({"name": f"visits/{scheduled}", "postponed": {}})
    bad = json.dumps({"name": "visits/nowhere", "postponed": {}})
    status, _, complaint = desk.tries("apply -", f"{good}\n{bad}\n")
    assert (status, complaint) == (1, "Failed: changes[1]: there is no visit 'nowhere'\n")
    assert "Valid, not recorded: " in desk.does("apply - --validate-only", good)
    assert desk.reads(f"show {scheduled}")["visit"]["version"] == 1
    assert "version 2" in desk.does("apply -", f"{good}\n\n")


def test_a_pipe_gets_plain_text_and_whole_lines(server: Server, desk: Desk) -> None:
    answer = chancery("show", BEIJING, "--target", server.address)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "\x1b" not in answer.stdout
    assert answer.stdout == desk.does(f"show {BEIJING}")


def test_the_current_states_are_rebuilt_while_no_server_runs(own_server: Server) -> None:
    Desk(own_server.address).does(f"apply {STORY}")
    rebuild = ["rebuild", "--database", f"sqlite:///{own_server.file}"]
    refused = chancery(*rebuild)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Failed: ")
    own_server.stop()
    done = chancery(*rebuild)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Rebuilt 1 visits\n", "")


def test_a_second_server_on_the_same_address_says_why_it_does_not_start(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = f"sqlite:///{tmp_path_factory.mktemp('second')}/chancery.db"
    answer = chancery("serve", "--listen", server.address, "--database", database)
    assert answer.returncode == 1
    told = f"Failed: cannot listen on {server.address}: Address already in use\n"
    assert answer.stderr == told


def test_whoever_types_may_have_a_name_of_any_script(server: Server) -> None:
    """And is found by it among those who changed something."""
    jose = Desk(server.address)
    jose.env["CHANCERY_ACTOR"] = "José"
    jose.does("schedule of-jose --title T --principal A --host FR --from 2027-05-01")
    event = jose.reads("history of-jose")["event"]
    assert event["actor"] == "unverified:José"
    assert "of-jose" in jose.does("changes --by unverified:José")


def test_an_unknown_visit_is_refused_with_the_nearest_ids(desk: Desk) -> None:
    """Both in a question and for a change."""
    for command in ("show blinken-bejing-2023", "postpone blinken-bejing-2023"):
        told = desk.is_refused(command)
        assert told.startswith("Failed: there is no visit 'blinken-bejing-2023'; the nearest: ")
        assert f"the nearest: {BEIJING}" in " ".join(told.split())


@pytest.mark.parametrize(
    ("option", "why"),
    [
        ("--host UK", "write GB"),
        ("--host China", "write CN"),
        ("--host FR --principal 'A, country=XX'", "is not the code of a country"),
        ("--host FR --destination 'Beijing, China'", 'write "Beijing, CN"'),
    ],
)
def test_a_country_is_refused_with_what_to_write(desk: Desk, option: str, why: str) -> None:
    """Before anything is asked of the server."""
    status, _, complaint = desk.tries(
        f"schedule of-nobody --title T --principal A --from 2024-05-01 {option}"
    )
    assert status == 2
    assert why in " ".join(re.sub("[│╭╮╰╯─]", " ", complaint).split())
