"""Texts are cleaned before anything compares, stores or digests them."""

import unicodedata
from typing import Any

import pytest

from chancery.v1.values_pb2 import Host, Place, Principal
from chancery.v1.visit_service_pb2 import ListVisitsRequest, VisitFilter
from tests.support.messages import apply, as_of, basis, cancelled, change, postponed, scheduled
from tests.support.server import Client, refusal

REASON = "Après l'élection de Wałęsa"
# Ways to write the same text.
WAYS = {
    "decomposed": unicodedata.normalize("NFD", REASON),
    "blanks": f"  {REASON.replace(' ', '  ')} ",
    "another blank": REASON.replace(" ", "\u00a0"),
    "a mark in front": f"\ufeff{REASON}",
    "a soft hyphen": REASON.replace("élec", "élec\u00ad"),
}


@pytest.mark.parametrize("way", WAYS)
def test_one_request_written_in_two_ways_is_one_request(
    client: Client, name: str, way: str
) -> None:
    """The retry is answered like the first: whoever typed it saw the same text."""
    client.record(name, scheduled())
    said: dict[str, Any] = {
        "request_id": f"Zo\u00eb-{name}",
        "basis": [basis(quote=REASON, speaker=REASON)],
    }
    first = client.record(name, postponed(), reason=REASON, **said)
    again = WAYS[way]

    answer = client.record(
        name,
        postponed(),
        reason=again,
        request_id=f" Zoe\u0308-{name} ",
        basis=[basis(quote=again, speaker=again)],
    )

    assert answer.replayed
    assert answer.event == first.event


def test_a_request_with_other_words_is_another_request(client: Client, name: str) -> None:
    """Capitals, accents and newlines are content."""
    client.record(name, scheduled(), reason=REASON, request_id=name)
    for other in (REASON.lower(), REASON.replace("ł", "l"), REASON.replace(" ", "\n")):
        told = refusal(client.record, name, scheduled(), reason=other, request_id=name)
        assert told.reason == "REQUEST_ID_REUSED"


def test_two_request_ids_that_look_the_same_are_one(client: Client, name: str) -> None:
    """So no two changes of a call may have them."""
    steps = [
        change(name, scheduled(), request_id="one"),
        change(name, cancelled(), request_id=" one\u200b"),
    ]
    told = refusal(client.desk.ApplyChanges, apply(*steps))
    assert told.fields == ["changes[1].context.request_id"]


def test_a_blank_request_id_is_none(client: Client, name: str) -> None:
    """The server makes one, as where none is given."""
    made = client.record(name, scheduled(), request_id=" \u200b").event.event.request_id
    assert made.strip() == made != ""


BLANK = ["", " ", "\u200b", "\u3164\u00a0", "\u2800\n"]


@pytest.mark.parametrize("blank", BLANK)
def test_a_name_of_nothing_that_is_seen_is_no_name(client: Client, name: str, blank: str) -> None:
    """A visit whose principal or host nobody could read is refused."""
    wrong: dict[str, dict[str, Any]] = {
        "title": {"title": blank},
        "principal.name": {"principal": Principal(name=blank)},
        "host.country": {"host": Host(organisation=blank)},
        "destinations[0].city": {"destinations": [Place(city=blank)]},
        "aliases[0]": {"aliases": [blank]},
    }
    for field, facts in wrong.items():
        told = refusal(client.record, name, scheduled(**facts))
        assert told.fields == [f"scheduled.details.{field}"]
    visit = client.record(name, scheduled(purpose=blank, trip=blank)).visit
    assert (visit.details.purpose, visit.details.trip) == ("", "")


def test_a_visit_is_named_in_any_of_the_ways(client: Client, name: str) -> None:
    """What names a visit is cleaned as well, in questions too."""
    client.record(f" {name}\u200b", scheduled(aliases=[f"Zoë  {name}"]))
    for asked in (f"{name} ", f"\ufeff{name}", f"visits/Zoe\u0308 {name}"):
        assert client.visit(asked).name == name


def test_the_country_of_a_visit_is_one_that_there_is(client: Client, name: str) -> None:
    """The refusal says what to write."""
    for wrong, said in {
        "UK": "'UK' is not the code of a country: write GB",
        "EU": "'EU' is an organisation: put it in organisation",
        "China": "'China' is not the code of a country: write CN",
        "cn": "'cn' is not the code of a country: write CN",
        "XX": "'XX' is not the code of a country (ISO 3166-1 alpha-2, in capitals)",
    }.items():
        told = refusal(client.record, name, scheduled(host=Host(country=wrong)))
        assert told.fields == ["scheduled.details.host.country"]
        assert said in told.message
    for country in ("SU", "YU", "XK"):
        client.record(f"{name}-{country.lower()}", scheduled(host=Host(country=country)))


