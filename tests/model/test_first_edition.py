"""What the first edition got wrong comes out right in the model."""

from datetime import UTC, datetime

from tests.model.answering import is_overdue
from tests.model.desk import DETAILS, GUEST, HOST, PRESS, Desk, date, window
from tests.model.finding import is_found

OFFICIAL, REPORTED = "STANDING_OFFICIAL", "STANDING_REPORTED"
DISPUTED = "STANDING_DISPUTED"


def test_m1_a_word_about_an_earlier_change_does_not_confirm_a_later_one() -> None:
    desk = Desk()
    desk.schedule(PRESS)
    desk.record("cancelled", {}, PRESS, known="2024-02-10")
    desk.state("CONFIRM", "HOST", HOST, known="2024-03-01", about_version=1)
    visit = desk.show()
    assert (visit["status"], visit["standing"]) == ("STATUS_CANCELLED", REPORTED)


def test_m2_a_denial_of_the_same_day_that_was_entered_before_does_not_dispute() -> None:
    desk = Desk()
    desk.schedule(GUEST)
    desk.state("DENY", "HOST", HOST, known="2024-02-10")
    desk.record("cancelled", {}, GUEST, known="2024-02-10")
    assert desk.show()["standing"] == OFFICIAL


def test_m3_a_denial_at_an_hour_of_the_day_of_the_change_disputes_it() -> None:
    desk = Desk()
    desk.schedule(GUEST)
    desk.record("cancelled", {}, GUEST, known="2024-02-10")
    desk.state("DENY", "HOST", HOST, known="2024-02-10T15:00:00Z")
    assert desk.show()["standing"] == DISPUTED


def test_m4_a_corrected_window_leaves_the_window_before_it_alone() -> None:
    desk = Desk()
    desk.schedule()
    desk.record("rescheduled", {"window": window("2024-06-18")}, known="2024-02-10")
    mended = {"window": window("2024-06-19"), "update_mask": ["window"]}
    assert desk.record("corrected", mended)["corrected"]["corrected_version"] == 2
    visit = desk.show()
    assert visit["window"] == window("2024-06-19")
    before = [(one["window"], one["ended"]) for one in visit["previous_windows"]]
    assert before == [(window("2024-05-01"), "moved")]


def test_m5_an_arrival_contradicts_a_cancellation() -> None:
    desk = Desk()
    desk.schedule(PRESS)
    desk.record("cancelled", {}, PRESS, known="2024-02-10")
    desk.state("ARRIVED", "HOST", HOST, known="2024-05-01")
    assert desk.show()["standing"] == DISPUTED


def test_m6_no_time_is_raised_to_that_of_a_coarser_change_before() -> None:
    desk = Desk()
    desk.schedule()
    desk.record("postponed", {}, effective="2024-02", known="2024-03-15")
    again = {"window": window("2024-09-09")}
    desk.record("rescheduled", again, known="2024-02-10")
    visit = desk.show()
    assert visit["status"] == "STATUS_RESCHEDULED"
    assert visit["effective_time"] == visit["known_time"] == "2024-02-10T23:59:59.999Z"


def test_m7_what_lies_in_the_future_did_not_take_place() -> None:
    desk = Desk()
    desk.schedule(planned="2030-05-01")
    assert desk.refused("completed", {}) == "FAILED_PRECONDITION"
    held = {"details": DETAILS, "held_window": window("2031-05-01")}
    assert Desk().refused("disclosed", held) == "INVALID_ARGUMENT"
    late = {**PRESS, "published": date("2035-01-01")}
    assert desk.refused("cancelled", {}, late) == "INVALID_ARGUMENT"


def test_m8_a_named_speaker_without_a_basis_speaks_on_the_record() -> None:
    desk = Desk()
    desk.schedule(GUEST)
    desk.state("DENY", "HOST", speaker="Wang Wenbin")
    assert desk.show()["standing"] == DISPUTED


def test_m9_a_retracted_change_takes_those_behind_it_from_their_own_days_on() -> None:
    desk = Desk()
    desk.schedule()
    desk.record("postponed", {}, effective="2024-02-01", known="2024-06-01")
    desk.record("cancelled", {}, known="2024-02-05")
    desk.record("retracted", {"retracted_version": 2})
    visit = desk.show(known_at="2024-02-20T23:59:59.999Z")
    assert visit["status"] == "STATUS_SCHEDULED"


def test_m10_a_visit_whose_plan_became_known_later_has_a_principal_and_a_held_window() -> None:
    desk = Desk()
    plan = {"details": DETAILS, "window": window("1971-07-09", "1971-07-11")}
    desk.record("scheduled", plan, effective="1971", known="1999")
    desk.record("completed", {}, known="1971")
    visit = desk.show(known_at="1972-12-31T23:59:59.999Z")
    assert visit["principal"] == DETAILS["principal"]
    assert visit["held_window"] == window("1971-07-09", "1971-07-11")


