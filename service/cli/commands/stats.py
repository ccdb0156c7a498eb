"""The command that counts visits."""

from collections import Counter
from collections.abc import Callable
from typing import Annotated

import typer

from chancery.client import Visit, results
from chancery.v1.visit_service_pb2 import ListVisitsRequest
from service.cli.draw.counts import counts
from service.cli.options.as_of import AsOfOptions
from service.cli.options.client import ClientOptions
from service.cli.options.filter import Limit, VisitFilterOptions, Words
from service.cli.options.groups import expand_groups, option_parser
from service.cli.options.sheet import AsCsv, refuse_both
from service.cli.options.zone import ZoneOptions
from service.cli.terminal import output
from service.cli.terminal.progress import progress
from service.exchange import names, sheets

NOBODY = "(not said)"


def _year(visit: Visit) -> str:
    """The year in which it begins, or for which it was planned last."""
    shown = names.days_of(visit)
    day = (shown[1].start or shown[1].end) if shown else None
    return f"{day.year:04}" if day else NOBODY


def _host(visit: Visit) -> str:
    host = visit.details.host
    return (host.country or host.organisation) if host else NOBODY


def _principal(visit: Visit) -> str:
    return visit.details.principal.name if visit.details.principal else NOBODY


BY: dict[str, Callable[[Visit], str]] = {"year": _year, "host": _host, "principal": _principal}


def _by(text: str) -> str:
    if text not in BY:
        raise ValueError(f"unknown value {text!r}; choose from {', '.join(BY)}")
    return text


@expand_groups
def stats(
    which: VisitFilterOptions,
    moment: AsOfOptions,
    zone: ZoneOptions,
    client: ClientOptions,
    words: Words = None,
    by: Annotated[
        str,
        typer.Option(
            metavar="|".join(BY),
            parser=option_parser(_by),
            autocompletion=lambda: list(BY),
            help="Of what to count the visits: the year in which they begin, the country or "
            "organisation that is visited, or who travels.",
        ),
    ] = "year",
    limit: Limit = 0,
    as_csv: AsCsv = False,
) -> None:
    """Count visits by year, host or principal, now or as of another moment.

    Years come in their order, with those between that have none; hosts and principals the most
    first. A bar beside each number shows how large it is.
    """
    refuse_both(as_csv, client)
    request = ListVisitsRequest(
        as_of=moment.as_of(zone.zone),
        filter=which.filter(zone.zone),
        query=" ".join(words or []),
    )
    counted = Counter[str]()
    with client.connect() as connection, progress("Counting") as show:
        for page in connection.messages.list_visits(request):
            counted.update(BY[by](results.visit(each, 0)) for each in page.visits)
            show(counted.total(), counted.total())
    found = (_by_year(counted) if by == "year" else _by_number(counted))[: limit or None]
    if client.as_json:
        output.json_facts({"by": by, "visits": counted.total(), "counts": dict(found)})
    elif as_csv:
        rows = ((sheets.defused(value), number) for value, number in found)
        output.csv_rows([(by, "visits"), *rows])
    else:
        output.say(counts(by, found))


def _by_year(counted: Counter[str]) -> list[tuple[str, int]]:
    years = [int(year) for year in counted if year != NOBODY]
    span = range(min(years), max(years) + 1) if years else ()
    found = [(f"{year:04}", counted[f"{year:04}"]) for year in span]
    return found + ([(NOBODY, counted[NOBODY])] if counted[NOBODY] else [])


def _by_number(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))
