"""Facts that change, and facts that were entered wrongly."""

from tests.cli.desk import Desk


def known(desk: Desk, name: str) -> None:
    """A visit that is planned for 1 May, and then for 18 June 2024."""
    desk.does(
        f"schedule {name} --title T --principal 'Ana {name}' --host FR --from 2024-05-01 "
        "--known 2024-01-10"
    )
    desk.does(f"reschedule {name} --from 2024-06-18 --known 2024-02-10")


def test_a_wrong_window_is_corrected_where_it_stands(desk: Desk) -> None:
    known(desk, "c-w")
    answer = desk.does("correct c-w --from 2024-06-19")
    assert answer.endswith("version 3 of visits/c-w is rescheduled, reported: 19 June 2024\n")
    card = desk.does("show c-w")
    assert "\nPlanned     19 June 2024\nBefore      1 May 2024, moved by change 2\n" in card
    assert "Rescheduled for 18 June 2024  (corrected by change 3)\n" in card
    assert "Corrected change 2: window 19 June 2024\n" in card


def test_of_an_earlier_moment_only_what_was_done_to_its_own_changes_is_shown(desk: Desk) -> None:
    """A correction of a later plan would tell that plan."""
    known(desk, "c-then")
    desk.does("correct c-then --from 2024-06-19")
    desk.does("retract c-then 3")
    desk.does("correct c-then 1 --title Talks")
    then = desk.does("show c-then --known-at 2024-01")
    assert "Corrected change 1: title Talks\n" in then
    assert "change 2" not in then
    assert "Retracted" not in then
    assert "Retracted change 3\n" in desk.does("show c-then")


def test_a_change_that_is_named_is_corrected_in_whatever_it_says(desk: Desk) -> None:
    known(desk, "c-named")
    desk.does("correct c-named 1 --from 2024-05-02 --title Talks --reason 'A slip of the pen'")
    desk.does("correct c-named 2 --right-reason Fog --right-basis 'host, readout'")
    visit = desk.reads("show c-named")["visit"]
    assert visit["details"]["title"] == "Talks"
    assert visit["previous_windows"][0]["window"]["start"] == {"year": 2024, "month": 5, "day": 2}
    assert (visit["reason"], visit["standing"]) == ("Fog", "STANDING_OFFICIAL")
    told = desk.does("history c-named")
    assert "Scheduled for 1 May 2024  (corrected by change 3)\n" in told
    assert "Why: A slip of the pen\n" in told


def test_fields_that_several_changes_gave_are_not_corrected_without_a_version(desk: Desk) -> None:
    known(desk, "c-both")
    told = desk.is_refused("correct c-both --from 2024-06-19 --title Talks")
    assert told.startswith("Refused: cannot correct visit 'c-both'")


def test_single_items_are_added_and_removed_so_that_two_desks_do_not_undo_each_other(
    desk: Desk,
) -> None:
    known(desk, "c-items")
    desk.does("amend c-items --add-alias c-one --add-name 'Ana the Great'")
    desk.does("amend c-items --add-alias c-two --add-related continues=blinken-beijing-2023")
    details = desk.reads("show c-items")["visit"]["details"]
    assert details["aliases"] == ["c-one", "c-two"]
    assert details["principal"]["other_names"] == ["Ana the Great"]
    assert details["related"] == [
        {"name": "visits/blinken-beijing-2023", "relation": "RELATION_CONTINUES"}
    ]
    desk.does("amend c-items --remove-alias c-one --remove-name 'Ana the Great'")
    assert desk.reads("show c-two")["visit"]["details"]["aliases"] == ["c-two"]


def test_other_names_of_people_and_cities_are_added_one_by_one(desk: Desk) -> None:
    known(desk, "c-names")
    desk.does(
        "amend c-names --host 'UA, meeting=Andrij Sybiha (Minister); Sergei Lavrov [RU]' "
        "--destination 'Kyiv, UA, also=Kiev'"
    )
    desk.does(
        "amend c-names --add-city-name Kyiv=Kiew --remove-city-name Kyiv=Kiev "
        "--add-counterpart-name 'Andrij Sybiha=Sybiga'"
    )
    card = desk.does("show c-names")
    assert "UA: Andrij Sybiha, Minister, also Sybiga; Sergei Lavrov (RU)\n" in card
    assert "Kyiv, UA, also Kiew\n" in card


def test_a_wrong_held_window_is_amended_beside_the_planned_one(desk: Desk) -> None:
    known(desk, "c-held")
    desk.does("complete c-held --known 2024-06-20")
    answer = desk.does(
        "amend c-held --held-from 2024-06-17 --held-to 2024-06-18 --known 2024-06-21"
    )
    assert "is completed, reported: 17 to 18 June 2024\n" in answer
    assert "\nPlanned     18 June 2024\n" in desk.does("show c-held")


def test_what_lies_in_the_future_was_not_held(desk: Desk) -> None:
    desk.does("schedule c-future --title T --principal 'Ana Future' --host FR --from 2090-05-01")
    assert "did not take place" in desk.is_refused("complete c-future")