def test_m11_each_outlet_has_a_voice_of_its_own() -> None:
    desk = Desk()
    desk.schedule(GUEST)
    for outlet in ("Reuters", "AP"):
        desk.state("REPORT", "PRESS", {**PRESS, "outlet": outlet})
    words = desk.show()["all_words"]
    assert [word["outlet"] for word in words] == ["", "Reuters", "AP"]


def test_m12_a_retraction_lists_what_it_takes_out_and_can_be_undone() -> None:
    desk = Desk()
    desk.schedule()
    desk.record("postponed", {}, known="2024-02-01")
    desk.record("rescheduled", {"window": window("2024-06-01")}, known="2024-03-01")
    desk.record("cancelled", {}, known="2024-04-01")
    before = desk.show()
    taken = desk.record("retracted", {"retracted_version": 2})
    assert taken["retracted"]["retracted_versions"] == [2, 3, 4]
    assert desk.show()["status"] == "STATUS_SCHEDULED"
    desk.record("retracted", {"retracted_version": 5})
    same = {**before, "version": 6, "position": 6}
    assert desk.show() == same


def test_m13_a_visit_can_be_first_heard_of_when_it_is_postponed() -> None:
    desk = Desk()
    given_up = {"details": DETAILS, "window_given_up": window("2024-05-01")}
    desk.record("postponed", given_up, known="2024-02-01")
    visit = desk.show()
    assert (visit["status"], visit["window"]) == ("STATUS_POSTPONED", None)
    assert [one["ended"] for one in visit["previous_windows"]] == ["put off"]


def test_m13_a_visit_can_have_no_date_or_an_open_one() -> None:
    desk = Desk()
    desk.record("scheduled", {"details": DETAILS}, known="2024-01-10")
    assert desk.show()["window"] is None
    later = {"start": date("2024-06-01"), "as_stated": "June or later"}
    desk.record("rescheduled", {"window": later}, known="2024-02-01")
    assert not is_overdue(desk.show(), "2026-01-01T00:00:00Z")


def test_m13_the_window_that_a_host_hopes_for_is_claimed() -> None:
    desk = Desk()
    desk.schedule(GUEST)
    desk.state("REPORT", "HOST", claimed_window={"as_stated": "next spring"})
    claims = [(one["country"], one["window"]) for one in desk.show()["claimed_windows"]]
    assert claims == [("FR", {"as_stated": "next spring"})]


def test_m13_a_wrong_held_window_is_corrected() -> None:
    desk = Desk()
    desk.schedule()
    desk.record("completed", {}, known="2024-05-02")
    right = {"held_window": window("2024-05-01", "2024-05-02"), "update_mask": ["held_window"]}
    desk.record("corrected", right)
    assert desk.show()["held_window"] == window("2024-05-01", "2024-05-02")


def test_m14_days_are_asked_of_the_plan_and_of_what_was_held() -> None:
    desk = Desk()
    plan = {"details": DETAILS, "window": window("2023-06-01", "2023-06-02")}
    desk.record("scheduled", plan, known="2023-05-01")
    held = {"held_window": window("2023-06-10", "2023-06-11")}
    desk.record("completed", held, known="2023-06-12")
    visit = desk.show()
    assert is_found(visit, window("2023-06-10", "2023-06-11"))
    assert is_found(visit, window("2023-06-01"))
    assert not is_found(visit, window("2023-06-01"), of=("held",))


def test_m15_todays_date_is_taken_when_the_day_has_begun_anywhere() -> None:
    desk = Desk(now=datetime(2024, 2, 9, 15, 30, tzinfo=UTC))
    desk.schedule()
    known = desk.record("cancelled", {}, known="2024-02-10")
    assert known["known_time"] == "2024-02-09T15:30:02Z"
    assert desk.refused("statement_recorded", {}, known="2024-02-11") == "INVALID_ARGUMENT"


def test_m15_a_visit_is_overdue_when_its_last_day_is_over_everywhere() -> None:
    desk = Desk()
    desk.schedule(planned="2024-05-01")
    visit = desk.show()
    assert not is_overdue(visit, "2024-05-02T09:43:00Z")
    assert is_overdue(visit, "2024-05-02T12:00:00Z")


def test_m16_two_desks_each_add_an_alias() -> None:
    desk = Desk()
    desk.schedule()
    desk.record("amended", {"added": {"aliases": ["one"]}})
    desk.record("amended", {"added": {"aliases": ["two"]}})
    assert desk.show()["aliases"] == ["one", "two"]
