"""What the answer to a statement says: whether it counts, for which status, and how."""

import pytest

from tests.cli.desk import Desk

GUEST, HOST = "--basis 'guest, on the record'", "--basis 'host, on the record'"
PRESS = "--basis 'press, anonymous'"


def known(desk: Desk, name: str, basis: str = "", then: str = "") -> None:
    """A visit that is planned, and then cancelled or postponed."""
    desk.does(
        f"schedule {name} --title T --principal 'Ana {name}' --host FR --from 2024-05-01 "
        f"--known 2024-01-10 {basis}"
    )
    if then:
        desk.does(f"{then.split()[0]} {name} --known 2024-02-10 {then.partition(' ')[2]}")


def standing(desk: Desk, name: str) -> str:
    """The line of the card with status and standing."""
    return desk.does(f"show {name}").split("\n")[3].removeprefix("Status").strip()


def test_a_word_about_an_earlier_change_does_not_count_for_the_status(desk: Desk) -> None:
    known(desk, "s-ab", PRESS, f"cancel {PRESS}")
    told = desk.does(f"state s-ab confirm --about 1 --side host --known 2024-03-01 {HOST}")
    assert told.endswith(
        "\nIt does not count for the standing: it is not about the present status\n"
    )
    assert standing(desk, "s-ab") == "cancelled, reported"


def test_a_firm_word_that_is_found_late_is_not_called_infirm(desk: Desk) -> None:
    """It was said before the visit was planned, or before what its speaker says now."""
    known(desk, "s-late")
    desk.does(f"state s-late deny --side host --known 2024-03-01 {HOST}")
    for day in ("2024-01-05", "2024-02-01"):
        told = desk.does(f"state s-late confirm --side host --known {day} {HOST}")
        assert told.endswith(
            "\nIt does not count for the standing: "
            "it was said before the present status, or its speaker has said something since\n"
        )


def test_a_denial_of_the_morning_does_not_dispute_the_status_of_the_evening(desk: Desk) -> None:
    known(desk, "s-t", GUEST)
    told = desk.does(f"state s-t deny --side host --known 2024-02-10 {HOST}")
    assert told.endswith("\nIt counts for the status scheduled: it contradicts the status\n")
    desk.does(f"cancel s-t --known 2024-02-10 {GUEST}")
    assert standing(desk, "s-t") == "cancelled, official"


def test_a_denial_of_the_same_day_disputes_the_status_behind_which_it_stands(desk: Desk) -> None:
    known(desk, "s-v", GUEST, f"cancel {GUEST}")
    desk.does(f"state s-v deny --side host --known 2024-02-10T15:00:00Z {HOST}")
    assert standing(desk, "s-v") == "cancelled, disputed"


def test_an_arrival_disputes_a_cancellation(desk: Desk) -> None:
    known(desk, "s-x", PRESS, f"cancel {PRESS}")
    told = desk.does(f"state s-x arrived --side host --known 2024-05-01 {HOST}")
    assert "is cancelled, disputed" in told
    assert told.endswith("It counts for the status cancelled: it contradicts the status\n")


def test_the_word_of_a_named_speaker_counts_without_a_basis(desk: Desk) -> None:
    known(desk, "s-nb")
    told = desk.does("state s-nb confirm --side host --speaker 'Wang Wenbin' --known 2024-03")
    assert told.endswith("\nIt counts for the status scheduled: it agrees\n")
    assert "host (Wang Wenbin) confirms (March 2024, agrees)" in desk.does("show s-nb")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("report --side press", "only the words of guest and host do"),
        ("confirm --side third --country DE --speaker A", "only the words of guest and host do"),
        ("report --side host --speaker A", "a report never does"),
        ("decline --side guest --speaker A", "a decline never does"),
        ("confirm --side host", "it is not firm, which is on the record, or in a document"),
        ("doubt --side host --speaker A", "it ends the speaker's earlier word"),
    ],
)
def test_a_word_that_does_not_count_says_why(desk: Desk, statement: str, why: str) -> None:
    if desk.tries("show s-why")[0]:
        known(desk, "s-why")
    told = desk.does(f"state s-why {statement} --known 2024-03")
    assert f"\nIt does not count for the standing: {why}" in told


def test_a_basis_of_another_side_is_warned_of(desk: Desk) -> None:
    known(desk, "s-basis")
    status, told, complaint = desk.tries(f"state s-basis deny --side host --known 2024-03 {GUEST}")
    assert status == 0
    assert "does not count for the standing: it is not firm" in told
    assert complaint.startswith("Note: the basis is of another side, country or organisation")
    assert "--basis 'host, on the record, outlet=...'" in complaint


def test_an_older_word_of_the_speaker_is_not_warned_of(desk: Desk) -> None:
    """A later one counts instead, but its basis is its own."""
    known(desk, "s-older")
    for then in ("2024-04", "2024-03"):
        desk.does(f"state s-older confirm --side host --known {then} {HOST}")


def test_two_outlets_have_a_voice_each(desk: Desk) -> None:
    known(desk, "s-press")
    for outlet in ("AP", "Reuters"):
        desk.does(
            f"state s-press report --side press --known 2024-03 --text {outlet} "
            f"--basis 'press, anonymous, outlet={outlet}'"
        )
    card = desk.does("show s-press").split("\n\n")[1]
    assert "press reports: AP (March 2024, does not count)" in card
    assert "press reports: Reuters (March 2024, does not count)" in card


def test_what_is_answered_in_json_says_for_which_status_it_counts(desk: Desk) -> None:
    known(desk, "s-json")
    answer = desk.reads("state s-json confirm --side host --speaker A --known 2024-03")
    assert (answer["counts_for"], answer["firm"]) == ("STATUS_SCHEDULED", True)


def test_an_arrival_is_told_as_under_way(desk: Desk) -> None:
    known(desk, "s-way")
    desk.does("state s-way arrived --side press --known 2024-05-01")
    assert "\nUnder way   yes: the principal has arrived\n" in desk.does("show s-way")


def test_a_condition_that_a_speaker_names_is_of_its_voice(desk: Desk) -> None:
    known(desk, "s-condition", then="defer --condition 'after the vote' --side guest")
    desk.does(
        "state s-condition confirm --side host --speaker A --condition 'after the fair' "
        "--known 2024-03"
    )
    card = desk.does("show s-condition")
    assert 'Condition   "after the vote" (guest), known 10 February 2024\n' in card
    assert '            "after the fair" (host, A), known March 2024\n' in card
