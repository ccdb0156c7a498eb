"""Whatever somebody's travels are: what holds of the visits that they become."""

from datetime import date, timedelta
from io import BytesIO
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from service.exchange.records import editions
from tests.exchange.records.record import trip, xml

COUNTRIES = ("Norway", "Sweden", "France", "Ruritania")


@st.composite
def records(draw: st.DrawFn) -> list[str]:
    """Some records of one person within a few weeks; some have an unknown country or bad days."""
    found = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        first = date(2023, 5, 1) + timedelta(draw(st.integers(0, 40)))
        last = first + timedelta(draw(st.integers(-1, 4)))
        country = draw(st.sampled_from(COUNTRIES))
        found.append(trip(number, f"{first}/{last}", country, "", f"Remark {number}."))
    return found


def read(*files: list[str]) -> editions.Edition:
    """The edition that these files are."""
    return editions.read((f"{n}.xml", BytesIO(xml(*found))) for n, found in enumerate(files))


@given(records())
def test_each_record_is_a_visit_merged_or_left_out(found: list[str]) -> None:
    edition = read(found)
    merged = {each.record for each in edition.merged}
    left_out = {each.record for each in edition.left_out}
    first = {each.legs[0].number for each in edition.visits}
    assert len(found) == edition.records == len(first) + len(merged) + len(left_out)
    assert first | merged | left_out == {str(n + 1) for n in range(len(found))}


@given(records(), st.randoms())
def test_the_order_of_records_and_files_changes_nothing(found: list[str], random: Random) -> None:
    expected = read(found)
    mixed = list(found)
    random.shuffle(mixed)
    cut = random.randint(0, len(mixed))
    edition = read(mixed[:cut], mixed[cut:])
    assert told(edition) == told(expected)
    assert edition.day == expected.day


def told(edition: editions.Edition) -> list[tuple[object, ...]]:
    """What the visits of an edition say."""
    return [
        (each.id, each.trip, each.held_window, each.purpose, len(each.basis))
        for each in edition.visits
    ]


@given(records())
def test_visits_have_ids_of_their_own_and_all_the_days_of_their_records(found: list[str]) -> None:
    edition = read(found)
    assert len({each.id for each in edition.visits}) == len(edition.visits)
    for each in edition.visits:
        assert each.first == min(leg.first for leg in each.legs)
        assert each.last == max(leg.last for leg in each.legs)
        assert {leg.country for leg in each.legs} == {each.legs[0].country}
        covered = {
            leg.first + timedelta(n)
            for leg in each.legs
            for n in range((leg.last - leg.first).days + 1)
        }
        assert len(covered) == (each.last - each.first).days + 1
