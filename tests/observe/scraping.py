"""A server's metrics, as Prometheus reads them."""

import urllib.request
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

from tests.support.server import Server
from tests.support.waiting import wait_until

METRICS = ("--metrics-listen", "127.0.0.1:0")


def address_of(server: Server) -> str:
    """Where a server shows its metrics."""
    return str(server.logged("serving metrics")["address"])


class Scrape:
    """What a server showed at one moment."""

    def __init__(self, address: str) -> None:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=20) as answer:
            self.text = answer.read().decode()
        self.families = {each.name: each for each in text_string_to_metric_families(self.text)}

    @property
    def names(self) -> set[str]:
        """The names of all samples."""
        return {sample.name for each in self.families.values() for sample in each.samples}

    def values(self, name: str, **labels: str) -> Mapping[tuple[str, ...], float]:
        """The values of a sample with these labels, by the other labels in their order."""
        found = {}
        for family in self.families.values():
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    others = sample.labels.keys() - labels.keys()
                    found[tuple(sample.labels[each] for each in sorted(others))] = sample.value
        return found

    def value(self, name: str, **labels: str) -> float | None:
        """The only value of a sample with these labels; None if there is none."""
        return self.values(name, **labels).get(())


def shows(server: Server, value: float, name: str, **labels: str) -> Scrape:
    """Wait until a server shows this value, and give all that it shows then."""
    last: list[Scrape] = []

    def holds() -> bool:
        last[:] = [Scrape(address_of(server))]
        return last[0].value(name, **labels) == value

    try:
        wait_until(holds, 20)
    except AssertionError:
        raise AssertionError(f"{name} {labels} is {last[0].values(name)}, not {value}") from None
    return last[0]