# Finding


NAMES = {
    "Lech Wałęsa": "walesa",
    "Jonas Gahr Støre": "store",
    "Binali Y\u0131ld\u0131r\u0131m": "yildirim",
    "Milo Đukanović": "dukanovic",
    "Guðni Jóhannesson": "gudni",
    "Þórdís Gylfadóttir": "thordis",
    "Ægir": "aegir",
    "Đặng Tiểu Bình": "dang",
    "習近平": "近平",
    "中国国家主席習近平": "習近平",
    "Recep Erdo\u00adğan": "erdogan",
    "Mevl\u200büt Çavuşoğlu": "mevlut",
    "Ha\u200dkan Fidan": "hakan",
    "Kim Jong-un": "jongun",
    "Vlado O\u2019Brien": "obrien",
    "Володимир Зеленський": "зеленський",
    "नरेन्द्र मोदी": "नरेन्द्र",
    "สมชาย วงศ์สวัสดิ์": "ชาย",
}


@pytest.fixture(scope="module")
def named(client: Client) -> dict[str, str]:
    """A visit for each of the names, by its name."""
    visits = {}
    for i, principal in enumerate(NAMES):
        who = Principal(name=principal, country="FR")
        step = scheduled(title=f"Visit {i}", principal=who, aliases=[f"Trip of {principal}"])
        visits[principal] = client.record(f"visits/named-{i}", step).visit.name
    return visits


def listed(client: Client, **asked: Any) -> list[str]:
    """The visits that a list gives."""
    answer = client.visits.ListVisits(ListVisitsRequest(page_size=1000, **asked))
    return [visit.name for visit in answer.visits]


@pytest.mark.parametrize("principal", NAMES)
def test_a_name_is_found_by_what_people_type(
    client: Client, named: dict[str, str], principal: str
) -> None:
    """By a word, by the whole name as a filter, and as an alias: now, and as of the past."""
    visit, word = named[principal], NAMES[principal]
    assert visit in listed(client, query=word)
    assert visit in listed(client, query=word, as_of=as_of(position=client.head))
    for written in (principal, principal.upper(), f" {principal.replace(' ', '  ')}\u200b"):
        assert visit in listed(client, query=written)
        assert listed(client, filter=VisitFilter(principal=written)) == [visit]
        assert client.visit(f"visits/trip of {written}").name == visit


def test_two_blanks_make_no_other_person_and_no_other_trip(client: Client, name: str) -> None:
    """What is recorded is the same, and so is what a filter finds."""
    for i, (who, trip) in enumerate(
        [("Xi  Jinping", "Asia 2026 "), ("Xi Jinping", "asia 2026"), ("XI JINPING", "Asia-2026")]
    ):
        client.record(f"{name}-{i}", scheduled(principal=Principal(name=who), trip=trip))
    visits = [f"{name}-{i}" for i in range(3)]

    first, second, _ = (client.visit(visit).details for visit in visits)

    assert first.principal == second.principal
    assert first.trip == "Asia 2026"
    for who in ("Xi Jinping", "xi jinping", "Xi\u00a0\u00a0Jinping"):
        assert listed(client, filter=VisitFilter(principal=who)) == visits
    for trip in ("Asia 2026", " asia  2026", "ASIA 2026\u200b"):
        assert listed(client, filter=VisitFilter(trip=trip)) == visits
        found = listed(client, filter=VisitFilter(trip=trip), as_of=as_of(position=client.head))
        assert found == visits


def test_a_hyphenated_word_is_found_joined_and_split(client: Client, name: str) -> None:
    """Whichever way it is recorded, and whichever way it is asked for."""
    for i, title in enumerate(["Qin-dao", "Qin dao", "Qindao", "Qin\u2019dao", "Qinlao"]):
        client.record(f"{name}-{i}", scheduled(title=title))
    assert len(listed(client, query="qin-dao")) == 4
    assert len(listed(client, query="qin'dao")) == 4
    assert len(listed(client, query="qindao")) == 3
    assert len(listed(client, query="qin dao")) == 3
