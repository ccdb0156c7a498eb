"""No two visits share an alias, and none is another's id."""

import grpc
import pytest

from tests.support.messages import added, amended, apply, change, postponed, retracted, scheduled
from tests.support.server import Client, Failure, refusal


def taken(told: Failure, name: str, alias: str) -> None:
    """The refusal names the visit that has the alias, and the alias as it was asked for."""
    assert (told.code, told.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ALIAS_TAKEN")
    assert told.details["ResourceInfo"].resource_name == name
    assert told.metadata["visit"] == name
    assert told.metadata["alias"] == alias
    assert "choose another" in told.message


@pytest.mark.parametrize("spelling", ["The Two {}", "the  two {}", "Thé-Twó {}", "THE TWO {}"])
def test_an_alias_has_one_visit_however_it_is_written(
    client: Client, name: str, other_name: str, spelling: str
) -> None:
    """Opening, amending and adding are refused alike."""
    client.record(name, scheduled(aliases=[f"The Two {name[7:]}"]))
    again = spelling.format(name[7:])
    written = " ".join(again.split())

    taken(refusal(client.record, other_name, scheduled(aliases=[again])), name, written)

    client.record(other_name, scheduled())
    for step in (amended(aliases=[again]), added(aliases=[again])):
        taken(refusal(client.record, other_name, step), name, written)
    assert client.visit(f"visits/{again}").name == name


def test_an_alias_is_not_the_id_of_another_visit(
    client: Client, name: str, other_name: str
) -> None:
    client.record(name, scheduled())

    for alias in (name[7:], name[7:].upper(), name[7:].replace("-", " ")):
        taken(refusal(client.record, other_name, scheduled(aliases=[alias])), name, alias)


def test_an_id_is_not_the_alias_of_another_visit(
    client: Client, name: str, other_name: str
) -> None:
    client.record(name, scheduled(aliases=[other_name[7:].replace("-", " ")]))

    taken(refusal(client.record, other_name, scheduled()), name, other_name[7:])

    assert client.visit(other_name).name == name


def test_a_visit_may_have_its_own_id_as_an_alias(client: Client, name: str) -> None:
    """And ids that differ by a hyphen alone are two."""
    client.record(name, scheduled(aliases=[name[7:]]))
    joined = f"visits/{name[7:].replace('-', '')}x"
    client.record(joined, scheduled())

    assert client.record(f"{joined[:-1]}-x", scheduled()).visit.version == 1


def test_an_undo_does_not_bring_an_alias_back_that_was_taken_meanwhile(
    client: Client, name: str, other_name: str
) -> None:
    alias = f"alias of {name[7:]}"
    client.record(name, scheduled())
    client.record(name, added(aliases=[alias]))
    client.record(name, retracted(2))
    client.record(other_name, scheduled(aliases=[alias]))

    taken(refusal(client.record, name, retracted(3)), other_name, alias)

    client.record(other_name, amended("aliases"))
    client.record(name, retracted(3))
    assert client.visit(f"visits/{alias}").name == name


def test_of_two_visits_in_one_call_one_gets_an_alias(
    client: Client, name: str, other_name: str
) -> None:
    """The refusal says which change it is, and none is recorded."""
    head = client.head
    alias = f"alias of {name[7:]}"

    told = refusal(
        client.desk.ApplyChanges,
        apply(
            change(name, scheduled(aliases=[alias])), change(other_name, scheduled(aliases=[alias]))
        ),
    )

    taken(told, name, alias)
    assert told.metadata["path"] == "changes[1]"
    assert client.head == head


def test_an_alias_that_is_given_up_in_the_same_call_is_free(
    client: Client, name: str, other_name: str
) -> None:
    alias = f"alias of {name[7:]}"
    client.record(name, scheduled(aliases=[alias]))

    client.desk.ApplyChanges(
        apply(change(name, amended("aliases")), change(other_name, scheduled(aliases=[alias])))
    )

    assert client.visit(f"visits/{alias}").name == other_name


# Withdrawn visits


def test_a_withdrawn_visit_keeps_its_id_and_its_aliases(
    client: Client, name: str, other_name: str
) -> None:
    alias = f"alias of {name[7:]}"
    client.record(name, scheduled(aliases=[alias]))
    client.record(name, retracted(1))

    told = refusal(client.visit, f"visits/{alias}")

    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "VISIT_WITHDRAWN")
    assert told.details["ResourceInfo"].resource_name == name
    taken(refusal(client.record, other_name, scheduled(aliases=[alias])), name, alias)


def test_a_visit_that_was_merged_answers_with_the_one_that_stays(
    client: Client, name: str, other_name: str
) -> None:
    """Through several mergers as well, by its id and by its alias; now and as of now."""
    last = f"{other_name}-last"
    for each in (name, other_name, last):
        client.record(each, scheduled(aliases=[f"alias of {each[7:]}"]))
    client.record(name, retracted(1, merged_into=other_name))
    client.record(other_name, retracted(1, merged_into=last))

    for asked in (name, f"visits/alias of {name[7:]}", other_name):
        for times in ({}, {"position": client.head}):
            told = refusal(client.visit, asked, **times)
            assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "VISIT_WITHDRAWN")
            assert told.metadata["merged_into"] == last
    changing = refusal(client.record, name, postponed())
    assert (changing.reason, changing.metadata["merged_into"]) == ("VISIT_WITHDRAWN", last)


def test_of_two_visits_that_were_merged_into_each_other_at_times_neither_stays(
    client: Client, name: str, other_name: str
) -> None:
    """The merger was undone in the world before the other became known, and recorded late."""
    for each in (name, other_name):
        client.record(each, scheduled(), known="2023-01-01")
    client.record(name, retracted(1, merged_into=other_name), known="2023-01-10")
    client.record(name, retracted(2), known="2023-03-01")
    client.record(other_name, retracted(1, merged_into=name), known="2023-02-01")

    told = refusal(client.visit, name, known_at="2023-02-10")

    assert told.reason == "VISIT_WITHDRAWN"
    assert "merged_into" not in told.metadata
    assert client.visit(name, known_at="2023-03-10").version == 3


def test_before_it_became_known_a_visit_is_not_found_and_it_is_said_when_it_was(
    client: Client, name: str
) -> None:
    client.record(name, scheduled(), effective="2023-01-17", known="2023-02-04 09:30")

    told = refusal(client.visit, name, known_at="2023-02-01")

    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_KNOWN_BY_THEN")
    assert told.metadata["first_known_time"] == "2023-02-04T09:30:00.000000Z"
    assert client.visit(name, known_at="2023-02-04 09:30").version == 1
